//! The HTTP connection manager: everything around its routes.

use crate::base::Protocol;
use crate::ir::http::{
    ClientCertDetails, Codec, CommonHttpOptions, EscapedSlashes, ForwardClientCert, HeadersWithUnderscores,
    Http1Options, Http2Options, HttpConnectionManager, HttpFilter, PathNormalization, PeerMetadata, RouterFilter,
    Tracing,
};
use crate::ir::listener::{AccessLog, Cidr};
use crate::ir::route;
use crate::lower::settings::Settings;
use crate::lower::time::std_duration;
use crate::proxy::ProxyView;
use crate::resource::istio::mesh_config::NormalizationType;
use crate::resource::istio::proxy_defaults::{
    ConnectionSettings, ForwardClientCertDetails, HeadersWithUnderscoresAction, PathWithEscapedSlashesAction,
};

/// What all connection managers of one gateway share.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a> {
    /// Who asks.
    pub view: &'a ProxyView<'a>,
    /// Its settings.
    pub settings: &'a Settings<'a>,
    /// Its tracing.
    pub tracing: &'a Option<Tracing>,
    /// Its logs of requests.
    pub access_logs: &'a [AccessLog],
}

/// The connection manager of a gateway's filter chain (`istio: core.buildGatewayConnectionManager`
/// and `ListenerBuilder.buildHTTPConnectionManager`).
pub fn for_gateway(
    shared: &Shared<'_>,
    protocol: Protocol,
    stat_prefix: String,
    route_configuration: String,
) -> HttpConnectionManager {
    let settings = shared.settings;
    let topology = settings.proxy_config.gateway_topology.as_ref();
    let forward = topology.map(|topology| topology.forward_client_cert_details).unwrap_or_default();
    let forward_client_cert = forward_client_cert(forward).unwrap_or(ForwardClientCert::SanitizeSet);
    let sets_details = matches!(forward_client_cert, ForwardClientCert::AppendForward | ForwardClientCert::SanitizeSet);
    let details = ClientCertDetails { subject: true, cert: true, chain: false, dns: true, uri: true };
    let mut manager = HttpConnectionManager {
        access_logs: shared.access_logs.to_vec(),
        use_remote_address: Some(true),
        xff_num_trusted_hops: topology.map_or(0, |topology| topology.num_trusted_proxies),
        forward_client_cert,
        client_cert_details: sets_details.then_some(details),
        http1: Some(http1(settings)),
        internal_addresses: internal_addresses(shared.view),
        ..base(shared.view, settings, stat_prefix, route::Source::Rds(route_configuration))
    };
    manager.filters = gateway_filters(settings, protocol);
    manager.tracing = shared.tracing.clone();
    if let Some(connections) = &settings.connections {
        apply_connection_settings(&mut manager, connections);
    }
    manager
}

/// What every connection manager of Istio's has; each kind of proxy and direction sets the rest
/// (`istio: ListenerBuilder.buildHTTPConnectionManager`).
pub fn base(
    view: &ProxyView<'_>,
    settings: &Settings<'_>,
    stat_prefix: String,
    routes: route::Source,
) -> HttpConnectionManager {
    let headers = &settings.headers;
    HttpConnectionManager {
        stat_prefix,
        routes,
        filters: Vec::new(),
        tracing: None,
        access_logs: Vec::new(),
        codec: Codec::Auto,
        use_remote_address: Some(false),
        xff_num_trusted_hops: 0,
        skip_xff_append: false,
        append_x_forwarded_port: headers.x_forwarded_port,
        forward_client_cert: ForwardClientCert::Sanitize,
        client_cert_details: None,
        server_name: headers.server_name.clone(),
        server_header: headers.server_header,
        common: settings
            .idle_timeout
            .map(|timeout| CommonHttpOptions { idle_timeout: Some(std_duration(timeout)), ..Default::default() }),
        http1: (settings.http10 || headers.preserve_http1_case).then(|| http1(settings)),
        http2: None,
        // Streams may be idle for ever, as the route's timeouts bound them.
        stream_idle_timeout: Some(std::time::Duration::ZERO),
        request_timeout: None,
        request_headers_timeout: None,
        drain_timeout: None,
        delayed_close_timeout: None,
        proxy_100_continue: true,
        upgrades: vec!["websocket".to_owned()],
        path: path_normalization(view.mesh.config.path_normalization.normalization),
        request_id_for_trace_sampling: true,
        internal_addresses: Vec::new(),
        generate_request_id: headers.generate_request_id,
    }
}

/// Settings of HTTP/1. A gateway writes them always, a sidecar only where they say something.
fn http1(settings: &Settings<'_>) -> Http1Options {
    Http1Options {
        accept_http_10: settings.http10,
        preserve_case: settings.headers.preserve_http1_case,
        allow_absolute_url: None,
    }
}

/// A gateway's HTTP filters in order (`istio: ListenerBuilder.buildHTTPConnectionManager`).
fn gateway_filters(settings: &Settings<'_>, protocol: Protocol) -> Vec<HttpFilter> {
    let headers = &settings.headers;
    let mut filters = vec![HttpFilter::PeerMetadata(PeerMetadata::Outbound {
        skip_external_clusters: headers.metadata_in_mesh_only,
    })];
    if protocol == Protocol::GrpcWeb {
        filters.push(HttpFilter::GrpcWeb);
    }
    filters.extend([HttpFilter::GrpcStats, HttpFilter::IstioAlpn, HttpFilter::Fault, HttpFilter::Cors]);
    filters.push(HttpFilter::Router(RouterFilter {
        start_child_span: false,
        suppress_envoy_headers: headers.suppress_envoy_headers,
    }));
    filters
}

/// What Envoy calls it; `None` where nothing is chosen (`istio: util.MeshConfigToEnvoyForwardClientCertDetails`).
pub fn forward_client_cert(written: ForwardClientCertDetails) -> Option<ForwardClientCert> {
    match written {
        ForwardClientCertDetails::Undefined => None,
        ForwardClientCertDetails::Sanitize => Some(ForwardClientCert::Sanitize),
        ForwardClientCertDetails::ForwardOnly => Some(ForwardClientCert::ForwardOnly),
        ForwardClientCertDetails::AppendForward => Some(ForwardClientCert::AppendForward),
        ForwardClientCertDetails::SanitizeSet => Some(ForwardClientCert::SanitizeSet),
        ForwardClientCertDetails::AlwaysForwardOnly => Some(ForwardClientCert::AlwaysForwardOnly),
    }
}

/// `pathNormalization` of the mesh (`istio: ListenerBuilder.buildHTTPConnectionManager`).
pub fn path_normalization(kind: NormalizationType) -> PathNormalization {
    let (normalize, merge_slashes, escaped_slashes) = match kind {
        NormalizationType::None => (false, false, EscapedSlashes::KeepUnchanged),
        NormalizationType::Default | NormalizationType::Base => (true, false, EscapedSlashes::KeepUnchanged),
        NormalizationType::MergeSlashes => (true, true, EscapedSlashes::KeepUnchanged),
        NormalizationType::DecodeAndMergeSlashes => (true, true, EscapedSlashes::UnescapeAndForward),
    };
    PathNormalization { normalize: Some(normalize), merge_slashes, escaped_slashes }
}

/// The networks of the mesh count as internal where the client's address is trusted, so that
/// Envoy's internal headers survive (`istio: util.MeshNetworksToEnvoyInternalAddressConfig`).
pub fn internal_addresses(view: &ProxyView<'_>) -> Vec<Cidr> {
    let endpoints = view.mesh.networks.networks.values().flat_map(|network| &network.endpoints);
    let mut ranges: Vec<ipnet::IpNet> =
        endpoints.filter_map(|endpoint| crate::base::Address(endpoint.from_cidr.clone()?).range()).collect();
    ranges.sort_by_key(|range| (range.addr(), range.prefix_len()));
    ranges
        .into_iter()
        .map(|range| Cidr { address: range.addr().to_string(), prefix_len: range.prefix_len().into() })
        .collect()
}

/// `connectionSettings` of the proxy go over the mesh's path normalization and the defaults
/// (`istio: core.applyConnectionSettingsToHCM`).
pub fn apply_connection_settings(manager: &mut HttpConnectionManager, settings: &ConnectionSettings) {
    let mut common = manager.common.unwrap_or_default();
    common.idle_timeout = settings.http_idle_timeout.map(std_duration).or(common.idle_timeout);
    common.max_connection_duration =
        settings.http_max_connection_duration.map(std_duration).or(common.max_connection_duration);
    common.max_stream_duration = settings.http_max_stream_duration.map(std_duration).or(common.max_stream_duration);
    let underscores = match settings.http_headers_with_underscores_action {
        HeadersWithUnderscoresAction::Unspecified => None,
        HeadersWithUnderscoresAction::Allow => Some(HeadersWithUnderscores::Allow),
        HeadersWithUnderscoresAction::RejectRequest => Some(HeadersWithUnderscores::RejectRequest),
        HeadersWithUnderscoresAction::DropHeader => Some(HeadersWithUnderscores::DropHeader),
    };
    common.headers_with_underscores = underscores.unwrap_or(common.headers_with_underscores);
    let sets_common = settings.http_idle_timeout.is_some()
        || settings.http_max_connection_duration.is_some()
        || settings.http_max_stream_duration.is_some()
        || underscores.is_some();
    if sets_common {
        manager.common = Some(common);
    }

    manager.stream_idle_timeout = settings.http_stream_idle_timeout.map(std_duration).or(manager.stream_idle_timeout);
    manager.request_timeout = settings.http_request_timeout.map(std_duration).or(manager.request_timeout);
    manager.request_headers_timeout =
        settings.http_request_headers_timeout.map(std_duration).or(manager.request_headers_timeout);
    manager.drain_timeout = settings.http_drain_timeout.map(std_duration).or(manager.drain_timeout);

    let http2 = [
        settings.http_max_concurrent_streams,
        settings.http2_initial_stream_window_size,
        settings.http2_initial_connection_window_size,
    ];
    if http2.iter().any(Option::is_some) {
        // A negative number counts as not set (`istio: core.safeUint32`).
        let [streams, stream_window, connection_window] = http2.map(|value| u32::try_from(value?).ok());
        let options = manager.http2.get_or_insert_default();
        *options = Http2Options {
            max_concurrent_streams: streams.or(options.max_concurrent_streams),
            initial_stream_window_size: stream_window.or(options.initial_stream_window_size),
            initial_connection_window_size: connection_window.or(options.initial_connection_window_size),
            ..*options
        };
    }

    manager.path.merge_slashes = settings.http_merge_slashes.unwrap_or(manager.path.merge_slashes);
    manager.path.escaped_slashes = match settings.http_path_with_escaped_slashes_action {
        PathWithEscapedSlashesAction::Unspecified => manager.path.escaped_slashes,
        PathWithEscapedSlashesAction::KeepUnchanged => EscapedSlashes::KeepUnchanged,
        PathWithEscapedSlashesAction::RejectRequest => EscapedSlashes::RejectRequest,
        PathWithEscapedSlashesAction::UnescapeAndRedirect => EscapedSlashes::UnescapeAndRedirect,
        PathWithEscapedSlashesAction::UnescapeAndForward => EscapedSlashes::UnescapeAndForward,
    };
}
