//! Endpoints of clusters.

use super::{Address, Locality};
use crate::base::Origins;

/// Envoy's `ClusterLoadAssignment`.
#[derive(Clone, Debug)]
pub struct LoadAssignment {
    /// What the user wrote that made it.
    pub origins: Origins,
    /// The cluster's name.
    pub cluster: String,
    /// Groups of endpoints in one place.
    pub localities: Vec<LocalityEndpoints>,
    /// Percent of overprovisioning; `None` is Envoy's 140.
    pub overprovisioning_factor: Option<u32>,
}

/// Endpoints in one place.
#[derive(Clone, Debug)]
pub struct LocalityEndpoints {
    /// The place; `None` writes none, where an unknown one is written as empty.
    pub locality: Option<Locality>,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
    /// The group's share; `None` writes none.
    pub load_balancing_weight: Option<u32>,
    /// 0 is used first.
    pub priority: u32,
}

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The EndpointSlice, Pod, WorkloadEntry or ServiceEntry it comes from.
    pub origins: Origins,
    /// Where it listens.
    pub address: Address,
    /// Other addresses of the same endpoint (dual stack).
    pub additional_addresses: Vec<Address>,
    /// Envoy's health; `None` writes none.
    pub health: Option<Health>,
    /// Its share inside the group; `None` writes none.
    pub load_balancing_weight: Option<u32>,
    /// What Istio says of it.
    pub metadata: EndpointMetadata,
}

impl Endpoint {
    /// An endpoint of which only the address is known.
    pub fn at(address: Address) -> Self {
        Self {
            origins: Origins::new(),
            address,
            additional_addresses: Vec::new(),
            health: None,
            load_balancing_weight: None,
            metadata: EndpointMetadata::default(),
        }
    }
}

/// Envoy's `HealthStatus`, as far as Istio uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Ready.
    Healthy,
    /// Not ready.
    Unhealthy,
    /// On its way out.
    Draining,
}

/// What Istio says of an endpoint in `metadata.filter_metadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointMetadata {
    /// `istio.workload`: `name;namespace;canonical service;canonical revision;cluster`.
    pub workload: Option<String>,
    /// `envoy.transport_socket_match.tlsMode`: `istio` speaks mesh mTLS.
    pub tls_mode: Option<String>,
    /// Other string fields of `istio`, in order (as `hostname`).
    pub istio: Vec<(String, String)>,
}
