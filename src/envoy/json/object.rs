//! Objects whose members are written one after the other, each message only while it is written.

use std::borrow::Borrow;

use prost::{Message, Name};

use super::buffer::Buffer;
use super::writer::{Part, Writer, new_line};
use super::{Style, text};
use crate::envoy::any::type_url;

/// An object that is open. Keys must not repeat.
#[derive(Debug)]
pub struct Object<'b, 's> {
    buffer: &'b mut Buffer<'s>,
    style: Style,
    /// The depth of its members.
    depth: usize,
    empty: bool,
    /// The wire format of the message at hand: one allocation for all.
    bytes: Vec<u8>,
}

/// One object as text.
pub fn object(style: Style, write: impl FnOnce(&mut Object<'_, '_>)) -> String {
    let mut buffer = Buffer::kept(String::new());
    whole(&mut buffer, style, write);
    buffer.finish()
}

/// The same, handed on to `sink` piece by piece.
pub fn stream_object(style: Style, sink: &mut dyn FnMut(&str), write: impl FnOnce(&mut Object<'_, '_>)) {
    let mut buffer = Buffer::streamed(sink);
    whole(&mut buffer, style, write);
    buffer.finish();
}

fn whole(buffer: &mut Buffer<'_>, style: Style, write: impl FnOnce(&mut Object<'_, '_>)) {
    open(buffer, style, 1, write);
    if style == Style::Pretty {
        buffer.push('\n');
    }
}

fn open<'s>(buffer: &mut Buffer<'s>, style: Style, depth: usize, write: impl FnOnce(&mut Object<'_, 's>)) {
    buffer.push('{');
    let mut object = Object { buffer, style, depth, empty: true, bytes: Vec::new() };
    write(&mut object);
    let Object { buffer, empty, .. } = object;
    if !empty {
        new_line(buffer, style, depth - 1);
    }
    buffer.push('}');
}

impl<'s> Object<'_, 's> {
    /// Adds the fields of a message as members.
    pub fn fields<M: Message + Name + 'static>(&mut self, message: &M) {
        let bytes = message.encode_to_vec();
        self.part::<M>(&bytes, Part::All);
    }

    /// The same, and at the place where its field `field` is declared what `write` adds: the value of that field, which
    /// the message itself does not hold.
    pub fn fields_around<M: Message + Name + 'static>(
        &mut self,
        message: &M,
        field: &str,
        write: impl FnOnce(&mut Self),
    ) {
        self.encoded_around::<M>(&message.encode_to_vec(), field, write);
    }

    /// The same for the wire format of a message.
    pub fn encoded_around<M: Name + 'static>(&mut self, bytes: &[u8], field: &str, write: impl FnOnce(&mut Self)) {
        self.part::<M>(bytes, Part::Before(field));
        write(self);
        self.part::<M>(bytes, Part::After(field));
    }

    fn part<M: Name + 'static>(&mut self, bytes: &[u8], part: Part<'_>) {
        let Some(id) = self.buffer.id::<M>() else { return };
        Writer::write_members(id, bytes, part, (self.style, self.depth), &mut self.empty, self.buffer);
    }

    /// Says of which type the object is, as the first member of what an `Any` holds.
    pub fn type_url<M: Name>(&mut self) {
        self.key("@type");
        text::string(self.buffer, &type_url::<M>());
    }

    /// Adds a member that is an object.
    pub fn object(&mut self, key: &str, write: impl FnOnce(&mut Object<'_, 's>)) {
        self.key(key);
        open(self.buffer, self.style, self.depth + 1, write);
    }

    /// Adds a member that is a list of messages, also where there are none.
    pub fn list<M: Message + Name + 'static>(&mut self, key: &str, messages: impl IntoIterator<Item = impl Borrow<M>>) {
        self.key(key);
        // A `Vec` takes any message. What is undescribed is in the text as base64, for its reader to see.
        self.messages::<M, _>(messages, |message, bytes| {
            let _ = message.borrow().encode(bytes);
        });
    }

    /// Adds a member that is a list of messages, which `encode` gives in the wire format; none without any.
    pub fn encoded<M: Name + 'static, T>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = T>,
        encode: impl FnMut(T, &mut Vec<u8>),
    ) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_some() {
            self.key(key);
            self.messages::<M, T>(values, encode);
        }
    }

    fn messages<M: Name + 'static, T>(
        &mut self,
        values: impl IntoIterator<Item = T>,
        mut encode: impl FnMut(T, &mut Vec<u8>),
    ) {
        let id = self.buffer.id::<M>();
        let mut bytes = std::mem::take(&mut self.bytes);
        self.elements(values, |this, value| {
            bytes.clear();
            encode(value, &mut bytes);
            Writer::write(id.ok_or_else(M::full_name), &bytes, this.style, this.depth + 1, this.buffer);
        });
        self.bytes = bytes;
    }

    /// The same without the member where there are no messages, as a repeated field is written.
    pub fn repeated<M: Message + Name + 'static>(
        &mut self,
        key: &str,
        messages: impl IntoIterator<Item = impl Borrow<M>>,
    ) {
        let mut messages = messages.into_iter().peekable();
        if messages.peek().is_some() {
            self.list::<M>(key, messages);
        }
    }

    /// Adds a member that is a list of objects; none without any.
    pub fn objects<T>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Object<'_, 's>, T),
    ) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_some() {
            self.key(key);
            self.elements(values, |this, value| {
                open(this.buffer, this.style, this.depth + 2, |object| write(object, value));
            });
        }
    }

    fn key(&mut self, key: &str) {
        self.buffer.hand_on_much();
        if !self.empty {
            self.buffer.push(',');
        }
        self.empty = false;
        new_line(self.buffer, self.style, self.depth);
        text::string(self.buffer, key);
        self.buffer.push_str(if self.style == Style::Pretty { ": " } else { ":" });
    }

    fn elements<T>(&mut self, values: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.buffer.push('[');
        let mut any = false;
        for value in values {
            self.buffer.hand_on_much();
            if any {
                self.buffer.push(',');
            }
            any = true;
            new_line(self.buffer, self.style, self.depth + 1);
            write(self, value);
        }
        if any {
            new_line(self.buffer, self.style, self.depth);
        }
        self.buffer.push(']');
    }
}
