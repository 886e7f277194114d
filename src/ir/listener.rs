//! Listeners, filter chains, network filters.

use std::time::Duration;

use super::Address;
use super::http::HttpConnectionManager;
use super::tls::DownstreamTls;
use crate::base::Origins;

/// A listener.
#[derive(Clone, Debug)]
pub struct Listener {
    /// What the user wrote that made it.
    pub origins: Origins,
    /// Its name, as `0.0.0.0_8080`.
    pub name: String,
    /// Where it listens: the first is the address, the rest are additional addresses.
    pub addresses: Vec<Address>,
    /// TCP, or UDP with QUIC.
    pub transport: Transport,
    /// Whether a socket is opened, or traffic arrives from another listener.
    pub binding: Binding,
    /// In order.
    pub listener_filters: Vec<ListenerFilter>,
    /// How long listener filters may wait for bytes; `None` is Envoy's default of 15 s.
    pub listener_filters_timeout: Option<Duration>,
    /// Whether the connection goes on when they waited in vain.
    pub continue_on_listener_filters_timeout: bool,
    /// In the order they were made; Envoy gives it no meaning.
    pub filter_chains: Vec<FilterChain>,
    /// For connections that no chain matches.
    pub default_filter_chain: Option<FilterChain>,
    /// Whether the connection is handed to the listener of its original destination.
    pub use_original_dst: bool,
    /// `IP_TRANSPARENT`, for TPROXY interception.
    pub transparent: bool,
    /// Bytes of read and write buffer a connection may use.
    pub per_connection_buffer_limit_bytes: Option<u32>,
    /// How many connections one socket event accepts.
    pub max_connections_to_accept_per_socket_event: Option<u32>,
    /// Whether workers take exactly as many connections each.
    pub exact_balance: bool,
    /// Logs of connections that no filter chain takes.
    pub access_logs: Vec<AccessLog>,
}

/// What a listener speaks below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP with QUIC, for HTTP/3.
    Quic,
}

/// Whether a listener opens a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// It does; Envoy's default, not written.
    Default,
    /// It does, and says so.
    Bound,
    /// It does not: connections come from `virtualOutbound` by their original destination.
    Captured,
}

/// A listener filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerFilter {
    /// Which.
    pub kind: ListenerFilterKind,
    /// Ports for which it is off.
    pub disabled: Option<PortPredicate>,
}

/// The listener filters that Istio uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerFilterKind {
    /// Reads the ClientHello.
    TlsInspector,
    /// Reads the first bytes of HTTP.
    HttpInspector,
    /// Restores the address before redirection.
    OriginalDst,
    /// Restores the source address, for TPROXY.
    OriginalSrc,
    /// Reads the PROXY protocol header.
    ProxyProtocol,
}

/// A set of destination ports, as Envoy's `ListenerFilterChainMatchPredicate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortPredicate {
    /// This port.
    Port(u32),
    /// Any of these.
    AnyOf(Vec<PortPredicate>),
    /// All but these.
    Not(Box<PortPredicate>),
}

/// A filter chain.
#[derive(Clone, Debug)]
pub struct FilterChain {
    /// What the user wrote that made it.
    pub origins: Origins,
    /// Its name; empty where Istio gives none.
    pub name: String,
    /// Which connections it takes; `None` writes no match at all.
    pub matches: Option<FilterChainMatch>,
    /// TLS; `None` is plain text.
    pub tls: Option<DownstreamTls>,
    /// How long the handshake may take.
    pub transport_socket_connect_timeout: Option<Duration>,
    /// Network filters in order.
    pub filters: Vec<NetworkFilter>,
    /// The path of the Istio object that made it (`/apis/…`), written to `metadata.istio.config`.
    pub config_path: Option<String>,
}

/// Which connections a filter chain takes; Envoy's `FilterChainMatch`. Empty parts match all.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilterChainMatch {
    /// The original destination port.
    pub destination_port: Option<u32>,
    /// CIDR blocks of the destination.
    pub prefix_ranges: Vec<Cidr>,
    /// CIDR blocks of the source.
    pub source_prefix_ranges: Vec<Cidr>,
    /// SNI, exact or `*.suffix`.
    pub server_names: Vec<String>,
    /// `tls`, `raw_buffer`, `quic`; empty is any.
    pub transport_protocol: String,
    /// ALPN, or what the HTTP inspector found.
    pub application_protocols: Vec<String>,
}

/// A CIDR block.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    /// The address.
    pub address: String,
    /// How many bits count.
    pub prefix_len: u32,
}

/// A network filter.
#[derive(Clone, Debug)]
pub enum NetworkFilter {
    /// HTTP.
    HttpConnectionManager(Box<HttpConnectionManager>),
    /// Bytes.
    TcpProxy(Box<TcpProxy>),
    /// Statistics of the MongoDB protocol.
    MongoProxy {
        /// Prefix of its statistics.
        stat_prefix: String,
    },
    /// Makes the SNI the cluster's name, for AUTO_PASSTHROUGH.
    SniCluster,
    /// Istio's `istio.metadata_exchange`.
    MetadataExchange,
    /// Closes every connection: stands for what must not be served without an identity.
    Refuse,
    /// Resolves the SNI, for dynamic forwarding of TLS.
    SniDynamicForwardProxy {
        /// Port to connect to.
        port: u32,
        /// The DNS cache, shared with the cluster.
        dns_cache: super::cluster::DnsCache,
    },
}

/// A TCP proxy.
#[derive(Clone, Debug)]
pub struct TcpProxy {
    /// Prefix of its statistics.
    pub stat_prefix: String,
    /// Where the bytes go.
    pub clusters: TcpClusters,
    /// Closes a connection without traffic after this time; 0 never.
    pub idle_timeout: Option<Duration>,
    /// Closes any connection after this time.
    pub max_downstream_connection_duration: Option<Duration>,
    /// Logs of connections.
    pub access_logs: Vec<AccessLog>,
    /// Whether consistent hashing reads the client's address.
    pub hash_source_ip: bool,
    /// Speaks HTTP CONNECT (or POST) to the upstream first.
    pub tunneling: Option<Tunneling>,
}

impl TcpProxy {
    /// All bytes to one cluster, whose name is the prefix of the statistics.
    pub fn to(cluster: &str) -> Self {
        Self {
            stat_prefix: cluster.to_owned(),
            clusters: TcpClusters::Single(cluster.to_owned()),
            idle_timeout: None,
            max_downstream_connection_duration: None,
            access_logs: Vec::new(),
            hash_source_ip: false,
            tunneling: None,
        }
    }
}

/// The cluster of a TCP proxy.
#[derive(Clone, Debug)]
pub enum TcpClusters {
    /// One.
    Single(String),
    /// Several, by weight.
    Weighted(Vec<(String, u32)>),
}

/// `TcpProxy.TunnelingConfig`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunneling {
    /// `host:port`, or a formatter as `%DOWNSTREAM_LOCAL_ADDRESS%`.
    pub hostname: String,
    /// POST instead of CONNECT.
    pub use_post: bool,
}

/// An access log.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessLog {
    /// What is logged.
    pub filter: Option<AccessLogFilter>,
    /// Where and how.
    pub sink: AccessLogSink,
}

/// What an access log logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessLogFilter {
    /// Only connections with one of these response flags, as `NR`.
    ResponseFlags(Vec<String>),
}

/// Where an access log goes.
#[derive(Clone, Debug, PartialEq)]
pub enum AccessLogSink {
    /// A file.
    File {
        /// Its path, as `/dev/stdout`.
        path: String,
        /// What a line looks like.
        format: LogFormat,
    },
}

/// What a line of a log looks like.
#[derive(Clone, Debug, PartialEq)]
pub enum LogFormat {
    /// A format string.
    Text(String),
    /// A JSON object whose leaves are format strings.
    Json(serde_json::Value),
}
