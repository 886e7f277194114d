//! `networking.istio.io/DestinationRule`: what happens on the way to a service, after routing.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::LabelSelector;
use super::virtual_service::PortSelector;
use crate::base::{Duration, ExportTo, HostPattern, Labels, Port};

/// Policies and subsets of a host.
/// <https://istio.io/latest/docs/reference/config/networking/destination-rule/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DestinationRule {
    /// The service's host, or a pattern; a name without a dot is one of the rule's namespace.
    pub host: HostPattern,
    /// What holds for all ports and subsets.
    pub traffic_policy: Option<TrafficPolicy>,
    /// Named parts of the service.
    pub subsets: Vec<Subset>,
    /// Who sees it; none means the mesh's default.
    pub export_to: Vec<ExportTo>,
    /// The client workloads it holds for; absent means all.
    pub workload_selector: Option<LabelSelector>,
}

/// What happens on the way.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrafficPolicy {
    /// How an endpoint is chosen.
    pub load_balancer: Option<LoadBalancerSettings>,
    /// Limits of connections and requests.
    pub connection_pool: Option<ConnectionPoolSettings>,
    /// When an endpoint is taken out.
    pub outlier_detection: Option<OutlierDetection>,
    /// TLS to the service.
    pub tls: Option<ClientTls>,
    /// What holds for single ports, in place of (not merged with) the above.
    pub port_level_settings: Vec<PortTrafficPolicy>,
    /// A tunnel (CONNECT or POST) to reach the host through.
    pub tunnel: Option<TunnelSettings>,
    /// PROXY protocol to the service.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// The share of requests that may be retries.
    pub retry_budget: Option<RetryBudget>,
}

/// What holds for one port.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PortTrafficPolicy {
    /// The service's port.
    pub port: Option<PortSelector>,
    /// How an endpoint is chosen.
    pub load_balancer: Option<LoadBalancerSettings>,
    /// Limits of connections and requests.
    pub connection_pool: Option<ConnectionPoolSettings>,
    /// When an endpoint is taken out.
    pub outlier_detection: Option<OutlierDetection>,
    /// TLS to the service.
    pub tls: Option<ClientTls>,
}

/// A tunnel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TunnelSettings {
    /// `CONNECT` or `POST`; empty means `CONNECT`.
    pub protocol: String,
    /// The host at the far end.
    pub target_host: String,
    /// The port at the far end.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub target_port: Option<Port>,
}

/// PROXY protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyProtocol {
    /// Its version.
    pub version: ProxyProtocolVersion,
}

/// A version of the PROXY protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum ProxyProtocolVersion {
    /// The text form.
    #[default]
    V1,
    /// The binary form.
    V2,
}

/// The share of requests that may be retries.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RetryBudget {
    /// The share in percent; absent means 20.
    pub percent: Option<f64>,
    /// How many retries may run in any case; 0 means 3.
    pub min_retry_concurrency: u32,
    /// The time over which requests are counted.
    pub budget_interval: Option<Duration>,
}

/// A named part of a service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Subset {
    /// The name that routes refer to.
    pub name: String,
    /// The labels of its endpoints.
    pub labels: Labels,
    /// What holds for it, on top of the rule's policy.
    pub traffic_policy: Option<TrafficPolicy>,
}

/// How an endpoint is chosen.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LoadBalancerSettings {
    /// A simple way; excludes the next two.
    pub simple: Option<SimpleLb>,
    /// By a hash of the request; excludes the others.
    pub consistent_hash: Option<ConsistentHashLb>,
    /// By the load that endpoints report; excludes the others.
    pub backend_utilization: Option<BackendUtilizationLb>,
    /// Preference of localities; replaces the mesh's.
    pub locality_lb_setting: Option<LocalityLoadBalancerSetting>,
    /// Envoy's zone-aware routing.
    pub zone_aware_lb_setting: Option<ZoneAwareLoadBalancerSetting>,
    /// How long new endpoints get less traffic; deprecated for `warmup`.
    pub warmup_duration_secs: Option<Duration>,
    /// How new endpoints get less traffic.
    pub warmup: Option<WarmupConfiguration>,
}

/// A simple way to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SimpleLb {
    /// As Istio chooses: least request.
    #[default]
    Unspecified,
    /// The old name of least request.
    LeastConn,
    /// By chance.
    Random,
    /// The address the client asked for.
    Passthrough,
    /// In turn.
    RoundRobin,
    /// The one with the fewest requests.
    LeastRequest,
}

/// Choice by a hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConsistentHashLb {
    /// Hash this header; excludes the other keys.
    pub http_header_name: Option<String>,
    /// Hash a cookie; excludes the other keys.
    pub http_cookie: Option<HttpCookie>,
    /// Hash the client's address; excludes the other keys.
    pub use_source_ip: Option<bool>,
    /// Hash this query parameter; excludes the other keys.
    pub http_query_parameter_name: Option<String>,
    /// A ring of hashes; excludes `maglev`.
    pub ring_hash: Option<RingHash>,
    /// Maglev; excludes `ring_hash`.
    pub maglev: Option<Maglev>,
    /// The ring's size; deprecated for `ring_hash`.
    pub minimum_ring_size: u64,
}

/// What is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKey<'a> {
    /// This header.
    Header(&'a str),
    /// A cookie.
    Cookie(&'a HttpCookie),
    /// The client's address, if true.
    SourceIp(bool),
    /// This query parameter.
    QueryParameter(&'a str),
}

impl ConsistentHashLb {
    /// What is hashed; where several are written, the first in this order: query parameter, address, cookie, header.
    pub fn key(&self) -> Option<HashKey<'_>> {
        None.or(self.http_query_parameter_name.as_deref().map(HashKey::QueryParameter))
            .or(self.use_source_ip.map(HashKey::SourceIp))
            .or(self.http_cookie.as_ref().map(HashKey::Cookie))
            .or(self.http_header_name.as_deref().map(HashKey::Header))
    }
}

/// Choice by the load that endpoints report (ORCA).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BackendUtilizationLb {
    /// How strongly errors lower an endpoint's weight, in percent.
    pub error_utilization_penalty_percent: u32,
    /// The reported metrics that count.
    pub metric_names_for_computing_utilization: Vec<String>,
    /// How long a report counts.
    pub weight_expiration_period: Option<Duration>,
    /// How long an endpoint has to report before its reports count.
    pub weight_stabilization_period: Option<Duration>,
    /// How often weights are computed.
    pub weight_update_period: Option<Duration>,
}

/// A ring of hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RingHash {
    /// How many points the ring has at least; 0 means 1024.
    pub minimum_ring_size: u64,
}

/// Maglev hashing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Maglev {
    /// The table's size, a prime; 0 means 65537.
    pub table_size: u64,
}

/// A cookie to hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpCookie {
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// Its lifetime; where set, the proxy makes the cookie when it is missing.
    pub ttl: Option<Duration>,
    /// Further attributes of a cookie the proxy makes.
    pub attributes: Vec<CookieAttribute>,
}

/// An attribute of a cookie, as `SameSite=Strict`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CookieAttribute {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// How new endpoints are warmed up.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WarmupConfiguration {
    /// How long.
    pub duration: Option<Duration>,
    /// The share they start with, in percent; absent means 10.
    pub minimum_percent: Option<f64>,
    /// How fast the share grows; absent means 1.
    pub aggression: Option<f64>,
}

/// Limits on the way to a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConnectionPoolSettings {
    /// Of all connections.
    pub tcp: Option<TcpSettings>,
    /// Of HTTP.
    pub http: Option<HttpSettings>,
}

/// Limits of connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TcpSettings {
    /// How many at once; 0 means no limit.
    pub max_connections: i32,
    /// How long connecting may take; absent means the mesh's.
    pub connect_timeout: Option<Duration>,
    /// Keep-alive of sockets.
    pub tcp_keepalive: Option<TcpKeepalive>,
    /// How long a connection may last.
    pub max_connection_duration: Option<Duration>,
    /// How long a connection may be idle; zero means for ever.
    pub idle_timeout: Option<Duration>,
}

/// Keep-alive of sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TcpKeepalive {
    /// Probes without answer before it counts as dead; 0 means the system's.
    pub probes: u32,
    /// Idle time before the first probe.
    pub time: Option<Duration>,
    /// Time between probes.
    pub interval: Option<Duration>,
}

/// Limits of HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpSettings {
    /// How many requests may wait for a connection; 0 means no limit.
    pub http1_max_pending_requests: i32,
    /// How many requests at once; 0 means no limit.
    pub http2_max_requests: i32,
    /// How many requests a connection may carry; 0 means no limit.
    pub max_requests_per_connection: i32,
    /// How many retries at once; 0 means no limit.
    pub max_retries: i32,
    /// How long a connection may be without request; absent means an hour.
    pub idle_timeout: Option<Duration>,
    /// Whether HTTP/1.1 becomes HTTP/2.
    pub h2_upgrade_policy: H2UpgradePolicy,
    /// Use the protocol the client uses.
    pub use_client_protocol: bool,
    /// How many streams a connection may carry at once; 0 means Envoy's.
    pub max_concurrent_streams: i32,
    /// Pings on HTTP/2 connections.
    pub http2_keep_alive: Option<ConnectionKeepalive>,
}

/// Whether HTTP/1.1 becomes HTTP/2 on the way to a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum H2UpgradePolicy {
    /// As the mesh says.
    #[default]
    Default,
    /// No.
    DoNotUpgrade,
    /// Yes.
    Upgrade,
}

/// Pings on HTTP/2 connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConnectionKeepalive {
    /// Time between pings.
    pub interval: Option<Duration>,
    /// Time to wait for the answer.
    pub timeout: Option<Duration>,
}

/// When an endpoint is taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OutlierDetection {
    /// After so many errors in a row; deprecated for `consecutive_5xx_errors`.
    pub consecutive_errors: i32,
    /// Count failures to connect apart.
    pub split_external_local_origin_errors: bool,
    /// After so many failures to connect in a row.
    pub consecutive_local_origin_failures: Option<u32>,
    /// After so many 502, 503 and 504 in a row; 0 turns it off.
    pub consecutive_gateway_errors: Option<u32>,
    /// After so many 5xx in a row; 0 turns it off.
    #[serde(rename = "consecutive5xxErrors")]
    pub consecutive_5xx_errors: Option<u32>,
    /// Time between two looks.
    pub interval: Option<Duration>,
    /// How long it stays out the first time.
    pub base_ejection_time: Option<Duration>,
    /// The share of endpoints that may be out, in percent; 0 means Envoy's 10.
    pub max_ejection_percent: i32,
    /// Below this share of healthy endpoints all are used, in percent.
    pub min_health_percent: i32,
    /// Status codes that count as errors.
    pub outlier_detection_http_error_codes: Vec<u32>,
}

/// TLS to a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClientTls {
    /// Whether, and with which certificates.
    pub mode: ClientTlsMode,
    /// File with the client's certificate chain.
    pub client_certificate: String,
    /// File with the client's private key.
    pub private_key: String,
    /// File with the authorities the server's certificate is checked against.
    pub ca_certificates: String,
    /// The Secret or ConfigMap with these.
    pub credential_name: String,
    /// The names of which the server's certificate must have one.
    pub subject_alt_names: Vec<String>,
    /// The server name to ask for.
    pub sni: String,
    /// Do not check the server's certificate.
    pub insecure_skip_verify: Option<bool>,
    /// File with revoked server certificates.
    pub ca_crl: String,
}

/// Whether a client uses TLS, and with which certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientTlsMode {
    /// Plain text.
    #[default]
    Disable,
    /// TLS without client certificate.
    Simple,
    /// TLS with the given client certificate.
    Mutual,
    /// TLS with the certificate Istio gives to workloads.
    IstioMutual,
}

/// Preference of localities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LocalityLoadBalancerSetting {
    /// Shares by locality; excludes the other two.
    pub distribute: Vec<Distribute>,
    /// Which region to use when one has no healthy endpoints.
    pub failover: Vec<Failover>,
    /// Labels by whose agreement endpoints are preferred.
    pub failover_priority: Vec<String>,
    /// Whether it is on; absent means the mesh's.
    pub enabled: Option<bool>,
}

/// Shares by locality for clients of one locality.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Distribute {
    /// The client's locality, as `region/zone/*`.
    pub from: String,
    /// Shares by locality, in percent; their sum is 100.
    pub to: BTreeMap<String, u32>,
}

/// A region to use in place of another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Failover {
    /// The client's region.
    pub from: String,
    /// The region to use.
    pub to: String,
}

/// Envoy's zone-aware routing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ZoneAwareLoadBalancerSetting {
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// Which region to use when one has no healthy endpoints.
    pub failover: Vec<Failover>,
    /// Labels by whose agreement endpoints are preferred.
    pub failover_priority: Vec<String>,
    /// Below this number of endpoints it is off.
    pub min_cluster_size: Option<u64>,
}
