//! Network filters, a file each.

pub mod metadata_exchange;
pub mod mongo_proxy;
pub mod refuse;
pub mod sni_cluster;
pub mod sni_dynamic_forward_proxy;
pub mod tcp_proxy;

use envoy_types::pb::envoy::config::listener::v3 as listener;
use envoy_types::pb::google::protobuf::Any;

use super::any::pack;
use super::discovery::Discovery;
use super::http_connection_manager::{self, http_connection_manager};
use super::json::Object;
use crate::ir::listener::NetworkFilter;

const HTTP_CONNECTION_MANAGER: &str = "envoy.filters.network.http_connection_manager";

/// A network filter.
pub fn network_filter(filter: &NetworkFilter, discovery: &Discovery<'_>) -> listener::Filter {
    match filter {
        NetworkFilter::HttpConnectionManager(manager) => {
            named(HTTP_CONNECTION_MANAGER, pack(&http_connection_manager(manager, discovery)))
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

/// Writes the members of a network filter, of whose routes one at a time is a message.
pub fn write(object: &mut Object<'_, '_>, filter: &NetworkFilter, discovery: &Discovery<'_>) {
    match (filter, discovery) {
        (NetworkFilter::HttpConnectionManager(manager), Discovery::Static(tables)) => {
            let name = listener::Filter { name: HTTP_CONNECTION_MANAGER.to_owned(), config_type: None };
            object.fields_around(&name, "typed_config", |object| {
                object.object("typed_config", |object| http_connection_manager::write(object, manager, tables));
            });
        }
        _ => object.fields(&network_filter(filter, discovery)),
    }
}

fn named(name: &str, config: Any) -> listener::Filter {
    listener::Filter { name: name.to_owned(), config_type: Some(listener::filter::ConfigType::TypedConfig(config)) }
}
