//! `security.istio.io/PeerAuthentication`: whether workloads take plain text.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::LabelSelector;
use crate::base::Port;

/// Mutual TLS on what comes in.
/// <https://istio.io/latest/docs/reference/config/security/peer_authentication/>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeerAuthentication {
    /// The workloads; absent means the namespace, or the mesh from the root namespace.
    pub selector: Option<LabelSelector>,
    /// The mode of all ports; absent inherits.
    pub mtls: Option<MutualTls>,
    /// The mode of single ports of the workload; needs a selector.
    pub port_level_mtls: BTreeMap<Port, MutualTls>,
}

/// A mode of mutual TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MutualTls {
    /// The mode.
    pub mode: MutualTlsMode,
}

/// Whether mutual TLS is required.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MutualTlsMode {
    /// As the namespace or mesh says; permissive in the end.
    #[default]
    Unset,
    /// Plain text only.
    Disable,
    /// Either.
    Permissive,
    /// Mutual TLS only.
    Strict,
}
