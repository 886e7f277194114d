//! Inbound listeners, and the listener filters that their chains need.

use std::collections::{BTreeMap, BTreeSet};

use super::Interception;
use super::chain::{Chains, Served};
use super::port::{Port, wildcard};
use crate::base::origin;
use crate::ir::listener::{
    Binding, FilterChain, FilterChainMatch, Listener, ListenerFilter, ListenerFilterKind, NetworkFilter, PortPredicate,
    TcpProxy, Transport,
};
use crate::ir::{Address, name};
use crate::lower::defaults;
use crate::lower::settings::is_on;
use crate::lower::time::std_duration;
use crate::proxy::ServiceTarget;

/// `virtualInbound` where traffic is redirected, then the listeners that bind a port themselves
/// (`istio: ListenerBuilder.buildInboundListeners`).
pub(super) fn listeners(chains: &Chains<'_>, ports: &[Port<'_>], targets: &[ServiceTarget<'_>]) -> Vec<Listener> {
    let view = chains.shared.view;
    let mut redirected = Vec::new();
    let mut bound = Vec::new();
    for port in ports {
        let made = chains.of(Served::Port(port));
        if port.binds {
            let address = Address::Socket { address: port.bind.clone(), port: port.target };
            bound.push(listener(chains, name::listener(&port.bind, port.target), address, true, made));
        } else {
            redirected.extend(made);
        }
    }
    if Interception::of(view.proxy) == Interception::None {
        return bound;
    }
    let port = u32::try_from(view.mesh.config.proxy_inbound_listen_port).unwrap_or_default();
    let mut all = vec![black_hole(port)];
    all.extend(chains.passthrough(targets));
    all.extend(redirected);
    let address = Address::Socket { address: wildcard(view.proxy).to_owned(), port };
    let virtual_inbound = listener(chains, defaults::VIRTUAL_INBOUND.to_owned(), address, false, all);
    [virtual_inbound].into_iter().chain(bound).collect()
}

/// Connections to the listener's own port would come back to it for ever (`istio:
/// core.buildInboundBlackhole`).
fn black_hole(port: u32) -> FilterChain {
    FilterChain {
        origins: Vec::new(),
        name: defaults::VIRTUAL_INBOUND_BLACK_HOLE.to_owned(),
        matches: Some(FilterChainMatch { destination_port: Some(port), ..FilterChainMatch::default() }),
        tls: None,
        transport_socket_connect_timeout: None,
        filters: vec![
            NetworkFilter::MetadataExchange,
            NetworkFilter::TcpProxy(Box::new(TcpProxy::to(name::BLACK_HOLE_CLUSTER))),
        ],
        config_path: None,
    }
}

fn listener(
    chains: &Chains<'_>,
    name: String,
    address: Address,
    binds: bool,
    filter_chains: Vec<FilterChain>,
) -> Listener {
    let view = chains.shared.view;
    let tproxy = !binds && Interception::of(view.proxy) == Interception::Tproxy;
    let origins = origin::union(filter_chains.iter().map(|chain| &chain.origins));
    let unconditional = |kind| ListenerFilter { kind, disabled: None };
    let restores = [
        (!binds).then_some(unconditional(ListenerFilterKind::OriginalDst)),
        tproxy.then_some(unconditional(ListenerFilterKind::OriginalSrc)),
    ];
    Listener {
        origins,
        name,
        addresses: vec![address],
        transport: Transport::Tcp,
        binding: Binding::Default,
        listener_filters: restores.into_iter().flatten().chain(inspectors(&filter_chains)).collect(),
        listener_filters_timeout: Some(std_duration(view.mesh.config.protocol_detection_timeout)),
        continue_on_listener_filters_timeout: true,
        filter_chains,
        default_filter_chain: None,
        use_original_dst: false,
        transparent: tproxy,
        per_connection_buffer_limit_bytes: None,
        max_connections_to_accept_per_socket_event: Some(defaults::CONNECTIONS_PER_SOCKET_EVENT),
        exact_balance: is_on(view.proxy, "INBOUND_LISTENER_EXACT_BALANCE"),
        access_logs: chains.shared.logs.listener.clone(),
    }
}

/// The inspectors, off for the ports whose chains do not ask what they find (`istio:
/// core.populateListenerFilters`); port 0 is all that no chain names.
fn inspectors(chains: &[FilterChain]) -> Vec<ListenerFilter> {
    let mut reads_tls: BTreeMap<u32, bool> = BTreeMap::new();
    let mut reads_http: BTreeMap<u32, bool> = BTreeMap::new();
    for matches in chains.iter().filter_map(|chain| chain.matches.as_ref()) {
        let port = matches.destination_port.unwrap_or_default();
        let plain_http = |name: &String| defaults::PLAINTEXT_HTTP.contains(&name.as_str());
        *reads_tls.entry(port).or_default() |= matches.transport_protocol == defaults::TLS;
        *reads_http.entry(port).or_default() |= matches.application_protocols.iter().any(plain_http);
    }
    let with = |ports: &BTreeMap<u32, bool>, wanted: bool| -> BTreeSet<u32> {
        ports.iter().filter(|(_, reads)| **reads == wanted).map(|(port, _)| *port).collect()
    };
    let mut filters = Vec::new();
    let tls = with(&reads_tls, true);
    if !tls.is_empty() {
        let disabled = match tls.contains(&0) {
            true => predicate(with(&reads_tls, false)),
            false => predicate(tls).map(|ports| PortPredicate::Not(Box::new(ports))),
        };
        filters.push(ListenerFilter { kind: ListenerFilterKind::TlsInspector, disabled });
    }
    if !with(&reads_http, true).is_empty() {
        let disabled = predicate(with(&reads_http, false));
        filters.push(ListenerFilter { kind: ListenerFilterKind::HttpInspector, disabled });
    }
    filters
}

/// `None` for no port.
fn predicate(ports: BTreeSet<u32>) -> Option<PortPredicate> {
    let mut ports: Vec<PortPredicate> = ports.into_iter().map(PortPredicate::Port).collect();
    match ports.len() {
        0 | 1 => ports.pop(),
        _ => Some(PortPredicate::AnyOf(ports)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(port: u32, transport: &str, alpn: &str) -> FilterChain {
        let matches = FilterChainMatch {
            destination_port: Some(port).filter(|port| *port > 0),
            transport_protocol: transport.to_owned(),
            application_protocols: vec![alpn.to_owned()],
            ..FilterChainMatch::default()
        };
        FilterChain { matches: Some(matches), ..black_hole(15006) }
    }

    #[test]
    fn inspectors_are_off_where_nothing_asks() {
        let chains = [black_hole(15006), chain(0, "tls", "istio"), chain(0, "raw_buffer", "h2c"), chain(80, "tls", "")];
        let [tls, http] = inspectors(&chains).try_into().expect("two inspectors");
        assert_eq!(tls.disabled, Some(PortPredicate::Port(15006)));
        let both = PortPredicate::AnyOf(vec![PortPredicate::Port(80), PortPredicate::Port(15006)]);
        assert_eq!(http.disabled, Some(both));

        let found = inspectors(&[chain(0, "raw_buffer", ""), chain(80, "tls", "")]);
        let only = PortPredicate::Not(Box::new(PortPredicate::Port(80)));
        assert_eq!(found.first().and_then(|filter| filter.disabled.clone()), Some(only));
        assert_eq!(found.len(), 1);
    }
}
