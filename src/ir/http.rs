//! The HTTP connection manager and its filters.

use std::time::Duration;

use super::cluster::DnsCache;
use super::listener::{AccessLog, Cidr};
use super::route;

/// Envoy's `HttpConnectionManager`.
#[derive(Clone, Debug)]
pub struct HttpConnectionManager {
    /// Prefix of its statistics.
    pub stat_prefix: String,
    /// Where its routes are.
    pub routes: route::Source,
    /// Filters; `envoy/http_filter/order.rs` puts them in order.
    pub filters: Vec<HttpFilter>,
    /// Tracing; `None` where the mesh turns it off.
    pub tracing: Option<Tracing>,
    /// Logs of requests.
    pub access_logs: Vec<AccessLog>,
    /// HTTP/1.1, HTTP/2 or whatever the client speaks.
    pub codec: Codec,
    /// Whether the peer's address is the client's; `None` writes no choice.
    pub use_remote_address: Option<bool>,
    /// How many proxies in front are trusted.
    pub xff_num_trusted_hops: u32,
    /// Leaves `x-forwarded-for` alone.
    pub skip_xff_append: bool,
    /// Adds `x-forwarded-port`.
    pub append_x_forwarded_port: bool,
    /// What to do with `x-forwarded-client-cert`.
    pub forward_client_cert: ForwardClientCert,
    /// Which parts of the client's certificate are forwarded; `None` writes no choice.
    pub client_cert_details: Option<ClientCertDetails>,
    /// `server` header; empty writes none.
    pub server_name: String,
    /// What to do with the upstream's `server` header.
    pub server_header: ServerHeader,
    /// `common_http_protocol_options`; `None` writes none.
    pub common: Option<CommonHttpOptions>,
    /// HTTP/1 options; `None` writes none.
    pub http1: Option<Http1Options>,
    /// HTTP/2 options; `None` writes none.
    pub http2: Option<Http2Options>,
    /// How long a stream may be idle; zero is for ever.
    pub stream_idle_timeout: Option<Duration>,
    /// How long a request may take to arrive.
    pub request_timeout: Option<Duration>,
    /// How long a request's headers may take to arrive.
    pub request_headers_timeout: Option<Duration>,
    /// How long connections are drained.
    pub drain_timeout: Option<Duration>,
    /// How long closing may be delayed.
    pub delayed_close_timeout: Option<Duration>,
    /// Lets the upstream answer `Expect: 100-continue`.
    pub proxy_100_continue: bool,
    /// Protocols a connection may be upgraded to, as `websocket`.
    pub upgrades: Vec<String>,
    /// Path normalization.
    pub path: PathNormalization,
    /// Whether the request id decides sampling: writes `request_id_extension`.
    pub request_id_for_trace_sampling: bool,
    /// Addresses that count as internal; empty is Envoy's default.
    pub internal_addresses: Vec<Cidr>,
    /// Whether the request id header is made; `None` is Envoy's default (yes).
    pub generate_request_id: Option<bool>,
}

/// Which HTTP versions are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// As the connection says.
    Auto,
    /// HTTP/3.
    Http3,
}

/// Envoy's `ForwardClientCertDetails`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardClientCert {
    /// Removes the header; Envoy's default.
    Sanitize,
    /// Forwards over mTLS only.
    ForwardOnly,
    /// Appends over mTLS only.
    AppendForward,
    /// Replaces with the peer's certificate.
    SanitizeSet,
    /// Forwards whatever comes.
    AlwaysForwardOnly,
}

/// Which parts of the client's certificate go into `x-forwarded-client-cert`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCertDetails {
    /// The subject.
    pub subject: bool,
    /// The whole certificate.
    pub cert: bool,
    /// The whole chain.
    pub chain: bool,
    /// DNS names.
    pub dns: bool,
    /// URIs.
    pub uri: bool,
}

/// What happens to the `server` header of the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerHeader {
    /// Replaced; Envoy's default.
    Overwrite,
    /// Added where absent.
    AppendIfAbsent,
    /// Left alone.
    PassThrough,
}

/// Envoy's `HttpProtocolOptions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommonHttpOptions {
    /// Closes idle connections.
    pub idle_timeout: Option<Duration>,
    /// Ends streams.
    pub max_stream_duration: Option<Duration>,
    /// Ends connections.
    pub max_connection_duration: Option<Duration>,
    /// Requests a connection serves.
    pub max_requests_per_connection: Option<u32>,
    /// What to do with header names that hold `_`.
    pub headers_with_underscores: HeadersWithUnderscores,
    /// Bound on the number of headers.
    pub max_headers_count: Option<u32>,
}

/// What to do with header names that hold `_`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeadersWithUnderscores {
    /// Nothing; Envoy's default.
    #[default]
    Allow,
    /// Answer 400.
    RejectRequest,
    /// Drop the header.
    DropHeader,
}

/// HTTP/1 options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Http1Options {
    /// Takes HTTP/1.0.
    pub accept_http_10: bool,
    /// Keeps the case of header names.
    pub preserve_case: bool,
    /// Takes absolute URLs.
    pub allow_absolute_url: Option<bool>,
}

/// HTTP/2 options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Http2Options {
    /// Streams a connection may have.
    pub max_concurrent_streams: Option<u32>,
    /// Bytes a stream may have in flight.
    pub initial_stream_window_size: Option<u32>,
    /// Bytes a connection may have in flight.
    pub initial_connection_window_size: Option<u32>,
    /// Takes extended CONNECT.
    pub allow_connect: bool,
    /// Pings; `None` sends none.
    pub keepalive: Option<Http2Keepalive>,
}

/// Pings on HTTP/2 connections; `None` is not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Http2Keepalive {
    /// Between two.
    pub interval: Option<Duration>,
    /// How long an answer may take.
    pub timeout: Option<Duration>,
}

/// How paths are made alike before they are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathNormalization {
    /// RFC 3986; `None` writes no choice.
    pub normalize: Option<bool>,
    /// `//` counts as `/`.
    pub merge_slashes: bool,
    /// What to do with `%2F` and `%5C`.
    pub escaped_slashes: EscapedSlashes,
}

/// What to do with `%2F` and `%5C` in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscapedSlashes {
    /// Nothing is written.
    Default,
    /// Keep them.
    KeepUnchanged,
    /// Unescape and answer with a redirect.
    UnescapeAndRedirect,
    /// Unescape and go on.
    UnescapeAndForward,
    /// Answer 400.
    RejectRequest,
}

/// An HTTP filter.
#[derive(Clone, Debug, PartialEq)]
pub enum HttpFilter {
    /// Istio's peer metadata filter (`istio.metadata_exchange`).
    PeerMetadata(PeerMetadata),
    /// gRPC statistics.
    GrpcStats,
    /// gRPC-Web bridge.
    GrpcWeb,
    /// Istio's ALPN override.
    IstioAlpn,
    /// Fault injection.
    Fault,
    /// CORS.
    Cors,
    /// Resolves names for dynamic forward proxy clusters.
    DynamicForwardProxy(DnsCache),
    /// Sends on; always there and last.
    Router(RouterFilter),
}

/// What Istio's peer metadata filter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerMetadata {
    /// Towards upstreams.
    Outbound {
        /// Send no metadata to clusters outside the mesh.
        skip_external_clusters: bool,
    },
    /// From downstreams.
    Inbound {
        /// Send no metadata to clusters outside the mesh.
        skip_external_clusters: bool,
    },
}

/// Envoy's router filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouterFilter {
    /// Child spans for upstream calls.
    pub start_child_span: bool,
    /// Drops `x-envoy-*` response headers.
    pub suppress_envoy_headers: bool,
}

/// Tracing of an HTTP connection manager; percentages from 0 to 100.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracing {
    /// Requests that ask for it.
    pub client_sampling: f64,
    /// Requests at random.
    pub random_sampling: f64,
    /// Of all that were chosen.
    pub overall_sampling: f64,
    /// Longest path kept in a tag.
    pub max_path_tag_length: Option<u32>,
    /// In order.
    pub custom_tags: Vec<CustomTag>,
    /// Whether upstream calls get spans of their own; `None` writes no choice.
    pub spawn_upstream_span: Option<bool>,
}

/// A tag of every span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomTag {
    /// Its name.
    pub tag: String,
    /// Its value.
    pub value: CustomTagValue,
}

/// Where a tag's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomTagValue {
    /// As written.
    Literal(String),
    /// An environment variable of Envoy.
    Environment {
        /// Its name.
        name: String,
        /// Where it is not set.
        default: String,
    },
    /// A request header.
    Header {
        /// Its name.
        name: String,
        /// Where it is absent.
        default: String,
    },
    /// Dynamic metadata of the request.
    RequestMetadata {
        /// As `envoy.filters.http.rbac`.
        key: String,
        /// Keys inside.
        path: Vec<String>,
    },
}
