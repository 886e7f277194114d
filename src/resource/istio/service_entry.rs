//! `networking.istio.io/ServiceEntry`: a service that Kubernetes does not know.

use serde::Deserialize;

use super::WorkloadEntry;
use super::sidecar::WorkloadSelector;
use crate::base::{Address, ExportTo, HostPattern, Port};

/// A service by hosts, addresses, ports and endpoints.
/// <https://istio.io/latest/docs/reference/config/networking/service-entry/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceEntry {
    /// The hosts, each a service of its own.
    pub hosts: Vec<HostPattern>,
    /// Virtual addresses or ranges; none lets Istio choose one, or match by host alone.
    pub addresses: Vec<Address>,
    /// The ports.
    pub ports: Vec<ServicePort>,
    /// Whether it is part of the mesh.
    pub location: Location,
    /// How its endpoints are found.
    pub resolution: Resolution,
    /// The endpoints; excludes `workload_selector`.
    pub endpoints: Vec<WorkloadEntry>,
    /// The pods and WorkloadEntries that are its endpoints; excludes `endpoints`.
    pub workload_selector: Option<WorkloadSelector>,
    /// Who sees it; none means the mesh's default.
    pub export_to: Vec<ExportTo>,
    /// The names of which the server's certificate must have one.
    pub subject_alt_names: Vec<String>,
}

/// A port of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServicePort {
    /// The port.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub number: Option<Port>,
    /// HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP or TLS, in any case; empty lets Istio detect it.
    pub protocol: String,
    /// A name, unique in the service.
    pub name: String,
    /// The endpoints' port; unset means the same. The CRD refuses 0.
    pub target_port: Option<Port>,
}

/// Whether a service is part of the mesh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Location {
    /// Outside: no automatic mutual TLS.
    #[default]
    MeshExternal,
    /// Inside.
    MeshInternal,
}

/// How endpoints are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Resolution {
    /// The address the client asked for.
    #[default]
    None,
    /// The addresses of the endpoints.
    Static,
    /// By DNS, all addresses.
    Dns,
    /// By DNS, the first address, resolved when needed.
    DnsRoundRobin,
    /// By DNS, of the host the client asks for.
    DynamicDns,
}

/// What the cluster has made of a ServiceEntry: its `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceEntryStatus {
    /// Addresses that Istio has chosen for hosts without one.
    pub addresses: Vec<ServiceEntryAddress>,
}

/// An address that Istio has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceEntryAddress {
    /// The address.
    pub value: String,
    /// The host it is for.
    pub host: HostPattern,
}
