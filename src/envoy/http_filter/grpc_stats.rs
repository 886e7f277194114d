//! `envoy.filters.http.grpc_stats`: gRPC statistics.

use envoy_types::pb::envoy::extensions::filters::http::grpc_stats::v3::{FilterConfig, filter_config};
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter;

use super::named;
use crate::envoy::any::pack;
use crate::envoy::core::bool_value;

/// The filter, without statistics of single methods (`istio: xdsfilters.GrpcStats`).
pub fn on_listener() -> HttpFilter {
    let config = FilterConfig {
        emit_filter_state: true,
        per_method_stat_specifier: Some(filter_config::PerMethodStatSpecifier::StatsForAllMethods(bool_value(false))),
        ..Default::default()
    };
    named("envoy.filters.http.grpc_stats", pack(&config))
}
