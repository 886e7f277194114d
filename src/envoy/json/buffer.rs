//! Text while it is written: kept as a whole, or handed on piece by piece, so that it need not fit into memory.

use std::any::TypeId;
use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};

use prost::Name;

use super::repeats::Repeats;
use super::tables::{MessageId, Tables};

/// How many bytes are collected before they are handed on.
const PIECE: usize = 128 << 10;

/// The end of a text, and where what is before it has gone.
pub(super) struct Buffer<'s> {
    text: String,
    /// Texts of messages that come again.
    repeats: Repeats,
    /// Types that were asked for.
    ids: Vec<(TypeId, Option<MessageId>)>,
    /// How often text was handed on: where it was, positions in the text are not what they were.
    pub(super) handed_on: u32,
    sink: Option<&'s mut dyn FnMut(&str)>,
}

impl<'s> Buffer<'s> {
    /// Goes on with a text that is kept.
    pub(super) fn kept(text: String) -> Self {
        Self { text, repeats: Repeats::default(), ids: Vec::new(), handed_on: 0, sink: None }
    }

    /// A text that `sink` gets piece by piece.
    pub(super) fn streamed(sink: &'s mut dyn FnMut(&str)) -> Self {
        let text = String::with_capacity(2 * PIECE);
        Self { text, repeats: Repeats::default(), ids: Vec::new(), handed_on: 0, sink: Some(sink) }
    }

    /// Which message a type is; `None` where none is described.
    pub(super) fn id<M: Name + 'static>(&mut self) -> Option<MessageId> {
        let wanted = TypeId::of::<M>();
        if let Some((_, id)) = self.ids.iter().find(|(known, _)| *known == wanted) {
            return *id;
        }
        let id = Tables::get().find(&M::full_name());
        self.ids.push((wanted, id));
        id
    }

    /// Hands on what there is, where it is much.
    pub(super) fn hand_on_much(&mut self) {
        if self.text.len() >= PIECE
            && let Some(sink) = &mut self.sink
        {
            sink(&self.text);
            self.text.clear();
            self.handed_on = self.handed_on.wrapping_add(1);
        }
    }

    /// Writes the text of the same message, where it is known; else says whether it is worth remembering.
    pub(super) fn repeat(&mut self, id: MessageId, depth: usize, bytes: &[u8]) -> Result<(), bool> {
        self.repeats.find(id, depth, bytes).map(|text| self.text.push_str(text))
    }

    /// Remembers the text from `start` on as that of a message.
    pub(super) fn remember(&mut self, id: MessageId, depth: usize, bytes: &[u8], start: usize) {
        if let Some(text) = self.text.get(start..) {
            self.repeats.remember(id, depth, bytes, text);
        }
    }

    /// Hands on what is left; gives the text that is kept.
    pub(super) fn finish(&mut self) -> String {
        if let Some(sink) = &mut self.sink {
            sink(&self.text);
            self.text.clear();
        }
        mem::take(&mut self.text)
    }
}

impl Deref for Buffer<'_> {
    type Target = String;

    fn deref(&self) -> &String {
        &self.text
    }
}

impl DerefMut for Buffer<'_> {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.text
    }
}

impl fmt::Debug for Buffer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("text", &self.text).finish_non_exhaustive()
    }
}
