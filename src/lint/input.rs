//! What findings are about: their places as people count them, and their objects by name.

use std::fmt;

use crate::base::{Diagnostic, FileId, Label, Location, SourceMap, Span};
use crate::resource::Resources;
use crate::yaml::{Document, Node};

/// The texts and objects of a run.
#[derive(Debug)]
pub struct Input<'a> {
    /// The texts.
    pub sources: &'a SourceMap,
    /// Their documents, in the order of the files.
    pub documents: &'a [Document<'a>],
    /// Their objects.
    pub resources: &'a Resources,
    /// Every object in the text by where it starts, also those that are not read.
    written: Vec<Written<'a>>,
}

/// An object in the text.
#[derive(Debug)]
pub(super) struct Written<'a> {
    pub(super) file: FileId,
    pub(super) node: &'a Node<'a>,
    pub(super) name: ObjectName,
}

/// An object as people name it: `Kind namespace/name`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    /// Its kind.
    pub kind: String,
    /// Its namespace; may be empty.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

/// A place as people count it: lines and columns from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: String,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column one past the last character.
    pub end_column: u32,
}

impl<'a> Input<'a> {
    /// Finds the objects in the documents. Objects that name no namespace are in `default_namespace`.
    pub fn new(
        sources: &'a SourceMap,
        documents: &'a [Document<'a>],
        resources: &'a Resources,
        default_namespace: &str,
    ) -> Self {
        let mut written = Vec::new();
        for document in documents {
            let items = document.root.get("items").map(Node::elements).unwrap_or_default();
            for node in std::iter::once(&document.root).chain(items) {
                if let Some(name) = object_name(node, default_namespace) {
                    written.push(Written { file: document.file, node, name });
                }
            }
        }
        Self { sources, documents, resources, written }
    }

    /// Every object in the text.
    pub(super) fn written(&self) -> &[Written<'a>] {
        &self.written
    }

    /// The bytes of a place.
    pub fn span(&self, label: &Label) -> Option<Span> {
        self.resources.span(self.documents, &label.location)
    }

    /// Bytes as a place.
    pub fn place(&self, span: Span) -> Place {
        let file = self.sources.file(span.file);
        let (start, end) = (file.line_column(span.start), file.line_column(span.end.max(span.start)));
        Place {
            file: file.name.to_string(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// The object that a finding is about.
    pub fn object(&self, finding: &Diagnostic) -> Option<ObjectName> {
        match &finding.label.location {
            Location::Value(origin) | Location::Key(origin) => {
                let info = self.resources.info(origin.resource)?;
                let kind = info.kind.name().to_owned();
                Some(ObjectName { kind, namespace: info.namespace.clone(), name: info.name.clone() })
            }
            Location::Span(span) => {
                let upto = self.written.partition_point(|it| (it.file, it.node.start) <= (span.file, span.start));
                let before = self.written.get(..upto)?.iter().rev().take_while(|it| it.file == span.file).take(2);
                let around = before.into_iter().find(|it| span.start < it.node.end.max(it.node.start + 1))?;
                Some(around.name.clone())
            }
            Location::File(_) | Location::Nowhere => None,
        }
    }
}

fn object_name(node: &Node<'_>, default_namespace: &str) -> Option<ObjectName> {
    let kind = node.get("kind").and_then(Node::as_str)?;
    let metadata = node.get("metadata")?;
    let text = |key: &str| metadata.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    let namespace = text("namespace").unwrap_or(match kind {
        "Namespace" | "Node" | "IngressClass" => "",
        _ => default_namespace,
    });
    Some(ObjectName { kind: kind.to_owned(), namespace: namespace.to_owned(), name: text("name")?.to_owned() })
}
