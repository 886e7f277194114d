//! `envoy.filters.network.sni_cluster`: the SNI names the cluster.

use envoy_types::pb::envoy::config::listener::v3::Filter;
use envoy_types::pb::envoy::extensions::filters::network::sni_cluster::v3::SniCluster;

use super::named;
use crate::envoy::any::pack;

/// The filter.
pub fn sni_cluster() -> Filter {
    named("envoy.filters.network.sni_cluster", pack(&SniCluster {}))
}
