//! Listeners from what has been found to be listened on.

use super::Shared;
use super::address::wildcards;
use super::chain::{Chain, Content, Http};
use super::entry::Entry;
use super::http::{is_explicit_proxy, make_explicit, manager};
use super::unknown::fallback;
use crate::base::origin;
use crate::ir::listener::{
    Binding, FilterChain, Listener, ListenerFilter, ListenerFilterKind, NetworkFilter, Transport,
};
use crate::ir::route::Source;
use crate::ir::{Address, name};
use crate::lower::defaults;
use crate::lower::settings::is_on;
use crate::lower::time::std_duration;

/// The listener of an entry (`istio: core.buildListenerFromEntry`).
pub(super) fn listener(shared: &Shared<'_>, entry: &Entry<'_>) -> Listener {
    let listener_name = name::listener(entry.bind(), entry.port);
    let reads_client_hello = entry.chains.iter().any(reads_client_hello);
    let sniffs = entry.chains.iter().any(|chain| !chain.application_protocols.is_empty());
    let kinds = [
        reads_client_hello.then_some(ListenerFilterKind::TlsInspector),
        sniffs.then_some(ListenerFilterKind::HttpInspector),
    ];
    let (default, chains) = matched(shared, entry, &listener_name);
    let origins = origin::union(entry.chains.iter().map(|chain| &chain.origins));
    let timeout = shared.tcp.view.mesh.config.protocol_detection_timeout;
    Listener {
        origins,
        addresses: entry.binds.iter().map(|bind| address(bind, entry.port)).collect(),
        name: listener_name,
        transport: Transport::Tcp,
        binding: if entry.bind_to_port { Binding::Default } else { Binding::Captured },
        listener_filters: kinds.into_iter().flatten().map(|kind| ListenerFilter { kind, disabled: None }).collect(),
        // Without a look at the first bytes nothing is waited for.
        listener_filters_timeout: Some(if sniffs { std_duration(timeout) } else { std::time::Duration::ZERO }),
        continue_on_listener_filters_timeout: true,
        filter_chains: chains,
        default_filter_chain: default,
        use_original_dst: false,
        transparent: false,
        per_connection_buffer_limit_bytes: None,
        max_connections_to_accept_per_socket_event: entry
            .bind_to_port
            .then_some(defaults::CONNECTIONS_PER_SOCKET_EVENT),
        exact_balance: is_on(shared.tcp.view.proxy, "OUTBOUND_LISTENER_EXACT_BALANCE"),
        access_logs: Vec::new(),
    }
}

fn address(bind: &str, port: u32) -> Address {
    match bind.strip_prefix("unix://") {
        Some(path) => Address::Pipe(path.to_owned()),
        None => Address::Socket { address: bind.to_owned(), port },
    }
}

fn reads_client_hello(chain: &Chain<'_>) -> bool {
    let resolves = |filters: &[NetworkFilter]| {
        filters.iter().any(|filter| matches!(filter, NetworkFilter::SniDynamicForwardProxy { .. }))
    };
    !chain.server_names.is_empty() || matches!(&chain.content, Content::Filters(filters) if resolves(filters))
}

/// The chain for what no other takes, and the others. A chain that takes everything is the first,
/// unless it is alone; of several the last stays. Without one unknown connections are let through or not.
fn matched(shared: &Shared<'_>, entry: &Entry<'_>, listener: &str) -> (Option<FilterChain>, Vec<FilterChain>) {
    let mut default = None;
    let mut chains = Vec::new();
    for chain in &entry.chains {
        let filters = match &chain.content {
            Content::Filters(filters) => filters.clone(),
            Content::Http(http) => vec![http_filter(shared, entry, http, listener)],
        };
        let made = chain.with_filters(filters);
        if chain.takes_all() { default = Some(made) } else { chains.push(made) }
    }
    match default {
        Some(only) if chains.is_empty() => (None, vec![only]),
        None => (Some(fallback(shared)), chains),
        some => (some, chains),
    }
}

fn http_filter(shared: &Shared<'_>, entry: &Entry<'_>, http: &Http<'_>, listener: &str) -> NetworkFilter {
    let routes = Source::Rds(route_name(shared, entry, http));
    let mut manager = manager(shared, format!("outbound_{listener};"), routes, Some(*http));
    if is_explicit_proxy(http) {
        make_explicit(&mut manager);
    }
    NetworkFilter::HttpConnectionManager(Box::new(manager))
}

/// The name of the routes: of the port, of the service where it has the listener for itself, of
/// the socket, or of the explicit proxy (`istio: core.buildSidecarOutboundHTTPListenerOpts`).
fn route_name(shared: &Shared<'_>, entry: &Entry<'_>, http: &Http<'_>) -> String {
    if is_explicit_proxy(http) {
        return defaults::HTTP_PROXY_ROUTES.to_owned();
    }
    if entry.port == 0 {
        return entry.bind().to_owned();
    }
    let wildcard = wildcards(shared.tcp.view.proxy).into_iter().next().unwrap_or_default();
    match http.service {
        Some(service) if http.alone && entry.bind() != wildcard => format!("{}:{}", service.hostname, entry.port),
        _ => entry.port.to_string(),
    }
}
