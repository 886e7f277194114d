//! Objects as they are written, for rules about what no type keeps.

use crate::base::{FileId, Location, Origin};
use crate::lint::Context;
use crate::yaml::Node;

/// An object of the input, of any kind.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Its group and version.
    pub api_version: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its namespace, `default` where it does not say.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// All of it.
    pub node: &'a Node<'a>,
    file: FileId,
}

impl<'a> Written<'a> {
    /// The node below these keys.
    pub fn at(&self, keys: &[&str]) -> Option<&'a Node<'a>> {
        keys.iter().try_fold(self.node, |node, key| node.get(key))
    }

    /// The text of a node below these keys; empty where there is none.
    pub fn text(&self, keys: &[&str]) -> &'a str {
        self.at(keys).and_then(Node::as_str).unwrap_or_default()
    }

    /// The bytes of one of its nodes.
    pub fn place(&self, node: &Node<'_>) -> Location {
        Location::Span(node.span(self.file))
    }

    /// The bytes of its name.
    pub fn name_place(&self) -> Location {
        self.place(self.at(&["metadata", "name"]).unwrap_or(self.node))
    }
}

impl<'a> Context<'a> {
    /// What is written at a place of a decoded object.
    pub fn node(&self, origin: &Origin) -> Option<&'a Node<'a>> {
        let info = self.resources.info(origin.resource)?;
        self.documents.get(info.document)?.root.lookup(&info.path)?.lookup(&origin.path)
    }

    /// The objects of a kind, also one that is not decoded, in the order of the files.
    pub fn written(&self, kinds: &[&str]) -> Vec<Written<'a>> {
        let mut found = Vec::new();
        for document in self.documents {
            collect(&document.root, document.file, kinds, &mut found);
        }
        found
    }
}

fn collect<'a>(node: &'a Node<'a>, file: FileId, kinds: &[&str], found: &mut Vec<Written<'a>>) {
    let Some(kind) = node.get("kind").and_then(Node::as_str) else { return };
    if let Some(items) = node.get("items").filter(|_| kind.ends_with("List")) {
        items.elements().iter().for_each(|item| collect(item, file, kinds, found));
        return;
    }
    if !kinds.contains(&kind) {
        return;
    }
    let meta = |key: &str| node.get("metadata").and_then(|meta| meta.get(key)).and_then(Node::as_str);
    let api_version = node.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
    let (namespace, name) = (meta("namespace").unwrap_or("default"), meta("name").unwrap_or_default());
    found.push(Written { api_version, kind, namespace, name, node, file });
}
