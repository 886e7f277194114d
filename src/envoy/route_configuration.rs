//! `envoy.config.route.v3.RouteConfiguration`.

use envoy_types::pb::envoy::config::route::v3 as route;

use prost::{Message, encoding};

use super::core::{bool_value, uint32};
use super::virtual_host::virtual_host;
use crate::ir;

/// A route configuration.
pub fn route_configuration(configuration: &ir::RouteConfiguration) -> route::RouteConfiguration {
    route::RouteConfiguration {
        virtual_hosts: configuration.virtual_hosts.iter().map(virtual_host).collect(),
        ..without_virtual_hosts(configuration)
    }
}

/// The bytes of a route configuration, made virtual host by virtual host: all of them at once need many times their
/// bytes. Fields of the wire format may come in any order.
pub fn encoded(configuration: &ir::RouteConfiguration) -> Vec<u8> {
    /// `RouteConfiguration.virtual_hosts`.
    const VIRTUAL_HOSTS: u32 = 2;
    let mut bytes = without_virtual_hosts(configuration).encode_to_vec();
    for host in &configuration.virtual_hosts {
        encoding::message::encode(VIRTUAL_HOSTS, &virtual_host(host), &mut bytes);
    }
    bytes
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::fixtures::{SHOP, route, route_configuration as fixture};

    #[test]
    fn bytes_and_message_are_the_same() {
        let configuration = fixture("http.8080", vec![route(SHOP), route(SHOP)]);
        let decoded = route::RouteConfiguration::decode(encoded(&configuration).as_slice());
        assert_eq!(decoded.as_ref(), Ok(&route_configuration(&configuration)));
    }
}
