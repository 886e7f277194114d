//! `envoy.filters.http.grpc_web`: a bridge from gRPC-Web to gRPC.

use envoy_types::pb::envoy::extensions::filters::http::grpc_web::v3::GrpcWeb;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter;

use super::named;
use crate::envoy::any::pack;

/// The filter.
pub fn on_listener() -> HttpFilter {
    named("envoy.filters.http.grpc_web", pack(&GrpcWeb {}))
}
