//! `networking.istio.io/ProxyConfig`: settings of workloads' proxies.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::LabelSelector;

/// Settings of the proxies of a workload, a namespace or, from the root namespace, the mesh.
/// <https://istio.io/latest/docs/reference/config/networking/proxy-config/>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyConfigResource {
    /// The workloads; absent means all.
    pub selector: Option<LabelSelector>,
    /// Worker threads; 0 means one for each core.
    pub concurrency: Option<i32>,
    /// Additional environment of the proxy.
    pub environment_variables: BTreeMap<String, String>,
    /// The image.
    pub image: Option<ProxyImage>,
}

/// The image of a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyImage {
    /// Its kind: `default`, `debug`, `distroless`.
    pub image_type: String,
}
