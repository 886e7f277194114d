//! Documents → [`Resources`]: the objects of each document, then all of them in order.

use std::collections::BTreeMap;

use super::find::{Finder, Places, Source, Unread};
use super::istio;
use super::kind::{Kind, Recognition};
use super::parts::Seat;
use super::resources::{Documents, Resources};
use crate::base::{Diagnostic, Diagnostics, FileId, Location, ResourceId};
use crate::yaml::Document;

/// What decoding needs to know besides the documents.
#[derive(Clone, Debug)]
pub struct DecodeOptions {
    /// The namespace of objects that do not say.
    pub default_namespace: String,
    /// The file that holds the MeshConfig, bare or as ConfigMap; it wins over a ConfigMap `istio`.
    pub mesh_config: Option<FileId>,
    /// The file that holds the MeshNetworks, bare.
    pub mesh_networks: Option<FileId>,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self { default_namespace: "default".to_owned(), mesh_config: None, mesh_networks: None }
    }
}

/// Reads the objects of all documents. What cannot be read is reported; the rest is delivered.
///
/// Of the same object twice the first in the order of documents counts. Documents are to be in
/// the order of their files' names, so that the result does not depend on who read them.
pub fn decode(documents: &[Document<'_>], options: &DecodeOptions) -> (Resources, Diagnostics) {
    let read = |(at, document): (usize, &Document<'_>)| read(document, at, options);
    ordered(documents.iter().enumerate().map(read), documents)
}

/// What was found in one document, not put in order yet. It holds nothing of the document.
#[derive(Default)]
pub struct Found {
    pub(super) sources: Vec<Source>,
    pub(super) unread: Unread,
    pub(super) diagnostics: Diagnostics,
}

/// Reads the objects of one document, which has the place `at` among all: the first half of [`decode`].
pub fn read(document: &Document<'_>, at: usize, options: &DecodeOptions) -> Found {
    let mut found = Found::default();
    Finder { document: at, file: document.file, options }.document(&document.root, &mut found);
    found
}

/// Puts the objects of all documents in order: the second half of [`decode`]. `documents` are those that were read;
/// they are looked into only for what is to be reported.
pub fn ordered(
    found: impl IntoIterator<Item = Found>,
    documents: &(impl Documents + ?Sized),
) -> (Resources, Diagnostics) {
    let found = found.into_iter();
    let mut diagnostics = Diagnostics::default();
    // Mostly one a document.
    let mut sources = Vec::with_capacity(found.size_hint().1.unwrap_or_default());
    let mut unread = Unread::default();
    for Found { sources: more, unread: Unread { places, gateways }, diagnostics: of_document } in found {
        sources.extend(more);
        for (kind, objects) in places {
            unread.places.entry(kind).or_default().extend(objects);
        }
        unread.gateways.extend(gateways);
        diagnostics.extend(of_document);
    }
    let mut resources = Resources { api_gateways: unread.gateways, ..Resources::default() };
    report_unread(unread.places, &mut diagnostics);
    let mut sources = without_duplicates(sources, documents, &mut diagnostics);
    sources.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut of_kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    sources.iter().for_each(|source| *of_kinds.entry(source.kind).or_default() += 1);
    resources.infos.reserve_exact(sources.len());
    for (at, source) in sources.into_iter().enumerate() {
        let id = ResourceId(at as u32);
        let seat = Seat { id, of_kind: of_kinds.get(&source.kind).copied().unwrap_or_default() };
        resources.infos.push(source.info());
        if source.kind.is_istio() {
            istio::metadata_check::check(source.kind, id, &source.meta, &mut diagnostics);
        }
        diagnostics.extend(source.diagnostics);
        (source.place)(seat, *source.meta, &mut resources, &mut diagnostics);
    }
    super::mesh_settings::from_config_maps(&mut resources, documents, &mut diagnostics);
    (resources, diagnostics)
}

/// One finding for each kind that is not read, at its first object.
fn report_unread(unread: Places, diagnostics: &mut Diagnostics) {
    for ((api_version, kind), mut objects) in unread {
        objects.sort_by_key(|(_, span)| *span);
        let Some((recognition, first)) = objects.first().copied() else { continue };
        let at = Location::Span(first);
        let objects = match objects.len() {
            1 => "one object is left out".to_owned(),
            count => format!("{count} objects are left out"),
        };
        diagnostics.push(match recognition {
            Recognition::Untranslated => {
                let message = format!("{kind} (`{api_version}`) is not translated yet: {objects}");
                Diagnostic::warning("unsupported-kind", at, message)
            }
            Recognition::UnknownVersion(_, versions) => {
                let message = format!("{kind} has no version `{api_version}`: {objects}");
                Diagnostic::error("unknown-version", at, message)
                    .help(format!("known versions: {}", versions.join(", ")))
            }
            Recognition::UnknownIstioKind => {
                let group = api_version.split('/').next().unwrap_or_default();
                let known: Vec<_> = Kind::names_of_group(group).collect();
                let message = format!("`{group}` has no kind `{kind}`: {objects}");
                Diagnostic::error("unknown-kind", at, message).help(match Kind::home_of(&kind) {
                    Some(home) => format!("write `apiVersion: {home}`"),
                    None => format!("known kinds: {}", known.join(", ")),
                })
            }
            Recognition::Unrelated | Recognition::Read(_) => {
                Diagnostic::note("unread-kind", at, format!("{kind} (`{api_version}`) is not read: {objects}"))
            }
        });
    }
}

/// Keeps the first of objects with the same kind, namespace and name, and reports the others.
fn without_duplicates(
    mut sources: Vec<Source>,
    documents: &(impl Documents + ?Sized),
    diagnostics: &mut Diagnostics,
) -> Vec<Source> {
    sources.sort_by_key(|source| (source.span, source.document));
    // Stable: of the same object, the first stays in front.
    sources.sort_by(|a, b| a.identity().cmp(&b.identity()));
    let mut found = Vec::new();
    for same in sources.chunk_by(|a, b| a.identity() == b.identity()) {
        if let [first, others @ ..] = same {
            found.extend(others.iter().map(|again| (again.span, duplicate(first, again, documents))));
        }
    }
    found.sort_by_key(|(span, _)| *span);
    diagnostics.0.extend(found.into_iter().map(|(_, finding)| finding));
    sources.dedup_by(|again, first| again.identity() == first.identity());
    sources
}

fn duplicate(first: &Source, second: &Source, documents: &(impl Documents + ?Sized)) -> Diagnostic {
    let at = Location::Span(second.span);
    let name = second.info();
    let contents = |source: &Source| Some(documents.root(source.document)?.lookup(&source.path)?.to_json());
    let finding = if contents(first) == contents(second) {
        Diagnostic::warning("duplicate-object", at, format!("{name} is written twice, both times the same"))
    } else {
        Diagnostic::error("duplicate-object", at, format!("{name} is written twice, with different contents"))
    };
    finding
        .labelled("this one is left out")
        .related(Location::Span(first.span), "the first one, which counts")
        .help("remove one of them, or give it another name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Severity;
    use crate::resource::Object;
    use crate::yaml;

    /// Decodes files given in the order of their names.
    fn decoded(files: &[&str]) -> (Resources, Vec<(&'static str, Severity, String)>) {
        let mut documents = Vec::new();
        for (at, text) in files.iter().enumerate() {
            let (parsed, diagnostics) = yaml::parse(FileId(at as u32), text);
            assert_eq!(diagnostics.0, []);
            documents.extend(parsed);
        }
        let (resources, diagnostics) = decode(&documents, &DecodeOptions::default());
        let found = diagnostics.0.into_iter().map(|found| (found.code, found.severity, found.message)).collect();
        (resources, found)
    }

    fn codes(files: &[&str]) -> Vec<&'static str> {
        decoded(files).1.into_iter().map(|(code, ..)| code).collect()
    }

    const GATEWAY: &str = "\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [shop/*.example.com]
";

    #[test]
    fn reads_objects_lists_and_typed_lists() {
        let list = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: shop}
  spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMapList
items:
- metadata: {name: settings}
";
        let (resources, found) = decoded(&[GATEWAY, list]);
        assert_eq!(found, []);
        let gateway = &resources.gateways[0];
        assert_eq!((gateway.namespace(), gateway.name()), ("default", "public"));
        assert_eq!(gateway.spec.servers[0].hosts[0].namespace.as_deref(), Some("shop"));
        assert_eq!(resources.services[0].namespace(), "shop");
        let info = resources.info(resources.services[0].id).map(|info| (info.document, info.path.to_string()));
        assert_eq!(info, Some((1, "items[0]".to_owned())));
        assert_eq!(resources.config_maps[0].name(), "settings");
    }

    #[test]
    fn order_of_files_does_not_matter() {
        let older = GATEWAY.replace("name: public", "name: z, creationTimestamp: '2020-01-01T00:00:00Z'");
        let newer = GATEWAY.replace("name: public", "name: a, creationTimestamp: '2021-01-01T00:00:00Z'");
        let (one, _) = decoded(&[&older, &newer, GATEWAY]);
        let (other, _) = decoded(&[GATEWAY, &newer, &older]);
        assert_eq!(one.gateways, other.gateways);
        let names: Vec<_> = one.gateways.iter().map(Object::name).collect();
        assert_eq!(names, ["public", "z", "a"]);
    }

    #[test]
    fn the_first_of_duplicates_counts() {
        let other = GATEWAY.replace("number: 80", "number: 81").replace("istio.io/v1", "istio.io/v1beta1");
        let (resources, found) = decoded(&[GATEWAY, &other]);
        assert_eq!(
            resources.gateways[0].spec.servers[0].port.as_ref().and_then(|port| port.number?.get().into()),
            Some(80)
        );
        assert_eq!(found[0].2, "Gateway `default/public` is written twice, with different contents");
        assert_eq!(found[0].1, Severity::Error);
        assert_eq!(decoded(&[GATEWAY, GATEWAY]).1[0].1, Severity::Warning);
    }

    #[test]
    fn what_is_no_object_is_reported() {
        assert_eq!(codes(&["a: 1\n"]), ["missing-kind"]);
        assert_eq!(codes(&["- 1\n"]), ["no-object"]);
        assert_eq!(codes(&["apiVersion: v1\nkind: Service\n"]), ["missing-name"]);
        assert_eq!(codes(&["apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"]), ["unsupported-kind"]);
        assert_eq!(codes(&["apiVersion: networking.istio.io/v1\nkind: Gatway\n"]), ["unknown-kind"]);
        assert_eq!(codes(&["apiVersion: networking.istio.io/v7\nkind: Gateway\n"]), ["unknown-version"]);
        let roles = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n";
        assert_eq!(codes(&[roles, roles]), ["unread-kind"]);
        assert_eq!(codes(&[&GATEWAY.replace("spec:", "specs:")]), ["unknown-field"]);
    }

    #[test]
    fn mesh_config_comes_from_a_file_or_the_config_map() {
        let map = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |-
    accessLogFile: /dev/stdout
    rootNamespce: x
  meshNetworks: 'networks: {}'
";
        let (resources, found) = decoded(&[map]);
        assert_eq!(resources.mesh_config().access_log_file, "/dev/stdout");
        assert_eq!(resources.mesh_config().root_namespace, "istio-system");
        assert!(resources.mesh_networks.is_some());
        assert_eq!(found[0].2, "unknown field `rootNamespce` (line 2 of this text)");
        let documents = yaml::parse(FileId(3), "rootNamespace: mine\n").0;
        let options = DecodeOptions { mesh_config: Some(FileId(3)), ..DecodeOptions::default() };
        assert_eq!(decode(&documents, &options).0.mesh_config().root_namespace, "mine");
    }

    #[test]
    fn places_are_found_through_lists() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n  spec: {clusterIP: None}\n";
        let (documents, _) = yaml::parse(FileId(0), text);
        let (resources, _) = decode(&documents, &DecodeOptions::default());
        let shown = |location| {
            resources.span(&documents, &location).and_then(|span| text.get(span.start as usize..span.end as usize))
        };
        let spec = resources.services[0].spec_origin();
        assert_eq!(shown(Location::Value(spec.key("clusterIP"))), Some("None"));
        assert_eq!(shown(Location::Key(spec.key("clusterIP"))), Some("clusterIP"));
        assert_eq!(shown(Location::Value(spec.key("clusterIP").key("absent"))), Some("None"));
    }
}
