//! All resources of a proxy, as istiod sends them.

use envoy_types::pb::envoy::config::cluster::v3::Cluster;
use envoy_types::pb::envoy::config::endpoint::v3::ClusterLoadAssignment;
use envoy_types::pb::envoy::config::listener::v3::Listener;
use envoy_types::pb::envoy::config::route::v3::RouteConfiguration;
use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3::Secret;

use super::cluster::cluster;
use super::discovery::Discovery;
use super::json::{self, Style};
use super::listener::listener;
use super::load_assignment::load_assignment;
use super::route_configuration::route_configuration;
use super::secret::secret;
use crate::ir;

/// The resources of one proxy, in the order of the IR.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resources {
    /// CDS.
    pub clusters: Vec<Cluster>,
    /// LDS.
    pub listeners: Vec<Listener>,
    /// RDS.
    pub routes: Vec<RouteConfiguration>,
    /// EDS.
    pub endpoints: Vec<ClusterLoadAssignment>,
    /// SDS, as far as the control plane serves it.
    pub secrets: Vec<Secret>,
}

/// What istiod sends to the proxy that `config` describes.
pub fn xds(config: &ir::ProxyConfig) -> Resources {
    let discovery = Discovery::Xds;
    let outbound = config.outbound();
    Resources {
        clusters: config.clusters().map(|one| cluster(one, &discovery)).collect(),
        listeners: config.listeners().map(|(direction, one)| listener(direction, one, &discovery)).collect(),
        routes: outbound.route_configurations.iter().map(route_configuration).collect(),
        endpoints: outbound.load_assignments.iter().map(load_assignment).collect(),
        secrets: outbound.secrets.iter().map(secret).collect(),
    }
}

impl Resources {
    /// `{"clusters":[…],"listeners":[…],"routes":[…],"endpoints":[…],"secrets":[…]}`.
    pub fn to_json(&self, style: Style) -> String {
        let Self { clusters, listeners, routes, endpoints, secrets } = self;
        json::object(style, |object| {
            object.list::<Cluster>("clusters", clusters);
            object.list::<Listener>("listeners", listeners);
            object.list::<RouteConfiguration>("routes", routes);
            object.list::<ClusterLoadAssignment>("endpoints", endpoints);
            object.list::<Secret>("secrets", secrets);
        })
    }
}
