//! Listeners, filter chains, and the two filters that end one.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;

use super::route::RouteConfiguration;

/// `envoy.config.listener.v3.Listener`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Listener {
    /// Its name; may be empty.
    pub name: String,
    /// The address that it listens on.
    pub address: Address,
    /// Further addresses.
    pub additional_addresses: Vec<AdditionalAddress>,
    /// What looks at a connection first.
    pub listener_filters: Vec<ListenerFilter>,
    /// One of them takes a connection.
    pub filter_chains: Vec<FilterChain>,
    /// Takes what none of them takes.
    pub default_filter_chain: Option<FilterChain>,
    /// Hands connections over to the listener of their original destination.
    pub use_original_dst: bool,
    /// Whether it has a socket of its own; unset is so.
    pub bind_to_port: Option<bool>,
    /// `INBOUND`, `OUTBOUND`, or empty.
    pub traffic_direction: String,
}

/// `envoy.config.listener.v3.AdditionalAddress`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AdditionalAddress {
    /// The address.
    pub address: Address,
}

/// `envoy.config.core.v3.Address`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    /// An address of IP.
    pub socket_address: Option<SocketAddress>,
    /// A Unix socket.
    pub pipe: Option<Pipe>,
    /// A listener of this Envoy.
    pub envoy_internal_address: Option<InternalAddress>,
}

/// `envoy.config.core.v3.Pipe`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pipe {
    /// Its path.
    pub path: String,
}

/// `envoy.config.core.v3.EnvoyInternalAddress`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct InternalAddress {
    /// The listener.
    pub server_listener_name: String,
    /// Tells endpoints apart.
    pub endpoint_id: String,
}

/// `envoy.config.core.v3.SocketAddress`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SocketAddress {
    /// An IP address, or a hostname in a cluster.
    pub address: String,
    /// The port.
    pub port_value: u16,
}

/// `envoy.config.listener.v3.ListenerFilter`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListenerFilter {
    /// Its name.
    pub name: String,
    /// Its configuration, with `@type`.
    pub typed_config: Value,
    /// For which connections it is off.
    pub filter_disabled: Option<Predicate>,
}

/// `envoy.config.listener.v3.ListenerFilterChainMatchPredicate`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Predicate {
    /// Any of these.
    pub or_match: Option<Predicates>,
    /// All of these.
    pub and_match: Option<Predicates>,
    /// Not this.
    pub not_match: Option<Box<Predicate>>,
    /// Any connection.
    pub any_match: bool,
    /// Connections to these ports.
    pub destination_port_range: Option<PortRange>,
}

/// A list of predicates.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Predicates {
    /// The predicates.
    pub rules: Vec<Predicate>,
}

/// `envoy.type.v3.Int32Range`: from `start`, below `end`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PortRange {
    /// The first.
    pub start: i32,
    /// One above the last.
    pub end: i32,
}

/// `envoy.config.listener.v3.FilterChain`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FilterChain {
    /// Its name; may be empty.
    pub name: String,
    /// What it takes; none is everything.
    pub filter_chain_match: FilterChainMatch,
    /// What handles the connection, in order.
    pub filters: Vec<Filter>,
    /// TLS, where there is some.
    pub transport_socket: Option<TransportSocket>,
}

impl FilterChain {
    /// Its TLS settings, where it terminates TLS.
    pub fn tls(&self) -> Option<&DownstreamTls> {
        let config = &self.transport_socket.as_ref()?.typed_config;
        config.r#type.ends_with("DownstreamTlsContext").then_some(config)
    }
}

/// `envoy.config.listener.v3.FilterChainMatch`; an empty list or text takes everything.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct FilterChainMatch {
    /// The port that the client connects to.
    pub destination_port: Option<u16>,
    /// Its address is in one of these.
    pub prefix_ranges: Vec<CidrRange>,
    /// SNI, as `a.example.com` or `*.example.com`.
    pub server_names: Vec<String>,
    /// `tls` or `raw_buffer`.
    pub transport_protocol: String,
    /// ALPN.
    pub application_protocols: Vec<String>,
    /// The client's own address.
    pub direct_source_prefix_ranges: Vec<CidrRange>,
    /// `ANY`, `SAME_IP_OR_LOOPBACK` or `EXTERNAL`.
    pub source_type: String,
    /// The client's address.
    pub source_prefix_ranges: Vec<CidrRange>,
    /// The client's port.
    pub source_ports: Vec<u16>,
}

/// `envoy.config.core.v3.CidrRange`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CidrRange {
    /// An address in it.
    pub address_prefix: String,
    /// The bits that count.
    pub prefix_len: u8,
}

impl CidrRange {
    /// Whether the address is in it.
    pub fn takes(&self, address: IpAddr) -> bool {
        let net = self.address_prefix.parse().ok().and_then(|prefix| IpNet::new(prefix, self.prefix_len).ok());
        net.is_some_and(|net| net.contains(&address))
    }
}

/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct InternalAddresses {
    /// Their networks.
    pub cidr_ranges: Vec<CidrRange>,
}

/// `envoy.config.core.v3.TransportSocket`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TransportSocket {
    /// Its configuration.
    pub typed_config: DownstreamTls,
}

/// `envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext`, or another with its type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DownstreamTls {
    /// The type's URL.
    #[serde(rename = "@type")]
    pub r#type: String,
    /// Whether a client must have a certificate.
    pub require_client_certificate: bool,
    /// Certificates and authorities.
    pub common_tls_context: CommonTls,
}

/// `envoy.extensions.transport_sockets.tls.v3.CommonTlsContext`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CommonTls {
    /// Certificates by discovery.
    pub tls_certificate_sds_secret_configs: Vec<SdsSecret>,
}

/// `envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SdsSecret {
    /// The secret's name.
    pub name: String,
}

/// `envoy.config.listener.v3.Filter`.
#[derive(Clone, Debug, Deserialize)]
pub struct Filter {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its configuration.
    #[serde(default)]
    pub typed_config: NetworkFilter,
}

/// What ends a filter chain, and everything else.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(tag = "@type")]
pub enum NetworkFilter {
    /// HTTP.
    #[serde(
        rename = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    )]
    HttpConnectionManager(Box<HttpConnectionManager>),
    /// Bytes.
    #[serde(rename = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy")]
    TcpProxy(TcpProxy),
    /// A filter that does not choose where bytes go.
    #[default]
    #[serde(other)]
    Other,
}

/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpConnectionManager {
    /// The name of its route configuration.
    pub rds: Option<Rds>,
    /// Its own route configuration.
    pub route_config: Option<RouteConfiguration>,
    /// Its filters.
    pub http_filters: Vec<HttpFilter>,
    /// What is common to all versions of HTTP.
    pub common_http_protocol_options: CommonHttpProtocolOptions,
    /// Whether the client's own address counts.
    pub use_remote_address: bool,
    /// Which clients are internal; unset is none.
    pub internal_address_config: InternalAddresses,
    /// Whether dots and escapes in paths are resolved before routing.
    pub normalize_path: bool,
    /// Whether `//` becomes `/`.
    pub merge_slashes: bool,
    /// What becomes of `%2F` and `%5C`.
    pub path_with_escaped_slashes_action: String,
    /// Whether any port is cut off the host.
    pub strip_any_host_port: bool,
    /// Whether the listener's own port is cut off the host.
    pub strip_matching_host_port: bool,
    /// Whether a dot at the end of the host is cut off.
    pub strip_trailing_host_dot: bool,
}

/// `envoy.config.core.v3.HttpProtocolOptions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CommonHttpProtocolOptions {
    /// `REJECT_REQUEST` or `DROP_HEADER` for headers with `_` in their names; else they pass.
    pub headers_with_underscores_action: String,
}

/// `envoy.extensions.filters.network.http_connection_manager.v3.Rds`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rds {
    /// The name.
    pub route_config_name: String,
}

/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpFilter {
    /// Its name.
    pub name: String,
    /// Its configuration, with `@type`.
    pub typed_config: Value,
    /// Whether it is off, unless a route turns it on.
    pub disabled: bool,
}

/// `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TcpProxy {
    /// The cluster.
    pub cluster: String,
    /// Several clusters.
    pub weighted_clusters: Option<TcpWeightedClusters>,
}

/// `…tcp_proxy.v3.TcpProxy.WeightedCluster`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TcpWeightedClusters {
    /// The clusters.
    pub clusters: Vec<TcpClusterWeight>,
}

/// `…tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TcpClusterWeight {
    /// The cluster.
    pub name: String,
    /// Its part.
    pub weight: u32,
}
