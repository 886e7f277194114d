//! Clusters towards the proxy's own workload.

use super::http::{Protocol, ProtocolOptions};
use super::{Context, fixed, resilience, stat_name};
use crate::base::{Origins, Protocol as PortProtocol};
use crate::ir::cluster::{ClusterMetadata, Discovery, LbPolicy, LoadBalancing, LocalityLb, ServiceMetadata};
use crate::ir::endpoint::{Endpoint, EndpointMetadata, LocalityEndpoints};
use crate::ir::{Address, Cluster, name};
use crate::lower::defaults;
use crate::lower::destination_rule::MergedRule;
use crate::lower::stat_name::{Names, fill};
use crate::lower::traffic_policy::Policy;
use crate::mesh::Service;
use crate::resource::istio::destination_rule::ConnectionPoolSettings;

/// A port of the workload, and where what comes in there goes.
#[derive(Clone, Debug)]
pub struct InboundPort<'m> {
    /// The port.
    pub number: u32,
    /// What the user wrote that made it.
    pub origins: Origins,
    /// Where the application listens; `None` is where the connection was going.
    pub address: Option<Address>,
    /// What is spoken there.
    pub protocol: PortProtocol,
    /// The service that stands for the port, whose DestinationRule holds.
    pub service: Option<&'m Service>,
    /// Number and name of the port of the service.
    pub service_port: (u32, &'m str),
    /// The services that lead here by a port with this number.
    pub described: Vec<&'m Service>,
    /// What it is called in statistics.
    pub names: Names,
    /// Limits of the workload's Sidecar, which hold over the DestinationRule's.
    pub pool: Option<&'m ConnectionPoolSettings>,
}

impl<'m> Context<'m> {
    /// The cluster of a port (`istio: ClusterBuilder.buildInboundCluster`).
    pub(super) fn inbound(&self, port: &InboundPort<'m>) -> Cluster {
        let name = name::inbound_cluster(port.number);
        // What the workload does not see has no rule for it either.
        let seen = |service: &&Service| self.view.services_by_host.contains_key(service.hostname.as_str());
        let rule = port.service.filter(seen).and_then(|service| self.rules.lookup(service));
        let rule = rule.filter(|rule| !rule.selects_workloads() && rule.traffic_policy.is_some());
        let policy = Policy::of_rule(rule, port.service_port.0).or_mesh_default(self.default_policy());
        let pool = port.pool.or(policy.connection_pool);
        let policy = Policy { connection_pool: pool, ..policy };
        let pattern = self.config.inbound_cluster_stat_name.as_str();
        let stat_name = match pattern {
            "" => stat_name::delimited(&name),
            _ => stat_name::delimited(&fill(pattern, &port.names, "", port.service_port, Some(port.number))),
        };
        let original = port.address.is_none();
        Cluster {
            origins: port.origins.iter().cloned().chain(rule.into_iter().flat_map(MergedRule::origins)).collect(),
            alt_stat_name: Some(stat_name),
            load_balancing: LoadBalancing {
                policy: original.then_some(LbPolicy::ClusterProvided),
                locality: LocalityLb::Unspecified,
                ..LoadBalancing::default()
            },
            connect_timeout: Some(resilience::connect_timeout(self.config, pool)),
            circuit_breakers: Some(resilience::circuit_breakers(pool, policy.retry_budget)),
            tcp_keepalive: resilience::tcp_keepalive(self.config, pool),
            http: self.inbound_http(port.protocol, pool),
            metadata: metadata(port, rule),
            source_addresses: match &port.address {
                Some(Address::Socket { address, .. }) if is_localhost(address) => Vec::new(),
                _ => self.inbound_sources().into_iter().take(1).collect(),
            },
            ..fixed::bare(self.config, name, discovery(port.address.clone()))
        }
    }

    fn inbound_http(
        &self,
        protocol: PortProtocol,
        pool: Option<&ConnectionPoolSettings>,
    ) -> Option<crate::ir::cluster::UpstreamHttp> {
        let keeps_case = self.preserve_header_case && protocol.is_http_or_sniffed();
        let version = if protocol.is_http2() {
            Protocol::Http2
        } else if protocol.is_unsupported() {
            Protocol::AsClient
        } else if keeps_case {
            Protocol::Http1KeepingCase
        } else {
            Protocol::Unsaid
        };
        let mut options = ProtocolOptions::new(version, keeps_case);
        options.limit(pool);
        options.build()
    }

    /// An address of each family that the proxy has, which connections to the workload come from.
    pub(super) fn inbound_sources(&self) -> Vec<String> {
        let (v4, v6) = self.view.proxy.families();
        let sources = [(v4, defaults::INBOUND_SOURCE_V4), (v6, defaults::INBOUND_SOURCE_V6)];
        sources.into_iter().filter(|(has, _)| *has).map(|(_, address)| address.to_owned()).collect()
    }
}

fn is_localhost(address: &str) -> bool {
    address == "127.0.0.1" || address == "::1"
}

fn discovery(address: Option<Address>) -> Discovery {
    let Some(address) = address else {
        let cleanup_interval = Some(defaults::INBOUND_CLEANUP_INTERVAL);
        return Discovery::OriginalDst { port_override: None, cleanup_interval };
    };
    let endpoint = Endpoint {
        origins: Vec::new(),
        address,
        additional_addresses: Vec::new(),
        health: None,
        load_balancing_weight: None,
        metadata: EndpointMetadata::default(),
    };
    Discovery::Static(vec![LocalityEndpoints {
        locality: None,
        endpoints: vec![endpoint],
        load_balancing_weight: None,
        priority: 0,
    }])
}

/// Nothing is said of a port without a service of the mesh (`istio: core.addTelemetryMetadata`).
fn metadata(port: &InboundPort<'_>, rule: Option<&MergedRule<'_>>) -> ClusterMetadata {
    if port.service.is_none_or(|service| service.mesh_external) {
        return ClusterMetadata::default();
    }
    let described = port.described.iter().map(|service| ServiceMetadata {
        host: service.hostname.clone(),
        name: service.name.clone(),
        namespace: service.namespace.clone(),
    });
    ClusterMetadata {
        config: rule.map(|rule| rule.config_path().to_owned()),
        services: described.collect(),
        ..ClusterMetadata::default()
    }
}
