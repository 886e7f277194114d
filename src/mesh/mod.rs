//! The linked snapshot of the whole input, for all proxies: services with their endpoints,
//! gateways, routes, destination rules, workloads and credentials.
//!
//! [`link`] makes it from the decoded resources and reports what does not fit together. Istio's
//! own structs are the neutral core; other APIs end here as the same structs (`from_ingress`).
//! A `Mesh` never changes after `link`, and nothing in it depends on the order of the files.

mod credential;
mod destination_rule;
mod discovery;
#[cfg(test)]
pub(crate) mod fixture;
mod from_ingress;
mod from_istio;
mod from_kubernetes;
mod gateway;
mod link;
mod names;
mod policy;
mod references;
mod service;
mod services;
mod site;
mod virtual_service;
mod visibility;
mod workload;

pub use credential::{ConfigMap, Secret};
pub use destination_rule::DestinationRule;
pub use gateway::Gateway;
pub use link::{LinkOptions, link, link_taking};
pub use policy::{PeerAuthentication, Policy, PolicyKind, Sidecar};
pub use service::{Endpoint, EndpointHealth, Registry, Resolution, Service, ServiceId, ServicePort};
pub use virtual_service::{Rule, Semantics, VirtualService};
pub use visibility::Visibility;
pub use workload::{Workload, WorkloadKind};

use std::collections::BTreeMap;

use crate::base::Labels;
use crate::resource::istio;

/// The linked snapshot.
#[derive(Clone, Debug, Default)]
pub struct Mesh {
    /// The suffix of Kubernetes' hostnames, as `cluster.local`.
    pub domain: String,
    /// The mesh's settings, with Istio's defaults for what is not written.
    pub config: istio::MeshConfig,
    /// The networks the mesh spans.
    pub networks: istio::mesh_config::MeshNetworks,
    /// Namespaces of the input by name, with their labels; one that is only used is not in here.
    pub namespaces: BTreeMap<String, Labels>,
    /// `region/zone/subzone` of nodes, by the node's name.
    pub node_localities: BTreeMap<String, String>,
    /// Services of every registry, oldest first, then by hostname and namespace (Istio's order).
    pub services: Vec<Service>,
    /// What a client sees of a ServiceEntry's service once later ones with the same hostname,
    /// namespace and settings add their ports to it; only where they add any.
    pub merged_services: BTreeMap<ServiceId, Service>,
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
    /// Sidecars, in Istio's order.
    pub sidecars: Vec<Sidecar>,
    /// PeerAuthentications, in Istio's order.
    pub peer_authentications: Vec<PeerAuthentication>,
    /// Policies that are not translated yet, by kind, namespace and name.
    pub policies: Vec<Policy>,
    /// Secrets by namespace and name.
    pub secrets: BTreeMap<(String, String), Secret>,
    /// ConfigMaps by namespace and name.
    pub config_maps: BTreeMap<(String, String), ConfigMap>,
}

impl Mesh {
    /// The service with this id.
    pub fn service(&self, id: ServiceId) -> &Service {
        &self.services[id.0 as usize]
    }

    /// The Secret with this name.
    pub fn secret(&self, namespace: &str, name: &str) -> Option<&Secret> {
        self.secrets.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The ConfigMap with this name.
    pub fn config_map(&self, namespace: &str, name: &str) -> Option<&ConfigMap> {
        self.config_maps.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The services with this hostname.
    pub fn services_with_host<'a>(&'a self, hostname: &str) -> impl Iterator<Item = &'a Service> {
        self.services_by_host.get(hostname).into_iter().flatten().map(|id| self.service(*id))
    }
}
