//! Istio's kinds, as the user wrote them.
//!
//! The structs follow Istio's protobuf messages field by field, with leaf values parsed
//! (`base`). A field that protobuf has no presence for and that is not written has its zero value.

pub(super) mod destination_rule_check;
pub(super) mod gateway_check;
mod header_check;
mod http_route_check;
mod load_balancer_check;
mod one_of;
pub(super) mod selector_check;
pub(super) mod service_entry_check;
pub(super) mod sidecar_check;
pub(super) mod virtual_service_check;
pub(super) mod workload_check;

pub mod destination_rule;
pub mod gateway;
pub mod mesh_config;
pub mod peer_authentication;
pub mod policy;
pub mod proxy_config;
pub mod proxy_defaults;
pub mod service_entry;
pub mod sidecar;
pub mod virtual_service;
pub mod workload_entry;
pub mod workload_group;

use serde::Deserialize;

pub use destination_rule::DestinationRule;
pub use gateway::Gateway;
pub use mesh_config::MeshConfig;
pub use peer_authentication::PeerAuthentication;
pub use policy::Policy;
pub use proxy_config::ProxyConfigResource;
pub use service_entry::{ServiceEntry, ServiceEntryStatus};
pub use sidecar::Sidecar;
pub use virtual_service::VirtualService;
pub use workload_entry::{WorkloadEntry, WorkloadEntryStatus};
pub use workload_group::WorkloadGroup;

use crate::base::Labels;

/// Workloads by labels, `type.istio.io/WorkloadSelector`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    /// The labels they all have; none takes all.
    pub match_labels: Labels,
}
