//! `envoy.config.listener.v3.FilterChain`.

use envoy_types::pb::envoy::config::listener::v3 as listener;

use super::core::{cidr_range, config_metadata, duration, uint32};
use super::discovery::Discovery;
use super::json::Object;
use super::network_filter::{self, network_filter};
use super::transport_socket::downstream;
use crate::ir;
use crate::ir::listener::FilterChainMatch;

/// A filter chain.
pub fn filter_chain(chain: &ir::FilterChain, discovery: &Discovery<'_>) -> listener::FilterChain {
    listener::FilterChain {
        filters: chain.filters.iter().map(|filter| network_filter(filter, discovery)).collect(),
        ..without_filters(chain, discovery)
    }
}

/// Writes the members of a filter chain, of whose routes one at a time is a message.
pub fn write(object: &mut Object<'_, '_>, chain: &ir::FilterChain, discovery: &Discovery<'_>) {
    object.fields_around(&without_filters(chain, discovery), "filters", |object| {
        object.objects("filters", &chain.filters, |object, filter| network_filter::write(object, filter, discovery));
    });
}

fn without_filters(chain: &ir::FilterChain, discovery: &Discovery<'_>) -> listener::FilterChain {
    let ir::FilterChain { origins: _, name, matches, tls, transport_socket_connect_timeout, filters: _, config_path } =
        chain;
    listener::FilterChain {
        name: name.clone(),
        filter_chain_match: matches.as_ref().map(filter_chain_match),
        transport_socket: tls.as_ref().map(|tls| downstream(tls, discovery)),
        transport_socket_connect_timeout: transport_socket_connect_timeout.map(duration),
        metadata: config_metadata(config_path.as_deref()),
        ..Default::default()
    }
}

fn filter_chain_match(matches: &FilterChainMatch) -> listener::FilterChainMatch {
    let FilterChainMatch {
        destination_port,
        prefix_ranges,
        source_prefix_ranges,
        server_names,
        transport_protocol,
        application_protocols,
    } = matches;
    listener::FilterChainMatch {
        destination_port: destination_port.map(uint32),
        prefix_ranges: prefix_ranges.iter().map(cidr_range).collect(),
        source_prefix_ranges: source_prefix_ranges.iter().map(cidr_range).collect(),
        server_names: server_names.clone(),
        transport_protocol: transport_protocol.clone(),
        application_protocols: application_protocols.clone(),
        ..Default::default()
    }
}
