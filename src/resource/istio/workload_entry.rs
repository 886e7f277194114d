//! `networking.istio.io/WorkloadEntry`: a workload that is no pod.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::base::{Address, Labels, Port};

/// One workload; also an endpoint inside a ServiceEntry.
/// <https://istio.io/latest/docs/reference/config/networking/workload-entry/>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadEntry {
    /// Where it is: an IP address, a host name (with DNS resolution) or `unix://` and a path; may be empty with a network.
    pub address: Address,
    /// Its ports by the name of the service's port; others have the service's target port.
    pub ports: BTreeMap<String, Port>,
    /// Its labels.
    pub labels: Labels,
    /// Its network; empty means that of the mesh.
    pub network: String,
    /// Where it is, as `region/zone/subzone`.
    pub locality: String,
    /// Its share among the endpoints; 0 counts as 1.
    pub weight: u32,
    /// The service account it runs as, without namespace.
    pub service_account: String,
}

/// What the cluster has made of a WorkloadEntry: its `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadEntryStatus {
    /// What holds of it.
    pub conditions: Vec<Condition>,
}

/// What holds of a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// What: `Healthy` and others.
    #[serde(rename = "type")]
    pub condition: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
}
