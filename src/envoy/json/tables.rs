//! Field tables of every message the writer knows, made from the embedded descriptors on first use.

use std::sync::OnceLock;

use indexmap::IndexMap;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use super::text;
use super::wire::Width;

/// The messages and enums of the descriptor set.
pub(super) struct Tables {
    messages: IndexMap<String, Slot>,
    /// Enum value names as JSON text, by number.
    enums: IndexMap<String, Vec<(i32, String)>>,
}

struct Slot {
    descriptor: DescriptorProto,
    proto3: bool,
    table: OnceLock<MessageTable>,
}

/// A message of [`Tables`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct MessageId(usize);

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
    /// The member name as JSON text with its colon.
    pub(super) key: String,
    pub(super) cardinality: Cardinality,
    pub(super) kind: Kind,
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
        TABLES.get_or_init(|| {
            let set = FileDescriptorSet::decode(&include_bytes!("../descriptors.bin")[..]);
            // The file is part of the program, and a test reads it.
            Tables::new(set.expect("descriptors.bin is a FileDescriptorSet"))
        })
    }

    fn new(set: FileDescriptorSet) -> Self {
        let mut tables = Tables { messages: IndexMap::new(), enums: IndexMap::new() };
        for file in set.file {
            let package = file.package().to_owned();
            let proto3 = file.syntax() == "proto3";
            for descriptor in file.enum_type {
                tables.add_enum(&package, &descriptor);
            }
            for descriptor in file.message_type {
                tables.add_message(&package, descriptor, proto3);
            }
        }
        tables
    }

    fn add_message(&mut self, scope: &str, mut descriptor: DescriptorProto, proto3: bool) {
        let name = qualified(scope, descriptor.name());
        for nested in std::mem::take(&mut descriptor.nested_type) {
            self.add_message(&name, nested, proto3);
        }
        for nested in std::mem::take(&mut descriptor.enum_type) {
            self.add_enum(&name, &nested);
        }
        self.messages.insert(name, Slot { descriptor, proto3, table: OnceLock::new() });
    }

    fn add_enum(&mut self, scope: &str, descriptor: &EnumDescriptorProto) {
        let name = qualified(scope, descriptor.name());
        let null = name == "google.protobuf.NullValue";
        let literal = |name: &str| if null { "null".to_owned() } else { format!("\"{name}\"") };
        let mut values: Vec<(i32, String)> =
            descriptor.value.iter().map(|value| (value.number(), literal(value.name()))).collect();
        // Of aliases the first counts, and the sort is stable.
        values.sort_by_key(|(number, _)| *number);
        values.dedup_by_key(|(number, _)| *number);
        self.enums.insert(name, values);
    }

    /// The message with this full name, without a leading dot.
    pub(super) fn find(&self, full_name: &str) -> Option<MessageId> {
        self.messages.get_index_of(full_name).map(MessageId)
    }

    /// The table of a message.
    pub(super) fn message(&self, MessageId(index): MessageId) -> &MessageTable {
        let (name, slot) = &self.messages.get_index(index).expect("a `MessageId` is made by `find`");
        slot.table.get_or_init(|| self.table(name, &slot.descriptor, slot.proto3))
    }

    /// The JSON of an enum value; `None` for a number without a name.
    pub(super) fn enum_literal(&self, EnumId(index): EnumId, number: i32) -> Option<&str> {
        let (_, values) = self.enums.get_index(index)?;
        let at = values.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        values.get(at).map(|(_, literal)| literal.as_str())
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
            key.push(':');
            fields.push(Field { key, cardinality: self.cardinality(field, kind, proto3), kind });
        }
        by_number.sort_unstable();
        MessageTable { name: name.to_owned(), shape: shape(name), fields, by_number }
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
        let options = self.messages.get_index(index).and_then(|(_, slot)| slot.descriptor.options.as_ref());
        options.is_some_and(|options| options.map_entry())
    }
}

impl MessageTable {
    /// The position in `fields` of a field number.
    pub(super) fn field_index(&self, number: u32) -> Option<usize> {
        let at = self.by_number.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.by_number.get(at).map(|(_, index)| *index)
    }
}

fn qualified(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
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
