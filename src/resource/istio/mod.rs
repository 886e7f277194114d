//! Istio's kinds, as the user wrote them.
//!
//! The structs follow Istio's protobuf messages field by field, with leaf values parsed
//! (`base`). A field that protobuf has no presence for and that is not written has its zero value.

pub(super) mod authorization_policy_check;
pub(super) mod destination_rule_check;
pub(super) mod envoy_filter_check;
pub(super) mod extension_check;
pub(super) mod gateway_check;
mod header_check;
mod http_route_check;
mod load_balancer_check;
pub(super) mod metadata_check;
mod one_of;
mod policy_check;
pub(super) mod request_authentication_check;
pub(super) mod selector_check;
pub(super) mod service_entry_check;
pub(super) mod sidecar_check;
pub(super) mod telemetry_check;
mod url;
pub(super) mod virtual_service_check;
pub(super) mod workload_check;

pub mod authorization_policy;
pub mod destination_rule;
pub mod envoy_filter;
pub mod extension;
pub mod gateway;
pub mod mesh_config;
pub mod peer_authentication;
pub mod policy;
pub mod proxy_config;
pub mod proxy_defaults;
pub mod request_authentication;
pub mod service_entry;
pub mod sidecar;
pub mod telemetry;
pub mod virtual_service;
pub mod workload_entry;
pub mod workload_group;

use serde::Deserialize;

pub use authorization_policy::AuthorizationPolicy;
pub use destination_rule::DestinationRule;
pub use envoy_filter::EnvoyFilter;
pub use extension::{TrafficExtension, WasmPlugin};
pub use gateway::Gateway;
pub use mesh_config::MeshConfig;
pub use peer_authentication::PeerAuthentication;
pub use policy::Attached;
pub use proxy_config::ProxyConfigResource;
pub use request_authentication::RequestAuthentication;
pub use service_entry::{ServiceEntry, ServiceEntryStatus};
pub use sidecar::Sidecar;
pub use telemetry::Telemetry;
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
