//! The linked snapshot of the whole input, for all proxies: services with their endpoints,
//! gateways, routes, destination rules, workloads and credentials.
//!
//! [`link`] makes it from the decoded resources and reports what does not fit together. Istio's
//! own structs are the neutral core; other APIs end here as the same structs (`from_ingress`).
//! A `Mesh` never changes after `link`, and nothing in it depends on the order of the files.

mod destination_rule;
mod gateway;
mod service;
mod virtual_service;
mod visibility;
mod workload;

pub use destination_rule::DestinationRule;
pub use gateway::Gateway;
pub use service::{Endpoint, EndpointHealth, Registry, Resolution, Service, ServiceId, ServicePort};
pub use virtual_service::{Rule, Semantics, VirtualService};
pub use visibility::Visibility;
pub use workload::{Workload, WorkloadKind};

use std::collections::BTreeMap;

use crate::resource::istio;

/// The linked snapshot.
#[derive(Clone, Debug, Default)]
pub struct Mesh {
    /// Settings of the mesh, with Istio's defaults for what is not written.
    pub config: istio::MeshConfig,
    /// Networks and the gateways between them (`meshNetworks`).
    pub networks: istio::mesh_config::MeshNetworks,
    /// Services of every registry, oldest first, then by hostname and namespace (Istio's order).
    pub services: Vec<Service>,
    /// Services by hostname; several where namespaces define the same one.
    pub services_by_host: BTreeMap<String, Vec<ServiceId>>,
    /// Gateways, from Istio's Gateway and from Ingress, in Istio's order.
    pub gateways: Vec<Gateway>,
    /// VirtualServices with delegates merged and short names resolved, in Istio's order.
    pub virtual_services: Vec<VirtualService>,
    /// DestinationRules with short names resolved, in Istio's order.
    pub destination_rules: Vec<DestinationRule>,
    /// Pods, pod templates and WorkloadEntries.
    pub workloads: Vec<Workload>,
}

impl Mesh {
    /// The service with this id.
    pub fn service(&self, id: ServiceId) -> &Service {
        &self.services[id.0 as usize]
    }

    /// The services with this hostname.
    pub fn services_with_host<'a>(&'a self, hostname: &str) -> impl Iterator<Item = &'a Service> {
        self.services_by_host.get(hostname).into_iter().flatten().map(|id| self.service(*id))
    }
}
