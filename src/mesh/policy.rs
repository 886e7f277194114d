//! Resources that are attached to workloads: policies, Sidecars, PeerAuthentications.

use std::sync::Arc;

use crate::base::{Labels, Origin, Timestamp};
use crate::resource::istio;
use crate::resource::istio::policy::TargetRef;

/// A Sidecar.
#[derive(Clone, Debug)]
pub struct Sidecar {
    /// The object.
    pub origin: Origin,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// When it was made; none counts as equally old.
    pub created: Option<Timestamp>,
    /// What the user wrote.
    pub spec: Arc<istio::Sidecar>,
}

/// A PeerAuthentication.
#[derive(Clone, Debug)]
pub struct PeerAuthentication {
    /// The object.
    pub origin: Origin,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// When it was made; none counts as equally old.
    pub created: Option<Timestamp>,
    /// What the user wrote.
    pub spec: Arc<istio::PeerAuthentication>,
}

/// A resource that changes the proxies it applies to and is not translated yet.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The object.
    pub origin: Origin,
    /// Its kind.
    pub kind: PolicyKind,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The labels it selects workloads by; empty selects all that are in reach.
    pub selector: Labels,
    /// What it is attached to by name instead.
    pub targets: Vec<TargetRef>,
}

/// Kinds of policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyKind {
    /// Who may call.
    AuthorizationPolicy,
    /// Which tokens are checked.
    RequestAuthentication,
    /// Patches of Envoy's configuration.
    EnvoyFilter,
    /// WebAssembly in the proxy.
    WasmPlugin,
    /// The successor of WasmPlugin.
    TrafficExtension,
    /// Traces, metrics and access logs.
    Telemetry,
    /// Settings of the proxy itself.
    ProxyConfig,
}

impl PolicyKind {
    /// The kind as YAML has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorizationPolicy => "AuthorizationPolicy",
            Self::RequestAuthentication => "RequestAuthentication",
            Self::EnvoyFilter => "EnvoyFilter",
            Self::WasmPlugin => "WasmPlugin",
            Self::TrafficExtension => "TrafficExtension",
            Self::Telemetry => "Telemetry",
            Self::ProxyConfig => "ProxyConfig",
        }
    }

    /// Whether leaving it out may let in what it keeps out: an EnvoyFilter or an extension may
    /// do anything, so they count.
    pub fn guards(self) -> bool {
        match self {
            Self::AuthorizationPolicy
            | Self::RequestAuthentication
            | Self::EnvoyFilter
            | Self::WasmPlugin
            | Self::TrafficExtension => true,
            Self::Telemetry | Self::ProxyConfig => false,
        }
    }
}
