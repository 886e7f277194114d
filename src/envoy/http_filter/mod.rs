//! HTTP filters, a file each: `on_listener` gives the filter of a connection manager, `on_route`
//! the configuration that a route adds to it.

pub mod cors;
pub mod dynamic_forward_proxy;
pub mod fault;
pub mod grpc_stats;
pub mod grpc_web;
pub mod istio_alpn;
pub mod order;
pub mod peer_metadata;
pub mod router;

use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3 as hcm;
use envoy_types::pb::google::protobuf::Any;

use crate::ir::http::HttpFilter;

/// The filters of a connection manager, in [`order`].
pub fn http_filters(filters: &[HttpFilter]) -> Vec<hcm::HttpFilter> {
    let mut sorted: Vec<_> = filters.iter().collect();
    sorted.sort_by_key(|filter| order::place(filter));
    sorted.into_iter().map(http_filter).collect()
}

fn http_filter(filter: &HttpFilter) -> hcm::HttpFilter {
    match filter {
        HttpFilter::PeerMetadata(metadata) => peer_metadata::on_listener(*metadata),
        HttpFilter::GrpcStats => grpc_stats::on_listener(),
        HttpFilter::GrpcWeb => grpc_web::on_listener(),
        HttpFilter::IstioAlpn => istio_alpn::on_listener(),
        HttpFilter::Fault => fault::on_listener(),
        HttpFilter::Cors => cors::on_listener(),
        HttpFilter::DynamicForwardProxy(cache) => dynamic_forward_proxy::on_listener(cache),
        HttpFilter::Router(router) => router::on_listener(*router),
    }
}

fn named(name: &str, config: Any) -> hcm::HttpFilter {
    hcm::HttpFilter {
        name: name.to_owned(),
        config_type: Some(hcm::http_filter::ConfigType::TypedConfig(config)),
        ..Default::default()
    }
}
