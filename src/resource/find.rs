//! Finds the objects of a document: what they are, what they are called, where they are written.

use std::collections::BTreeMap;

use super::decode::{DecodeOptions, Found};
use super::kind::{Kind, Recognition};
use super::kubernetes::ObjectMeta;
use super::parts::{Parts, Place};
use super::resources::ResourceInfo;
use crate::base::{Diagnostic, Diagnostics, FileId, HostPattern, Location, Path, Span, Timestamp};
use crate::yaml::{self, Node};

/// An object that was read, and is not among the others yet.
pub(super) struct Source {
    pub(super) kind: Kind,
    api_version: String,
    pub(super) span: Span,
    pub(super) document: usize,
    pub(super) path: Path,
    /// In a box, as sources are put in order.
    pub(super) meta: Box<ObjectMeta>,
    /// What was found in reading it.
    pub(super) diagnostics: Diagnostics,
    pub(super) place: Place,
}

impl Source {
    /// What makes two objects the same; in this order they are mostly in Istio's already.
    pub(super) fn identity(&self) -> (Kind, &str, &str) {
        (self.kind, &self.meta.name, &self.meta.namespace)
    }

    /// Istio's order of objects: by creation time, then name, then namespace.
    pub(super) fn order(&self) -> (Kind, Option<Timestamp>, &str, &str) {
        (self.kind, self.meta.creation_timestamp, &self.meta.name, &self.meta.namespace)
    }

    pub(super) fn info(&self) -> ResourceInfo {
        ResourceInfo {
            kind: self.kind,
            api_version: self.api_version.clone(),
            namespace: self.meta.namespace.clone(),
            name: self.meta.name.clone(),
            file: self.span.file,
            document: self.document,
            path: self.path.clone(),
        }
    }
}

/// The kind of an object, or of the elements of a typed List that leave it out.
#[derive(Clone, Debug, Default)]
struct Envelope {
    api_version: Option<String>,
    kind: Option<String>,
}

/// Kinds that are not read, with the places of their objects.
pub(super) type Places = BTreeMap<(String, String), Vec<(Recognition, Span)>>;

/// What is not read as an object.
#[derive(Default)]
pub(super) struct Unread {
    pub(super) places: Places,
    /// See [`Resources::api_gateways`].
    pub(super) gateways: BTreeMap<String, Vec<Option<HostPattern>>>,
}

/// Finds the objects of a document.
pub(super) struct Finder<'o> {
    pub(super) document: usize,
    pub(super) file: FileId,
    pub(super) options: &'o DecodeOptions,
}

impl Finder<'_> {
    /// Finds the objects below the root.
    pub(super) fn document(&self, root: &Node<'_>, found: &mut Found) {
        self.find(root, &Path::root(), &Envelope::default(), found);
    }

    fn find(&self, node: &Node<'_>, path: &Path, inherited: &Envelope, found: &mut Found) {
        let span = node.span(self.file);
        if node.is_null() {
            return;
        }
        if !matches!(node.kind, yaml::Kind::Map(_)) {
            let message = format!("this is {}, not an object with `apiVersion` and `kind`", node.kind.noun());
            return found.diagnostics.push(Diagnostic::error("no-object", Location::Span(span), message));
        }
        let text = |key: &str| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        if let (Some(kind), None) = (self.bare_kind(), text("kind")) {
            let meta = ObjectMeta { name: kind.name().to_ascii_lowercase(), ..ObjectMeta::default() };
            return self.add(kind, String::new(), (node, path), meta, found);
        }
        let api_version = text("apiVersion").map(str::to_owned).or_else(|| inherited.api_version.clone());
        let kind = text("kind").map(str::to_owned).or_else(|| inherited.kind.clone());
        let (Some(api_version), Some(kind)) = (api_version, kind) else {
            return found.diagnostics.push(no_kind(node, span));
        };
        if let (Some(element), Some(items)) = (kind.strip_suffix("List"), node.get("items")) {
            let typed = |text: &str| Some(text.to_owned()).filter(|_| !element.is_empty());
            let envelope = Envelope { api_version: typed(&api_version), kind: typed(element) };
            found.sources.reserve_exact(items.elements().len());
            for (at, item) in items.elements().iter().enumerate() {
                self.find(item, &path.key("items").index(at), &envelope, found);
            }
            return;
        }
        match Kind::recognise(&api_version, &kind) {
            Recognition::Read(kind) => {
                let meta = node.get("metadata");
                let meta = meta.map(|meta| yaml::decode_lenient(meta, self.file, &mut found.diagnostics));
                let meta = self.completed(kind, meta.unwrap_or_default(), node, &mut found.diagnostics);
                if let Some(meta) = meta {
                    self.add(kind, api_version, (node, path), meta, found);
                }
            }
            recognition => {
                if recognition == Recognition::Untranslated && kind == "Gateway" {
                    found.unread.gateways.insert(self.key(node), listeners(node));
                }
                found.unread.places.entry((api_version, kind)).or_default().push((recognition, span));
            }
        }
    }

    /// Reads the object at a node and adds it.
    fn add(
        &self,
        kind: Kind,
        api_version: String,
        (node, path): (&Node<'_>, &Path),
        meta: ObjectMeta,
        found: &mut Found,
    ) {
        let (place, diagnostics) = Parts::new(node, self.file, &meta).read(kind);
        let (span, document, path, meta) = (node.span(self.file), self.document, path.clone(), Box::new(meta));
        if found.sources.is_empty() {
            // There is one in almost all documents.
            found.sources.reserve_exact(1);
        }
        found.sources.push(Source { kind, api_version, span, document, path, meta, diagnostics, place });
    }

    /// `namespace/name` of an object that is not read.
    fn key(&self, node: &Node<'_>) -> String {
        let text = |key: &str| node.get("metadata").and_then(|it| it.get(key)).and_then(Node::as_str);
        let namespace = text("namespace").filter(|it| !it.is_empty()).unwrap_or(&self.options.default_namespace);
        format!("{namespace}/{}", text("name").unwrap_or_default())
    }

    /// The kind of a file that is named in the options and needs no envelope.
    fn bare_kind(&self) -> Option<Kind> {
        if self.options.mesh_config == Some(self.file) {
            Some(Kind::MeshConfig)
        } else if self.options.mesh_networks == Some(self.file) {
            Some(Kind::MeshNetworks)
        } else {
            None
        }
    }

    /// Metadata with its namespace; `None`, and a finding, without a name.
    fn completed(
        &self,
        kind: Kind,
        mut meta: ObjectMeta,
        node: &Node<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<ObjectMeta> {
        if meta.name.is_empty() {
            let place = node.get("metadata").unwrap_or(node).span(self.file);
            let message = format!("a {} without a name", kind.name());
            diagnostics
                .push(Diagnostic::error("missing-name", Location::Span(place), message).help("set `metadata.name`"));
            return None;
        }
        // It repeats the whole object, of a Secret also the bytes.
        meta.annotations.0.remove("kubectl.kubernetes.io/last-applied-configuration");
        if !kind.is_namespaced() {
            meta.namespace.clear();
        } else if meta.namespace.is_empty() {
            meta.namespace.clone_from(&self.options.default_namespace);
        }
        Some(meta)
    }
}

/// The hostname of each listener of a Gateway of the Gateway API.
fn listeners(node: &Node<'_>) -> Vec<Option<HostPattern>> {
    let listeners = node.get("spec").and_then(|spec| spec.get("listeners")).map(Node::elements).unwrap_or_default();
    let hostname = |listener: &Node<'_>| listener.get("hostname").and_then(Node::as_str).map(HostPattern::from);
    listeners.iter().map(|listener| hostname(listener).filter(|it| !it.is_empty())).collect()
}

fn no_kind(node: &Node<'_>, span: Span) -> Diagnostic {
    let missing = match (node.get("apiVersion").is_some(), node.get("kind").is_some()) {
        (true, false) => "`kind`",
        (false, true) => "`apiVersion`",
        _ => "`apiVersion` and `kind`",
    };
    let start = Span { end: node.entries().first().map_or(span.end, |(key, _)| key.end), ..span };
    Diagnostic::error("missing-kind", Location::Span(start), format!("an object without {missing}"))
        .help("every object of Kubernetes says its `apiVersion` and `kind`")
}
