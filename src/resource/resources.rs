//! Everything the user wrote, typed, and where each object is written.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use super::istio;
use super::kind::Kind;
use super::kubernetes::{self, ObjectMeta};
use crate::base::{FileId, HostPattern, Location, Origin, Path, ResourceId, Span};
use crate::yaml::{Document, Node, Pieces};

/// An object: what the user wrote of kind `S`, with the `status` of kinds that are read in full.
#[derive(Clone, Debug, PartialEq)]
pub struct Object<S, T = ()> {
    /// Which one it is; the index of its [`ResourceInfo`].
    pub id: ResourceId,
    /// Its metadata, the namespace filled in.
    pub meta: ObjectMeta,
    /// Its `spec`; for kinds without one (Secret, EndpointSlice) the object itself.
    pub spec: S,
    /// Its `status`.
    pub status: T,
}

impl<S, T> Object<S, T> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.meta.name
    }

    /// Its namespace; empty for kinds without.
    pub fn namespace(&self) -> &str {
        &self.meta.namespace
    }

    /// The object as a whole.
    pub fn origin(&self) -> Origin {
        Origin::of(self.id)
    }

    /// Its `spec`.
    pub fn spec_origin(&self) -> Origin {
        /// The same step for all objects.
        static SPEC: LazyLock<Path> = LazyLock::new(|| Path::root().key("spec"));
        Origin { resource: self.id, path: SPEC.clone() }
    }
}

/// Which object a [`ResourceId`] is, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceInfo {
    /// Its kind.
    pub kind: Kind,
    /// Its group and version, as written.
    pub api_version: String,
    /// Its namespace; empty for kinds without.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The file it is in.
    pub file: FileId,
    /// The document it is in, by its place in what was decoded.
    pub document: usize,
    /// Where it is in the document: the root, or an element of a List.
    pub path: Path,
}

impl fmt::Display for ResourceInfo {
    /// As people name it: ``VirtualService `shop/web` ``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} `{}`", self.kind.name(), self.name),
            namespace => write!(f, "{} `{namespace}/{}`", self.kind.name(), self.name),
        }
    }
}

/// Everything the user wrote. The objects of each kind are in Istio's order: by creation time,
/// name, namespace (`pilot/pkg/model/config.go: sortConfigByCreationTime`), so that nothing
/// depends on the order of files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resources {
    /// One for each object, by [`ResourceId`].
    pub infos: Vec<ResourceInfo>,
    /// Gateways.
    pub gateways: Vec<Object<istio::Gateway>>,
    /// Gateways of the Gateway API, which VirtualServices may name as `namespace/name`: the
    /// hostname of each listener, `None` where it takes every host. They are not translated.
    pub api_gateways: BTreeMap<String, Vec<Option<HostPattern>>>,
    /// VirtualServices.
    pub virtual_services: Vec<Object<istio::VirtualService>>,
    /// DestinationRules.
    pub destination_rules: Vec<Object<istio::DestinationRule>>,
    /// ServiceEntries.
    pub service_entries: Vec<Object<istio::ServiceEntry, istio::ServiceEntryStatus>>,
    /// WorkloadEntries.
    pub workload_entries: Vec<Object<istio::WorkloadEntry, istio::WorkloadEntryStatus>>,
    /// WorkloadGroups.
    pub workload_groups: Vec<Object<istio::WorkloadGroup>>,
    /// Sidecars.
    pub sidecars: Vec<Object<istio::Sidecar>>,
    /// ProxyConfigs.
    pub proxy_configs: Vec<Object<istio::ProxyConfigResource>>,
    /// EnvoyFilters.
    pub envoy_filters: Vec<Object<istio::EnvoyFilter>>,
    /// PeerAuthentications.
    pub peer_authentications: Vec<Object<istio::PeerAuthentication>>,
    /// RequestAuthentications.
    pub request_authentications: Vec<Object<istio::RequestAuthentication>>,
    /// AuthorizationPolicies.
    pub authorization_policies: Vec<Object<istio::AuthorizationPolicy>>,
    /// Telemetries.
    pub telemetries: Vec<Object<istio::Telemetry>>,
    /// WasmPlugins.
    pub wasm_plugins: Vec<Object<istio::WasmPlugin>>,
    /// TrafficExtensions.
    pub traffic_extensions: Vec<Object<istio::TrafficExtension>>,
    /// The settings of the mesh, where they are written; see [`Resources::mesh_config`].
    pub mesh: Option<Written<istio::MeshConfig>>,
    /// The networks of the mesh, where they are written.
    pub mesh_networks: Option<Written<istio::mesh_config::MeshNetworks>>,
    /// Namespaces.
    pub namespaces: Vec<Object<kubernetes::Namespace>>,
    /// Nodes.
    pub nodes: Vec<Object<kubernetes::Node, kubernetes::NodeStatus>>,
    /// Services.
    pub services: Vec<Object<kubernetes::Service, kubernetes::ServiceStatus>>,
    /// EndpointSlices.
    pub endpoint_slices: Vec<Object<kubernetes::EndpointSlice>>,
    /// Endpoints.
    pub endpoints: Vec<Object<kubernetes::Endpoints>>,
    /// Pods.
    pub pods: Vec<Object<kubernetes::Pod, kubernetes::PodStatus>>,
    /// Deployments.
    pub deployments: Vec<Object<kubernetes::Workload>>,
    /// StatefulSets.
    pub stateful_sets: Vec<Object<kubernetes::Workload>>,
    /// DaemonSets.
    pub daemon_sets: Vec<Object<kubernetes::Workload>>,
    /// ReplicaSets.
    pub replica_sets: Vec<Object<kubernetes::Workload>>,
    /// ServiceAccounts.
    pub service_accounts: Vec<Object<kubernetes::ServiceAccount>>,
    /// Secrets.
    pub secrets: Vec<Object<kubernetes::Secret>>,
    /// ConfigMaps.
    pub config_maps: Vec<Object<kubernetes::ConfigMap>>,
    /// IngressClasses.
    pub ingress_classes: Vec<Object<kubernetes::IngressClass>>,
    /// Ingresses.
    pub ingresses: Vec<Object<kubernetes::Ingress>>,
}

/// Settings, and where they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written<T> {
    /// The file's root, or the text in a ConfigMap.
    pub origin: Origin,
    /// The settings.
    pub value: T,
}

/// Documents that were decoded.
pub trait Documents {
    /// The value of the one with this place among them.
    fn root(&self, at: usize) -> Option<&Node<'_>>;
}

impl Documents for [Document<'_>] {
    fn root(&self, at: usize) -> Option<&Node<'_>> {
        self.get(at).map(|document| &document.root)
    }
}

impl Documents for Vec<Document<'_>> {
    fn root(&self, at: usize) -> Option<&Node<'_>> {
        self.as_slice().root(at)
    }
}

impl Documents for Pieces<'_> {
    fn root(&self, at: usize) -> Option<&Node<'_>> {
        self.get(at).map(|document| &document.root)
    }
}

impl Resources {
    /// Which object this is.
    pub fn info(&self, id: ResourceId) -> Option<&ResourceInfo> {
        self.infos.get(id.0 as usize)
    }

    /// The settings of the mesh; Istio's defaults where none are written.
    pub fn mesh_config(&self) -> istio::MeshConfig {
        self.mesh.as_ref().map(|written| written.value.clone()).unwrap_or_default()
    }

    /// The bytes of a place. `documents` are those that were decoded. What is absent is shown at
    /// the nearest node that is there.
    pub fn span(&self, documents: &(impl Documents + ?Sized), location: &Location) -> Option<Span> {
        let (origin, key) = match location {
            Location::Span(span) => return Some(*span),
            Location::File(file) => return Some(Span { file: *file, start: 0, end: 0 }),
            Location::Nowhere => return None,
            Location::Value(origin) => (origin, false),
            Location::Key(origin) => (origin, true),
        };
        let info = self.info(origin.resource)?;
        let root = documents.root(info.document)?.lookup(&info.path)?;
        let node = match root.lookup_key(&origin.path).filter(|_| key) {
            Some(node) => node,
            None => root.lookup_nearest(&origin.path),
        };
        Some(node.span(info.file))
    }
}
