//! Network filters, a file each.

pub mod metadata_exchange;
pub mod mongo_proxy;
pub mod refuse;
pub mod sni_cluster;
pub mod sni_dynamic_forward_proxy;
pub mod tcp_proxy;

use envoy_types::pb::envoy::config::listener::v3 as listener;
use envoy_types::pb::google::protobuf::Any;

use super::discovery::Discovery;
use super::http_connection_manager;
use crate::ir::listener::NetworkFilter;

/// A network filter.
pub fn network_filter(filter: &NetworkFilter, discovery: &Discovery<'_>) -> listener::Filter {
    match filter {
        NetworkFilter::HttpConnectionManager(manager) => {
            named("envoy.filters.network.http_connection_manager", http_connection_manager::packed(manager, discovery))
        }
        NetworkFilter::TcpProxy(proxy) => tcp_proxy::tcp_proxy(proxy),
        NetworkFilter::MongoProxy { stat_prefix } => mongo_proxy::mongo_proxy(stat_prefix),
        NetworkFilter::SniCluster => sni_cluster::sni_cluster(),
        NetworkFilter::MetadataExchange => named(metadata_exchange::NAME, metadata_exchange::config()),
        NetworkFilter::Refuse => refuse::refuse(),
        NetworkFilter::SniDynamicForwardProxy { port, dns_cache } => {
            sni_dynamic_forward_proxy::sni_dynamic_forward_proxy(*port, dns_cache)
        }
    }
}

fn named(name: &str, config: Any) -> listener::Filter {
    listener::Filter { name: name.to_owned(), config_type: Some(listener::filter::ConfigType::TypedConfig(config)) }
}
