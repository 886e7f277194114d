//! What stands on one line: plain and quoted text, and collections in brackets.

use std::borrow::Cow;

use super::super::node::{Kind, Node};
use super::super::{mapping, scalar};
use super::{Beyond, MAX_DEPTH, Reader, Scalar};

/// Length of a key in bytes. The full reader refuses keys of more than 1,024 characters.
const MAX_KEY: u32 = 512;

/// Bytes that never mean anything within plain text.
const ORDINARY: [bool; 256] = {
    let mut ordinary = [true; 256];
    let special = b"\n :#,[]{}?";
    let mut at = 0;
    while at < special.len() {
        ordinary[special[at] as usize] = false;
        at += 1;
    }
    ordinary
};

/// Where a plain scalar stands: brackets, commas and question marks end or spoil one in a flow collection.
#[derive(Clone, Copy, PartialEq)]
enum Context {
    Block,
    Flow,
}

impl<'src> Reader<'_, 'src> {
    /// The text here, outside of brackets.
    pub(super) fn scalar(&mut self) -> Result<Scalar<'src>, Beyond> {
        let node = self.text_in(Context::Block)?;
        if self.peek() != Some(b':') || !matches!(self.byte(self.at + 1), None | Some(b' ' | b'\n')) {
            return Ok(Scalar::Value(finite(node)?));
        }
        self.at += 1;
        self.key(node).map(Scalar::Key)
    }

    /// The collection whose bracket is here.
    pub(super) fn flow(&mut self, depth: usize) -> Result<Node<'src>, Beyond> {
        if depth > MAX_DEPTH {
            return Err(Beyond);
        }
        let start = self.place(self.at);
        let mapping = self.peek() == Some(b'{');
        self.at += 1;
        self.skip_spaces();
        let kind = if mapping { self.flow_mapping(depth)? } else { self.flow_sequence(depth)? };
        self.at += 1;
        Ok(Node { start, end: self.place(self.at), kind })
    }

    /// The elements up to the closing bracket.
    fn flow_sequence(&mut self, depth: usize) -> Result<Kind<'src>, Beyond> {
        let first = self.open.elements.len();
        if self.peek() == Some(b']') {
            return Ok(Kind::Seq(Vec::new()));
        }
        loop {
            let element = self.flow_value(depth)?;
            self.open.elements.push(element);
            match self.peek() {
                Some(b']') => return Ok(self.sequence_since(first)),
                Some(b',') => self.comma(),
                _ => return Err(Beyond),
            }
        }
    }

    /// The entries up to the closing brace.
    fn flow_mapping(&mut self, depth: usize) -> Result<Kind<'src>, Beyond> {
        let first = self.open.entries.len();
        if self.peek() == Some(b'}') {
            return Ok(Kind::Map(Vec::new()));
        }
        loop {
            let key = self.text_in(Context::Flow)?;
            if (self.peek(), self.byte(self.at + 1)) != (Some(b':'), Some(b' ')) {
                return Err(Beyond);
            }
            self.at += 1;
            let key = self.key(key)?;
            self.skip_spaces();
            let value = self.flow_value(depth)?;
            self.open.entries.push((key, value));
            match self.peek() {
                Some(b'}') => return self.mapping_since(first),
                Some(b',') => self.comma(),
                _ => return Err(Beyond),
            }
        }
    }

    /// An element or a value in brackets, and the spaces behind it.
    fn flow_value(&mut self, depth: usize) -> Result<Node<'src>, Beyond> {
        let node = match self.peek() {
            Some(b'[' | b'{') => self.flow(depth + 1)?,
            _ => finite(self.text_in(Context::Flow)?)?,
        };
        self.skip_spaces();
        Ok(node)
    }

    fn comma(&mut self) {
        self.at += 1;
        self.skip_spaces();
    }

    fn key(&self, node: Node<'src>) -> Result<Node<'src>, Beyond> {
        if node.end - node.start > MAX_KEY {
            return Err(Beyond);
        }
        match node.kind {
            Kind::Str(Cow::Borrowed("<<")) => Err(Beyond),
            Kind::Str(_) => Ok(node),
            // The file is only for the diagnostic, which the full reader makes anew.
            _ => mapping::key(crate::base::FileId(0), node).map_err(|_| Beyond),
        }
    }

    fn text_in(&mut self, context: Context) -> Result<Node<'src>, Beyond> {
        match self.peek() {
            Some(b'"') => self.double_quoted(),
            Some(b'\'') => self.single_quoted(),
            _ => self.plain(context),
        }
    }

    /// Plain text. Ends at its last character; behind a key that is the colon.
    fn plain(&mut self, context: Context) -> Result<Node<'src>, Beyond> {
        let start = self.at;
        if !self.plain_begins() {
            return Err(Beyond);
        }
        let flow = context == Context::Flow;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        let mut end = at;
        while let Some(&byte) = bytes.get(at) {
            if ORDINARY.get(usize::from(byte)) == Some(&true) {
                at += 1;
                end = at;
                continue;
            }
            match byte {
                b'\n' => break,
                b' ' => {}
                b':' if matches!(bytes.get(at + 1), None | Some(b' ' | b'\n')) => {
                    // White space before the colon is beyond the subset.
                    if end != at {
                        return Err(Beyond);
                    }
                    break;
                }
                b'#' if bytes.get(at - 1) == Some(&b' ') => break,
                b',' | b']' | b'}' if flow => break,
                b'[' | b'{' | b'?' if flow => return Err(Beyond),
                b':' if flow && matches!(bytes.get(at + 1), Some(b',' | b'[' | b']' | b'{' | b'}')) => {
                    return Err(Beyond);
                }
                _ => end = at + 1,
            }
            at += 1;
        }
        self.at = end;
        let text = self.text.get(start..end).unwrap_or_default();
        let kind = scalar::resolve(Cow::Borrowed(text));
        Ok(Node { start: self.place(start), end: self.place(end), kind })
    }

    /// Whether plain text may begin with what is here. What may, but hardly does, is beyond the subset.
    fn plain_begins(&self) -> bool {
        match self.peek() {
            Some(b'-') => {
                matches!(self.byte(self.at + 1), Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'/'))
            }
            Some(byte) => {
                byte.is_ascii_alphanumeric()
                    || matches!(
                        byte,
                        b'_' | b'/' | b'.' | b'(' | b'+' | b'~' | b'$' | b'^' | b'=' | b'\\' | b';' | b'<'
                    )
            }
            None => false,
        }
    }

    fn single_quoted(&mut self) -> Result<Node<'src>, Beyond> {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let length = rest.find(['\'', '\n']).ok_or(Beyond)?;
        // A doubled quote stands for one, and a line break for a space.
        if rest.as_bytes().get(length) != Some(&b'\'') || rest.as_bytes().get(length + 1) == Some(&b'\'') {
            return Err(Beyond);
        }
        Ok(self.quoted(Cow::Borrowed(rest.get(..length).unwrap_or_default()), length))
    }

    fn double_quoted(&mut self) -> Result<Node<'src>, Beyond> {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let length = rest.find(['"', '\\', '\n']).ok_or(Beyond)?;
        if rest.as_bytes().get(length) == Some(&b'"') {
            return Ok(self.quoted(Cow::Borrowed(rest.get(..length).unwrap_or_default()), length));
        }
        let mut text = String::new();
        let mut characters = rest.char_indices();
        loop {
            match characters.next() {
                Some((length, '"')) => return Ok(self.quoted(Cow::Owned(text), length)),
                Some((_, '\\')) => text.push(match characters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => escaped,
                    Some((_, 'n')) => '\n',
                    _ => return Err(Beyond),
                }),
                None | Some((_, '\n')) => return Err(Beyond),
                Some((_, character)) => text.push(character),
            }
        }
    }

    /// The text whose opening quote is here, of this length between its quotes.
    fn quoted(&mut self, text: Cow<'src, str>, length: usize) -> Node<'src> {
        let start = self.place(self.at);
        self.at += length + 2;
        Node { start, end: self.place(self.at), kind: Kind::Str(text) }
    }
}

/// A value that JSON has too.
fn finite(node: Node<'_>) -> Result<Node<'_>, Beyond> {
    match node.kind {
        Kind::Float(number) if !number.is_finite() => Err(Beyond),
        _ => Ok(node),
    }
}
