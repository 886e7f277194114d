//! `envoy.config.route.v3.RouteConfiguration`.

use envoy_types::pb::envoy::config::route::v3 as route;

use super::core::{bool_value, uint32};
use super::json::Object;
use super::virtual_host::{self, virtual_host};
use crate::ir;

/// A route configuration.
pub fn route_configuration(configuration: &ir::RouteConfiguration) -> route::RouteConfiguration {
    route::RouteConfiguration {
        virtual_hosts: configuration.virtual_hosts.iter().map(virtual_host).collect(),
        ..without_virtual_hosts(configuration)
    }
}

/// Writes the members of a route configuration, of whose routes one at a time is a message.
pub fn write(object: &mut Object<'_, '_>, configuration: &ir::RouteConfiguration) {
    object.fields_around(&without_virtual_hosts(configuration), "virtual_hosts", |object| {
        object.objects("virtual_hosts", &configuration.virtual_hosts, virtual_host::write);
    });
}

fn without_virtual_hosts(configuration: &ir::RouteConfiguration) -> route::RouteConfiguration {
    let ir::RouteConfiguration {
        origins: _,
        name,
        virtual_hosts: _,
        validate_clusters,
        max_direct_response_body_size_bytes,
        ignore_port_in_host_matching,
    } = configuration;
    route::RouteConfiguration {
        name: name.clone(),
        validate_clusters: validate_clusters.map(bool_value),
        max_direct_response_body_size_bytes: max_direct_response_body_size_bytes.map(uint32),
        ignore_port_in_host_matching: *ignore_port_in_host_matching,
        ..Default::default()
    }
}
