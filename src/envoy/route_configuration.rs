//! `envoy.config.route.v3.RouteConfiguration`.

use envoy_types::pb::envoy::config::route::v3 as route;

use super::core::{bool_value, uint32};
use super::virtual_host::virtual_host;
use crate::ir;

/// A route configuration.
pub fn route_configuration(configuration: &ir::RouteConfiguration) -> route::RouteConfiguration {
    let ir::RouteConfiguration {
        origins: _,
        name,
        virtual_hosts,
        validate_clusters,
        max_direct_response_body_size_bytes,
        ignore_port_in_host_matching,
    } = configuration;
    route::RouteConfiguration {
        name: name.clone(),
        virtual_hosts: virtual_hosts.iter().map(virtual_host).collect(),
        validate_clusters: validate_clusters.map(bool_value),
        max_direct_response_body_size_bytes: max_direct_response_body_size_bytes.map(uint32),
        ignore_port_in_host_matching: *ignore_port_in_host_matching,
        ..Default::default()
    }
}
