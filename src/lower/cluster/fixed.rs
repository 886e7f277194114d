//! Clusters that no service stands behind.

use super::Context;
use super::http::{Protocol, ProtocolOptions};
use super::resilience;
use crate::ir::cluster::{
    Discovery, DnsCache, LbPolicy, LoadBalancing, LocalityLb, Transport, UpstreamHttp, UpstreamProtocol,
};
use crate::ir::endpoint::{Endpoint, LocalityEndpoints};
use crate::ir::http::Http2Options;
use crate::ir::name::{BLACK_HOLE_CLUSTER, INBOUND_PASSTHROUGH_CLUSTER, PASSTHROUGH_CLUSTER};
use crate::ir::{Address, Cluster};
use crate::lower::defaults;
use crate::lower::time::std_duration;
use crate::lower::traffic_policy::Policy;
use crate::resource::istio::MeshConfig;
use crate::resource::istio::destination_rule::ClientTlsMode;

/// A cluster with a name, a way to its endpoints and the mesh's time to connect.
pub(super) fn bare(config: &MeshConfig, name: String, discovery: Discovery) -> Cluster {
    Cluster {
        origins: Vec::new(),
        alt_stat_name: Some(super::stat_name::delimited(&name)),
        name,
        discovery,
        connect_timeout: Some(std_duration(config.connect_timeout)),
        load_balancing: LoadBalancing::default(),
        circuit_breakers: None,
        outlier_detection: None,
        transport: Transport::Plain,
        http: None,
        tcp_keepalive: None,
        source_addresses: Vec::new(),
        per_connection_buffer_limit_bytes: None,
        metadata_exchange: false,
        metadata: Default::default(),
        close_connections_on_host_health_failure: false,
        ignore_health_on_host_removal: false,
    }
}

/// Where routes without a known destination go: nowhere (`istio: buildBlackHoleCluster`).
pub(super) fn black_hole(config: &MeshConfig) -> Cluster {
    bare(config, BLACK_HOLE_CLUSTER.to_owned(), Discovery::Static(Vec::new()))
}

/// The agent's socket for credentials of other systems (`istio: buildExternalSDSCluster`).
pub(super) fn external_secrets(config: &MeshConfig) -> Cluster {
    let endpoint = Endpoint::at(Address::Pipe(defaults::CREDENTIAL_SOCKET.to_owned()));
    let group =
        LocalityEndpoints { locality: None, endpoints: vec![endpoint], load_balancing_weight: None, priority: 0 };
    let http = UpstreamHttp {
        protocol: UpstreamProtocol::Http2(Http2Options::default()),
        common: None,
        auto_sni: false,
        auto_san_validation: false,
        outlier_status_codes: Vec::new(),
    };
    let name = defaults::CREDENTIAL_CLUSTER.to_owned();
    Cluster { http: Some(http), ..bare(config, name, Discovery::Static(vec![group])) }
}

impl Context<'_> {
    /// Where the connection was going (`istio: buildDefaultPassthroughCluster`).
    pub(super) fn passthrough(&self) -> Cluster {
        let discovery = Discovery::OriginalDst { port_override: None, cleanup_interval: None };
        self.anywhere(PASSTHROUGH_CLUSTER, discovery, Policy::default().or_mesh_default(self.default_policy()))
    }

    /// The same for traffic that arrives (`istio: buildInboundPassthroughCluster`): it comes from an
    /// address that the rules of the redirection let pass, or it would come back here.
    pub(super) fn inbound_passthrough(&self) -> Cluster {
        // Its statistics keep the name of the outbound one.
        Cluster {
            name: INBOUND_PASSTHROUGH_CLUSTER.to_owned(),
            metadata_exchange: false,
            source_addresses: self.inbound_sources(),
            ..self.passthrough()
        }
    }

    /// By the name the request asks for (`istio: buildAllowAnyDFPCluster`).
    pub(super) fn allow_any(&self) -> Cluster {
        let tls = self.config.outbound_traffic_policy.tls.as_ref();
        let tls = tls.filter(|tls| tls.mode != ClientTlsMode::Disable);
        let discovery = Discovery::DynamicForwardProxy {
            cache: DnsCache {
                name: defaults::ALLOW_ANY_DNS_CACHE.to_owned(),
                family: self.dns_family,
                max_hosts: Some(defaults::ALLOW_ANY_MAX_HOSTS),
            },
            // Envoy wants names to be checked unless told otherwise.
            allow_insecure_options: tls.is_none(),
        };
        let cluster = self.anywhere(defaults::ALLOW_ANY_CLUSTER, discovery, Policy::default());
        match tls {
            Some(tls) => self.with_tls_origination(cluster, tls),
            None => cluster,
        }
    }

    fn anywhere(&self, name: &str, discovery: Discovery, policy: Policy<'_>) -> Cluster {
        let mut http = ProtocolOptions::new(Protocol::AsClient, self.preserve_header_case);
        http.common_mut().idle_timeout = Some(defaults::PASSTHROUGH_IDLE_TIMEOUT);
        Cluster {
            load_balancing: LoadBalancing {
                policy: Some(LbPolicy::ClusterProvided),
                locality: LocalityLb::None,
                ..LoadBalancing::default()
            },
            circuit_breakers: Some(resilience::circuit_breakers(policy.connection_pool, None)),
            connect_timeout: Some(resilience::connect_timeout(self.config, policy.connection_pool)),
            tcp_keepalive: resilience::tcp_keepalive(self.config, policy.connection_pool),
            http: http.build(),
            metadata_exchange: true,
            ..bare(self.config, name.to_owned(), discovery)
        }
    }
}
