//! Listeners of a gateway: one a port and address, with the chains of all its servers.

use std::net::IpAddr;

use indexmap::IndexMap;

use super::chain::{Chain, Chains};
use super::merge::{Merged, PortKey};
use super::server::Server;
use crate::base::{Diagnostic, Diagnostics, Location, origin};
use crate::ir::listener::{AccessLog, Binding, Listener, ListenerFilter, ListenerFilterKind, Transport};
use crate::ir::{Address, name};
use crate::lower::defaults;
use crate::lower::settings::{Settings, is_on};
use crate::proxy::ProxyView;

/// Ports below this one are for privileged pods.
const UNPRIVILEGED: u32 = 1024;

/// The listeners of the merged Gateways, in the order their ports were first asked for (`istio:
/// core.buildGatewayListeners`).
pub(super) fn listeners(
    view: &ProxyView<'_>,
    settings: &Settings<'_>,
    merged: &Merged<'_>,
    chains: &mut Chains<'_>,
    access_logs: &[AccessLog],
) -> (Vec<Listener>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let unprivileged = is_on(view.proxy, "UNPRIVILEGED_POD");
    let wildcard = wildcard_address(&view.proxy.addresses);
    // Groups of several protocols may share a listener: SNI tells the encrypted ones from the rest.
    let mut drafts: IndexMap<String, (Address, Vec<Chain>)> = IndexMap::new();
    for (key, group) in &merged.ports {
        let servers: Vec<&Server<'_>> = merged.group(group).collect();
        if unprivileged && key.number < UNPRIVILEGED {
            diagnostics.extend(privileged(&servers, key.number));
            continue;
        }
        let bind = if key.bind.is_empty() { wildcard } else { key.bind.as_str() };
        let listener = name::listener(bind, key.number);
        let plain = servers.first().is_some_and(|server| server.protocol.is_http());
        let made = if plain {
            chains.plain_http(&servers, &group.route_name, &listener).into_iter().collect()
        } else {
            let of_server = |server: &&Server<'_>| chains.of_server(server, key.number, &listener, &mut diagnostics);
            servers.iter().flat_map(of_server).collect::<Vec<_>>()
        };
        drafts.entry(listener).or_insert_with(|| (address(key, bind), Vec::new())).1.extend(made);
    }
    let with_chains = drafts.into_iter().filter(|(_, (_, chains))| !chains.is_empty());
    let listeners = with_chains
        .map(|(name, (address, chains))| listener(view, settings, access_logs, name, address, chains))
        .collect();
    (listeners, diagnostics)
}

fn listener(
    view: &ProxyView<'_>,
    settings: &Settings<'_>,
    access_logs: &[AccessLog],
    name: String,
    address: Address,
    chains: Vec<Chain>,
) -> Listener {
    let topology = settings.proxy_config.gateway_topology.as_ref();
    let proxy_protocol = topology.is_some_and(|topology| topology.proxy_protocol.is_some());
    let reads_client_hello = chains.iter().any(Chain::reads_client_hello);
    // The PROXY header comes before the ClientHello.
    let kinds = [
        proxy_protocol.then_some(ListenerFilterKind::ProxyProtocol),
        reads_client_hello.then_some(ListenerFilterKind::TlsInspector),
    ];
    let buffer_limit =
        settings.connections.as_ref().and_then(|connections| connections.listener_per_connection_buffer_limit_bytes);
    let origins = origin::union(chains.iter().map(|chain| &chain.origins));
    Listener {
        origins,
        name,
        addresses: vec![address],
        transport: Transport::Tcp,
        binding: Binding::Default,
        listener_filters: kinds.into_iter().flatten().map(|kind| ListenerFilter { kind, disabled: None }).collect(),
        listener_filters_timeout: None,
        continue_on_listener_filters_timeout: false,
        filter_chains: chains.into_iter().map(Chain::into_filter_chain).collect(),
        default_filter_chain: None,
        use_original_dst: false,
        transparent: false,
        per_connection_buffer_limit_bytes: buffer_limit.and_then(|limit| u32::try_from(limit).ok()),
        max_connections_to_accept_per_socket_event: Some(defaults::CONNECTIONS_PER_SOCKET_EVENT),
        exact_balance: is_on(view.proxy, "OUTBOUND_LISTENER_EXACT_BALANCE"),
        access_logs: access_logs.to_vec(),
    }
}

/// `0.0.0.0`, or `::` for a proxy with IPv6 addresses only. Binding both families at once is a
/// feature of istiod that is off by default (`istio: core.getWildcardsAndLocalHost`, `ISTIO_DUAL_STACK`).
fn wildcard_address(addresses: &[String]) -> &'static str {
    let parsed = addresses.iter().filter_map(|address| address.parse::<IpAddr>().ok());
    let mut families = parsed.map(|address| address.is_ipv4()).peekable();
    if families.peek().is_some() && families.all(|is_ipv4| !is_ipv4) { "::" } else { "0.0.0.0" }
}

/// A server without a port number binds a socket, as `unix:///var/run/gateway.sock`.
fn address(key: &PortKey, bind: &str) -> Address {
    match key.number {
        0 => Address::Pipe(bind.strip_prefix("unix://").unwrap_or(bind).to_owned()),
        port => Address::Socket { address: bind.to_owned(), port },
    }
}

fn privileged(servers: &[&Server<'_>], port: u32) -> Diagnostics {
    let found = servers.iter().map(|server| {
        let message = format!("port {port} is for privileged pods, and the proxy's is not one: it is not opened");
        Diagnostic::error("privileged-port", Location::Value(server.port_origin()), message)
            .help("let a Service translate it to a port of 1024 or above")
    });
    Diagnostics(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcard_follows_the_families_of_the_proxy() {
        let addresses = |list: &[&str]| list.iter().map(|address| (*address).to_owned()).collect::<Vec<_>>();
        assert_eq!(wildcard_address(&addresses(&["10.0.0.1"])), "0.0.0.0");
        assert_eq!(wildcard_address(&addresses(&["2001:db8::1"])), "::");
        assert_eq!(wildcard_address(&addresses(&["2001:db8::1", "10.0.0.1"])), "0.0.0.0");
        assert_eq!(wildcard_address(&[]), "0.0.0.0");
    }

    #[test]
    fn sockets_have_no_port() {
        let key = |number| PortKey { number, protocol: "HTTP".to_owned(), bind: String::new() };
        assert_eq!(address(&key(0), "unix:///run/gw.sock"), Address::Pipe("/run/gw.sock".to_owned()));
        assert_eq!(address(&key(80), "::"), Address::Socket { address: "::".to_owned(), port: 80 });
    }
}
