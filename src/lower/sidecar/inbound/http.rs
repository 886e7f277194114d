//! HTTP that comes in: the connection manager and its one route.

use std::time::Duration;

use super::chain::Served;
use crate::base::Protocol;
use crate::ir::http::{
    ClientCertDetails, ForwardClientCert, HttpConnectionManager, HttpFilter, PeerMetadata, RouterFilter,
};
use crate::ir::name;
use crate::ir::route::{
    Action, Clusters, Forward, MaxStreamDuration, RetryPolicy, Route, RouteConfiguration, Source, VirtualHost,
};
use crate::lower::connection_manager::{self, apply_connection_settings, forward_client_cert};
use crate::lower::defaults;
use crate::lower::http::inbound_retry_policy;
use crate::lower::settings::Settings;
use crate::lower::sidecar::Shared;

/// The connection manager of a port (`istio: core.buildSidecarInboundHTTPOpts` and
/// `ListenerBuilder.buildHTTPConnectionManager`).
pub(super) fn manager(shared: &Shared<'_>, served: Served<'_>) -> HttpConnectionManager {
    let settings = shared.settings;
    let written = settings.proxy_config.proxy_headers.as_ref();
    let forward = written.and_then(|headers| forward_client_cert(headers.forwarded_client_cert));
    let retries = inbound_retry_policy(shared.view.mesh.config.default_inbound_http_retry_policy.as_ref());
    let routes = Source::Inline(Box::new(route_configuration(served, retries)));
    let mut manager = HttpConnectionManager {
        access_logs: shared.logs.traffic.clone(),
        forward_client_cert: forward.unwrap_or(ForwardClientCert::AppendForward),
        client_cert_details: Some(certificate_details(settings)),
        http2: served.protocol().is_http2().then(Default::default),
        ..connection_manager::base(shared.view, settings, served.stat_prefix(), routes)
    };
    manager.filters = filters(settings, served.protocol());
    manager.tracing = shared.tracing.clone();
    if let Some(connections) = &settings.connections {
        apply_connection_settings(&mut manager, connections);
    }
    manager
}

/// Subject and names of the client are told unless switched off, its certificate where asked for.
fn certificate_details(settings: &Settings<'_>) -> ClientCertDetails {
    let written = settings.proxy_config.proxy_headers.as_ref();
    let written = written.and_then(|headers| headers.set_current_client_cert_details.as_ref());
    let part = |of: fn(&crate::resource::istio::proxy_defaults::SetCurrentClientCertDetails) -> Option<bool>| {
        written.and_then(of)
    };
    ClientCertDetails {
        subject: part(|details| details.subject).unwrap_or(true),
        cert: part(|details| details.cert).unwrap_or(false),
        chain: part(|details| details.chain).unwrap_or(false),
        dns: part(|details| details.dns).unwrap_or(true),
        uri: part(|details| details.uri).unwrap_or(true),
    }
}

fn filters(settings: &Settings<'_>, protocol: Protocol) -> Vec<HttpFilter> {
    let mut filters = vec![HttpFilter::PeerMetadata(PeerMetadata::Inbound { skip_external_clusters: false })];
    if protocol == Protocol::GrpcWeb {
        filters.push(HttpFilter::GrpcWeb);
    }
    filters.extend([HttpFilter::GrpcStats, HttpFilter::Fault, HttpFilter::Cors]);
    filters.push(HttpFilter::Router(RouterFilter {
        start_child_span: false,
        suppress_envoy_headers: settings.headers.suppress_envoy_headers,
    }));
    filters
}

/// Everything goes to the port's cluster (`istio: core.buildSidecarInboundHTTPRouteConfig`).
fn route_configuration(served: Served<'_>, retries: Option<RetryPolicy>) -> RouteConfiguration {
    let cluster = served.cluster();
    let (port, _) = served.service_port();
    let origins = match served {
        Served::Port(port) => port.origins.clone(),
        Served::Passthrough(_) => Vec::new(),
    };
    let action = Action::Forward(Box::new(forward(&cluster, served.protocol(), retries)));
    let route = Route {
        origins: origins.clone(),
        decorator: Some(format!("{}/*", name::virtual_host(&served.names().hostname, port))),
        ..Route::for_everything(defaults::DEFAULT_ROUTE, action)
    };
    RouteConfiguration {
        origins: origins.clone(),
        name: cluster,
        virtual_hosts: vec![VirtualHost {
            origins,
            name: format!("inbound|http|{port}"),
            domains: vec!["*".to_owned()],
            routes: vec![route],
            require_tls: false,
            include_request_attempt_count: false,
        }],
        validate_clusters: Some(false),
        max_direct_response_body_size_bytes: None,
        ignore_port_in_host_matching: false,
    }
}

/// No time limit, as the client's side has one; gRPC streams are not tried again
/// (`istio: route.BuildDefaultHTTPInboundRoute`).
fn forward(cluster: &str, protocol: Protocol, retries: Option<RetryPolicy>) -> Forward {
    Forward {
        clusters: Clusters::Single(cluster.to_owned()),
        timeout: Some(Duration::ZERO),
        max_grpc_timeout: None,
        max_stream_duration: Some(MaxStreamDuration {
            max_stream_duration: Some(Duration::ZERO),
            grpc_timeout_header_max: Some(Duration::ZERO),
        }),
        idle_timeout: None,
        retry: retries.filter(|_| !protocol.is_grpc()),
        path_rewrite: None,
        host_rewrite: None,
        mirrors: Vec::new(),
        hash_policies: Vec::new(),
        append_x_forwarded_host: false,
        cluster_not_found: None,
    }
}
