//! `networking.istio.io/Sidecar`: what a workload's proxy listens on and what it can reach.

use serde::Deserialize;

use super::destination_rule::ConnectionPoolSettings;
use super::gateway::{ServerPort, ServerTls};
use super::virtual_service::Destination;
use crate::base::{Labels, NamespacedHost};

/// The listeners and the view of a workload's proxy.
/// <https://istio.io/latest/docs/reference/config/networking/sidecar/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Sidecar {
    /// The workloads; absent means all of the namespace without a Sidecar of their own.
    pub workload_selector: Option<WorkloadSelector>,
    /// What comes in; none means as the workload's services say.
    pub ingress: Vec<IngressListener>,
    /// What goes out; none means everything that is visible.
    pub egress: Vec<EgressListener>,
    /// Limits of what comes in; replaced by an ingress listener's own.
    pub inbound_connection_pool: Option<ConnectionPoolSettings>,
    /// What happens with traffic to unknown destinations; absent means the mesh's.
    pub outbound_traffic_policy: Option<OutboundTrafficPolicy>,
}

/// Workloads by labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadSelector {
    /// The labels they all have.
    pub labels: Labels,
}

/// A listener for what comes in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressListener {
    /// Its port.
    pub port: Option<ServerPort>,
    /// The address to bind; not for Unix sockets.
    pub bind: String,
    /// How traffic reaches the listener.
    pub capture_mode: CaptureMode,
    /// Where the application listens: `127.0.0.1:port`, `[::1]:port`, `0.0.0.0:port`, `[::]:port`
    /// or `unix:///path`.
    pub default_endpoint: String,
    /// TLS on the listener.
    pub tls: Option<ServerTls>,
    /// Limits of what comes in here.
    pub connection_pool: Option<ConnectionPoolSettings>,
}

/// A listener for what goes out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EgressListener {
    /// Its port; absent means all ports that no other listener has.
    pub port: Option<ServerPort>,
    /// The address to bind, or `unix://` and a path.
    pub bind: String,
    /// How traffic reaches the listener.
    pub capture_mode: CaptureMode,
    /// The hosts that can be reached, as `namespace/host`.
    pub hosts: Vec<NamespacedHost>,
}

/// How traffic reaches a listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CaptureMode {
    /// As the environment does it.
    #[default]
    Default,
    /// By IPtables.
    Iptables,
    /// Only on its address and port.
    None,
}

/// What happens with traffic to unknown destinations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OutboundTrafficPolicy {
    /// Whether it is let out.
    pub mode: OutboundTrafficPolicyMode,
    /// The service it goes through, with `ALLOW_ANY`.
    pub egress_proxy: Option<Destination>,
}

/// Whether traffic to unknown destinations is let out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutboundTrafficPolicyMode {
    /// Only to known services.
    #[default]
    RegistryOnly,
    /// Anywhere.
    AllowAny,
}
