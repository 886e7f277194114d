//! Documents → [`Resources`]: finds the objects, puts them in order, and reads each by its kind.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::istio::{self, MeshConfig};
use super::kind::{Kind, Recognition};
use super::kubernetes::ObjectMeta;
use super::resources::{Object, ResourceInfo, Resources, Written};
use crate::base::{Diagnostic, Diagnostics, FileId, HostPattern, Location, Origin, Path, ResourceId, Span};
use crate::yaml::{self, Document, Node};

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
    let mut diagnostics = Diagnostics::default();
    let mut sources = Vec::new();
    let mut unread = Unread::default();
    for (at, document) in documents.iter().enumerate() {
        let finder = Finder { document: at, file: document.file, options };
        finder.find(&document.root, &Path::root(), &Envelope::default(), &mut sources, &mut unread, &mut diagnostics);
    }
    let mut resources = Resources { api_gateways: unread.gateways, ..Resources::default() };
    report_unread(unread.places, &mut diagnostics);
    let mut sources = without_duplicates(sources, &mut diagnostics);
    sources.sort_by(|a, b| a.order().cmp(&b.order()));
    for (at, source) in sources.into_iter().enumerate() {
        resources.infos.push(source.info());
        read(source, ResourceId(at as u32), &mut resources, &mut diagnostics);
    }
    super::mesh_settings::from_config_maps(&mut resources, documents, &mut diagnostics);
    (resources, diagnostics)
}

/// An object that was found, not read yet.
struct Source<'n, 'src> {
    kind: Kind,
    api_version: String,
    node: &'n Node<'src>,
    file: FileId,
    document: usize,
    path: Path,
    meta: ObjectMeta,
}

impl Source<'_, '_> {
    fn span(&self) -> Span {
        self.node.span(self.file)
    }

    /// What makes two objects the same.
    fn identity(&self) -> (Kind, &str, &str) {
        (self.kind, &self.meta.namespace, &self.meta.name)
    }

    /// Istio's order of objects: by creation time, then name, then namespace.
    fn order(&self) -> (Kind, Option<crate::base::Timestamp>, &str, &str) {
        (self.kind, self.meta.creation_timestamp, &self.meta.name, &self.meta.namespace)
    }

    fn info(&self) -> ResourceInfo {
        ResourceInfo {
            kind: self.kind,
            api_version: self.api_version.clone(),
            namespace: self.meta.namespace.clone(),
            name: self.meta.name.clone(),
            file: self.file,
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
type Places = BTreeMap<(String, String), Vec<(Recognition, Span)>>;

/// What is not read as an object.
#[derive(Default)]
struct Unread {
    places: Places,
    /// See [`Resources::api_gateways`].
    gateways: BTreeMap<String, Vec<Option<HostPattern>>>,
}

/// Finds the objects of a document.
struct Finder<'o> {
    document: usize,
    file: FileId,
    options: &'o DecodeOptions,
}

impl Finder<'_> {
    fn find<'n, 'src>(
        &self,
        node: &'n Node<'src>,
        path: &Path,
        inherited: &Envelope,
        sources: &mut Vec<Source<'n, 'src>>,
        unread: &mut Unread,
        diagnostics: &mut Diagnostics,
    ) {
        let span = node.span(self.file);
        if node.is_null() {
            return;
        }
        if !matches!(node.kind, yaml::Kind::Map(_)) {
            let message = format!("this is {}, not an object with `apiVersion` and `kind`", node.kind.noun());
            return diagnostics.push(Diagnostic::error("no-object", Location::Span(span), message));
        }
        let text = |key: &str| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        if let (Some(kind), None) = (self.bare_kind(), text("kind")) {
            let meta = ObjectMeta { name: kind.name().to_ascii_lowercase(), ..ObjectMeta::default() };
            let (api_version, path) = (String::new(), path.clone());
            sources.push(Source { kind, api_version, node, file: self.file, document: self.document, path, meta });
            return;
        }
        let api_version = text("apiVersion").map(str::to_owned).or_else(|| inherited.api_version.clone());
        let kind = text("kind").map(str::to_owned).or_else(|| inherited.kind.clone());
        let (Some(api_version), Some(kind)) = (api_version, kind) else {
            return diagnostics.push(no_kind(node, span));
        };
        if let (Some(element), Some(items)) = (kind.strip_suffix("List"), node.get("items")) {
            let typed = |text: &str| Some(text.to_owned()).filter(|_| !element.is_empty());
            let envelope = Envelope { api_version: typed(&api_version), kind: typed(element) };
            for (at, item) in items.elements().iter().enumerate() {
                self.find(item, &path.key("items").index(at), &envelope, sources, unread, diagnostics);
            }
            return;
        }
        match Kind::recognise(&api_version, &kind) {
            Recognition::Read(kind) => {
                let meta = node.get("metadata").map(|meta| yaml::decode_lenient(meta, self.file, diagnostics));
                let Some(meta) = self.completed(kind, meta.unwrap_or_default(), node, diagnostics) else { return };
                let path = path.clone();
                sources.push(Source { kind, api_version, node, file: self.file, document: self.document, path, meta });
            }
            recognition => {
                if recognition == Recognition::Untranslated && kind == "Gateway" {
                    unread.gateways.insert(self.key(node), listeners(node));
                }
                unread.places.entry((api_version, kind)).or_default().push((recognition, span));
            }
        }
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
                Diagnostic::error("unknown-kind", at, message).help(format!("known kinds: {}", known.join(", ")))
            }
            Recognition::Unrelated | Recognition::Read(_) => {
                Diagnostic::note("unread-kind", at, format!("{kind} (`{api_version}`) is not read: {objects}"))
            }
        });
    }
}

/// Keeps the first of objects with the same kind, namespace and name, and reports the others.
fn without_duplicates<'n, 'src>(
    sources: Vec<Source<'n, 'src>>,
    diagnostics: &mut Diagnostics,
) -> Vec<Source<'n, 'src>> {
    let mut sources = sources;
    sources.sort_by_key(|source| (source.span(), source.document));
    let mut kept: Vec<Source<'_, '_>> = Vec::with_capacity(sources.len());
    let mut places: BTreeMap<(Kind, String, String), usize> = BTreeMap::new();
    for source in sources {
        let (kind, namespace, name) = source.identity();
        let identity = (kind, namespace.to_owned(), name.to_owned());
        match places.get(&identity).and_then(|at| kept.get(*at)) {
            None => {
                places.insert(identity, kept.len());
                kept.push(source);
            }
            Some(first) => diagnostics.push(duplicate(first, &source)),
        }
    }
    kept
}

fn duplicate(first: &Source<'_, '_>, second: &Source<'_, '_>) -> Diagnostic {
    let at = Location::Span(second.span());
    let name = second.info();
    let finding = if first.node.to_json() == second.node.to_json() {
        Diagnostic::warning("duplicate-object", at, format!("{name} is written twice, both times the same"))
    } else {
        Diagnostic::error("duplicate-object", at, format!("{name} is written twice, with different contents"))
    };
    finding
        .labelled("this one is left out")
        .related(Location::Span(first.span()), "the first one, which counts")
        .help("remove one of them, or give it another name")
}

/// Reads an object by its kind.
fn read(source: Source<'_, '_>, id: ResourceId, into: &mut Resources, diagnostics: &mut Diagnostics) {
    let before = diagnostics.0.len();
    if source.kind.is_istio() {
        report_unknown_parts(&source, diagnostics);
        istio::metadata_check::check(source.kind, id, &source.meta, diagnostics);
    }
    let mut reader = Reader { source: &source, id, before, diagnostics };
    match source.kind {
        Kind::Gateway => into.gateways.push(reader.checked(istio::gateway_check::check)),
        Kind::VirtualService => into.virtual_services.push(reader.checked(istio::virtual_service_check::check)),
        Kind::DestinationRule => into.destination_rules.push(reader.checked(istio::destination_rule_check::check)),
        Kind::ServiceEntry => into.service_entries.push(reader.checked(istio::service_entry_check::check)),
        Kind::WorkloadEntry => into.workload_entries.push(reader.checked(istio::workload_check::check)),
        Kind::WorkloadGroup => into.workload_groups.push(reader.checked(istio::workload_check::check_group)),
        Kind::Sidecar => into.sidecars.push(reader.checked(istio::sidecar_check::check)),
        Kind::ProxyConfig => into.proxy_configs.push(reader.checked(istio::selector_check::check_proxy_config)),
        Kind::EnvoyFilter => into.envoy_filters.push(reader.checked(istio::envoy_filter_check::check)),
        Kind::PeerAuthentication => {
            into.peer_authentications.push(reader.checked(istio::selector_check::check_peer_authentication))
        }
        Kind::RequestAuthentication => {
            into.request_authentications.push(reader.checked(istio::request_authentication_check::check))
        }
        Kind::AuthorizationPolicy => {
            into.authorization_policies.push(reader.checked(istio::authorization_policy_check::check))
        }
        Kind::Telemetry => into.telemetries.push(reader.checked(istio::telemetry_check::check)),
        Kind::WasmPlugin => into.wasm_plugins.push(reader.checked(istio::extension_check::check_wasm_plugin)),
        Kind::TrafficExtension => {
            into.traffic_extensions.push(reader.checked(istio::extension_check::check_traffic_extension))
        }
        Kind::MeshConfig => into.mesh = Some(reader.bare::<MeshConfig>()),
        Kind::MeshNetworks => into.mesh_networks = Some(reader.bare::<istio::mesh_config::MeshNetworks>()),
        Kind::Namespace => into.namespaces.push(reader.whole()),
        Kind::Node => into.nodes.push(reader.spec()),
        Kind::Service => into.services.push(reader.spec()),
        Kind::EndpointSlice => into.endpoint_slices.push(reader.whole()),
        Kind::Endpoints => into.endpoints.push(reader.whole()),
        Kind::Pod => into.pods.push(reader.spec()),
        Kind::Deployment => into.deployments.push(reader.spec()),
        Kind::StatefulSet => into.stateful_sets.push(reader.spec()),
        Kind::DaemonSet => into.daemon_sets.push(reader.spec()),
        Kind::ReplicaSet => into.replica_sets.push(reader.spec()),
        Kind::ServiceAccount => into.service_accounts.push(reader.whole()),
        Kind::Secret => into.secrets.push(reader.whole()),
        Kind::ConfigMap => into.config_maps.push(reader.whole()),
        Kind::IngressClass => into.ingress_classes.push(reader.spec()),
        Kind::Ingress => into.ingresses.push(reader.spec()),
    }
}

/// Keys of an Istio object beside the five that every object has.
fn report_unknown_parts(source: &Source<'_, '_>, diagnostics: &mut Diagnostics) {
    const PARTS: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];
    for (key, _) in source.node.entries() {
        let name = key.as_str().unwrap_or_default();
        if !PARTS.contains(&name) {
            let at = Location::Span(key.span(source.file));
            let help = format!("an object has {}", PARTS.map(|part| format!("`{part}`")).join(", "));
            diagnostics.push(Diagnostic::error("unknown-field", at, format!("unknown field `{name}`")).help(help));
        }
    }
}

/// Reads the parts of one object.
struct Reader<'a, 'n, 'src> {
    source: &'a Source<'n, 'src>,
    id: ResourceId,
    /// How many findings there were before this object.
    before: usize,
    diagnostics: &'a mut Diagnostics,
}

impl Reader<'_, '_, '_> {
    /// A kind of Istio: `spec` is known in full, of `status` a part.
    fn istio<S: DeserializeOwned + Default, T: DeserializeOwned + Default>(&mut self) -> Object<S, T> {
        let spec = self.source.node.get("spec").filter(|spec| !spec.is_null());
        let spec = spec.map(|spec| yaml::decode(spec, self.source.file, self.diagnostics)).unwrap_or_default();
        let status = self.part("status");
        Object { id: self.id, meta: self.source.meta.clone(), spec, status }
    }

    /// The same, with its checks. That something is missing is not said where something was
    /// written that could not be read.
    fn checked<S: DeserializeOwned + Default, T: DeserializeOwned + Default>(
        &mut self,
        check: fn(&Object<S, T>, &mut Diagnostics),
    ) -> Object<S, T> {
        let object = self.istio();
        let mut found = Diagnostics::default();
        check(&object, &mut found);
        let unread = self.diagnostics.0.get(self.before..).unwrap_or_default();
        let unread: Vec<_> = unread.iter().map(|finding| finding.label.location.clone()).collect();
        for finding in found.0 {
            if !(finding.code.starts_with("missing-") && self.is_about(&finding.label.location, &unread)) {
                self.diagnostics.push(finding);
            }
        }
        object
    }

    /// Whether one of some places is within the node at `location`.
    fn is_about(&self, location: &Location, places: &[Location]) -> bool {
        let Location::Value(origin) = location else { return false };
        let node = self.source.node.lookup_nearest(&origin.path);
        places.iter().any(|place| match place {
            Location::Span(span) => span.file == self.source.file && node.start <= span.start && span.end <= node.end,
            Location::Value(_) | Location::Key(_) | Location::File(_) | Location::Nowhere => false,
        })
    }

    /// A kind of Kubernetes with `spec` and perhaps `status`, of which a part is known.
    fn spec<S: DeserializeOwned + Default, T: DeserializeOwned + Default>(&mut self) -> Object<S, T> {
        let (spec, status) = (self.part("spec"), self.part("status"));
        Object { id: self.id, meta: self.source.meta.clone(), spec, status }
    }

    /// A kind of Kubernetes without `spec`.
    fn whole<S: DeserializeOwned + Default>(&mut self) -> Object<S> {
        let spec = yaml::decode_lenient(self.source.node, self.source.file, self.diagnostics);
        Object { id: self.id, meta: self.source.meta.clone(), spec, status: () }
    }

    /// Settings without an envelope.
    fn bare<T: DeserializeOwned + Default>(&mut self) -> Written<T> {
        let value = yaml::decode(self.source.node, self.source.file, self.diagnostics);
        Written { origin: Origin::of(self.id), value }
    }

    fn part<T: DeserializeOwned + Default>(&mut self, key: &str) -> T {
        let part = self.source.node.get(key).filter(|part| !part.is_null());
        part.map(|part| yaml::decode_lenient(part, self.source.file, self.diagnostics)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Severity;

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
