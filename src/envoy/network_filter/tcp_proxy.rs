//! `envoy.filters.network.tcp_proxy`: carries bytes.

use envoy_types::pb::envoy::config::listener::v3::Filter;
use envoy_types::pb::envoy::extensions::filters::network::tcp_proxy::v3 as tcp;
use envoy_types::pb::envoy::r#type::v3::{HashPolicy, hash_policy};

use super::named;
use crate::envoy::access_log::access_log;
use crate::envoy::any::pack;
use crate::envoy::core::duration;
use crate::ir::listener::{TcpClusters, TcpProxy, Tunneling};

/// The filter.
pub fn tcp_proxy(proxy: &TcpProxy) -> Filter {
    let TcpProxy {
        stat_prefix,
        clusters,
        idle_timeout,
        max_downstream_connection_duration,
        access_logs,
        hash_source_ip,
        tunneling,
    } = proxy;
    let source_ip = hash_policy::PolicySpecifier::SourceIp(hash_policy::SourceIp {});
    let config = tcp::TcpProxy {
        stat_prefix: stat_prefix.clone(),
        cluster_specifier: Some(cluster_specifier(clusters)),
        idle_timeout: idle_timeout.map(duration),
        max_downstream_connection_duration: max_downstream_connection_duration.map(duration),
        access_log: access_logs.iter().map(access_log).collect(),
        hash_policy: hash_source_ip.then(|| HashPolicy { policy_specifier: Some(source_ip) }).into_iter().collect(),
        tunneling_config: tunneling.as_ref().map(tunneling_config),
        ..Default::default()
    };
    named("envoy.filters.network.tcp_proxy", pack(&config))
}

fn cluster_specifier(clusters: &TcpClusters) -> tcp::tcp_proxy::ClusterSpecifier {
    use tcp::tcp_proxy::{ClusterSpecifier, WeightedCluster, weighted_cluster::ClusterWeight};
    match clusters {
        TcpClusters::Single(name) => ClusterSpecifier::Cluster(name.clone()),
        TcpClusters::Weighted(clusters) => {
            let weight = |(name, weight): &(String, u32)| ClusterWeight {
                name: name.clone(),
                weight: *weight,
                metadata_match: None,
            };
            ClusterSpecifier::WeightedClusters(WeightedCluster { clusters: clusters.iter().map(weight).collect() })
        }
    }
}

fn tunneling_config(tunneling: &Tunneling) -> tcp::tcp_proxy::TunnelingConfig {
    let Tunneling { hostname, use_post } = tunneling;
    tcp::tcp_proxy::TunnelingConfig { hostname: hostname.clone(), use_post: *use_post, ..Default::default() }
}
