//! `apps/v1` Deployment, StatefulSet, DaemonSet and ReplicaSet, which make pods.

use serde::Deserialize;

use super::ObjectMeta;
use super::pod::Pod;
use crate::resource::istio::mesh_config::KubernetesSelector;

/// A kind that makes pods from a template: its `spec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Workload {
    /// How many pods; absent means 1.
    pub replicas: Option<u32>,
    /// The labels of its pods.
    pub selector: KubernetesSelector,
    /// What its pods look like.
    pub template: PodTemplate,
    /// The headless Service of a StatefulSet.
    pub service_name: String,
}

/// What pods look like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodTemplate {
    /// Their metadata.
    pub metadata: ObjectMeta,
    /// What is wanted of them.
    pub spec: Pod,
}
