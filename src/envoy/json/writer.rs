//! The walk over one message: wire format in, JSON text out.

use std::fmt;

use super::Style;
use super::buffer::Buffer;
use super::tables::{Cardinality, Field, Kind, MessageId, MessageTable, Shape, Tables};
use super::wire::{self, Raw, Reader};
use super::{text, well_known};

/// Deepest nesting of messages inside the text, counted in JSON levels; a little less than the 127 that
/// serde_json reads. What is deeper becomes `null` and is reported as undescribed.
const MAX_DEPTH: usize = 120;

/// More fields than most messages have, with those of the messages in them.
const FIELDS: usize = 32;

/// One field on the wire: which field of the table (in declaration order), and its payload.
#[derive(Clone, Copy)]
struct Occurrence<'a> {
    field: usize,
    raw: Raw<'a>,
}

/// Which fields of a message, by the order of their declaration.
#[derive(Clone, Copy)]
pub(super) enum Part<'f> {
    /// All.
    All,
    /// Those before this one.
    Before(&'f str),
    /// This one and those behind it.
    After(&'f str),
}

/// A map key, ordered as protobuf's own JSON printers order it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Signed(i64),
    Unsigned(u64),
    Bool(bool),
    Text(&'a [u8]),
}

/// Where the text stands: what is open, and what could not be described.
pub(super) struct Writer<'a, 'o, 's> {
    tables: &'static Tables,
    out: &'o mut Buffer<'s>,
    style: Style,
    depth: usize,
    /// The fields of all messages that are open, innermost last: one allocation for the whole text.
    stack: Vec<Occurrence<'a>>,
    gaps: Vec<String>,
}

impl<'a, 'o, 's> Writer<'a, 'o, 's> {
    fn new(style: Style, depth: usize, out: &'o mut Buffer<'s>) -> Self {
        Writer { tables: Tables::get(), out, style, depth, stack: Vec::with_capacity(FIELDS), gaps: Vec::new() }
    }

    /// Appends the JSON of a message, or of bytes of a type that is not described, by its name; gives what had no
    /// descriptor or was broken.
    pub(super) fn write(
        message: Result<MessageId, String>,
        bytes: &'a [u8],
        style: Style,
        depth: usize,
        out: &'o mut Buffer<'s>,
    ) -> Vec<String> {
        let mut writer = Writer::new(style, depth, out);
        match message {
            Ok(id) => writer.message(id, bytes),
            Err(full_name) => {
                writer.gaps.push(full_name);
                writer.base64(bytes);
            }
        }
        writer.gaps
    }

    /// Appends the fields of a message as members of an object that is open at `depth`: all, those that are declared
    /// before a field, or those from it on. What has no descriptor is left out.
    pub(super) fn write_members(
        id: MessageId,
        bytes: &'a [u8],
        part: Part<'_>,
        (style, depth): (Style, usize),
        empty: &mut bool,
        out: &'o mut Buffer<'s>,
    ) {
        let mut writer = Writer::new(style, depth, out);
        let table = writer.tables.message(id);
        writer.scan(table, bytes);
        let place = |name| table.fields.iter().position(|field| field.is_called(name)).unwrap_or(table.fields.len());
        let split = |name| {
            let place = place(name);
            writer.stack.partition_point(|occurrence| occurrence.field < place)
        };
        let (start, end) = match part {
            Part::All => (0, writer.stack.len()),
            Part::Before(field) => (0, split(field)),
            Part::After(field) => (split(field), writer.stack.len()),
        };
        writer.members(table, start, end, empty);
    }

    fn message(&mut self, id: MessageId, bytes: &'a [u8]) {
        let table = self.tables.message(id);
        if self.depth >= MAX_DEPTH {
            self.gaps.push(format!("{} (nested too deeply)", table.name));
            self.out.push_str("null");
            return;
        }
        let remembered = match self.out.repeat(id, self.depth, bytes) {
            Ok(()) => return,
            Err(worth) => worth,
        };
        let (start, handed_on, gaps) = (self.out.len(), self.out.handed_on, self.gaps.len());
        self.shaped(table, bytes);
        if remembered && self.out.handed_on == handed_on && self.gaps.len() == gaps {
            self.out.remember(id, self.depth, bytes, start);
        }
    }

    fn shaped(&mut self, table: &'static MessageTable, bytes: &'a [u8]) {
        match table.shape {
            Shape::Plain => self.object(table, None, bytes),
            Shape::Any => self.any(bytes),
            Shape::Struct | Shape::List => {
                let mark = self.scan(table, bytes);
                self.collection(table, mark);
                self.stack.truncate(mark);
            }
            Shape::Value => self.value(table, bytes),
            Shape::Wrapper => {
                let mark = self.scan(table, bytes);
                let last = self.stack[mark..].last().copied();
                self.stack.truncate(mark);
                if let Some(field) = table.fields.first() {
                    self.scalar_or_default(field.kind, last.map(|occurrence| occurrence.raw));
                }
            }
            Shape::Duration => well_known::duration(self.out, bytes),
            Shape::Timestamp => well_known::timestamp(self.out, bytes),
            Shape::FieldMask => well_known::field_mask(self.out, bytes),
        }
    }

    /// Pushes the fields of `bytes` in declaration order; gives where they start on the stack.
    fn scan(&mut self, table: &MessageTable, bytes: &'a [u8]) -> usize {
        let mark = self.stack.len();
        let mut reader = Reader::new(bytes);
        let (mut last, mut sorted) = (0, true);
        while let Some((number, raw)) = reader.next_field() {
            match table.field_index(number) {
                Some(field) => {
                    sorted &= field >= last;
                    last = field;
                    self.stack.push(Occurrence { field, raw });
                }
                None => self.gaps.push(format!("{}.{number}", table.name)),
            }
        }
        if reader.broken() {
            self.gaps.push(format!("{} (broken bytes)", table.name));
        }
        if !sorted {
            self.stack[mark..].sort_by_key(|occurrence| occurrence.field);
        }
        mark
    }

    fn object(&mut self, table: &'static MessageTable, type_url: Option<&str>, bytes: &'a [u8]) {
        let mark = self.scan(table, bytes);
        self.open('{');
        let mut empty = true;
        if let Some(type_url) = type_url {
            self.member(&mut empty, "\"@type\": ");
            text::string(self.out, type_url);
        }
        self.members(table, mark, self.stack.len(), &mut empty);
        self.stack.truncate(mark);
        self.close('}', empty);
    }

    /// The members for the occurrences from `start` to `end`.
    fn members(&mut self, table: &'static MessageTable, start: usize, end: usize, empty: &mut bool) {
        let mut at = start;
        while let Some(&Occurrence { field: index, .. }) = self.stack.get(at).filter(|_| at < end) {
            let run = self.stack[at..end].iter().take_while(|occurrence| occurrence.field == index).count();
            if let Some(field) = table.fields.get(index) {
                self.field(field, at, at + run, empty);
            }
            at += run;
        }
    }

    fn field(&mut self, field: &'static Field, start: usize, end: usize, empty: &mut bool) {
        match field.cardinality {
            Cardinality::Single { implicit } => {
                let raw = self.stack[end - 1].raw;
                if implicit && raw.is_zero() {
                    return;
                }
                self.member(empty, &field.key);
                match (field.kind, end - start) {
                    // A message field given twice is merged, which for bytes is concatenation.
                    (Kind::Message(id), 2..) => self.merged(id, start, end),
                    (kind, _) => self.scalar(kind, raw),
                }
            }
            Cardinality::Repeated => {
                self.member(empty, &field.key);
                self.list(field.kind, start, end);
            }
            Cardinality::Map { entry } => {
                self.member(empty, &field.key);
                self.map(entry, start, end);
            }
        }
    }

    fn merged(&mut self, id: MessageId, start: usize, end: usize) {
        let bytes: Vec<u8> = self.stack[start..end].iter().flat_map(|part| part.raw.bytes()).copied().collect();
        let Self { tables, out, style, depth, .. } = self;
        let mut inner = Writer { tables, out, style: *style, depth: *depth, stack: Vec::new(), gaps: Vec::new() };
        inner.message(id, &bytes);
        let gaps = inner.gaps;
        self.gaps.extend(gaps);
    }

    /// The only field of a `Struct` or `ListValue`, whose occurrences start at `mark`.
    fn collection(&mut self, table: &'static MessageTable, mark: usize) {
        let end = self.stack.len();
        if let Some(field) = table.fields.first() {
            match field.cardinality {
                Cardinality::Map { entry } => self.map(entry, mark, end),
                Cardinality::Repeated | Cardinality::Single { .. } => self.list(field.kind, mark, end),
            }
        }
    }

    fn list(&mut self, kind: Kind, start: usize, end: usize) {
        self.open('[');
        let mut empty = true;
        for at in start..end {
            let raw = self.stack[at].raw;
            match (raw, kind.packed()) {
                (Raw::Bytes(bytes), Some(width)) => {
                    let mut reader = Reader::new(bytes);
                    while let Some(number) = reader.next_packed(width) {
                        self.member(&mut empty, "");
                        self.scalar(kind, Raw::Number(number));
                    }
                    if reader.broken() {
                        self.gaps.push("a packed list (broken bytes)".to_owned());
                    }
                }
                _ => {
                    self.member(&mut empty, "");
                    self.scalar(kind, raw);
                }
            }
        }
        self.close(']', empty);
    }

    fn map(&mut self, entry: MessageId, start: usize, end: usize) {
        let [key, value] = self.tables.message(entry).fields.as_slice() else { return };
        self.open('{');
        let mut empty = true;
        // Most maps have one entry.
        let mut entries = Vec::new();
        if end - start == 1 {
            let (key, raw) = map_entry(key.kind, self.stack[start].raw);
            self.map_member(&mut empty, &key, value.kind, raw);
        } else {
            entries.extend(self.stack[start..end].iter().map(|occurrence| map_entry(key.kind, occurrence.raw)));
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        }
        for (at, (key, raw)) in entries.iter().enumerate() {
            // The last entry of equal keys counts; the sort is stable.
            if entries.get(at + 1).is_none_or(|(next, _)| next != key) {
                self.map_member(&mut empty, key, value.kind, *raw);
            }
        }
        self.close('}', empty);
    }

    fn map_member(&mut self, empty: &mut bool, key: &Key<'_>, kind: Kind, raw: Option<Raw<'a>>) {
        self.member(empty, "");
        self.map_key_text(key);
        self.out.push_str(if self.style == Style::Pretty { ": " } else { ":" });
        self.scalar_or_default(kind, raw);
    }

    fn map_key_text(&mut self, key: &Key<'_>) {
        match key {
            Key::Signed(number) => self.quoted(number),
            Key::Unsigned(number) => self.quoted(number),
            Key::Bool(flag) => self.quoted(flag),
            Key::Text(bytes) => text::utf8(self.out, bytes),
        }
    }

    fn any(&mut self, bytes: &'a [u8]) {
        let (mut type_url, mut payload) = (&b""[..], &b""[..]);
        let mut reader = Reader::new(bytes);
        while let Some((number, raw)) = reader.next_field() {
            match number {
                1 => type_url = raw.bytes(),
                2 => payload = raw.bytes(),
                _ => {}
            }
        }
        if type_url.is_empty() {
            self.out.push_str("{}");
            return;
        }
        let type_url = String::from_utf8_lossy(type_url);
        let name = type_url.rsplit('/').next().unwrap_or(&type_url);
        let Some(id) = self.tables.find(name).filter(|_| wire::well_formed(payload)) else {
            self.gaps.push(type_url.clone().into_owned());
            return self.typed(&type_url, |writer| writer.base64(payload));
        };
        let table = self.tables.message(id);
        match table.shape {
            Shape::Plain => self.object(table, Some(&type_url), payload),
            _ => self.typed(&type_url, |writer| writer.message(id, payload)),
        }
    }

    /// `{"@type":…,"value":…}`: the form of an `Any` whose JSON is not an object of fields.
    fn typed(&mut self, type_url: &str, value: impl FnOnce(&mut Self)) {
        self.open('{');
        let mut empty = true;
        self.member(&mut empty, "\"@type\": ");
        text::string(self.out, type_url);
        self.member(&mut empty, "\"value\": ");
        value(self);
        self.close('}', empty);
    }

    fn value(&mut self, table: &'static MessageTable, bytes: &'a [u8]) {
        let mut last = None;
        let mut reader = Reader::new(bytes);
        while let Some((number, raw)) = reader.next_field() {
            last = table.field_index(number).and_then(|index| table.fields.get(index)).map(|field| (field.kind, raw));
        }
        match last {
            Some((kind, raw)) => self.scalar(kind, raw),
            None => self.out.push_str("null"),
        }
    }

    fn scalar_or_default(&mut self, kind: Kind, raw: Option<Raw<'a>>) {
        self.scalar(kind, raw.unwrap_or(if kind.packed().is_some() { Raw::Number(0) } else { Raw::Bytes(&[]) }));
    }

    /// A value that is not repeated: despite the name also a message.
    fn scalar(&mut self, kind: Kind, raw: Raw<'a>) {
        let number = raw.number();
        match kind {
            Kind::Double => text::double(self.out, f64::from_bits(number)),
            Kind::Float => text::float(self.out, f32::from_bits(wire::low_32(number))),
            Kind::Int32 | Kind::Sfixed32 => text::display(self.out, wire::low_32(number).cast_signed()),
            Kind::Uint32 | Kind::Fixed32 => text::display(self.out, wire::low_32(number)),
            Kind::Sint32 => text::display(self.out, wire::zigzag(number)),
            Kind::Int64 | Kind::Sfixed64 => self.quoted(number.cast_signed()),
            Kind::Uint64 | Kind::Fixed64 => self.quoted(number),
            Kind::Sint64 => self.quoted(wire::zigzag(number)),
            Kind::Bool => self.out.push_str(if number == 0 { "false" } else { "true" }),
            Kind::String => text::utf8(self.out, raw.bytes()),
            Kind::Bytes => self.base64(raw.bytes()),
            Kind::Enum(id) => {
                let number = wire::low_32(number).cast_signed();
                match self.tables.enum_literal(id, number) {
                    Some(literal) => self.out.push_str(literal),
                    None => text::display(self.out, number),
                }
            }
            Kind::Message(id) => self.message(id, raw.bytes()),
        }
    }

    fn quoted(&mut self, value: impl fmt::Display) {
        self.out.push('"');
        text::display(self.out, value);
        self.out.push('"');
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.out.push('"');
        text::base64(self.out, bytes);
        self.out.push('"');
    }

    fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
    }

    /// Starts a member of the innermost object or list; `key` is JSON text with a colon and a space, or empty.
    fn member(&mut self, empty: &mut bool, key: &str) {
        self.out.hand_on_much();
        match (self.style, *empty) {
            (Style::Pretty, true) => new_line(self.out, self.style, self.depth),
            (Style::Pretty, false) => self.out.push_str(lines(self.depth).0),
            (Style::Compact, true) => {}
            (Style::Compact, false) => self.out.push(','),
        }
        *empty = false;
        self.out.push_str(if self.style == Style::Pretty { key } else { key.trim_end_matches(' ') });
    }

    fn close(&mut self, bracket: char, empty: bool) {
        self.depth -= 1;
        if !empty {
            new_line(self.out, self.style, self.depth);
        }
        self.out.push(bracket);
    }
}

/// Key and value of an entry.
fn map_entry<'a>(kind: Kind, entry: Raw<'a>) -> (Key<'a>, Option<Raw<'a>>) {
    let mut pair = [None, None];
    let mut reader = Reader::new(entry.bytes());
    while let Some((number, raw)) = reader.next_field() {
        match number {
            1 => pair[0] = Some(raw),
            2 => pair[1] = Some(raw),
            _ => {}
        }
    }
    (map_key(kind, pair[0]), pair[1])
}

fn map_key<'a>(kind: Kind, raw: Option<Raw<'a>>) -> Key<'a> {
    let number = raw.map_or(0, Raw::number);
    match kind {
        Kind::Int32 | Kind::Sfixed32 => Key::Signed(i64::from(wire::low_32(number).cast_signed())),
        Kind::Int64 | Kind::Sfixed64 => Key::Signed(number.cast_signed()),
        Kind::Sint32 | Kind::Sint64 => Key::Signed(wire::zigzag(number)),
        Kind::Uint32 | Kind::Fixed32 | Kind::Uint64 | Kind::Fixed64 => Key::Unsigned(number),
        Kind::Bool => Key::Bool(number != 0),
        // Protobuf allows no other key than a string.
        Kind::String | Kind::Bytes | Kind::Double | Kind::Float | Kind::Enum(_) | Kind::Message(_) => {
            Key::Text(raw.map_or(&[], Raw::bytes))
        }
    }
}

/// Starts a line at `depth` where the style has lines.
pub(super) fn new_line(out: &mut String, style: Style, depth: usize) {
    if style == Style::Pretty {
        out.push_str(lines(depth).1);
    }
}

/// The start of a line at `depth` behind a comma, and without one.
fn lines(depth: usize) -> (&'static str, &'static str) {
    // As deep as `MAX_DEPTH`, with the lists and objects around the message.
    const BYTES: [u8; 2 + 2 * (MAX_DEPTH + 8)] = {
        let mut bytes = [b' '; 2 + 2 * (MAX_DEPTH + 8)];
        bytes[0] = b',';
        bytes[1] = b'\n';
        bytes
    };
    const LINE: &str = match std::str::from_utf8(&BYTES) {
        Ok(line) => line,
        Err(_) => ",\n",
    };
    let end = 2 + 2 * depth;
    (LINE.get(..end).unwrap_or(LINE), LINE.get(1..end).unwrap_or("\n"))
}
