//! Objects as they are written, for rules about what no type keeps.

use std::collections::BTreeMap;

use crate::base::{FileId, Labels, Location, Origin, ResourceId};
use crate::lint::Context;
use crate::mesh::Workload;
use crate::yaml::{Document, Node};

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

    /// The policies of a decoded kind, in Istio's order.
    pub fn policies(&self, kind: &'static str) -> Vec<PolicyText<'a>> {
        // Objects of one kind stand together.
        let infos = &self.resources.infos;
        let chunks = infos.chunk_by(|one, other| one.kind == other.kind).scan(0, |start, of_kind| {
            let first = *start;
            *start += of_kind.len();
            Some((first, of_kind))
        });
        let of_kind = chunks.filter(|(_, of_kind)| of_kind.first().is_some_and(|it| it.kind.name() == kind));
        of_kind
            .flat_map(|(start, of_kind)| of_kind.iter().enumerate().map(move |(at, info)| (start + at, info)))
            .map(|(at, info)| {
                let origin = Origin::of(ResourceId(at as u32));
                let spec = self.node(&origin.key("spec"));
                let text = |key: &str| spec.and_then(|spec| spec.get(key)).filter(|node| !node.is_null());
                let labels = text("selector").and_then(|selector| selector.get("matchLabels")).map(Node::entries);
                let labels = labels.unwrap_or_default().iter();
                PolicyText {
                    kind,
                    namespace: &info.namespace,
                    name: &info.name,
                    selector: labels.filter_map(|(key, value)| Some((key.as_str()?, value.as_str()?))).collect(),
                    has_target: text("targetRef").or_else(|| text("targetRefs")).is_some(),
                    origin,
                    spec,
                }
            })
            .collect()
    }

    /// The objects of some kinds, also those that are not decoded, in the order of the files.
    pub fn written(&self, kinds: &[&str]) -> Vec<Written<'a>> {
        let by_kind = self.written.get_or_init(|| ByKind::new(self.documents));
        let mut found: Vec<_> = kinds.iter().flat_map(|kind| by_kind.0.get(kind)).flatten().copied().collect();
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, written)| written).collect()
    }
}

/// The objects of the input by kind, each with its place in the order of the files.
#[derive(Debug)]
pub(super) struct ByKind<'a>(BTreeMap<&'a str, Vec<(usize, Written<'a>)>>);

impl<'a> ByKind<'a> {
    fn new(documents: &'a [Document<'a>]) -> Self {
        let mut by_kind = Self(BTreeMap::new());
        let mut count = 0;
        for document in documents {
            by_kind.add(&document.root, document.file, &mut count);
        }
        by_kind
    }

    fn add(&mut self, node: &'a Node<'a>, file: FileId, count: &mut usize) {
        let Some(kind) = node.get("kind").and_then(Node::as_str) else { return };
        if let Some(items) = node.get("items").filter(|_| kind.ends_with("List")) {
            items.elements().iter().for_each(|item| self.add(item, file, count));
            return;
        }
        let meta = |key: &str| node.get("metadata").and_then(|meta| meta.get(key)).and_then(Node::as_str);
        let api_version = node.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
        let (namespace, name) = (meta("namespace").unwrap_or("default"), meta("name").unwrap_or_default());
        let written = Written { api_version, kind, namespace, name, node, file };
        self.0.entry(kind).or_default().push((*count, written));
        *count += 1;
    }
}

/// A policy of a workload, as far as rules about selection go: any kind with `spec.selector`.
#[derive(Clone, Debug)]
pub struct PolicyText<'a> {
    /// The object.
    pub origin: Origin,
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The labels it selects by; empty where there is no selector.
    pub selector: Labels,
    /// It is attached to something by name.
    pub has_target: bool,
    /// Its `spec`.
    pub spec: Option<&'a Node<'a>>,
}

impl<'a> PolicyText<'a> {
    /// Whether it selects a workload; a policy without selector selects nothing here.
    pub fn selects(&self, workload: &Workload) -> bool {
        !self.selector.is_empty() && self.namespace == workload.namespace && self.selector.selects(&workload.labels)
    }

    /// The workloads that it selects, in the mesh's order.
    pub(super) fn workloads<'s>(
        &'s self,
        context: &'s Context<'a>,
    ) -> impl Iterator<Item = &'a Workload> + use<'a, 's> {
        context.workloads(&self.selector).filter(|workload| self.selects(workload))
    }

    /// Where its name is written.
    pub fn name_place(&self) -> Location {
        Location::Value(self.origin.key("metadata").key("name"))
    }

    /// Where its selector is written.
    pub fn selector_place(&self) -> Location {
        Location::Value(self.origin.key("spec").key("selector").key("matchLabels"))
    }
}
