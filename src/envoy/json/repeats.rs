//! Texts of messages that were written, for those that come again: a configuration says the same retry policy, access
//! log or chain of filters thousands of times.

use super::tables::MessageId;

/// Messages of which it pays to remember the text, by the length of their wire format.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=4096;

/// How many different messages of one type are remembered.
const WAYS: usize = 16;

/// After so many messages of a type that were all new, most of the following ones are neither looked up nor remembered.
const NEW: u32 = 64;

/// One in so many is, in case they repeat from there on.
const SAMPLE: u32 = 32;

/// The texts, by type.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    types: Vec<Type>,
}

#[derive(Debug, Default)]
struct Type {
    texts: Vec<Text>,
    next: usize,
    /// Messages since the last one that was known.
    new: u32,
}

#[derive(Debug)]
struct Text {
    bytes: Vec<u8>,
    depth: usize,
    text: String,
}

impl Repeats {
    /// The text of the same message at the same depth; else whether its text is worth remembering.
    pub(super) fn find(&mut self, MessageId(id): MessageId, depth: usize, bytes: &[u8]) -> Result<&str, bool> {
        if !LENGTHS.contains(&bytes.len()) {
            return Err(false);
        }
        if self.types.len() <= id {
            self.types.resize_with(id + 1, Type::default);
        }
        let Some(of_type) = self.types.get_mut(id) else { return Err(false) };
        if of_type.new >= NEW && !of_type.new.is_multiple_of(SAMPLE) {
            of_type.new = of_type.new.saturating_add(1);
            return Err(false);
        }
        match of_type.texts.iter().position(|known| known.depth == depth && known.bytes == bytes) {
            Some(at) => {
                of_type.new = 0;
                of_type.texts.get(at).map(|known| known.text.as_str()).ok_or(false)
            }
            None => {
                of_type.new = of_type.new.saturating_add(1);
                Err(true)
            }
        }
    }

    /// Remembers a text, in place of the one that was remembered first.
    pub(super) fn remember(&mut self, MessageId(id): MessageId, depth: usize, bytes: &[u8], text: &str) {
        let Some(of_type) = self.types.get_mut(id) else { return };
        match of_type.texts.get_mut(of_type.next) {
            Some(known) => {
                known.bytes.clear();
                known.bytes.extend_from_slice(bytes);
                known.text.clear();
                known.text.push_str(text);
                known.depth = depth;
            }
            None => of_type.texts.push(Text { bytes: bytes.to_vec(), depth, text: text.to_owned() }),
        }
        of_type.next = (of_type.next + 1) % WAYS;
    }
}
