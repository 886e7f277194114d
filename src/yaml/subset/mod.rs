//! Reads the subset of YAML in which almost all Kubernetes files are written, several times as fast
//! as the full reader in `tree`.
//!
//! Block mappings and sequences, text and flow collections on one line, literal blocks, comments. It
//! gives exactly what `tree` gives, or nothing: at the first thing beyond the subset (anchors, tags,
//! text over several lines, tabs, repeated keys, whatever might be a fault) the document is left to
//! `tree`, which also says what is wrong. `tests.rs` compares the two.

mod inline;
mod literal;
#[cfg(test)]
mod tests;

use crate::base::FileId;

use super::mapping;
use super::node::{Comment, Document, Kind, Node};
use super::split::Piece;

/// Levels of nesting read here; deeper documents are left to the full reader and its limit.
const MAX_DEPTH: usize = 64;

/// The document has something beyond the subset.
#[derive(Debug, PartialEq)]
pub(super) struct Beyond;

/// Elements and entries of collections that are open, those of the innermost last. Where one ends, it gets a list of
/// just its length: what grows by doubling is half empty, and a tree is made of many short lists.
#[derive(Default)]
pub(super) struct Open<'src> {
    elements: Vec<Node<'src>>,
    entries: Vec<(Node<'src>, Node<'src>)>,
}

/// Reads one piece of a file, as `split` gives it. `None` when it holds no value. `open` is there to be used again.
pub(super) fn read<'src>(
    file: FileId,
    Piece { start, text, comment }: Piece<'src>,
    open: &mut Open<'src>,
) -> Result<Option<Document<'src>>, Beyond> {
    // Without a branch for each byte the compiler takes many at once.
    let ordinary = text.bytes().fold(true, |all, byte| all & ((byte == b'\n') | (b' '..=b'~').contains(&byte)));
    let pairs = text.bytes().zip(text.bytes().skip(1));
    let point_at_start = pairs.fold(false, |any, (byte, next)| any | ((byte == b'\n') & (next == b'.')));
    if !ordinary || text.starts_with("...") || (point_at_start && text.contains("\n...")) {
        return Err(Beyond);
    }
    let comments = comment.into_iter().collect();
    open.elements.clear();
    open.entries.clear();
    let mut reader = Reader { text, at: 0, line: 0, base: start, comments, open };
    let root = match (reader.next_line(), reader.peek()) {
        (None, _) => return Ok(None),
        (Some(0), Some(b'{' | b'[')) => {
            let node = reader.flow(0)?;
            reader.end_of_value()?;
            node
        }
        (Some(0), _) => reader.block(0, 0)?,
        (Some(_), _) => return Err(Beyond),
    };
    match reader.next_line() {
        Some(_) => Err(Beyond),
        None => Ok(Some(Document { file, root, comments: reader.comments })),
    }
}

/// A place in a piece. Its text is ASCII, so bytes are columns.
struct Reader<'o, 'src> {
    text: &'src str,
    at: usize,
    /// Where the line of `at` begins.
    line: usize,
    /// Where the piece begins in its file.
    base: u32,
    comments: Vec<Comment<'src>>,
    open: &'o mut Open<'src>,
}

/// What a scalar turned out to be, by what is behind it.
enum Scalar<'src> {
    /// A key: the place is now behind its colon.
    Key(Node<'src>),
    Value(Node<'src>),
}

impl<'src> Reader<'_, 'src> {
    /// The block mapping or sequence whose first entry is here, in this column.
    fn block(&mut self, column: usize, depth: usize) -> Result<Node<'src>, Beyond> {
        if self.at_dash() {
            return self.sequence(column, depth);
        }
        match self.scalar()? {
            Scalar::Key(key) => self.mapping(key, column, depth),
            Scalar::Value(_) => Err(Beyond),
        }
    }

    fn sequence(&mut self, column: usize, depth: usize) -> Result<Node<'src>, Beyond> {
        if depth > MAX_DEPTH {
            return Err(Beyond);
        }
        let start = self.place(self.at);
        let mut end = start;
        let first = self.open.elements.len();
        loop {
            let element = self.element(column, depth)?;
            end = element.end.max(end);
            self.open.elements.push(element);
            match self.next_line() {
                Some(next) if next > column => return Err(Beyond),
                Some(next) if next == column && self.at_dash() => {}
                // Whoever has opened a collection in a column before looks whether this line fits it.
                _ => return Ok(Node { start, end, kind: self.sequence_since(first) }),
            }
        }
    }

    /// An element from its dash to the end of its last line.
    fn element(&mut self, column: usize, depth: usize) -> Result<Node<'src>, Beyond> {
        self.at += 1;
        self.skip_spaces();
        match self.peek() {
            // The full reader gives such elements other places.
            None | Some(b'\n' | b'#') => Err(Beyond),
            Some(b'|') => self.literal(column),
            Some(b'[' | b'{') => self.flow_to_end_of_line(depth + 1),
            Some(_) => {
                let column = self.at - self.line;
                match self.scalar()? {
                    Scalar::Key(key) => self.mapping(key, column, depth + 1),
                    Scalar::Value(node) => self.end_of_value().map(|()| node),
                }
            }
        }
    }

    /// A mapping of which the first key has been read.
    fn mapping(&mut self, mut key: Node<'src>, column: usize, depth: usize) -> Result<Node<'src>, Beyond> {
        if depth > MAX_DEPTH {
            return Err(Beyond);
        }
        let start = key.start;
        let first = self.open.entries.len();
        loop {
            let value = self.value(column, depth)?;
            let end = value.end.max(key.end);
            self.open.entries.push((key, value));
            match self.next_line() {
                Some(next) if next > column => return Err(Beyond),
                Some(next) if next == column && !self.at_dash() => match self.scalar()? {
                    Scalar::Key(next) => key = next,
                    Scalar::Value(_) => return Err(Beyond),
                },
                _ => return Ok(Node { start, end, kind: self.mapping_since(first)? }),
            }
        }
    }

    /// The sequence that has all elements from this one on.
    fn sequence_since(&mut self, first: usize) -> Kind<'src> {
        Kind::Seq(self.open.elements.drain(first..).collect())
    }

    /// The mapping that has all entries from this one on.
    fn mapping_since(&mut self, first: usize) -> Result<Kind<'src>, Beyond> {
        if mapping::has_repeats(self.open.entries.get(first..).unwrap_or_default()) {
            return Err(Beyond);
        }
        Ok(Kind::Map(self.open.entries.drain(first..).collect()))
    }

    /// The value behind the colon of a key in this column.
    fn value(&mut self, column: usize, depth: usize) -> Result<Node<'src>, Beyond> {
        let behind_colon = self.at;
        self.skip_spaces();
        match self.peek() {
            None | Some(b'\n' | b'#') => {
                if self.peek() == Some(b'#') && self.at == behind_colon {
                    return Err(Beyond);
                }
                match self.next_line() {
                    Some(next) if next > column => self.block(next, depth + 1),
                    Some(next) if next == column && self.at_dash() => self.sequence(next, depth + 1),
                    _ => {
                        // The full reader puts what is missing in front of the colon.
                        let place = self.place(behind_colon - 1);
                        Ok(Node { start: place, end: place, kind: Kind::Null })
                    }
                }
            }
            Some(b'|') => self.literal(column),
            Some(b'[' | b'{') => self.flow_to_end_of_line(depth + 1),
            Some(_) => match self.scalar()? {
                Scalar::Value(node) => self.end_of_value().map(|()| node),
                Scalar::Key(_) => Err(Beyond),
            },
        }
    }

    fn flow_to_end_of_line(&mut self, depth: usize) -> Result<Node<'src>, Beyond> {
        let node = self.flow(depth)?;
        self.end_of_value()?;
        Ok(node)
    }

    /// Passes over spaces; only a comment may follow on this line.
    fn end_of_value(&mut self) -> Result<(), Beyond> {
        let from = self.at;
        self.skip_spaces();
        match self.peek() {
            None | Some(b'\n') => Ok(()),
            Some(b'#') if self.at > from => Ok(()),
            Some(_) => Err(Beyond),
        }
    }

    /// Goes to the next text that is no comment, and gives its column; `None` at the end.
    fn next_line(&mut self) -> Option<usize> {
        loop {
            self.skip_spaces();
            match self.peek()? {
                b'\n' => {
                    self.at += 1;
                    self.line = self.at;
                }
                b'#' => self.comment(),
                _ => return Some(self.at - self.line),
            }
        }
    }

    /// Takes the comment that begins here, up to its line break.
    fn comment(&mut self) {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let text = rest.get(..rest.find('\n').unwrap_or(rest.len())).unwrap_or_default();
        self.comments.push(Comment { start: self.place(self.at), text });
        self.at += 1 + text.len();
    }

    /// Whether a sequence's `-` is here.
    fn at_dash(&self) -> bool {
        self.peek() == Some(b'-') && matches!(self.byte(self.at + 1), None | Some(b' ' | b'\n'))
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.byte(self.at)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// A place of the piece in its file.
    fn place(&self, at: usize) -> u32 {
        self.base + at as u32
    }
}
