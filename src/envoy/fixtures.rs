//! Small values of the IR for tests.

use std::time::Duration;

use crate::ir::cluster::{ClusterMetadata, Discovery, LoadBalancing, Transport};
use crate::ir::endpoint::{Endpoint, EndpointMetadata, LoadAssignment, LocalityEndpoints};
use crate::ir::http::{
    Codec, EscapedSlashes, ForwardClientCert, HttpConnectionManager, HttpFilter, PathNormalization, PeerMetadata,
    RouterFilter, ServerHeader,
};
use crate::ir::listener::{self, Binding, FilterChain, Listener, NetworkFilter};
use crate::ir::route::{Action, Clusters, Forward, Route, RouteConfiguration, Source, VirtualHost};
use crate::ir::tls::{CommonTls, DownstreamTls, PeerChecks, SecretRef, SecretSource, UpstreamTls, Validation};
use crate::ir::{Address, Locality};

/// The cluster of port 80 of the service `shop.prod`.
pub(crate) const SHOP: &str = "outbound|80||shop.prod.svc.cluster.local";

/// A cluster with endpoint discovery and nothing else.
pub(crate) fn cluster(name: &str) -> crate::ir::Cluster {
    crate::ir::Cluster {
        origins: vec![],
        name: name.into(),
        alt_stat_name: None,
        discovery: Discovery::Eds,
        connect_timeout: Some(Duration::from_secs(10)),
        load_balancing: LoadBalancing::default(),
        circuit_breakers: None,
        outlier_detection: None,
        transport: Transport::Plain,
        http: None,
        tcp_keepalive: None,
        source_addresses: vec![],
        per_connection_buffer_limit_bytes: None,
        metadata_exchange: false,
        metadata: ClusterMetadata::default(),
        close_connections_on_host_health_failure: false,
        ignore_health_on_host_removal: false,
    }
}

/// One endpoint, which may speak mesh mTLS.
pub(crate) fn load_assignment(cluster: &str, tls_mode: Option<&str>) -> LoadAssignment {
    let endpoint = Endpoint {
        origins: vec![],
        address: Address::Socket { address: "10.0.0.1".into(), port: 8080 },
        additional_addresses: vec![],
        health: None,
        load_balancing_weight: Some(1),
        metadata: EndpointMetadata { workload: None, tls_mode: tls_mode.map(Into::into), istio: vec![] },
    };
    let group = LocalityEndpoints {
        locality: Some(Locality { region: "eu".into(), ..Default::default() }),
        endpoints: vec![endpoint],
        load_balancing_weight: Some(1),
        priority: 1,
    };
    LoadAssignment { origins: vec![], cluster: cluster.into(), localities: vec![group], overprovisioning_factor: None }
}

/// A route of everything to a cluster.
pub(crate) fn route(cluster: &str) -> Route {
    let forward = Forward {
        clusters: Clusters::Single(cluster.into()),
        timeout: Some(Duration::ZERO),
        max_grpc_timeout: None,
        max_stream_duration: None,
        idle_timeout: None,
        retry: None,
        path_rewrite: None,
        host_rewrite: None,
        mirrors: vec![],
        hash_policies: vec![],
        append_x_forwarded_host: false,
        cluster_not_found: None,
    };
    Route::for_everything("", Action::Forward(Box::new(forward)))
}

/// A route configuration with one virtual host for all domains.
pub(crate) fn route_configuration(name: &str, routes: Vec<Route>) -> RouteConfiguration {
    let host = VirtualHost {
        origins: vec![],
        name: "*:80".into(),
        domains: vec!["*".into()],
        routes,
        require_tls: false,
        include_request_attempt_count: true,
    };
    RouteConfiguration {
        origins: vec![],
        name: name.into(),
        virtual_hosts: vec![host],
        validate_clusters: Some(false),
        max_direct_response_body_size_bytes: Some(1_048_576),
        ignore_port_in_host_matching: true,
    }
}

/// A connection manager with Istio's filters, whose routes are discovered.
pub(crate) fn connection_manager(routes: &str) -> HttpConnectionManager {
    HttpConnectionManager {
        stat_prefix: "outbound_0.0.0.0_8080;".into(),
        routes: Source::Rds(routes.into()),
        filters: vec![
            HttpFilter::PeerMetadata(PeerMetadata::Outbound { skip_external_clusters: false }),
            HttpFilter::IstioAlpn,
            HttpFilter::Router(RouterFilter::default()),
        ],
        tracing: None,
        access_logs: vec![],
        codec: Codec::Auto,
        use_remote_address: Some(true),
        xff_num_trusted_hops: 0,
        skip_xff_append: false,
        append_x_forwarded_port: false,
        forward_client_cert: ForwardClientCert::SanitizeSet,
        client_cert_details: None,
        server_name: "istio-envoy".into(),
        server_header: ServerHeader::Overwrite,
        common: None,
        http1: None,
        http2: None,
        stream_idle_timeout: None,
        request_timeout: None,
        request_headers_timeout: None,
        drain_timeout: None,
        delayed_close_timeout: None,
        proxy_100_continue: true,
        upgrades: vec!["websocket".into()],
        path: PathNormalization {
            normalize: Some(true),
            merge_slashes: false,
            escaped_slashes: EscapedSlashes::KeepUnchanged,
        },
        request_id_for_trace_sampling: true,
        internal_addresses: vec![],
        generate_request_id: None,
    }
}

/// A listener of one chain on `0.0.0.0:8080`.
pub(crate) fn listener(chain: FilterChain) -> Listener {
    Listener {
        origins: vec![],
        name: "0.0.0.0_8080".into(),
        addresses: vec![Address::Socket { address: "0.0.0.0".into(), port: 8080 }],
        transport: listener::Transport::Tcp,
        binding: Binding::Default,
        listener_filters: vec![],
        listener_filters_timeout: None,
        continue_on_listener_filters_timeout: false,
        filter_chains: vec![chain],
        default_filter_chain: None,
        use_original_dst: false,
        transparent: false,
        per_connection_buffer_limit_bytes: None,
        max_connections_to_accept_per_socket_event: Some(1),
        exact_balance: false,
        access_logs: vec![],
    }
}

/// A chain for all connections, HTTP by discovered routes.
pub(crate) fn filter_chain(routes: &str, tls: Option<DownstreamTls>) -> FilterChain {
    FilterChain {
        origins: vec![],
        name: String::new(),
        matches: None,
        tls,
        transport_socket_connect_timeout: Some(Duration::from_secs(15)),
        filters: vec![NetworkFilter::HttpConnectionManager(Box::new(connection_manager(routes)))],
        config_path: None,
    }
}

/// A secret of the control plane or, for names that do not look like one, of the agent.
pub(crate) fn secret_ref(name: &str) -> SecretRef {
    let control_plane = name.starts_with("kubernetes");
    let source = if control_plane { SecretSource::ControlPlane } else { SecretSource::Agent { wait: true } };
    SecretRef { name: name.into(), source }
}

/// TLS with these secrets.
pub(crate) fn common_tls(certificate: &str, authorities: &str) -> CommonTls {
    CommonTls {
        params: None,
        certificates: vec![secret_ref(certificate)],
        validation: Validation::Combined(PeerChecks::default(), secret_ref(authorities)),
        alpn_protocols: vec!["istio-peer-exchange".into(), "h2".into()],
    }
}

/// TLS towards a client.
pub(crate) fn downstream_tls(certificate: &str, authorities: &str) -> DownstreamTls {
    DownstreamTls { common: common_tls(certificate, authorities), require_client_certificate: Some(true), quic: false }
}

/// Mesh mTLS towards an upstream.
pub(crate) fn mesh_tls() -> Box<UpstreamTls> {
    Box::new(UpstreamTls {
        common: common_tls("default", "ROOTCA"),
        sni: "outbound_.80_._.shop.prod.svc.cluster.local".into(),
        auto_host_sni: false,
        auto_sni_san_validation: false,
    })
}
