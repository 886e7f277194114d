//! The kinds that are read, and those that are known and not.

/// A kind that is read. The order is the order of resources in diagnostics and of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `networking.istio.io/Gateway`.
    Gateway,
    /// `networking.istio.io/VirtualService`.
    VirtualService,
    /// `networking.istio.io/DestinationRule`.
    DestinationRule,
    /// `networking.istio.io/ServiceEntry`.
    ServiceEntry,
    /// `networking.istio.io/WorkloadEntry`.
    WorkloadEntry,
    /// `networking.istio.io/WorkloadGroup`.
    WorkloadGroup,
    /// `networking.istio.io/Sidecar`.
    Sidecar,
    /// `networking.istio.io/ProxyConfig`.
    ProxyConfig,
    /// `networking.istio.io/EnvoyFilter`.
    EnvoyFilter,
    /// `security.istio.io/PeerAuthentication`.
    PeerAuthentication,
    /// `security.istio.io/RequestAuthentication`.
    RequestAuthentication,
    /// `security.istio.io/AuthorizationPolicy`.
    AuthorizationPolicy,
    /// `telemetry.istio.io/Telemetry`.
    Telemetry,
    /// `extensions.istio.io/WasmPlugin`.
    WasmPlugin,
    /// `extensions.istio.io/TrafficExtension`.
    TrafficExtension,
    /// A MeshConfig without envelope, from a file of its own.
    MeshConfig,
    /// MeshNetworks without envelope, from a file of its own.
    MeshNetworks,
    /// `v1/Namespace`.
    Namespace,
    /// `v1/Node`.
    Node,
    /// `v1/Service`.
    Service,
    /// `discovery.k8s.io/EndpointSlice`.
    EndpointSlice,
    /// `v1/Endpoints`.
    Endpoints,
    /// `v1/Pod`.
    Pod,
    /// `apps/Deployment`.
    Deployment,
    /// `apps/StatefulSet`.
    StatefulSet,
    /// `apps/DaemonSet`.
    DaemonSet,
    /// `apps/ReplicaSet`.
    ReplicaSet,
    /// `v1/ServiceAccount`.
    ServiceAccount,
    /// `v1/Secret`.
    Secret,
    /// `v1/ConfigMap`.
    ConfigMap,
    /// `networking.k8s.io/IngressClass`.
    IngressClass,
    /// `networking.k8s.io/Ingress`.
    Ingress,
}

/// What is known of a kind.
#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: Kind,
    group: &'static str,
    versions: &'static [&'static str],
    name: &'static str,
}

const NETWORKING: &str = "networking.istio.io";
const SECURITY: &str = "security.istio.io";
const ALL_VERSIONS: &[&str] = &["v1", "v1beta1", "v1alpha3"];
const V1: &[&str] = &["v1"];

/// Every kind that has an envelope.
const KINDS: &[Entry] = &[
    entry(Kind::Gateway, NETWORKING, ALL_VERSIONS, "Gateway"),
    entry(Kind::VirtualService, NETWORKING, ALL_VERSIONS, "VirtualService"),
    entry(Kind::DestinationRule, NETWORKING, ALL_VERSIONS, "DestinationRule"),
    entry(Kind::ServiceEntry, NETWORKING, ALL_VERSIONS, "ServiceEntry"),
    entry(Kind::WorkloadEntry, NETWORKING, ALL_VERSIONS, "WorkloadEntry"),
    entry(Kind::WorkloadGroup, NETWORKING, ALL_VERSIONS, "WorkloadGroup"),
    entry(Kind::Sidecar, NETWORKING, ALL_VERSIONS, "Sidecar"),
    entry(Kind::ProxyConfig, NETWORKING, &["v1beta1"], "ProxyConfig"),
    entry(Kind::EnvoyFilter, NETWORKING, &["v1alpha3"], "EnvoyFilter"),
    entry(Kind::PeerAuthentication, SECURITY, &["v1", "v1beta1"], "PeerAuthentication"),
    entry(Kind::RequestAuthentication, SECURITY, &["v1", "v1beta1"], "RequestAuthentication"),
    entry(Kind::AuthorizationPolicy, SECURITY, &["v1", "v1beta1"], "AuthorizationPolicy"),
    entry(Kind::Telemetry, "telemetry.istio.io", &["v1", "v1alpha1"], "Telemetry"),
    entry(Kind::WasmPlugin, "extensions.istio.io", &["v1alpha1"], "WasmPlugin"),
    entry(Kind::TrafficExtension, "extensions.istio.io", &["v1alpha1"], "TrafficExtension"),
    entry(Kind::Namespace, "", V1, "Namespace"),
    entry(Kind::Node, "", V1, "Node"),
    entry(Kind::Service, "", V1, "Service"),
    entry(Kind::EndpointSlice, "discovery.k8s.io", &["v1", "v1beta1"], "EndpointSlice"),
    entry(Kind::Endpoints, "", V1, "Endpoints"),
    entry(Kind::Pod, "", V1, "Pod"),
    entry(Kind::Deployment, "apps", V1, "Deployment"),
    entry(Kind::StatefulSet, "apps", V1, "StatefulSet"),
    entry(Kind::DaemonSet, "apps", V1, "DaemonSet"),
    entry(Kind::ReplicaSet, "apps", V1, "ReplicaSet"),
    entry(Kind::ServiceAccount, "", V1, "ServiceAccount"),
    entry(Kind::Secret, "", V1, "Secret"),
    entry(Kind::ConfigMap, "", V1, "ConfigMap"),
    entry(Kind::IngressClass, "networking.k8s.io", V1, "IngressClass"),
    entry(Kind::Ingress, "networking.k8s.io", V1, "Ingress"),
];

const fn entry(kind: Kind, group: &'static str, versions: &'static [&'static str], name: &'static str) -> Entry {
    Entry { kind, group, versions, name }
}

/// Groups whose kinds change what proxies do, but are not translated.
const UNTRANSLATED_GROUPS: &[&str] = &["gateway.networking.k8s.io", "gateway.networking.x-k8s.io"];

/// What an object's `apiVersion` and `kind` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognition {
    /// It is read.
    Read(Kind),
    /// The kind is read, but not in this version: these are.
    UnknownVersion(Kind, &'static [&'static str]),
    /// It changes what proxies do, and is not translated.
    Untranslated,
    /// Istio's groups have no such kind.
    UnknownIstioKind,
    /// It has no influence on proxies, or none that is known.
    Unrelated,
}

impl Kind {
    /// Finds a kind.
    pub fn recognise(api_version: &str, name: &str) -> Recognition {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        match KINDS.iter().find(|entry| entry.group == group && entry.name == name) {
            Some(entry) if entry.versions.contains(&version) => Recognition::Read(entry.kind),
            Some(entry) => Recognition::UnknownVersion(entry.kind, entry.versions),
            None if UNTRANSLATED_GROUPS.contains(&group) => Recognition::Untranslated,
            None if group.ends_with(".istio.io") && KINDS.iter().any(|entry| entry.group == group) => {
                Recognition::UnknownIstioKind
            }
            None => Recognition::Unrelated,
        }
    }

    /// Its name, as in `kind`.
    pub fn name(self) -> &'static str {
        match self {
            Self::MeshConfig => "MeshConfig",
            Self::MeshNetworks => "MeshNetworks",
            _ => KINDS.iter().find(|entry| entry.kind == self).map_or("", |entry| entry.name),
        }
    }

    /// Its API group; empty for core kinds.
    pub fn group(self) -> &'static str {
        KINDS.iter().find(|entry| entry.kind == self).map_or("", |entry| entry.group)
    }

    /// Whether its objects are in namespaces.
    pub fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespace | Self::Node | Self::IngressClass | Self::MeshConfig | Self::MeshNetworks)
    }

    /// Whether it is one of Istio's own, which are known in full.
    pub fn is_istio(self) -> bool {
        self.group().ends_with(".istio.io")
    }

    /// The group and latest version of Istio's kind of this name, for suggestions.
    pub fn home_of(name: &str) -> Option<String> {
        let entry = KINDS.iter().find(|entry| entry.name == name && entry.group.ends_with(".istio.io"))?;
        Some(format!("{}/{}", entry.group, entry.versions.first()?))
    }

    /// The names of the kinds of a group, for suggestions.
    pub fn names_of_group(group: &str) -> impl Iterator<Item = &'static str> {
        KINDS.iter().filter(move |entry| entry.group == group).map(|entry| entry.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognition() {
        let at = Kind::recognise;
        assert_eq!(at("networking.istio.io/v1alpha3", "Gateway"), Recognition::Read(Kind::Gateway));
        assert_eq!(at("v1", "Service"), Recognition::Read(Kind::Service));
        assert_eq!(at("gateway.networking.k8s.io/v1", "Gateway"), Recognition::Untranslated);
        assert!(matches!(at("networking.istio.io/v2", "Gateway"), Recognition::UnknownVersion(Kind::Gateway, _)));
        assert_eq!(at("networking.istio.io/v1", "Gatway"), Recognition::UnknownIstioKind);
        assert_eq!(at("install.istio.io/v1alpha1", "IstioOperator"), Recognition::Unrelated);
        assert_eq!(at("rbac.authorization.k8s.io/v1", "Role"), Recognition::Unrelated);
    }

    #[test]
    fn every_kind_has_a_name() {
        assert!(KINDS.iter().all(|entry| entry.kind.name() == entry.name && entry.kind.group() == entry.group));
    }
}
