//! Clusters.

use std::time::Duration;

use super::endpoint::LocalityEndpoints;
use super::http::{CommonHttpOptions, Http1Options, Http2Options};
use super::tls::UpstreamTls;
use crate::base::Origins;

/// A cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// What the user wrote that made it.
    pub origins: Origins,
    /// Its name, as `outbound|80|v1|shop.default.svc.cluster.local`.
    pub name: String,
    /// The name in statistics.
    pub alt_stat_name: Option<String>,
    /// How it finds its endpoints.
    pub discovery: Discovery,
    /// How long connecting may take; `None` is Envoy's 5 s.
    pub connect_timeout: Option<Duration>,
    /// Which endpoint is picked.
    pub load_balancing: LoadBalancing,
    /// Bounds; `None` writes none.
    pub circuit_breakers: Option<CircuitBreakers>,
    /// Ejection of endpoints that fail.
    pub outlier_detection: Option<OutlierDetection>,
    /// How bytes are carried.
    pub transport: Transport,
    /// HTTP towards the upstream; `None` writes no options.
    pub http: Option<UpstreamHttp>,
    /// TCP keepalive of upstream connections.
    pub tcp_keepalive: Option<TcpKeepalive>,
    /// Addresses that upstream connections are made from: the first, and those of other families.
    pub source_addresses: Vec<String>,
    /// Bytes of buffer a connection may use.
    pub per_connection_buffer_limit_bytes: Option<u32>,
    /// Whether Istio's `istio.metadata_exchange` filter is on upstream connections.
    pub metadata_exchange: bool,
    /// What Istio says of it in `metadata.filter_metadata.istio`.
    pub metadata: ClusterMetadata,
    /// Closes connections to endpoints that fail their health checks or are ejected.
    pub close_connections_on_host_health_failure: bool,
    /// Forgets endpoints at once when discovery drops them.
    pub ignore_health_on_host_removal: bool,
}

/// How a cluster finds its endpoints.
#[derive(Clone, Debug)]
pub enum Discovery {
    /// From the proxy's [`super::Outbound::load_assignments`], by the cluster's name.
    Eds,
    /// Written here, addresses are IPs or sockets.
    Static(Vec<LocalityEndpoints>),
    /// Written here, addresses are names that are resolved.
    Dns(Dns),
    /// Where the connection was going.
    OriginalDst {
        /// Port to use instead; `None` keeps it.
        port_override: Option<u32>,
        /// How long a destination without traffic is kept; `None` is Envoy's 5 s.
        cleanup_interval: Option<Duration>,
    },
    /// Resolved from each request's host.
    DynamicForwardProxy {
        /// The cache, shared with the filter that fills it.
        cache: DnsCache,
        /// Whether TLS may go without a check of the host: `allow_insecure_cluster_options`.
        allow_insecure_options: bool,
    },
}

/// Names that are resolved.
#[derive(Clone, Debug)]
pub struct Dns {
    /// Whether all answers are endpoints, or one at a time.
    pub mode: DnsMode,
    /// Which answers.
    pub family: DnsLookupFamily,
    /// How often.
    pub refresh_rate: Option<Duration>,
    /// Spread of the refreshes.
    pub jitter: Option<Duration>,
    /// Whether the answer's TTL decides.
    pub respect_ttl: bool,
    /// Whether Istio's choice of resolver (c-ares, 100 queries a socket) is written.
    pub cares_resolver: bool,
    /// The names.
    pub localities: Vec<LocalityEndpoints>,
}

/// How DNS answers become endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsMode {
    /// Every answer is an endpoint.
    Strict,
    /// One at a time.
    Logical,
}

/// Envoy's `DnsLookupFamily`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsLookupFamily {
    /// Only A.
    V4Only,
    /// Only AAAA.
    V6Only,
    /// Both.
    All,
}

/// A DNS cache, by name shared between a cluster and a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsCache {
    /// Its name.
    pub name: String,
    /// Which answers.
    pub family: DnsLookupFamily,
    /// How many names it holds; `None` is Envoy's 1024, not written.
    pub max_hosts: Option<u32>,
}

/// Which endpoint is picked.
#[derive(Clone, Debug, Default)]
pub struct LoadBalancing {
    /// The policy; `None` is Envoy's ROUND_ROBIN, not written.
    pub policy: Option<LbPolicy>,
    /// How slowly new endpoints are warmed up.
    pub slow_start: Option<SlowStart>,
    /// `common_lb_config.healthy_panic_threshold`, in percent; `None` writes none.
    pub panic_threshold: Option<f64>,
    /// How places weigh.
    pub locality: LocalityLb,
    /// Whether clients that stick to an endpoint may keep one that drains: writes
    /// `override_host_status`.
    pub keeps_draining: bool,
}

/// Envoy's load balancing policies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LbPolicy {
    /// In turn.
    RoundRobin,
    /// The idler of some.
    LeastRequest,
    /// At random.
    Random,
    /// Consistent hashing on a ring.
    RingHash {
        /// Smallest ring.
        minimum_ring_size: Option<u64>,
    },
    /// Consistent hashing by table.
    Maglev {
        /// A prime.
        table_size: Option<u64>,
    },
    /// Left to the cluster's type.
    ClusterProvided,
}

/// Envoy's `SlowStartConfig`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowStart {
    /// For how long.
    pub window: Duration,
    /// How steeply it rises; `None` writes none.
    pub aggression: Option<f64>,
    /// Lowest share, in percent; `None` writes none.
    pub min_weight_percent: Option<f64>,
}

/// How places weigh in load balancing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum LocalityLb {
    /// Nothing is written.
    #[default]
    None,
    /// Envoy's default; `common_lb_config` is written, if only as `{}`.
    Unspecified,
    /// By the weights of the groups.
    Weighted,
    /// By where Envoy itself is.
    ZoneAware {
        /// `routing_enabled` in percent; `None` writes none.
        routing_enabled: Option<f64>,
        /// Fewer endpoints turn it off; `None` writes none.
        min_cluster_size: Option<u64>,
    },
}

/// Bounds of a cluster; `None` is Envoy's default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CircuitBreakers {
    /// Connections.
    pub max_connections: Option<u32>,
    /// Requests that wait for a connection.
    pub max_pending_requests: Option<u32>,
    /// Requests at a time.
    pub max_requests: Option<u32>,
    /// Retries at a time.
    pub max_retries: Option<u32>,
    /// Writes `track_remaining`.
    pub track_remaining: bool,
    /// Share of requests that may be retries; `None` writes none.
    pub retry_budget: Option<RetryBudget>,
}

/// Envoy's `RetryBudget`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    /// The share in percent.
    pub percent: f64,
    /// Over how long requests are counted; `None` is those at the moment.
    pub interval: Option<Duration>,
    /// Retries that may run in any case.
    pub min_retry_concurrency: u32,
}

/// Envoy's `OutlierDetection`; `None` is Envoy's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutlierDetection {
    /// 5xx in a row.
    pub consecutive_5xx: Option<u32>,
    /// Share of them that ejects, in percent.
    pub enforcing_consecutive_5xx: Option<u32>,
    /// 502, 503, 504 in a row.
    pub consecutive_gateway_failure: Option<u32>,
    /// Share of them that ejects, in percent.
    pub enforcing_consecutive_gateway_failure: Option<u32>,
    /// Failures of Envoy's own in a row.
    pub consecutive_local_origin_failure: Option<u32>,
    /// Share of them that ejects, in percent.
    pub enforcing_consecutive_local_origin_failure: Option<u32>,
    /// Share of slow ones that ejects, in percent.
    pub enforcing_success_rate: Option<u32>,
    /// The same for Envoy's own failures.
    pub enforcing_local_origin_success_rate: Option<u32>,
    /// Between two looks.
    pub interval: Option<Duration>,
    /// How long the first ejection lasts.
    pub base_ejection_time: Option<Duration>,
    /// Most that may be ejected, in percent.
    pub max_ejection_percent: Option<u32>,
    /// Counts Envoy's own failures apart.
    pub split_external_local_origin_errors: bool,
}

/// How bytes are carried to the upstream.
#[derive(Clone, Debug)]
pub enum Transport {
    /// Plain text, nothing written.
    Plain,
    /// TLS for every endpoint.
    Tls(Box<UpstreamTls>),
    /// TLS for the endpoints whose `tlsMode` is `istio`, plain text for the others.
    AutoMtls(Box<UpstreamTls>),
    /// One of the above inside a PROXY protocol header.
    ProxyProtocol(ProxyProtocolVersion, Box<Transport>),
}

/// Version of the PROXY protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyProtocolVersion {
    /// Text.
    V1,
    /// Binary.
    V2,
}

/// HTTP towards the upstream; Envoy's `upstreams.http.v3.HttpProtocolOptions`.
#[derive(Clone, Debug)]
pub struct UpstreamHttp {
    /// Which version, with its options.
    pub protocol: UpstreamProtocol,
    /// `common_http_protocol_options`; `None` writes none.
    pub common: Option<CommonHttpOptions>,
    /// Takes the SNI from the request's host.
    pub auto_sni: bool,
    /// Checks the certificate against the request's host.
    pub auto_san_validation: bool,
    /// Answers that count as failures for outlier detection; empty writes none.
    pub outlier_status_codes: Vec<u32>,
}

/// Which HTTP version an upstream gets.
#[derive(Clone, Debug)]
pub enum UpstreamProtocol {
    /// HTTP/1.1.
    Http1(Http1Options),
    /// HTTP/2.
    Http2(Http2Options),
    /// As the client.
    UseDownstream(Http1Options, Http2Options),
    /// By ALPN.
    Auto(Http1Options, Http2Options),
}

/// Envoy's `TcpKeepalive`, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpKeepalive {
    /// Probes without an answer.
    pub probes: Option<u32>,
    /// Idle time before the first.
    pub time: Option<u32>,
    /// Between two.
    pub interval: Option<u32>,
}

/// What Istio says of a cluster in `metadata.filter_metadata.istio`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterMetadata {
    /// The path of the DestinationRule (`/apis/…`).
    pub config: Option<String>,
    /// The subset.
    pub subset: Option<String>,
    /// The services it stands for.
    pub services: Vec<ServiceMetadata>,
    /// Outside the mesh.
    pub external: bool,
    /// Default original port, for inbound clusters.
    pub default_original_port: Option<u32>,
    /// Writes `alpn_override: "false"`: Istio's ALPN filter leaves it alone.
    pub keep_alpn: bool,
}

/// A service, in a cluster's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceMetadata {
    /// Its hostname.
    pub host: String,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
}
