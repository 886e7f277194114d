//! `envoy.config.listener.v3.Listener`.

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::listener::v3 as listener;
use envoy_types::pb::envoy::extensions::filters::listener::{
    http_inspector::v3::HttpInspector, original_dst::v3::OriginalDst, original_src::v3::OriginalSrc,
    proxy_protocol::v3::ProxyProtocol, tls_inspector::v3::TlsInspector,
};
use envoy_types::pb::envoy::r#type::v3::Int32Range;

use super::access_log::access_log;
use super::any::pack;
use super::core::{bool_value, bound_address, duration, uint32};
use super::discovery::Discovery;
use super::filter_chain::filter_chain;
use crate::ir;
use crate::ir::TrafficDirection;
use crate::ir::listener::{Binding, ListenerFilter, ListenerFilterKind, PortPredicate, Transport};

/// A listener.
pub fn listener(direction: TrafficDirection, listener: &ir::Listener, discovery: &Discovery<'_>) -> listener::Listener {
    listener::Listener {
        filter_chains: listener.filter_chains.iter().map(|chain| filter_chain(chain, discovery)).collect(),
        ..without_filter_chains(direction, listener, discovery)
    }
}

/// A listener but for its list of filter chains, of which there may be many.
pub fn without_filter_chains(
    direction: TrafficDirection,
    listener: &ir::Listener,
    discovery: &Discovery<'_>,
) -> listener::Listener {
    let ir::Listener {
        origins: _,
        name,
        addresses,
        transport,
        binding,
        listener_filters,
        listener_filters_timeout,
        continue_on_listener_filters_timeout,
        filter_chains: _,
        default_filter_chain,
        use_original_dst,
        transparent,
        per_connection_buffer_limit_bytes,
        max_connections_to_accept_per_socket_event,
        exact_balance,
        access_logs,
    } = listener;
    let mut addresses = addresses.iter().map(|address| bound_address(address, *transport));
    listener::Listener {
        name: name.clone(),
        address: addresses.next(),
        additional_addresses: addresses
            .map(|address| listener::AdditionalAddress { address: Some(address), ..Default::default() })
            .collect(),
        udp_listener_config: udp_listener_config(*transport),
        bind_to_port: bind_to_port(*binding),
        listener_filters: listener_filters.iter().map(listener_filter).collect(),
        listener_filters_timeout: listener_filters_timeout.map(duration),
        continue_on_listener_filters_timeout: *continue_on_listener_filters_timeout,
        default_filter_chain: default_filter_chain.as_ref().map(|chain| filter_chain(chain, discovery)),
        use_original_dst: use_original_dst.then(|| bool_value(true)),
        transparent: transparent.then(|| bool_value(true)),
        per_connection_buffer_limit_bytes: per_connection_buffer_limit_bytes.map(uint32),
        max_connections_to_accept_per_socket_event: max_connections_to_accept_per_socket_event.map(uint32),
        connection_balance_config: exact_balance.then(exact_balance_config),
        access_log: access_logs.iter().map(access_log).collect(),
        traffic_direction: traffic_direction(direction).into(),
        ..Default::default()
    }
}

fn udp_listener_config(transport: Transport) -> Option<listener::UdpListenerConfig> {
    match transport {
        Transport::Tcp => None,
        Transport::Quic => Some(listener::UdpListenerConfig {
            quic_options: Some(listener::QuicProtocolOptions::default()),
            downstream_socket_config: Some(core::UdpSocketConfig::default()),
            ..Default::default()
        }),
    }
}

fn bind_to_port(binding: Binding) -> Option<envoy_types::pb::google::protobuf::BoolValue> {
    match binding {
        Binding::Default => None,
        Binding::Bound => Some(bool_value(true)),
        Binding::Captured => Some(bool_value(false)),
    }
}

fn exact_balance_config() -> listener::listener::ConnectionBalanceConfig {
    use listener::listener::connection_balance_config::{BalanceType, ExactBalance};
    listener::listener::ConnectionBalanceConfig { balance_type: Some(BalanceType::ExactBalance(ExactBalance {})) }
}

fn traffic_direction(direction: TrafficDirection) -> core::TrafficDirection {
    match direction {
        TrafficDirection::Inbound => core::TrafficDirection::Inbound,
        TrafficDirection::Outbound => core::TrafficDirection::Outbound,
    }
}

fn listener_filter(filter: &ListenerFilter) -> listener::ListenerFilter {
    let ListenerFilter { kind, disabled } = filter;
    let (name, config) = match kind {
        // 512 bytes first, more where the ClientHello is longer (`istio: xdsfilters.TLSInspector`).
        ListenerFilterKind::TlsInspector => (
            "envoy.filters.listener.tls_inspector",
            pack(&TlsInspector { initial_read_buffer_size: Some(uint32(512)), ..Default::default() }),
        ),
        ListenerFilterKind::HttpInspector => ("envoy.filters.listener.http_inspector", pack(&HttpInspector::default())),
        ListenerFilterKind::OriginalDst => ("envoy.filters.listener.original_dst", pack(&OriginalDst {})),
        // The mark keeps Envoy's own packets out of the redirection (`istio: xdsfilters.OriginalSrc`).
        ListenerFilterKind::OriginalSrc => {
            ("envoy.filters.listener.original_src", pack(&OriginalSrc { mark: 1337, ..Default::default() }))
        }
        ListenerFilterKind::ProxyProtocol => ("envoy.filters.listener.proxy_protocol", pack(&ProxyProtocol::default())),
    };
    listener::ListenerFilter {
        name: name.to_owned(),
        filter_disabled: disabled.as_ref().map(predicate),
        config_type: Some(listener::listener_filter::ConfigType::TypedConfig(config)),
    }
}

fn predicate(predicate: &PortPredicate) -> listener::ListenerFilterChainMatchPredicate {
    use listener::listener_filter_chain_match_predicate::{MatchSet, Rule};
    let rule = match predicate {
        PortPredicate::Port(port) => {
            let start = i32::try_from(*port).unwrap_or(i32::MAX);
            Rule::DestinationPortRange(Int32Range { start, end: start.saturating_add(1) })
        }
        PortPredicate::AnyOf(rules) => Rule::OrMatch(MatchSet { rules: rules.iter().map(self::predicate).collect() }),
        PortPredicate::Not(rule) => Rule::NotMatch(Box::new(self::predicate(rule))),
    };
    listener::ListenerFilterChainMatchPredicate { rule: Some(rule) }
}
