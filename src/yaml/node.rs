//! The tree of a document: values with the bytes they come from.

use std::borrow::Cow;

use crate::base::{FileId, Path, Segment, Span};

/// One document of a file. Documents that are empty, hold only comments or are `null` are not
/// delivered, as Kubernetes skips them.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<'src> {
    /// The file it is in.
    pub file: FileId,
    /// Its value, usually a mapping.
    pub root: Node<'src>,
    /// Its comments from top to bottom, also those before and after the value.
    pub comments: Vec<Comment<'src>>,
}

/// A comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'src> {
    /// Byte offset of its `#` in the file.
    pub start: u32,
    /// Its text after the `#`, up to the end of the line.
    pub text: &'src str,
}

/// A value and where it is written.
///
/// `start..end` are byte offsets in the file. For a scalar they cover its text with its quotes,
/// for a block scalar the lines below the `|`, for a collection everything from its first entry or
/// bracket to its last. A missing value (`key:`) is an empty range behind the key. What an alias
/// (`*name`) or a merge (`<<`) copies keeps the place where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'src> {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The value.
    pub kind: Kind<'src>,
}

/// A value as Kubernetes reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind<'src> {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean: `true`, but also plain `yes`, `on`, `y`.
    Bool(bool),
    /// An integer that fits 64 bits with a sign.
    Int(i64),
    /// An integer above [`i64::MAX`].
    UInt(u64),
    /// Any other number; always finite in a parsed document.
    Float(f64),
    /// A string.
    Str(Cow<'src, str>),
    /// A sequence.
    Seq(Vec<Node<'src>>),
    /// A mapping in the order written. Keys are always [`Kind::Str`] and occur once: Kubernetes
    /// turns other scalars into strings (`on: x` has the key `true`), and the last one counts.
    Map(Vec<(Node<'src>, Node<'src>)>),
}

impl<'src> Node<'src> {
    /// The bytes in a file.
    pub fn span(&self, file: FileId) -> Span {
        Span { file, start: self.start, end: self.end }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The elements; none when it is no sequence.
    pub fn elements(&self) -> &[Node<'src>] {
        match &self.kind {
            Kind::Seq(elements) => elements,
            _ => &[],
        }
    }

    /// The keys and values; none when it is no mapping.
    pub fn entries(&self) -> &[(Node<'src>, Node<'src>)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value at a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node<'src>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Whether it is `null` or missing.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// The node at a path below this one.
    pub fn lookup(&self, path: &Path) -> Option<&Node<'src>> {
        let mut at = self;
        for segment in path.segments() {
            at = match segment {
                Segment::Key(key) => at.get(key)?,
                Segment::Index(index) => at.elements().get(*index as usize)?,
            };
        }
        Some(at)
    }

    /// As [`Node::lookup`], of a node that is changed.
    pub fn lookup_mut(&mut self, path: &Path) -> Option<&mut Node<'src>> {
        let mut at = self;
        for segment in path.segments() {
            at = match (segment, &mut at.kind) {
                (Segment::Key(key), Kind::Map(entries)) => {
                    let entry = entries.iter_mut().find(|(name, _)| name.as_str() == Some(key));
                    &mut entry?.1
                }
                (Segment::Index(index), Kind::Seq(elements)) => elements.get_mut(*index as usize)?,
                _ => return None,
            };
        }
        Some(at)
    }

    /// The key of the node at a path; `None` when the path is the root or ends in an index.
    pub fn lookup_key(&self, path: &Path) -> Option<&Node<'src>> {
        match path.last()? {
            Segment::Key(key) => self.lookup(path.parent()?)?.entry(key).map(|(key, _)| key),
            Segment::Index(_) => None,
        }
    }

    /// The nearest node that exists on the way to a path: where to point for something absent.
    pub fn lookup_nearest(&self, path: &Path) -> &Node<'src> {
        let mut at = self;
        for segment in path.segments() {
            let next = match segment {
                Segment::Key(key) => at.get(key),
                Segment::Index(index) => at.elements().get(*index as usize),
            };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    /// The value as JSON, without places. A number that JSON cannot hold becomes `null`.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => (*value).into(),
            Kind::Int(value) => (*value).into(),
            Kind::UInt(value) => (*value).into(),
            Kind::Float(value) => (*value).into(),
            Kind::Str(value) => Value::String(value.clone().into_owned()),
            Kind::Seq(elements) => elements.iter().map(Node::to_json).collect(),
            Kind::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), value.to_json()))
                .collect(),
        }
    }

    fn entry(&self, key: &str) -> Option<&(Node<'src>, Node<'src>)> {
        self.entries().iter().find(|(name, _)| name.as_str() == Some(key))
    }
}

impl Kind<'_> {
    /// What it is, with an article, for messages: `a boolean`.
    pub fn noun(&self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Int(_) | Kind::UInt(_) | Kind::Float(_) => "a number",
            Kind::Str(_) => "a string",
            Kind::Seq(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}
