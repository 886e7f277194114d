//! Field tables of every message the writer knows, made from the embedded descriptors on first use.

use std::sync::OnceLock;

use indexmap::IndexMap;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto};

use super::text;
use super::wire::{Reader, Width};

/// Numbers below this are looked up by place.
const SMALL: usize = 80;

/// The messages and enums of the descriptor set.
pub(super) struct Tables {
    messages: IndexMap<String, Slot>,
    enums: IndexMap<String, EnumSlot>,
}

/// A `DescriptorProto`, read when the first such message is written: most never are.
struct Slot {
    descriptor: &'static [u8],
    proto3: bool,
    table: OnceLock<MessageTable>,
}

/// An `EnumDescriptorProto`, and the names of its values as JSON text, by number.
struct EnumSlot {
    descriptor: &'static [u8],
    literals: OnceLock<Vec<(i32, String)>>,
}

/// A message of [`Tables`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct MessageId(pub(super) usize);

/// An enum of [`Tables`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct EnumId(usize);

/// What the writer needs of one message type.
pub(super) struct MessageTable {
    pub(super) name: String,
    pub(super) shape: Shape,
    /// In the order of the `.proto` file.
    pub(super) fields: Vec<Field>,
    by_number: Vec<(u32, usize)>,
    /// The same for small numbers, by number.
    small: Vec<Option<usize>>,
}

/// Which JSON form the message has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// An object with a member a field.
    Plain,
    Any,
    Duration,
    Timestamp,
    FieldMask,
    Struct,
    List,
    Value,
    /// `google.protobuf.StringValue` and its siblings: the bare value.
    Wrapper,
}

/// One field of a message.
pub(super) struct Field {
    /// The member name as JSON text with its colon and a space.
    pub(super) key: String,
    pub(super) cardinality: Cardinality,
    pub(super) kind: Kind,
    /// The choice that it is part of, by its place in the message.
    pub(super) oneof: Option<i32>,
}

impl Field {
    /// Its name as the `.proto` has it.
    pub(super) fn name(&self) -> &str {
        self.key.strip_prefix('"').and_then(|key| key.strip_suffix("\": ")).unwrap_or_default()
    }

    /// Whether this is its name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name() == name
    }

    /// Whether this is its name in the `.proto` or in JSON: `route_config` and `routeConfig`.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.is_called(name) || is_camel(self.name(), name)
    }
}

/// Whether a name is another one without `_`, with the letter behind each as a capital.
fn is_camel(snake: &str, name: &str) -> bool {
    let mut after_line = false;
    let camel = snake.chars().filter_map(|character| {
        let capital = std::mem::replace(&mut after_line, character == '_');
        (character != '_').then(|| if capital { character.to_ascii_uppercase() } else { character })
    });
    camel.eq(name.chars())
}

/// How often a field occurs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cardinality {
    /// At most once; `implicit` is a proto3 scalar without presence, not printed when zero.
    Single {
        implicit: bool,
    },
    Repeated,
    /// Repeated messages `entry` with the fields key and value.
    Map {
        entry: MessageId,
    },
}

/// The type of a field. The fixed types read as their unsigned or signed relatives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(EnumId),
    Message(MessageId),
}

impl Kind {
    /// How elements of a packed list are laid out; `None` for types that cannot be packed.
    pub(super) fn packed(self) -> Option<Width> {
        match self {
            Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => Some(Width::Eight),
            Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => Some(Width::Four),
            Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Sint32 | Kind::Sint64 => {
                Some(Width::Varint)
            }
            Kind::Bool | Kind::Enum(_) => Some(Width::Varint),
            Kind::String | Kind::Bytes | Kind::Message(_) => None,
        }
    }
}

impl Tables {
    /// The tables of the embedded descriptors.
    pub(super) fn get() -> &'static Tables {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| Tables::new(include_bytes!("../descriptors.bin")))
    }

    /// Finds the names in a `FileDescriptorSet`, and where each is described.
    fn new(set: &'static [u8]) -> Self {
        // Of `FileDescriptorSet`.
        const FILE: u32 = 1;
        // Of `FileDescriptorProto`.
        const PACKAGE: u32 = 2;
        const MESSAGE_TYPE: u32 = 4;
        const ENUM_TYPE: u32 = 5;
        const SYNTAX: u32 = 12;
        /// About as many as there are messages.
        const MESSAGES: usize = 2048;
        let mut tables =
            Tables { messages: IndexMap::with_capacity(MESSAGES), enums: IndexMap::with_capacity(MESSAGES / 4) };
        for file in fields(set, FILE) {
            let package = text_of(file, PACKAGE);
            let proto3 = text_of(file, SYNTAX) == "proto3";
            fields(file, ENUM_TYPE).for_each(|descriptor| tables.add_enum(package, descriptor));
            fields(file, MESSAGE_TYPE).for_each(|descriptor| tables.add_message(package, descriptor, proto3));
        }
        tables
    }

    fn add_message(&mut self, scope: &str, descriptor: &'static [u8], proto3: bool) {
        // Of `DescriptorProto`.
        const NESTED_TYPE: u32 = 3;
        const ENUM_TYPE: u32 = 4;
        let name = qualified(scope, text_of(descriptor, NAME));
        fields(descriptor, NESTED_TYPE).for_each(|nested| self.add_message(&name, nested, proto3));
        fields(descriptor, ENUM_TYPE).for_each(|nested| self.add_enum(&name, nested));
        self.messages.insert(name, Slot { descriptor, proto3, table: OnceLock::new() });
    }

    fn add_enum(&mut self, scope: &str, descriptor: &'static [u8]) {
        let name = qualified(scope, text_of(descriptor, NAME));
        self.enums.insert(name, EnumSlot { descriptor, literals: OnceLock::new() });
    }

    /// The message with this full name, without a leading dot.
    pub(super) fn find(&self, full_name: &str) -> Option<MessageId> {
        self.messages.get_index_of(full_name).map(MessageId)
    }

    /// The table of a message.
    pub(super) fn message(&self, MessageId(index): MessageId) -> &MessageTable {
        let (name, slot) = &self.messages.get_index(index).expect("a `MessageId` is made by `find`");
        slot.table.get_or_init(|| {
            // The file is part of the program, and a test reads all of it.
            let descriptor = DescriptorProto::decode(slot.descriptor).expect("a DescriptorProto");
            self.table(name, &descriptor, slot.proto3)
        })
    }

    /// The JSON of an enum value; `None` for a number without a name.
    pub(super) fn enum_literal(&self, EnumId(index): EnumId, number: i32) -> Option<&str> {
        let (name, slot) = self.enums.get_index(index)?;
        let values = slot.literals.get_or_init(|| literals(name, slot.descriptor));
        let at = values.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        values.get(at).map(|(_, literal)| literal.as_str())
    }

    /// The names of an enum's values, also those of one number.
    pub(super) fn enum_names(&self, EnumId(index): EnumId) -> Vec<String> {
        let Some((_, slot)) = self.enums.get_index(index) else { return Vec::new() };
        let descriptor = EnumDescriptorProto::decode(slot.descriptor).expect("an EnumDescriptorProto");
        descriptor.value.iter().map(|value| value.name().to_owned()).collect()
    }

    /// The messages of a message's package, or else, where there is none, all of the same last name.
    pub(super) fn like(&self, full_name: &str) -> Vec<&str> {
        let parts = |name| str::rsplit_once(name, '.').unwrap_or(("", name));
        let (package, last) = parts(full_name);
        let names = || self.messages.keys().map(String::as_str);
        let of_package: Vec<_> = names().filter(|name| parts(name).0 == package).collect();
        if !of_package.is_empty() {
            return of_package;
        }
        names().filter(|name| parts(name).1 == last).collect()
    }

    fn table(&self, name: &str, descriptor: &DescriptorProto, proto3: bool) -> MessageTable {
        let mut by_number = Vec::new();
        let mut fields = Vec::new();
        for field in &descriptor.field {
            // A type outside the set: the generator's test excludes it.
            let Some(kind) = self.kind(field) else { continue };
            by_number.push((field.number().unsigned_abs(), fields.len()));
            let mut key = String::new();
            text::string(&mut key, field.name());
            key.push_str(": ");
            let cardinality = self.cardinality(field, kind, proto3);
            fields.push(Field { key, cardinality, kind, oneof: field.oneof_index });
        }
        by_number.sort_unstable();
        let mut small = vec![None; SMALL];
        for (number, index) in &by_number {
            if let Some(place) = small.get_mut(*number as usize) {
                *place = Some(*index);
            }
        }
        MessageTable { name: name.to_owned(), shape: shape(name), fields, by_number, small }
    }

    fn kind(&self, field: &FieldDescriptorProto) -> Option<Kind> {
        let type_name = field.type_name().trim_start_matches('.');
        Some(match field.r#type() {
            Type::Double => Kind::Double,
            Type::Float => Kind::Float,
            Type::Int64 => Kind::Int64,
            Type::Uint64 => Kind::Uint64,
            Type::Int32 => Kind::Int32,
            Type::Fixed64 => Kind::Fixed64,
            Type::Fixed32 => Kind::Fixed32,
            Type::Bool => Kind::Bool,
            Type::String => Kind::String,
            Type::Bytes => Kind::Bytes,
            Type::Uint32 => Kind::Uint32,
            Type::Sfixed32 => Kind::Sfixed32,
            Type::Sfixed64 => Kind::Sfixed64,
            Type::Sint32 => Kind::Sint32,
            Type::Sint64 => Kind::Sint64,
            Type::Enum => Kind::Enum(EnumId(self.enums.get_index_of(type_name)?)),
            Type::Message => Kind::Message(self.find(type_name)?),
            Type::Group => return None,
        })
    }

    fn cardinality(&self, field: &FieldDescriptorProto, kind: Kind, proto3: bool) -> Cardinality {
        match (field.label(), kind) {
            (Label::Repeated, Kind::Message(entry)) if self.is_map_entry(entry) => Cardinality::Map { entry },
            (Label::Repeated, _) => Cardinality::Repeated,
            (_, Kind::Message(_)) => Cardinality::Single { implicit: false },
            // A proto3 `optional` is a member of a oneof of its own.
            _ => Cardinality::Single { implicit: proto3 && field.oneof_index.is_none() },
        }
    }

    fn is_map_entry(&self, MessageId(index): MessageId) -> bool {
        // `DescriptorProto.options`, and `map_entry` in it.
        const OPTIONS: u32 = 7;
        const MAP_ENTRY: u32 = 7;
        let Some((_, slot)) = self.messages.get_index(index) else { return false };
        fields(slot.descriptor, OPTIONS).any(|options| {
            let mut reader = Reader::new(options);
            std::iter::from_fn(|| reader.next_field()).any(|(number, raw)| number == MAP_ENTRY && raw.number() != 0)
        })
    }
}

impl MessageTable {
    /// The position in `fields` of a field number.
    pub(super) fn field_index(&self, number: u32) -> Option<usize> {
        if let Some(index) = self.small.get(number as usize) {
            return *index;
        }
        let at = self.by_number.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.by_number.get(at).map(|(_, index)| *index)
    }
}

/// `name` of each kind of descriptor.
const NAME: u32 = 1;

/// The payloads of a field that holds messages or texts.
fn fields(bytes: &'static [u8], number: u32) -> impl Iterator<Item = &'static [u8]> {
    let mut reader = Reader::new(bytes);
    std::iter::from_fn(move || reader.next_field())
        .filter(move |(found, _)| *found == number)
        .map(|(_, raw)| raw.bytes())
}

fn text_of(bytes: &'static [u8], number: u32) -> &'static str {
    fields(bytes, number).last().and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
}

fn literals(name: &str, descriptor: &[u8]) -> Vec<(i32, String)> {
    let descriptor = EnumDescriptorProto::decode(descriptor).expect("an EnumDescriptorProto");
    let null = name == "google.protobuf.NullValue";
    let literal = |name: &str| if null { "null".to_owned() } else { format!("\"{name}\"") };
    let mut values: Vec<(i32, String)> =
        descriptor.value.iter().map(|value| (value.number(), literal(value.name()))).collect();
    // Of aliases the first counts, and the sort is stable.
    values.sort_by_key(|(number, _)| *number);
    values.dedup_by_key(|(number, _)| *number);
    values
}

fn qualified(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { [scope, ".", name].concat() }
}

fn shape(full_name: &str) -> Shape {
    match full_name.strip_prefix("google.protobuf.").unwrap_or_default() {
        "Any" => Shape::Any,
        "Duration" => Shape::Duration,
        "Timestamp" => Shape::Timestamp,
        "FieldMask" => Shape::FieldMask,
        "Struct" => Shape::Struct,
        "ListValue" => Shape::List,
        "Value" => Shape::Value,
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value" | "BoolValue"
        | "StringValue" | "BytesValue" => Shape::Wrapper,
        _ => Shape::Plain,
    }
}

#[cfg(test)]
mod tests {
    use prost_types::FileDescriptorSet;

    use super::*;

    #[test]
    fn all_that_is_described_is_found() {
        let set = FileDescriptorSet::decode(&include_bytes!("../descriptors.bin")[..]).expect("a set");
        let tables = Tables::get();
        let mut expected = 0;
        for file in &set.file {
            let mut open: Vec<_> = file.message_type.iter().map(|it| (file.package().to_owned(), it)).collect();
            while let Some((scope, message)) = open.pop() {
                let name = qualified(&scope, message.name());
                let id = tables.find(&name).expect("a message of the set");
                assert_eq!(tables.message(id).fields.len(), message.field.len(), "{name}");
                assert_eq!(
                    tables.is_map_entry(id),
                    message.options.as_ref().is_some_and(|it| it.map_entry()),
                    "{name}"
                );
                open.extend(message.nested_type.iter().map(|it| (name.clone(), it)));
                expected += 1;
            }
        }
        assert_eq!(tables.messages.len(), expected);
        assert!(tables.enums.iter().all(|(name, slot)| !literals(name, slot.descriptor).is_empty()));
    }
}
