//! `security.istio.io/PeerAuthentication`: whether workloads take plain text.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

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
    #[serde(deserialize_with = "by_port")]
    pub port_level_mtls: BTreeMap<Port, MutualTls>,
}

/// Reads a mapping whose keys are ports: JSON and YAML keys are strings.
fn by_port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Port, MutualTls>, D::Error> {
    let by_text = BTreeMap::<String, MutualTls>::deserialize(deserializer)?;
    let port = |text: &str| text.parse().ok().and_then(Port::new);
    if by_text.is_empty() {
        return Err(serde::de::Error::custom("`portLevelMtls` names no port: name one, or remove it"));
    }
    by_text
        .into_iter()
        .map(|(text, mode)| match port(&text) {
            Some(port) => Ok((port, mode)),
            None => Err(serde::de::Error::custom(format_args!("`{text}` is not a port: ports go from 1 to 65535"))),
        })
        .collect()
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
