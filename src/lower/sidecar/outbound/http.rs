//! HTTP connection managers of outbound listeners, and the explicit HTTP proxy.

use super::Shared;
use super::address::localhosts;
use super::bytes::{dns_family, resolves_names};
use super::chain::{Chain, Http};
use super::entry::Entry;
use super::unknown;
use crate::base::Protocol;
use crate::ir::cluster::DnsCache;
use crate::ir::http::{
    Codec, CommonHttpOptions, ForwardClientCert, Http1Options, HttpConnectionManager, HttpFilter, PeerMetadata,
    RouterFilter,
};
use crate::ir::route::Source;
use crate::ir::{Listener, name};
use crate::lower::connection_manager::{apply_connection_settings, path_normalization};
use crate::lower::settings::text;
use crate::lower::time::std_duration;
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
    let writes_http1 = settings.http10 || headers.preserve_http1_case;
    // Outbound, Envoy's own name stands in `server` unless one is written.
    let own_name = headers.server_name == defaults::SERVER_NAME && !writes_server(settings);
    let mut manager = HttpConnectionManager {
        stat_prefix,
        routes,
        filters: filters(shared, http),
        tracing: shared.tracing.clone(),
        access_logs: shared.tcp.access_logs.to_vec(),
        codec: Codec::Auto,
        use_remote_address: Some(false),
        xff_num_trusted_hops: 0,
        skip_xff_append: false,
        append_x_forwarded_port: headers.x_forwarded_port,
        forward_client_cert: ForwardClientCert::Sanitize,
        client_cert_details: None,
        server_name: if own_name { String::new() } else { headers.server_name.clone() },
        server_header: headers.server_header,
        common: settings
            .idle_timeout
            .map(|timeout| CommonHttpOptions { idle_timeout: Some(std_duration(timeout)), ..Default::default() }),
        http1: writes_http1.then_some(Http1Options {
            accept_http_10: settings.http10,
            preserve_case: headers.preserve_http1_case,
            allow_absolute_url: None,
        }),
        http2: None,
        stream_idle_timeout: Some(std::time::Duration::ZERO),
        request_timeout: None,
        request_headers_timeout: None,
        drain_timeout: None,
        delayed_close_timeout: None,
        proxy_100_continue: true,
        upgrades: vec!["websocket".to_owned()],
        path: path_normalization(shared.tcp.view.mesh.config.path_normalization.normalization),
        request_id_for_trace_sampling: true,
        internal_addresses: Vec::new(),
        generate_request_id: headers.generate_request_id,
    };
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
