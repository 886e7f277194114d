//! Connections and requests to destinations that no service stands for.

use super::Shared;
use super::address::wildcards;
use super::bytes::dns_family;
use super::http;
use crate::base::Origins;
use crate::ir::cluster::DnsCache;
use crate::ir::listener::{
    AccessLog, Binding, FilterChain, FilterChainMatch, Listener, ListenerFilter, ListenerFilterKind, NetworkFilter,
    TcpProxy, Transport,
};
use crate::ir::route::{Action, Clusters, DirectResponse, Forward, Source};
use crate::ir::{Address, Route, RouteConfiguration, VirtualHost, name};
use crate::lower::settings::text;
use crate::lower::time::std_duration;
use crate::lower::{defaults, destination};
use crate::proxy::ProxyView;
use crate::resource::istio::mesh_config::MeshOutboundTrafficPolicyMode;
use crate::resource::istio::sidecar::OutboundTrafficPolicyMode;

/// What becomes of them: the Sidecar's `outboundTrafficPolicy`, else the mesh's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// Nothing.
    Blocked,
    /// They go to this cluster.
    Cluster(String),
    /// Requests go where their host resolves to, other connections where they were going.
    ByName,
}

impl Policy {
    /// The policy of a proxy (`istio: initSidecarScopeInternalIndexes`).
    pub(super) fn new(view: &ProxyView<'_>) -> Self {
        let of_sidecar = view.sidecar.and_then(|sidecar| sidecar.spec.outbound_traffic_policy.as_ref());
        let anywhere = || Self::Cluster(name::PASSTHROUGH_CLUSTER.to_owned());
        match of_sidecar {
            Some(policy) => match (policy.mode, &policy.egress_proxy) {
                (OutboundTrafficPolicyMode::RegistryOnly, _) => Self::Blocked,
                (OutboundTrafficPolicyMode::AllowAny, None) => anywhere(),
                (OutboundTrafficPolicyMode::AllowAny, Some(to)) => {
                    Self::Cluster(destination::cluster_name(to, None, 0))
                }
            },
            None => match view.mesh.config.outbound_traffic_policy.mode {
                MeshOutboundTrafficPolicyMode::RegistryOnly => Self::Blocked,
                MeshOutboundTrafficPolicyMode::AllowAny => anywhere(),
                MeshOutboundTrafficPolicyMode::AllowAnyDynamicDns => Self::ByName,
            },
        }
    }
}

/// The cache of names that requests ask for (`istio: core.buildAllowAnyDynamicDNSDNSCacheConfig`).
pub(super) fn dns_cache(shared: &Shared<'_>) -> DnsCache {
    DnsCache {
        name: defaults::ALLOW_ANY_DNS_CACHE.to_owned(),
        family: dns_family(shared),
        max_hosts: Some(defaults::ALLOW_ANY_MAX_HOSTS),
    }
}

/// The filters of connections that no chain takes (`istio: core.buildOutboundCatchAllNetworkFiltersOnly`).
pub(super) fn filters(shared: &Shared<'_>) -> Vec<NetworkFilter> {
    let cluster = match shared.unknown {
        Policy::Blocked => name::BLACK_HOLE_CLUSTER,
        Policy::Cluster(cluster) => cluster,
        Policy::ByName => name::PASSTHROUGH_CLUSTER,
    };
    let idle_timeout = shared.tcp.settings.idle_timeout.map(std_duration);
    let proxy = TcpProxy { idle_timeout, access_logs: shared.tcp.access_logs.to_vec(), ..TcpProxy::to(cluster) };
    vec![NetworkFilter::TcpProxy(Box::new(proxy))]
}

/// The chain of a listener for what none of its own takes (`istio: core.buildListenerFromEntry`).
pub(super) fn fallback(shared: &Shared<'_>) -> FilterChain {
    FilterChain {
        origins: origins(shared),
        matches: Some(FilterChainMatch::default()),
        ..chain(defaults::PASSTHROUGH_CHAIN, filters(shared))
    }
}

/// The `egressProxy` of a Sidecar, where that is where they go; else nobody wrote it.
fn origins(shared: &Shared<'_>) -> Origins {
    let sidecar = shared.tcp.view.sidecar.filter(|sidecar| {
        let policy = sidecar.spec.outbound_traffic_policy.as_ref();
        policy.is_some_and(|policy| policy.egress_proxy.is_some())
    });
    let place = sidecar.map(|sidecar| sidecar.origin.key("spec").key("outboundTrafficPolicy").key("egressProxy"));
    place.into_iter().collect()
}

fn chain(name: &str, filters: Vec<NetworkFilter>) -> FilterChain {
    FilterChain {
        origins: Vec::new(),
        name: name.to_owned(),
        matches: None,
        tls: None,
        transport_socket_connect_timeout: None,
        filters,
        config_path: None,
    }
}

/// The listener that all outgoing connections are redirected to: it hands them to the listener of
/// their destination, and takes those that have none. None where nothing is redirected
/// (`istio: ListenerBuilder.buildVirtualOutboundListener`).
pub(super) fn virtual_outbound(shared: &Shared<'_>, port: u32, access_logs: &[AccessLog]) -> Option<Listener> {
    let proxy = shared.tcp.view.proxy;
    let interception = text(proxy, "INTERCEPTION_MODE").unwrap_or_default();
    if interception == "NONE" {
        return None;
    }
    // Connections to the port itself would come back to it for ever.
    let black_hole = FilterChain {
        matches: Some(FilterChainMatch { destination_port: Some(port), ..FilterChainMatch::default() }),
        ..chain(
            defaults::VIRTUAL_OUTBOUND_BLACK_HOLE,
            vec![NetworkFilter::TcpProxy(Box::new(TcpProxy::to(name::BLACK_HOLE_CLUSTER)))],
        )
    };
    let by_name = (*shared.unknown == Policy::ByName).then(|| http_by_name(shared));
    let inspector =
        by_name.is_some().then_some(ListenerFilter { kind: ListenerFilterKind::HttpInspector, disabled: None });
    let catch_all =
        FilterChain { origins: origins(shared), ..chain(defaults::VIRTUAL_OUTBOUND_CATCH_ALL, filters(shared)) };
    Some(Listener {
        origins: Vec::new(),
        name: defaults::VIRTUAL_OUTBOUND.to_owned(),
        addresses: wildcards(proxy).into_iter().take(1).map(|address| Address::Socket { address, port }).collect(),
        transport: Transport::Tcp,
        binding: Binding::Default,
        listener_filters: inspector.into_iter().collect(),
        listener_filters_timeout: None,
        continue_on_listener_filters_timeout: false,
        filter_chains: [Some(black_hole), by_name, Some(catch_all)].into_iter().flatten().collect(),
        default_filter_chain: None,
        use_original_dst: true,
        transparent: interception == "TPROXY",
        per_connection_buffer_limit_bytes: None,
        max_connections_to_accept_per_socket_event: Some(defaults::CONNECTIONS_PER_SOCKET_EVENT),
        exact_balance: false,
        access_logs: access_logs.to_vec(),
    })
}

/// Plain HTTP to unknown hosts (`istio: buildAllowAnyDynamicDNSHTTPFilterChain`).
fn http_by_name(shared: &Shared<'_>) -> FilterChain {
    let routes = RouteConfiguration {
        origins: Vec::new(),
        name: defaults::ALLOW_ANY_DYNAMIC_DNS.to_owned(),
        virtual_hosts: vec![virtual_host(shared)],
        validate_clusters: Some(false),
        max_direct_response_body_size_bytes: Some(defaults::MAX_DIRECT_RESPONSE_BODY),
        ignore_port_in_host_matching: true,
    };
    let stat_prefix = format!("outbound_{}_{};", defaults::VIRTUAL_OUTBOUND, defaults::ALLOW_ANY_DYNAMIC_DNS);
    let manager = http::manager(shared, stat_prefix, Source::Inline(Box::new(routes)), None);
    let application_protocols = defaults::PLAINTEXT_HTTP.iter().map(|it| (*it).to_owned()).collect();
    FilterChain {
        matches: Some(FilterChainMatch { application_protocols, ..FilterChainMatch::default() }),
        ..chain(
            &format!("{}-http", defaults::VIRTUAL_OUTBOUND_CATCH_ALL),
            vec![NetworkFilter::HttpConnectionManager(Box::new(manager))],
        )
    }
}

/// The virtual host of requests to unknown hosts (`istio: core.buildCatchAllVirtualHost`).
pub(super) fn virtual_host(shared: &Shared<'_>) -> VirtualHost {
    let headers = &shared.tcp.settings.headers;
    let (name, action) = match shared.unknown {
        Policy::Blocked => (
            defaults::BLOCK_ALL,
            Action::DirectResponse(DirectResponse { status: defaults::BLOCKED_STATUS, body: None }),
        ),
        Policy::Cluster(cluster) => (defaults::ALLOW_ANY, forward(cluster, headers.x_forwarded_host)),
        Policy::ByName => {
            (defaults::ALLOW_ANY_DYNAMIC_DNS, forward(defaults::ALLOW_ANY_CLUSTER, headers.x_forwarded_host))
        }
    };
    VirtualHost {
        origins: origins(shared),
        name: name.to_owned(),
        domains: vec!["*".to_owned()],
        routes: vec![Route::for_everything(name, action)],
        require_tls: false,
        include_request_attempt_count: headers.attempt_count,
    }
}

/// To a cluster, however long it takes.
pub(super) fn forward(cluster: &str, append_x_forwarded_host: bool) -> Action {
    Action::Forward(Box::new(Forward {
        clusters: Clusters::Single(cluster.to_owned()),
        timeout: Some(std::time::Duration::ZERO),
        max_grpc_timeout: Some(std::time::Duration::ZERO),
        max_stream_duration: None,
        idle_timeout: None,
        retry: None,
        path_rewrite: None,
        host_rewrite: None,
        mirrors: Vec::new(),
        hash_policies: Vec::new(),
        append_x_forwarded_host,
        cluster_not_found: None,
    }))
}
