//! HTTP connection managers of outbound listeners, and the explicit HTTP proxy.

use super::Shared;
use super::address::localhosts;
use super::bytes::{dns_family, resolves_names};
use super::chain::{Chain, Http};
use super::entry::Entry;
use super::unknown;
use crate::base::Protocol;
use crate::ir::cluster::DnsCache;
use crate::ir::http::{HttpConnectionManager, HttpFilter, PeerMetadata, RouterFilter};
use crate::ir::route::Source;
use crate::ir::{Listener, name};
use crate::lower::connection_manager::{self, apply_connection_settings};
use crate::lower::settings::text;
use crate::lower::{defaults, settings};

/// A connection manager (`istio: core.buildSidecarOutboundHTTPListenerOpts` and
/// `ListenerBuilder.buildHTTPConnectionManager`).
pub(super) fn manager(
    shared: &Shared<'_>,
    stat_prefix: String,
    routes: Source,
    http: Option<Http<'_>>,
) -> HttpConnectionManager {
    let settings = shared.tcp.settings;
    let headers = &settings.headers;
    // Outbound, Envoy's own name stands in `server` unless one is written.
    let own_name = headers.server_name == defaults::SERVER_NAME && !writes_server(settings);
    let mut manager = connection_manager::base(shared.tcp.view, settings, stat_prefix, routes);
    if own_name {
        manager.server_name.clear();
    }
    manager.filters = filters(shared, http);
    manager.tracing = shared.tracing.clone();
    manager.access_logs = shared.tcp.access_logs.to_vec();
    if let Some(connections) = &settings.connections {
        apply_connection_settings(&mut manager, connections);
    }
    manager
}

/// Whether the proxy's configuration has a value for `server`.
fn writes_server(settings: &settings::Settings<'_>) -> bool {
    let server = settings.proxy_config.proxy_headers.as_ref().and_then(|headers| headers.server.as_ref());
    server.is_some_and(|server| !server.value.is_empty() || server.disabled == Some(true))
}

fn filters(shared: &Shared<'_>, http: Option<Http<'_>>) -> Vec<HttpFilter> {
    let headers = &shared.tcp.settings.headers;
    let explicit = http.is_some_and(|http| http.protocol == Protocol::HttpProxy && http.service.is_none());
    let mut filters = vec![HttpFilter::PeerMetadata(PeerMetadata::Outbound {
        skip_external_clusters: headers.metadata_in_mesh_only && !explicit,
    })];
    if http.is_some_and(|http| http.protocol == Protocol::GrpcWeb) {
        filters.push(HttpFilter::GrpcWeb);
    }
    filters.extend([HttpFilter::GrpcStats, HttpFilter::IstioAlpn, HttpFilter::Fault, HttpFilter::Cors]);
    if let Some(service) = http.and_then(|http| http.service).filter(|service| resolves_names(service)) {
        let name = name::dns_cache(&service.hostname);
        let cache = DnsCache { name, family: dns_family(shared), max_hosts: None };
        filters.push(HttpFilter::DynamicForwardProxy(cache));
    }
    if *shared.unknown == unknown::Policy::ByName {
        filters.push(HttpFilter::DynamicForwardProxy(unknown::dns_cache(shared)));
    }
    filters.push(HttpFilter::Router(RouterFilter {
        start_child_span: false,
        suppress_envoy_headers: headers.suppress_envoy_headers,
    }));
    filters
}

/// The listener for clients that use the sidecar as an explicit HTTP proxy, where the mesh or the
/// proxy has a port for it (`istio: ListenerBuilder.buildHTTPProxy`).
pub(super) fn explicit_proxy(shared: &Shared<'_>) -> Option<Listener> {
    let view = shared.tcp.view;
    let own = text(view.proxy, "HTTP_PROXY_PORT").filter(|port| !port.is_empty());
    let port = own.and_then(|port| port.parse().ok()).unwrap_or(view.mesh.config.proxy_http_port);
    let port = u32::try_from(port).ok().filter(|port| *port > 0)?;
    let http = Http { service: None, protocol: Protocol::HttpProxy, alone: false };
    let entry = Entry {
        binds: localhosts(view.proxy),
        bind_to_port: true,
        locked: true,
        port,
        protocol: Protocol::HttpProxy,
        chains: vec![Chain::http(http, Vec::new(), false)],
    };
    Some(super::listener::listener(shared, &entry))
}

/// Whether the connection manager is that of the explicit proxy, which takes absolute URLs.
pub(super) fn is_explicit_proxy(http: &Http<'_>) -> bool {
    http.service.is_none() && http.protocol == Protocol::HttpProxy
}

/// The options of the explicit proxy on top of those of any other manager.
pub(super) fn make_explicit(manager: &mut HttpConnectionManager) {
    let options = manager.http1.get_or_insert_default();
    options.allow_absolute_url = Some(true);
}
