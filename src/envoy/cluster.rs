//! `envoy.config.cluster.v3.Cluster`.

use envoy_types::pb::envoy::config::cluster::v3 as cluster;
use envoy_types::pb::envoy::config::cluster::v3::cluster as parts;
use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::extensions::clusters::dynamic_forward_proxy::v3 as dynamic_forward_proxy;
use envoy_types::pb::envoy::extensions::network::dns_resolver::cares::v3::CaresDnsResolverConfig;
use envoy_types::pb::google::protobuf::Struct;

use super::any::pack;
use super::core::{duration, extension, metadata, percent, socket_address, uint32, uint64};
use super::discovery::{Discovery, EndpointMode};
use super::http_filter::dynamic_forward_proxy::dns_cache_config;
use super::load_assignment;
use super::network_filter::metadata_exchange;
use super::transport_socket::upstream;
use super::typed_struct::{boolean, list, number, object, string, structure};
use super::upstream_http_protocol_options::upstream_http_protocol_options;
use crate::ir;
use crate::ir::cluster::{
    CircuitBreakers, ClusterMetadata, Dns, DnsCache, DnsLookupFamily, DnsMode, LbPolicy, LoadBalancing, LocalityLb,
    OutlierDetection, RetryBudget, ServiceMetadata, SlowStart, TcpKeepalive,
};
use crate::ir::name::OutboundCluster;

/// A cluster.
pub fn cluster(cluster: &ir::Cluster, discovery: &Discovery<'_>) -> cluster::Cluster {
    let ir::Cluster {
        origins: _,
        name,
        alt_stat_name,
        discovery: finding,
        connect_timeout,
        load_balancing,
        circuit_breakers,
        outlier_detection,
        transport,
        http,
        tcp_keepalive,
        source_addresses,
        per_connection_buffer_limit_bytes,
        metadata_exchange,
        metadata,
        close_connections_on_host_health_failure,
        ignore_health_on_host_removal,
    } = cluster;
    let (transport_socket, transport_socket_matches) = upstream(transport, discovery);
    let (lb_policy, lb_config) = lb_policy(load_balancing);
    let found = cluster::Cluster {
        name: name.clone(),
        alt_stat_name: alt_stat_name.clone().unwrap_or_default(),
        connect_timeout: connect_timeout.map(duration),
        lb_policy: lb_policy.into(),
        lb_config,
        common_lb_config: common_lb_config(load_balancing),
        circuit_breakers: circuit_breakers.map(self::circuit_breakers),
        outlier_detection: outlier_detection.as_ref().map(self::outlier_detection),
        transport_socket,
        transport_socket_matches,
        typed_extension_protocol_options: http.as_ref().map(upstream_http_protocol_options).into_iter().collect(),
        upstream_connection_options: tcp_keepalive.map(upstream_connection_options),
        upstream_bind_config: bind_config(source_addresses),
        per_connection_buffer_limit_bytes: per_connection_buffer_limit_bytes.map(uint32),
        filters: metadata_exchange.then(metadata_exchange_filter).into_iter().collect(),
        metadata: cluster_metadata(metadata),
        close_connections_on_host_health_failure: *close_connections_on_host_health_failure,
        ignore_health_on_host_removal: *ignore_health_on_host_removal,
        ..Default::default()
    };
    with_discovery(found, finding, discovery)
}

/// `found` with the part that says where its endpoints are.
fn with_discovery(
    found: cluster::Cluster,
    finding: &ir::cluster::Discovery,
    discovery: &Discovery<'_>,
) -> cluster::Cluster {
    use ir::cluster::Discovery as Finding;
    match finding {
        Finding::Eds => with_endpoint_discovery(found, discovery),
        Finding::Static(localities) => cluster::Cluster {
            cluster_discovery_type: discovery_type(parts::DiscoveryType::Static),
            // A cluster without endpoints, as `BlackHoleCluster`, writes nothing of them.
            load_assignment: (!localities.is_empty()).then(|| load_assignment::inline(&found.name, localities)),
            ..found
        },
        Finding::Dns(dns) => with_dns(found, dns),
        Finding::OriginalDst { port_override, cleanup_interval } => cluster::Cluster {
            cluster_discovery_type: discovery_type(parts::DiscoveryType::OriginalDst),
            cleanup_interval: cleanup_interval.map(duration),
            lb_config: port_override
                .map(|port| {
                    parts::LbConfig::OriginalDstLbConfig(parts::OriginalDstLbConfig {
                        upstream_port_override: Some(uint32(port)),
                        ..Default::default()
                    })
                })
                .or(found.lb_config),
            ..found
        },
        Finding::DynamicForwardProxy { cache, allow_insecure_options } => cluster::Cluster {
            cluster_discovery_type: Some(dynamic_forward_proxy(cache, *allow_insecure_options)),
            ..found
        },
    }
}

fn with_endpoint_discovery(found: cluster::Cluster, discovery: &Discovery<'_>) -> cluster::Cluster {
    match discovery {
        Discovery::Xds => cluster::Cluster {
            cluster_discovery_type: discovery_type(parts::DiscoveryType::Eds),
            eds_cluster_config: Some(parts::EdsClusterConfig {
                eds_config: Some(discovery.control_plane()),
                service_name: found.name.clone(),
            }),
            ..found
        },
        Discovery::Static(tables) => {
            let assignment = tables.endpoints.get(found.name.as_str());
            let service = OutboundCluster::parse(&found.name).map(|service| (service.hostname, service.port));
            let known = service.is_some_and(|service| tables.known.contains(&service));
            let service = service.map(|(hostname, port)| (hostname.to_owned(), port));
            match (tables.endpoint_mode, service) {
                (EndpointMode::Dns, Some(service)) => with_service_name(found, service),
                (EndpointMode::Auto, Some(service)) if !known => with_service_name(found, service),
                (EndpointMode::Auto | EndpointMode::Static | EndpointMode::Dns, _) => cluster::Cluster {
                    cluster_discovery_type: discovery_type(parts::DiscoveryType::Static),
                    load_assignment: Some(match assignment {
                        Some(assignment) => load_assignment::load_assignment(assignment),
                        None => load_assignment::inline(&found.name, &[]),
                    }),
                    ..found
                },
            }
        }
    }
}

/// A cluster that resolves the service's own name, for an input without endpoints.
fn with_service_name(found: cluster::Cluster, (hostname, port): (String, u16)) -> cluster::Cluster {
    cluster::Cluster {
        cluster_discovery_type: discovery_type(parts::DiscoveryType::StrictDns),
        // Any family: the name may be of a cluster of either.
        dns_lookup_family: parts::DnsLookupFamily::V4Preferred.into(),
        load_assignment: Some(load_assignment::name(&found.name, &hostname, port)),
        // Weights of places say nothing where there is one name.
        common_lb_config: found
            .common_lb_config
            .map(|common| parts::CommonLbConfig { locality_config_specifier: None, ..common }),
        ..found
    }
}

#[expect(deprecated, reason = "istiod writes the fields that newer ones replace")]
fn with_dns(found: cluster::Cluster, dns: &Dns) -> cluster::Cluster {
    let Dns { mode, family, refresh_rate, jitter, respect_ttl, cares_resolver, localities } = dns;
    let mode = match mode {
        DnsMode::Strict => parts::DiscoveryType::StrictDns,
        DnsMode::Logical => parts::DiscoveryType::LogicalDns,
    };
    let resolver = || {
        let config = CaresDnsResolverConfig { udp_max_queries: Some(uint32(100)), ..Default::default() };
        extension("envoy.network.dns_resolver.cares", &config)
    };
    cluster::Cluster {
        cluster_discovery_type: discovery_type(mode),
        dns_lookup_family: dns_lookup_family(*family).into(),
        dns_refresh_rate: refresh_rate.map(duration),
        dns_jitter: jitter.map(duration),
        respect_dns_ttl: *respect_ttl,
        typed_dns_resolver_config: cares_resolver.then(resolver),
        load_assignment: Some(load_assignment::inline(&found.name, localities)),
        ..found
    }
}

/// Which answers are taken.
pub fn dns_lookup_family(family: DnsLookupFamily) -> parts::DnsLookupFamily {
    match family {
        DnsLookupFamily::V4Only => parts::DnsLookupFamily::V4Only,
        DnsLookupFamily::V6Only => parts::DnsLookupFamily::V6Only,
        DnsLookupFamily::All => parts::DnsLookupFamily::All,
    }
}

fn discovery_type(kind: parts::DiscoveryType) -> Option<parts::ClusterDiscoveryType> {
    Some(parts::ClusterDiscoveryType::Type(kind.into()))
}

fn dynamic_forward_proxy(cache: &DnsCache, allow_insecure_cluster_options: bool) -> parts::ClusterDiscoveryType {
    use dynamic_forward_proxy::cluster_config::ClusterImplementationSpecifier;
    let config = dynamic_forward_proxy::ClusterConfig {
        allow_insecure_cluster_options,
        cluster_implementation_specifier: Some(ClusterImplementationSpecifier::DnsCacheConfig(dns_cache_config(cache))),
        ..Default::default()
    };
    parts::ClusterDiscoveryType::ClusterType(parts::CustomClusterType {
        name: "envoy.clusters.dynamic_forward_proxy".to_owned(),
        typed_config: Some(pack(&config)),
    })
}

fn lb_policy(load_balancing: &LoadBalancing) -> (parts::LbPolicy, Option<parts::LbConfig>) {
    let LoadBalancing { policy, slow_start, panic_threshold: _, locality: _, keeps_draining: _ } = load_balancing;
    let slow_start = slow_start.map(slow_start_config);
    match policy.unwrap_or(LbPolicy::RoundRobin) {
        LbPolicy::RoundRobin => {
            let config = |slow_start| parts::RoundRobinLbConfig { slow_start_config: Some(slow_start) };
            (parts::LbPolicy::RoundRobin, slow_start.map(config).map(parts::LbConfig::RoundRobinLbConfig))
        }
        LbPolicy::LeastRequest => {
            let config =
                |slow_start| parts::LeastRequestLbConfig { slow_start_config: Some(slow_start), ..Default::default() };
            (parts::LbPolicy::LeastRequest, slow_start.map(config).map(parts::LbConfig::LeastRequestLbConfig))
        }
        LbPolicy::Random => (parts::LbPolicy::Random, None),
        LbPolicy::RingHash { minimum_ring_size } => {
            let config = |size| parts::RingHashLbConfig { minimum_ring_size: Some(uint64(size)), ..Default::default() };
            (parts::LbPolicy::RingHash, minimum_ring_size.map(config).map(parts::LbConfig::RingHashLbConfig))
        }
        LbPolicy::Maglev { table_size } => {
            let config = |size| parts::MaglevLbConfig { table_size: Some(uint64(size)) };
            (parts::LbPolicy::Maglev, table_size.map(config).map(parts::LbConfig::MaglevLbConfig))
        }
        LbPolicy::ClusterProvided => (parts::LbPolicy::ClusterProvided, None),
    }
}

/// Istio writes a runtime key that nobody sets, as Envoy wants one (`istio: setSlowStartConfig`).
fn slow_start_config(slow_start: SlowStart) -> parts::SlowStartConfig {
    let SlowStart { window, aggression, min_weight_percent } = slow_start;
    parts::SlowStartConfig {
        slow_start_window: Some(duration(window)),
        aggression: aggression.map(|default_value| core::RuntimeDouble { default_value, runtime_key: "(".to_owned() }),
        min_weight_percent: min_weight_percent.map(percent),
    }
}

fn common_lb_config(load_balancing: &LoadBalancing) -> Option<parts::CommonLbConfig> {
    use parts::common_lb_config::{LocalityConfigSpecifier, LocalityWeightedLbConfig, ZoneAwareLbConfig};
    let LoadBalancing { policy: _, slow_start: _, panic_threshold, locality, keeps_draining } = load_balancing;
    let specifier = match locality {
        LocalityLb::None if panic_threshold.is_none() => return None,
        LocalityLb::None | LocalityLb::Unspecified => None,
        LocalityLb::Weighted => Some(LocalityConfigSpecifier::LocalityWeightedLbConfig(LocalityWeightedLbConfig {})),
        LocalityLb::ZoneAware { routing_enabled, min_cluster_size } => {
            Some(LocalityConfigSpecifier::ZoneAwareLbConfig(ZoneAwareLbConfig {
                routing_enabled: routing_enabled.map(percent),
                min_cluster_size: min_cluster_size.map(uint64),
                ..Default::default()
            }))
        }
    };
    Some(parts::CommonLbConfig {
        healthy_panic_threshold: panic_threshold.map(percent),
        locality_config_specifier: specifier,
        override_host_status: keeps_draining.then(override_host_status),
        ..Default::default()
    })
}

/// Endpoints that a client may keep: all but those that are not ready (`istio: core.buildOutboundClusters`).
fn override_host_status() -> core::HealthStatusSet {
    use core::HealthStatus::{Degraded, Draining, Healthy, Unknown};
    let statuses = [Healthy, Draining, Unknown, Degraded];
    core::HealthStatusSet { statuses: statuses.into_iter().map(i32::from).collect() }
}

fn circuit_breakers(bounds: CircuitBreakers) -> cluster::CircuitBreakers {
    let CircuitBreakers {
        max_connections,
        max_pending_requests,
        max_requests,
        max_retries,
        track_remaining,
        retry_budget,
    } = bounds;
    let thresholds = cluster::circuit_breakers::Thresholds {
        max_connections: max_connections.map(uint32),
        max_pending_requests: max_pending_requests.map(uint32),
        max_requests: max_requests.map(uint32),
        max_retries: max_retries.map(uint32),
        track_remaining,
        retry_budget: retry_budget.map(self::retry_budget),
        ..Default::default()
    };
    cluster::CircuitBreakers { thresholds: vec![thresholds], ..Default::default() }
}

fn retry_budget(budget: RetryBudget) -> cluster::circuit_breakers::thresholds::RetryBudget {
    let RetryBudget { percent, interval, min_retry_concurrency } = budget;
    cluster::circuit_breakers::thresholds::RetryBudget {
        budget_percent: Some(self::percent(percent)),
        min_retry_concurrency: Some(uint32(min_retry_concurrency)),
        budget_interval: interval.map(duration),
    }
}

fn outlier_detection(detection: &OutlierDetection) -> cluster::OutlierDetection {
    let OutlierDetection {
        consecutive_5xx,
        enforcing_consecutive_5xx,
        consecutive_gateway_failure,
        enforcing_consecutive_gateway_failure,
        consecutive_local_origin_failure,
        enforcing_consecutive_local_origin_failure,
        enforcing_success_rate,
        enforcing_local_origin_success_rate,
        interval,
        base_ejection_time,
        max_ejection_percent,
        split_external_local_origin_errors,
    } = detection;
    cluster::OutlierDetection {
        consecutive_5xx: consecutive_5xx.map(uint32),
        enforcing_consecutive_5xx: enforcing_consecutive_5xx.map(uint32),
        consecutive_gateway_failure: consecutive_gateway_failure.map(uint32),
        enforcing_consecutive_gateway_failure: enforcing_consecutive_gateway_failure.map(uint32),
        consecutive_local_origin_failure: consecutive_local_origin_failure.map(uint32),
        enforcing_consecutive_local_origin_failure: enforcing_consecutive_local_origin_failure.map(uint32),
        enforcing_success_rate: enforcing_success_rate.map(uint32),
        enforcing_local_origin_success_rate: enforcing_local_origin_success_rate.map(uint32),
        interval: interval.map(duration),
        base_ejection_time: base_ejection_time.map(duration),
        max_ejection_percent: max_ejection_percent.map(uint32),
        split_external_local_origin_errors: *split_external_local_origin_errors,
        ..Default::default()
    }
}

fn upstream_connection_options(keepalive: TcpKeepalive) -> cluster::UpstreamConnectionOptions {
    let TcpKeepalive { probes, time, interval } = keepalive;
    cluster::UpstreamConnectionOptions {
        tcp_keepalive: Some(core::TcpKeepalive {
            keepalive_probes: probes.map(uint32),
            keepalive_time: time.map(uint32),
            keepalive_interval: interval.map(uint32),
        }),
        ..Default::default()
    }
}

fn bind_config(addresses: &[String]) -> Option<core::BindConfig> {
    let mut addresses = addresses.iter().map(|address| socket_address(address, 0));
    let first = addresses.next()?;
    let extra = |address| core::ExtraSourceAddress { address: Some(address), socket_options: None };
    Some(core::BindConfig {
        source_address: Some(first),
        extra_source_addresses: addresses.map(extra).collect(),
        ..Default::default()
    })
}

fn metadata_exchange_filter() -> cluster::Filter {
    cluster::Filter {
        name: metadata_exchange::NAME.to_owned(),
        typed_config: Some(metadata_exchange::config()),
        config_discovery: None,
    }
}

fn cluster_metadata(said: &ClusterMetadata) -> Option<core::Metadata> {
    let ClusterMetadata { config, subset, services, external, default_original_port, keep_alpn } = said;
    let service = |service: &ServiceMetadata| {
        let ServiceMetadata { host, name, namespace } = service;
        object([
            ("host", string(host.clone())),
            ("name", string(name.clone())),
            ("namespace", string(namespace.clone())),
        ])
    };
    let mut fields: Struct = structure([]);
    let mut set = |key: &str, value| fields.fields.insert(key.to_owned(), value);
    if let Some(config) = config {
        set("config", string(config.clone()));
    }
    if let Some(subset) = subset {
        set("subset", string(subset.clone()));
    }
    if !services.is_empty() {
        set("services", list(services.iter().map(service)));
    }
    if *external {
        set("external", boolean(true));
    }
    if let Some(port) = default_original_port {
        set("default_original_port", number(*port));
    }
    if *keep_alpn {
        set("alpn_override", string("false"));
    }
    metadata([("istio", fields)])
}
