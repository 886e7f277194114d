//! `networking.istio.io/VirtualService`: which requests go where.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::one_of::one_of;
use crate::base::{Address, Base64, Duration, ExportTo, HostPattern, Labels, Port, Regex};

/// Routes for hosts.
/// <https://istio.io/latest/docs/reference/config/networking/virtual-service/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VirtualService {
    /// The hosts; a name without a dot is one of the VirtualService's namespace. None on a delegate.
    pub hosts: Vec<HostPattern>,
    /// The Gateways (`name`, `namespace/name`) it is bound to, `mesh` for all sidecars. None means `mesh`.
    pub gateways: Vec<String>,
    /// Routes of HTTP, the first that matches counts.
    pub http: Vec<HttpRoute>,
    /// Routes of TLS that is passed through, by SNI.
    pub tls: Vec<TlsRoute>,
    /// Routes of other connections.
    pub tcp: Vec<TcpRoute>,
    /// Who sees it; none means the mesh's default.
    pub export_to: Vec<ExportTo>,
}

/// A service, or a part of it, that traffic goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Destination {
    /// The service's host; a name without a dot is one of the VirtualService's namespace.
    pub host: HostPattern,
    /// A subset of the host's DestinationRule; empty for the whole service.
    pub subset: String,
    /// The service's port; may be absent where the service has only one.
    pub port: Option<PortSelector>,
}

/// A port by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PortSelector {
    /// The port.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub number: Option<Port>,
}

/// A rule for HTTP requests: when it matches, and what to do. What is large and seldom is in boxes: there are many.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRoute {
    /// A name for access logs.
    pub name: String,
    /// The alternatives of which one must match; none matches everything.
    #[serde(rename = "match")]
    pub matches: Vec<HttpMatchRequest>,
    /// Where to forward, by weight.
    pub route: Vec<HttpRouteDestination>,
    /// Answer with a redirect instead.
    pub redirect: Option<Box<HttpRedirect>>,
    /// Answer with a fixed response instead.
    pub direct_response: Option<HttpDirectResponse>,
    /// Take the routes of another VirtualService instead.
    pub delegate: Option<Delegate>,
    /// Change the path or authority before forwarding.
    pub rewrite: Option<Box<HttpRewrite>>,
    /// The longest a request may take; absent or zero means no limit.
    pub timeout: Option<Duration>,
    /// When to try again.
    pub retries: Option<Box<HttpRetry>>,
    /// Delays and errors to inject.
    pub fault: Option<Box<HttpFaultInjection>>,
    /// Where to send copies of requests; `mirrors` is its plural.
    pub mirror: Option<Destination>,
    /// Where to send copies of requests.
    pub mirrors: Vec<HttpMirrorPolicy>,
    /// The share of requests to copy to `mirror`, in whole percent; deprecated.
    #[serde(alias = "mirror_percent")]
    pub mirror_percent: Option<u32>,
    /// The share of requests to copy to `mirror`; absent means all.
    pub mirror_percentage: Option<Percent>,
    /// Cross-origin resource sharing.
    pub cors_policy: Option<Box<CorsPolicy>>,
    /// Headers to change for all destinations.
    pub headers: Option<Headers>,
}

/// Another VirtualService whose routes are taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Delegate {
    /// Its name.
    pub name: String,
    /// Its namespace; empty means the delegating one's.
    pub namespace: String,
}

/// Headers to change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Headers {
    /// In requests, before they are forwarded.
    pub request: Option<Box<HeaderOperations>>,
    /// In responses, before they are returned.
    pub response: Option<Box<HeaderOperations>>,
}

/// Changes of headers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HeaderOperations {
    /// Overwrite, by name.
    pub set: BTreeMap<String, String>,
    /// Append, by name.
    pub add: BTreeMap<String, String>,
    /// Remove.
    pub remove: Vec<String>,
}

/// A rule for TLS that is passed through.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsRoute {
    /// The alternatives of which one must match.
    #[serde(rename = "match")]
    pub matches: Vec<TlsMatchAttributes>,
    /// Where to forward, by weight.
    pub route: Vec<RouteDestination>,
}

/// A rule for connections.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TcpRoute {
    /// The alternatives of which one must match; none matches everything.
    #[serde(rename = "match")]
    pub matches: Vec<L4MatchAttributes>,
    /// Where to forward, by weight.
    pub route: Vec<RouteDestination>,
}

/// Conditions on a request, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpMatchRequest {
    /// A name, appended to the route's in access logs.
    pub name: String,
    /// The path.
    pub uri: Option<StringMatch>,
    /// `http` or `https`.
    pub scheme: Option<StringMatch>,
    /// The method.
    pub method: Option<StringMatch>,
    /// The authority (Host).
    pub authority: Option<StringMatch>,
    /// Headers by lower-case name; an empty condition asks only that the header is there.
    pub headers: BTreeMap<String, StringMatch>,
    /// The port the client asks for.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
    /// Labels of the client's workload, for sidecars.
    pub source_labels: Labels,
    /// The Gateways it holds for; none means those of the VirtualService.
    pub gateways: Vec<String>,
    /// Query parameters by name.
    pub query_params: BTreeMap<String, StringMatch>,
    /// Ignore the case of the path (exact and prefix).
    pub ignore_uri_case: bool,
    /// Headers that must not match; an empty condition asks that the header is absent.
    pub without_headers: BTreeMap<String, StringMatch>,
    /// The client's namespace, for sidecars.
    pub source_namespace: String,
    /// A prefix for the route's own statistics.
    pub stat_prefix: String,
}

one_of! {
    /// A condition on a text, case-sensitive.
    pub enum StringMatch {
        /// It is this.
        exact => Exact(String),
        /// It starts with this.
        prefix => Prefix(String),
        /// The whole of it matches this RE2 expression.
        regex => Regex(Regex),
    }
}

/// A destination of HTTP with its share.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRouteDestination {
    /// Where to.
    pub destination: Option<Destination>,
    /// Its share of the sum of all weights; a single destination takes all.
    pub weight: i32,
    /// Headers to change for this destination.
    pub headers: Option<Headers>,
}

/// A destination of connections with its share.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteDestination {
    /// Where to.
    pub destination: Option<Destination>,
    /// Its share of the sum of all weights; a single destination takes all.
    pub weight: i32,
}

/// Conditions on a connection, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct L4MatchAttributes {
    /// Ranges of which one holds the original destination.
    pub destination_subnets: Vec<Address>,
    /// The port the client asks for.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
    /// A range for the client's address; not implemented by Istio.
    pub source_subnet: String,
    /// Labels of the client's workload, for sidecars.
    pub source_labels: Labels,
    /// The Gateways it holds for; none means those of the VirtualService.
    pub gateways: Vec<String>,
    /// The client's namespace, for sidecars.
    pub source_namespace: String,
}

/// Conditions on a TLS connection, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsMatchAttributes {
    /// Server names of which one is asked for; each within a host of the VirtualService.
    pub sni_hosts: Vec<HostPattern>,
    /// Ranges of which one holds the original destination.
    pub destination_subnets: Vec<Address>,
    /// The port the client asks for.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
    /// Labels of the client's workload, for sidecars.
    pub source_labels: Labels,
    /// The Gateways it holds for; none means those of the VirtualService.
    pub gateways: Vec<String>,
    /// The client's namespace, for sidecars.
    pub source_namespace: String,
}

/// A redirect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRedirect {
    /// The whole new path; empty keeps it.
    pub uri: String,
    /// What replaces the matched prefix of the path.
    pub prefix_rewrite: String,
    /// The new host; empty keeps it.
    pub authority: String,
    /// The new port; excludes `derive_port`.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
    /// Where the new port comes from; excludes `port`.
    pub derive_port: Option<RedirectPortSelection>,
    /// The new scheme; empty keeps it.
    pub scheme: String,
    /// 301, 302, 303, 307 or 308; 0 means 301.
    pub redirect_code: u32,
}

/// Where a redirect's port comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RedirectPortSelection {
    /// 80 or 443 by the scheme.
    #[default]
    FromProtocolDefault,
    /// The request's.
    FromRequestPort,
}

/// A fixed response.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpDirectResponse {
    /// The status code.
    pub status: u32,
    /// The content.
    pub body: Option<HttpBody>,
}

one_of! {
    /// The content of a fixed response.
    pub enum HttpBody {
        /// As text.
        string => String(String),
        /// As bytes.
        bytes => Bytes(Base64),
    }
}

/// What a request becomes before it is forwarded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRewrite {
    /// What replaces the path, or the matched prefix of it.
    pub uri: String,
    /// The new authority.
    pub authority: String,
    /// A rewrite of the path by an expression; excludes `uri`.
    pub uri_regex_rewrite: Option<RegexRewrite>,
}

/// A rewrite by an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RegexRewrite {
    /// What is replaced.
    #[serde(rename = "match")]
    pub pattern: Regex,
    /// The replacement, with `\1` for the first group.
    pub rewrite: String,
}

/// When to try again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRetry {
    /// How many retries; 0 turns them off.
    pub attempts: i32,
    /// The longest each try may take; absent means the route's timeout.
    pub per_try_timeout: Option<Duration>,
    /// Envoy's conditions and status codes, comma-separated; empty takes Istio's defaults.
    pub retry_on: String,
    /// Whether other localities may be tried.
    pub retry_remote_localities: Option<bool>,
    /// Whether hosts that were tried are avoided; absent means yes.
    pub retry_ignore_previous_hosts: Option<bool>,
    /// The base of the back-off between tries; absent means 25 ms.
    pub backoff: Option<Duration>,
}

/// Cross-origin resource sharing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CorsPolicy {
    /// Origins that are let in, as text; deprecated.
    pub allow_origin: Vec<String>,
    /// Origins that are let in.
    pub allow_origins: Vec<StringMatch>,
    /// `Access-Control-Allow-Methods`.
    pub allow_methods: Vec<String>,
    /// `Access-Control-Allow-Headers`.
    pub allow_headers: Vec<String>,
    /// `Access-Control-Expose-Headers`.
    pub expose_headers: Vec<String>,
    /// How long a preflight may be kept.
    pub max_age: Option<Duration>,
    /// Whether credentials may be sent.
    pub allow_credentials: Option<bool>,
    /// What happens with preflights of other origins.
    pub unmatched_preflights: UnmatchedPreflights,
}

/// What happens with preflights of origins that are not let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnmatchedPreflights {
    /// As forward.
    #[default]
    Unspecified,
    /// They reach the service.
    Forward,
    /// They are answered without CORS headers.
    Ignore,
}

/// Faults to inject.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpFaultInjection {
    /// Delays before forwarding.
    pub delay: Option<Delay>,
    /// Errors instead of forwarding.
    pub abort: Option<Abort>,
}

/// An injected delay.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Delay {
    /// The share in whole percent; deprecated.
    pub percent: i32,
    /// How long; excludes `exponential_delay`.
    pub fixed_delay: Option<Duration>,
    /// Not implemented by Istio.
    pub exponential_delay: Option<Duration>,
    /// The share of requests.
    pub percentage: Option<Percent>,
}

/// An injected error.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Abort {
    /// The HTTP status; excludes the others.
    pub http_status: Option<i32>,
    /// The gRPC status by name or number; excludes the others.
    pub grpc_status: Option<String>,
    /// Not implemented by Istio.
    pub http2_error: Option<String>,
    /// The share of requests; absent means all.
    pub percentage: Option<Percent>,
}

/// A destination for copies.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpMirrorPolicy {
    /// Where to.
    pub destination: Option<Destination>,
    /// The share of requests; absent means all.
    pub percentage: Option<Percent>,
}

/// A share, 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Percent {
    /// In percent; Istio sends it on in millionths.
    pub value: f64,
}
