//! Protobuf messages to canonical proto3 JSON, written straight from the wire format.
//!
//! Takes a message (or its bytes and its name) and gives text: Envoy's field names in snake_case, in
//! the order the `.proto` declares them, map keys sorted, each `Any` expanded at any depth. The same
//! message always gives the same text, whatever order prost's hash maps had on the wire.
//!
//! Knows nothing of Istio or of what the messages mean; the field tables come from
//! `descriptors.bin`, which `src/tests/descriptors.rs` regenerates.
//!
//! The mapping is the one of <https://protobuf.dev/programming-guides/json/>, with these choices:
//! - An `Any` whose type has no descriptor (or whose bytes are broken) is written as its `@type` and
//!   the bytes as base64 under `value`; [`write_message`] names it in its error, after writing.
//! - An `Any` of `google.protobuf.Empty` is its `@type` alone: Envoy's parser knows no `value` there.
//! - A message nested more than 120 JSON levels deep is `null`, and named in the same way.
//! - NaN and infinities are strings also inside `google.protobuf.Value`, where protobuf refuses them.

mod buffer;
mod elsewhere;
mod misfit;
mod object;
mod repeats;
mod tables;
mod text;
mod well_known;
mod wire;
mod writer;

use std::fmt;

use prost::{Message, Name};

use buffer::Buffer;
pub use misfit::{Misfit, Unfit, misfits};
pub use object::{Object, object, stream_object};
use tables::Tables;
use writer::Writer;

/// How the text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One line, no spaces.
    Compact,
    /// One member a line, indented by two spaces, as Envoy's `config_dump` prints.
    Pretty,
}

/// What [`write_message`] could not describe: type URLs, or `type.number` of unknown fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undescribed(pub Vec<String>);

impl fmt::Display for Undescribed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no descriptor for {}", self.0.join(", "))
    }
}

impl std::error::Error for Undescribed {}

/// The JSON of one message. An `Any` of an unknown type stays base64 (see the module).
pub fn to_json<M: Message + Name>(message: &M, style: Style) -> String {
    let mut out = String::new();
    write_lenient(message, style, 0, &mut out);
    if style == Style::Pretty {
        out.push('\n');
    }
    out
}

/// The same as a tree, for YAML output and for tests that look into it.
pub fn to_value<M: Message + Name>(message: &M) -> serde_json::Value {
    // Cannot fail: the text is our own, and `writer::MAX_DEPTH` is within what serde_json reads.
    serde_json::from_str(&to_json(message, Style::Compact)).expect("the writer gives JSON")
}

fn write_lenient<M: Message + Name>(message: &M, style: Style, depth: usize, out: &mut String) {
    // What is undescribed is in the text as base64: the reader of the text sees it.
    let _ = write_message(&M::full_name(), &message.encode_to_vec(), style, depth, out);
}

/// Appends the JSON of the message `full_name` (no leading dot) whose wire format is `bytes`, at
/// nesting `depth` (indents the lines after the first in [`Style::Pretty`]).
///
/// # Errors
/// Something had no descriptor or was not well-formed. The text written is valid JSON all the same.
pub fn write_message(
    full_name: &str,
    bytes: &[u8],
    style: Style,
    depth: usize,
    out: &mut String,
) -> Result<(), Undescribed> {
    let mut buffer = Buffer::kept(std::mem::take(out));
    let message = Tables::get().find(full_name).ok_or_else(|| full_name.to_owned());
    let gaps = Writer::write(message, bytes, style, depth, &mut buffer);
    *out = buffer.finish();
    if gaps.is_empty() { Ok(()) } else { Err(Undescribed(gaps)) }
}
