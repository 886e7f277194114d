//! Services and their endpoints, whatever registry they come from.

use std::collections::BTreeMap;

use super::Visibility;
use crate::base::{Labels, Origin, Origins, Protocol, Timestamp};

/// A service of a [`super::Mesh`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u32);

/// Which registry a service comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Registry {
    /// A Kubernetes Service.
    Kubernetes,
    /// A ServiceEntry.
    External,
}

/// How the endpoints of a service are found (`istio: model.Resolution`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Endpoints are known: Envoy's EDS.
    ClientSideLb,
    /// Names are resolved, all answers are used.
    DnsLb,
    /// Names are resolved, one answer at a time.
    DnsRoundRobinLb,
    /// Wherever the client was going.
    Passthrough,
    /// The name the client asks for is resolved.
    DynamicDns,
    /// An alias of another service (ExternalName).
    Alias,
}

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its own id.
    pub id: ServiceId,
    /// The Service, or the host of a ServiceEntry.
    pub origin: Origin,
    /// Where it comes from.
    pub registry: Registry,
    /// As `shop.default.svc.cluster.local`; may be `*.example.com`.
    pub hostname: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name in Kubernetes; for a ServiceEntry the hostname.
    pub name: String,
    /// The name of the object it comes from.
    pub object_name: String,
    /// When it was made; none counts as equally old.
    pub created: Option<Timestamp>,
    /// Ports in the user's order.
    pub ports: Vec<ServicePort>,
    /// How endpoints are found.
    pub resolution: Resolution,
    /// Outside the mesh (`MESH_EXTERNAL`).
    pub mesh_external: bool,
    /// Virtual addresses: ClusterIPs, or a ServiceEntry's addresses (IPs and CIDRs). Istio's
    /// `0.0.0.0` for none is not in here.
    pub addresses: Vec<String>,
    /// Address Istio allocates to a ServiceEntry without one; IPv4.
    pub auto_address: Option<String>,
    /// Who sees it.
    pub visibility: Visibility,
    /// Labels of the object.
    pub labels: Labels,
    /// Annotations of the object that change its meaning.
    pub annotations: BTreeMap<String, String>,
    /// Which pods it selects.
    pub selector: Labels,
    /// Service accounts of its endpoints, as SPIFFE ids; with a ServiceEntry's `subjectAltNames`.
    pub subject_alt_names: Vec<String>,
    /// Alias target of an ExternalName service.
    pub external_name: Option<String>,
    /// ExternalName services that stand for this one, as namespace and hostname, in that order.
    pub aliases: Vec<(String, String)>,
    /// Endpoints count also when they are not ready (`publishNotReadyAddresses`).
    pub publish_not_ready: bool,
    /// Prefers endpoints in its own zone (`PreferClose`, `PreferSameZone`).
    pub prefer_close: bool,
    /// Prefers endpoints on its own node (`PreferSameNode`).
    pub prefer_same_node: bool,
    /// Only endpoints on the client's node count (`internalTrafficPolicy: Local`).
    pub node_local: bool,
    /// Addresses outside the cluster (load balancer ingress, external IPs).
    pub external_addresses: Vec<String>,
    /// Endpoints, in the order of the input's objects sorted by name. Services with the same
    /// hostname and namespace share them, as Istio keys endpoints by these.
    pub endpoints: Vec<Endpoint>,
}

/// A port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name; may be empty.
    pub name: String,
    /// Its number.
    pub port: u32,
    /// What is spoken there, from name and `appProtocol`.
    pub protocol: Protocol,
    /// The workload's port where it is a number (0: named, or the same).
    pub target_port: u32,
    /// The workload's port where it is a name.
    pub target_port_name: String,
}

/// An endpoint of one port of a service.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The endpoint in its object, and the Pod behind it.
    pub origins: Origins,
    /// IPs or a name; several for dual stack. A Unix socket is `unix://PATH`.
    pub addresses: Vec<String>,
    /// The workload's port.
    pub port: u32,
    /// Which of the service's ports, by name: what Istio's EDS goes by.
    pub service_port: String,
    /// Which of the service's ports, by number, where a ServiceEntry made the endpoint: what
    /// Istio's inline load assignments go by (`istio: LegacyClusterPortKey`); 0 goes by name.
    pub cluster_port: u32,
    /// The workload's labels, with Istio's topology labels.
    pub labels: Labels,
    /// SPIFFE id of the workload; may be empty.
    pub service_account: String,
    /// Its network; empty is the proxy's own.
    pub network: String,
    /// `region/zone/subzone`.
    pub locality: String,
    /// Its cluster.
    pub cluster: String,
    /// Its share; 0 counts as 1.
    pub weight: u32,
    /// `istio` where a sidecar speaks mTLS, else `disabled`.
    pub tls_mode: String,
    /// Readiness.
    pub health: EndpointHealth,
    /// The workload's name.
    pub workload_name: String,
    /// The workload's namespace.
    pub namespace: String,
    /// The pod's `hostname.subdomain`, for headless services.
    pub hostname: String,
    /// See [`Endpoint::hostname`].
    pub sub_domain: String,
    /// The node it runs on.
    pub node: String,
}

/// Readiness of an endpoint (`istio: model.HealthStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointHealth {
    /// Nobody looks: endpoints of ServiceEntries and WorkloadEntries. Takes traffic.
    Unknown,
    /// Takes traffic.
    Healthy,
    /// Takes none.
    Unhealthy,
    /// Ends, but takes persistent sessions.
    Draining,
    /// Ends.
    Terminating,
}

impl Service {
    /// The port with this number.
    pub fn port(&self, number: u32) -> Option<&ServicePort> {
        self.ports.iter().find(|port| port.port == number)
    }

    /// Where its ports are written, in its Service or ServiceEntry.
    pub fn ports_origin(&self) -> Origin {
        Origin::of(self.origin.resource).key("spec").key("ports")
    }

    /// Where a port of it is written.
    pub fn port_origin(&self, port: &ServicePort) -> Origin {
        let at = self.ports.iter().position(|one| one == port);
        at.map_or_else(|| self.ports_origin(), |at| self.ports_origin().index(at))
    }

    /// Whether it has no virtual address (`clusterIP: None`, or none given).
    pub fn is_headless(&self) -> bool {
        self.addresses.is_empty()
    }
}

/// Which endpoints a service prefers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Distribution {
    pub(super) same_zone: bool,
    pub(super) same_node: bool,
}

/// `trafficDistribution` of a Service, else the annotation of the service, else of its namespace
/// (`istio: model.GetTrafficDistribution`).
pub(super) fn distribution(written: Option<&str>, own: &Labels, of_namespace: Option<&Labels>) -> Distribution {
    const ANNOTATION: &str = "networking.istio.io/traffic-distribution";
    let meaning = |text: &str| Distribution {
        same_zone: ["preferclose", "prefersamezone"].iter().any(|name| text.eq_ignore_ascii_case(name)),
        same_node: text.eq_ignore_ascii_case("prefersamenode"),
    };
    if let Some("PreferClose" | "PreferSameZone" | "PreferSameNode") = written {
        return written.map(meaning).unwrap_or_default();
    }
    let annotation = |labels: &Labels| labels.get(ANNOTATION).filter(|text| !text.is_empty()).map(meaning);
    annotation(own).or_else(|| of_namespace.and_then(annotation)).unwrap_or_default()
}
