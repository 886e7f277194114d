//! What runs: pods, pod templates that stand for pods, WorkloadEntries.

use crate::base::{Labels, Origin};

/// A workload.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The object.
    pub origin: Origin,
    /// Pod, Deployment, …
    pub kind: WorkloadKind,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The name of what made it: the Deployment of a Pod, for example.
    pub workload_name: String,
    /// Its labels, of the pod or the pod template.
    pub labels: Labels,
    /// Its annotations, of the pod or the pod template.
    pub annotations: std::collections::BTreeMap<String, String>,
    /// Its service account; empty is `default`.
    pub service_account: String,
    /// Its addresses, empty for a template.
    pub addresses: Vec<String>,
    /// `region/zone/subzone`; may be empty.
    pub locality: String,
    /// Its network; may be empty.
    pub network: String,
}

/// What a workload is in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkloadKind {
    /// A Pod.
    Pod,
    /// A Deployment's template.
    Deployment,
    /// A StatefulSet's template.
    StatefulSet,
    /// A DaemonSet's template.
    DaemonSet,
    /// A ReplicaSet's template.
    ReplicaSet,
    /// A WorkloadEntry.
    WorkloadEntry,
}
