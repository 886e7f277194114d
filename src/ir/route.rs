//! Route configurations, virtual hosts and routes.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::{FractionalPercent, StringMatch};
use crate::base::Origins;

/// Where a connection manager's routes are.
#[derive(Clone, Debug)]
pub enum Source {
    /// In the proxy's [`super::Outbound::route_configurations`], by name.
    Rds(String),
    /// Here.
    Inline(Box<RouteConfiguration>),
}

/// A route configuration.
#[derive(Clone, Debug)]
pub struct RouteConfiguration {
    /// What the user wrote that made it.
    pub origins: Origins,
    /// Its name, as `http.8080`.
    pub name: String,
    /// In order; Envoy picks by domain.
    pub virtual_hosts: Vec<VirtualHost>,
    /// Whether Envoy refuses routes to clusters that it does not know; `None` writes no choice.
    pub validate_clusters: Option<bool>,
    /// Bound on bodies of direct responses, in bytes.
    pub max_direct_response_body_size_bytes: Option<u32>,
    /// Whether `host:port` matches a domain `host`.
    pub ignore_port_in_host_matching: bool,
}

/// A virtual host.
#[derive(Clone, Debug)]
pub struct VirtualHost {
    /// What the user wrote that made it.
    pub origins: Origins,
    /// Its name, as `shop.example.com:80`.
    pub name: String,
    /// Exact, `*.suffix`, `prefix.*` or `*`.
    pub domains: Vec<String>,
    /// In order: the first that matches takes the request.
    pub routes: Vec<Route>,
    /// Redirects plain requests to `https`.
    pub require_tls: bool,
    /// Adds `x-envoy-attempt-count`.
    pub include_request_attempt_count: bool,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// What the user wrote that made it.
    pub origins: Origins,
    /// Its name; may be empty.
    pub name: String,
    /// Which requests it takes.
    pub matches: RouteMatch,
    /// What becomes of them.
    pub action: Action,
    /// The path of the Istio object that made it (`/apis/…`), written to `metadata.istio.config`.
    pub config_path: Option<Arc<str>>,
    /// `decorator.operation`: the span's name.
    pub decorator: Option<String>,
    /// Changes of the request's headers.
    pub request_headers: HeaderChanges,
    /// Changes of the response's headers.
    pub response_headers: HeaderChanges,
    /// Cross-origin policy.
    pub cors: Option<Box<CorsPolicy>>,
    /// Fault injection.
    pub fault: Option<Box<Fault>>,
    /// Prefix of the route's own statistics.
    pub stat_prefix: Option<String>,
}

impl Route {
    /// A route that takes every request.
    pub fn for_everything(name: &str, action: Action) -> Self {
        Self {
            origins: Origins::new(),
            name: name.to_owned(),
            matches: RouteMatch::everything(),
            action,
            config_path: None,
            decorator: None,
            request_headers: HeaderChanges::default(),
            response_headers: HeaderChanges::default(),
            cors: None,
            fault: None,
            stat_prefix: None,
        }
    }
}

/// Which requests a route takes.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteMatch {
    /// The path.
    pub path: PathMatch,
    /// Whether the path's case counts; `None` writes no choice.
    pub case_sensitive: Option<bool>,
    /// All must hold.
    pub headers: Vec<HeaderMatch>,
    /// All must hold.
    pub query_parameters: Vec<QueryMatch>,
    /// JWT claims, as dynamic metadata; all must hold.
    pub claims: Vec<ClaimMatch>,
    /// Only gRPC requests.
    pub grpc: bool,
}

impl RouteMatch {
    /// Takes every request: the prefix `/`, and no condition.
    pub fn everything() -> Self {
        Self {
            path: PathMatch::Prefix("/".to_owned()),
            case_sensitive: None,
            headers: Vec::new(),
            query_parameters: Vec::new(),
            claims: Vec::new(),
            grpc: false,
        }
    }
}

/// How the path is matched, without its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathMatch {
    /// It begins so.
    Prefix(String),
    /// It is so.
    Exact(String),
    /// It matches an RE2 expression as a whole.
    Regex(String),
    /// It is so, or goes on with a `/`.
    PathSeparatedPrefix(String),
}

/// One condition on a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderMatch {
    /// The header, or a pseudo-header as `:method`.
    pub name: String,
    /// The condition.
    pub matches: ValueMatch,
    /// Whether it must not hold.
    pub invert: bool,
    /// Whether an absent header counts as empty.
    pub treat_missing_as_empty: bool,
}

/// One condition on a query parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryMatch {
    /// Its name.
    pub name: String,
    /// The condition.
    pub matches: ValueMatch,
}

/// A condition on a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueMatch {
    /// It is there.
    Present,
    /// It matches.
    String(StringMatch),
}

/// One condition on a claim of the request's JWT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimMatch {
    /// Keys from `payload` on.
    pub path: Vec<String>,
    /// The condition, on a string or on an element of a list.
    pub matches: StringMatch,
    /// Whether it must not hold.
    pub invert: bool,
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Action {
    /// It is sent on.
    Forward(Box<Forward>),
    /// It is answered with a redirect.
    Redirect(Redirect),
    /// It is answered.
    DirectResponse(DirectResponse),
    /// Left to filters; Envoy's `non_forwarding_action`.
    NonForwarding,
}

/// Envoy's `RouteAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Where to.
    pub clusters: Clusters,
    /// How long the whole may take; zero is for ever, `None` is Envoy's 15 s.
    pub timeout: Option<Duration>,
    /// Bound on `grpc-timeout`; Envoy's deprecated `max_grpc_timeout`, which Istio writes.
    pub max_grpc_timeout: Option<Duration>,
    /// Bound on the stream and on `grpc-timeout`; Envoy's `max_stream_duration`.
    pub max_stream_duration: Option<MaxStreamDuration>,
    /// How long the stream may be idle.
    pub idle_timeout: Option<Duration>,
    /// Retries.
    pub retry: Option<RetryPolicy>,
    /// Change of the path.
    pub path_rewrite: Option<PathRewrite>,
    /// Change of the authority.
    pub host_rewrite: Option<HostRewrite>,
    /// Copies.
    pub mirrors: Vec<Mirror>,
    /// What consistent hashing reads, in order.
    pub hash_policies: Vec<HashPolicy>,
    /// Whether the original authority is appended to `x-forwarded-host`.
    pub append_x_forwarded_host: bool,
    /// Which status answers for an unknown cluster; `None` is Envoy's 503.
    pub cluster_not_found: Option<u32>,
}

/// Envoy's `RouteAction.MaxStreamDuration`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxStreamDuration {
    /// Bound on the stream.
    pub max_stream_duration: Option<Duration>,
    /// Bound on `grpc-timeout`.
    pub grpc_timeout_header_max: Option<Duration>,
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clusters {
    /// One cluster.
    Single(String),
    /// Several, by weight.
    Weighted(Vec<WeightedCluster>),
    /// The cluster that this header names.
    Header(String),
}

/// One of several clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightedCluster {
    /// Its name.
    pub name: String,
    /// Its share, of the sum of all.
    pub weight: u32,
    /// Changes of the request's headers.
    pub request_headers: HeaderChanges,
    /// Changes of the response's headers.
    pub response_headers: HeaderChanges,
    /// Change of the authority.
    pub host_rewrite: Option<HostRewrite>,
}

/// Change of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathRewrite {
    /// The matched prefix (or path) is replaced.
    Prefix(String),
    /// What the expression finds is replaced.
    Regex {
        /// RE2.
        pattern: String,
        /// With `\1` for groups.
        substitution: String,
    },
}

/// Change of the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRewrite {
    /// To this.
    Literal(String),
    /// To the endpoint's DNS name.
    Auto,
}

/// Changes of headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderChanges {
    /// Set or added, in order.
    pub add: Vec<HeaderValue>,
    /// Removed, in order.
    pub remove: Vec<String>,
}

/// A header to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderValue {
    /// Its name.
    pub name: String,
    /// Its value, an Envoy format string.
    pub value: String,
    /// Whether it replaces what is there, or is added to it.
    pub overwrite: bool,
}

/// Envoy's `RetryPolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Comma-separated conditions.
    pub retry_on: Cow<'static, str>,
    /// How often.
    pub num_retries: u32,
    /// How long one try may take.
    pub per_try_timeout: Option<Duration>,
    /// Answers that are retried under `retriable-status-codes`.
    pub retriable_status_codes: Vec<u32>,
    /// Whether hosts that failed are avoided.
    pub avoid_previous_hosts: bool,
    /// How often another host is looked for.
    pub host_selection_retry_max_attempts: i64,
    /// Whether other priorities are tried, and after how many tries.
    pub previous_priorities: Option<i32>,
    /// First pause between tries.
    pub base_interval: Option<Duration>,
}

/// A copy of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Where to.
    pub cluster: String,
    /// How many; `None` is all, not written.
    pub fraction: Option<FractionalPercent>,
}

/// What consistent hashing reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashPolicy {
    /// A header.
    Header(String),
    /// A cookie, made where it is absent and has a lifetime.
    Cookie {
        /// Its name.
        name: String,
        /// Its path.
        path: String,
        /// Its lifetime.
        ttl: Option<Duration>,
        /// Other attributes, in order.
        attributes: Vec<(String, String)>,
    },
    /// The client's address; `false` writes the key without it.
    SourceIp(bool),
    /// A query parameter.
    QueryParameter(String),
}

/// Envoy's `RedirectAction`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redirect {
    /// The new host.
    pub host: Option<String>,
    /// The new path.
    pub path: Option<RedirectPath>,
    /// The new scheme.
    pub scheme: Option<String>,
    /// `https` whatever the scheme was.
    pub https: bool,
    /// The new port.
    pub port: Option<u32>,
    /// 301, 302, 303, 307 or 308.
    pub status: RedirectStatus,
}

/// The new path of a redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectPath {
    /// The whole path.
    Full(String),
    /// What matched is replaced.
    Prefix(String),
    /// What the expression finds is replaced.
    Regex {
        /// RE2.
        pattern: String,
        /// With `\1` for groups.
        substitution: String,
    },
}

/// The status of a redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedirectStatus {
    /// 301.
    #[default]
    MovedPermanently,
    /// 302.
    Found,
    /// 303.
    SeeOther,
    /// 307.
    TemporaryRedirect,
    /// 308.
    PermanentRedirect,
}

/// An answer that Envoy gives itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectResponse {
    /// Its status.
    pub status: u32,
    /// Its body.
    pub body: Option<Body>,
}

/// The body of a direct response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Envoy's `CorsPolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsPolicy {
    /// Which origins.
    pub allow_origins: Vec<StringMatch>,
    /// `access-control-allow-methods`.
    pub allow_methods: String,
    /// `access-control-allow-headers`.
    pub allow_headers: String,
    /// `access-control-expose-headers`.
    pub expose_headers: String,
    /// `access-control-max-age`, in seconds.
    pub max_age: String,
    /// `access-control-allow-credentials`; `None` writes no choice.
    pub allow_credentials: Option<bool>,
    /// Whether preflights of other origins reach the upstream; `None` writes no choice.
    pub forward_not_matching_preflights: Option<bool>,
}

/// Fault injection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A delay.
    pub delay: Option<FaultDelay>,
    /// An answer instead of the upstream's.
    pub abort: Option<FaultAbort>,
}

/// A delay before the request is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultDelay {
    /// How long.
    pub fixed_delay: Duration,
    /// How many requests.
    pub percentage: FractionalPercent,
}

/// An answer instead of the upstream's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultAbort {
    /// Which answer.
    pub status: AbortStatus,
    /// How many requests; `None` writes none.
    pub percentage: Option<FractionalPercent>,
}

/// Which answer a fault gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbortStatus {
    /// An HTTP status.
    Http(u32),
    /// A gRPC status.
    Grpc(u32),
}
