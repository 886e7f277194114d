//! Clusters and their endpoints.

use serde::Deserialize;

use super::listener::Address;

/// `envoy.config.cluster.v3.Cluster`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// How endpoints are found, as `EDS`; empty is `STATIC`.
    #[serde(rename = "type")]
    pub r#type: String,
    /// Its endpoints, where they are written in it.
    pub load_assignment: Option<ClusterLoadAssignment>,
    /// Names its endpoints in discovery.
    pub eds_cluster_config: EdsClusterConfig,
}

/// `envoy.config.cluster.v3.Cluster.EdsClusterConfig`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EdsClusterConfig {
    /// Empty is the cluster's name.
    pub service_name: String,
}

/// `envoy.config.endpoint.v3.ClusterLoadAssignment`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClusterLoadAssignment {
    /// The cluster.
    pub cluster_name: String,
    /// Endpoints by locality.
    pub endpoints: Vec<LocalityLbEndpoints>,
}

/// `envoy.config.endpoint.v3.LocalityLbEndpoints`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LocalityLbEndpoints {
    /// The endpoints.
    pub lb_endpoints: Vec<LbEndpoint>,
}

/// `envoy.config.endpoint.v3.LbEndpoint`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LbEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
}

/// `envoy.config.endpoint.v3.Endpoint`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    /// Where it is.
    pub address: Address,
}
