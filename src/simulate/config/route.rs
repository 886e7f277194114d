//! Route configurations: virtual hosts, routes, and what routes do.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::matcher::{HeaderMatcher, QueryParameterMatcher, RegexMatcher, RegexRewrite};

/// `envoy.config.route.v3.RouteConfiguration`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RouteConfiguration {
    /// Its name.
    pub name: String,
    /// The virtual hosts.
    pub virtual_hosts: Vec<VirtualHost>,
    /// What filters do here.
    pub typed_per_filter_config: Map<String, Value>,
    /// Whether the changes of headers of the route come last, and not first.
    pub most_specific_header_mutations_wins: bool,
    /// Whether the port of a host is left out of the match with domains.
    pub ignore_port_in_host_matching: bool,
    /// Headers added to requests.
    pub request_headers_to_add: Vec<HeaderValueOption>,
    /// Headers removed from requests.
    pub request_headers_to_remove: Vec<String>,
    /// Headers added to responses.
    pub response_headers_to_add: Vec<HeaderValueOption>,
    /// Headers removed from responses.
    pub response_headers_to_remove: Vec<String>,
}

/// `envoy.config.route.v3.VirtualHost`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VirtualHost {
    /// Its name.
    pub name: String,
    /// The hosts that it takes: `a.com`, `*.com`, `a.*` or `*`.
    pub domains: Vec<String>,
    /// Its routes: the first that matches counts.
    pub routes: Vec<Route>,
    /// `ALL` or `EXTERNAL_ONLY` where plain HTTP is redirected.
    pub require_tls: String,
    /// Another way to choose a route, instead of `routes`.
    pub matcher: Option<Value>,
    /// Headers added to requests.
    pub request_headers_to_add: Vec<HeaderValueOption>,
    /// Headers removed from requests.
    pub request_headers_to_remove: Vec<String>,
    /// Headers added to responses.
    pub response_headers_to_add: Vec<HeaderValueOption>,
    /// Headers removed from responses.
    pub response_headers_to_remove: Vec<String>,
    /// What filters do here.
    pub typed_per_filter_config: Map<String, Value>,
}

/// `envoy.config.route.v3.Route`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Route {
    /// Its name; may be empty.
    pub name: String,
    /// What it takes.
    #[serde(rename = "match")]
    pub matches: RouteMatch,
    /// Sends the request to a cluster.
    pub route: Option<RouteAction>,
    /// Sends the client elsewhere.
    pub redirect: Option<RedirectAction>,
    /// Answers by itself.
    pub direct_response: Option<DirectResponseAction>,
    /// Headers added to requests.
    pub request_headers_to_add: Vec<HeaderValueOption>,
    /// Headers removed from requests.
    pub request_headers_to_remove: Vec<String>,
    /// Headers added to responses.
    pub response_headers_to_add: Vec<HeaderValueOption>,
    /// Headers removed from responses.
    pub response_headers_to_remove: Vec<String>,
    /// What filters do here.
    pub typed_per_filter_config: Map<String, Value>,
}

/// `envoy.config.route.v3.RouteMatch`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RouteMatch {
    /// The start of the path.
    pub prefix: Option<String>,
    /// All of the path, without query.
    pub path: Option<String>,
    /// A regular expression for all of the path, without query.
    pub safe_regex: Option<RegexMatcher>,
    /// The path, or its start up to a `/`.
    pub path_separated_prefix: Option<String>,
    /// CONNECT requests.
    pub connect_matcher: Option<Value>,
    /// A template of paths, which is an extension.
    pub path_match_policy: Option<Value>,
    /// Whether case counts; unset is so.
    pub case_sensitive: Option<bool>,
    /// A share of the requests.
    pub runtime_fraction: Option<RuntimeFraction>,
    /// All of these.
    pub headers: Vec<HeaderMatcher>,
    /// All of these.
    pub query_parameters: Vec<QueryParameterMatcher>,
    /// Only gRPC.
    pub grpc: Option<Value>,
    /// By the client's certificate.
    pub tls_context: Option<Value>,
    /// By what filters left, as a token's claims.
    pub dynamic_metadata: Vec<DynamicMetadata>,
    /// By what filters left.
    pub filter_state: Vec<Value>,
    /// By cookies.
    pub cookies: Vec<Value>,
}

/// `envoy.type.matcher.v3.MetadataMatcher`, as far as a request without metadata needs it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DynamicMetadata {
    /// The filter that left it.
    pub filter: String,
    /// The opposite.
    pub invert: bool,
}

/// `envoy.config.core.v3.RuntimeFractionalPercent`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RuntimeFraction {
    /// The share without any runtime setting.
    pub default_value: FractionalPercent,
    /// The runtime setting's key.
    pub runtime_key: String,
}

/// `envoy.type.v3.FractionalPercent`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FractionalPercent {
    /// The share.
    pub numerator: u32,
    /// Of `HUNDRED` (also where it is empty), `TEN_THOUSAND` or `MILLION`.
    pub denominator: String,
}

impl FractionalPercent {
    /// The share, of a million.
    pub fn per_million(&self) -> u32 {
        self.numerator.saturating_mul(1_000_000 / self.denominator())
    }

    /// Of how many.
    pub fn denominator(&self) -> u32 {
        match self.denominator.as_str() {
            "TEN_THOUSAND" => 10_000,
            "MILLION" => 1_000_000,
            _ => 100,
        }
    }
}

/// `envoy.config.route.v3.RouteAction`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RouteAction {
    /// The cluster.
    pub cluster: String,
    /// The header that names the cluster.
    pub cluster_header: String,
    /// Several clusters.
    pub weighted_clusters: Option<WeightedClusters>,
    /// What is answered for a cluster that does not exist.
    pub cluster_not_found_response_code: String,
    /// Replaces what matched of the path.
    pub prefix_rewrite: String,
    /// Replaces parts of the path.
    pub regex_rewrite: Option<RegexRewrite>,
    /// Replaces the host.
    pub host_rewrite_literal: String,
    /// The host becomes the endpoint's hostname.
    pub auto_host_rewrite: bool,
    /// The host becomes this header's value.
    pub host_rewrite_header: String,
    /// The host becomes the rewritten path.
    pub host_rewrite_path_regex: Option<RegexRewrite>,
    /// How long an answer may take, as `15s`; unset is 15 seconds.
    pub timeout: Option<String>,
    /// When to try again.
    pub retry_policy: Option<RetryPolicy>,
    /// Where copies go.
    pub request_mirror_policies: Vec<MirrorPolicy>,
}

/// `envoy.config.route.v3.WeightedCluster`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WeightedClusters {
    /// The clusters.
    pub clusters: Vec<ClusterWeight>,
}

/// `envoy.config.route.v3.WeightedCluster.ClusterWeight`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClusterWeight {
    /// The cluster.
    pub name: String,
    /// The header that names the cluster.
    pub cluster_header: String,
    /// Its part.
    pub weight: u32,
    /// Replaces the host.
    pub host_rewrite_literal: String,
    /// Headers added to requests.
    pub request_headers_to_add: Vec<HeaderValueOption>,
    /// Headers removed from requests.
    pub request_headers_to_remove: Vec<String>,
    /// Headers added to responses.
    pub response_headers_to_add: Vec<HeaderValueOption>,
    /// Headers removed from responses.
    pub response_headers_to_remove: Vec<String>,
    /// What filters do for it.
    pub typed_per_filter_config: Map<String, Value>,
}

/// `envoy.config.route.v3.RetryPolicy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RetryPolicy {
    /// When.
    pub retry_on: String,
    /// How often; unset is once.
    pub num_retries: Option<u32>,
    /// How long one try may take.
    pub per_try_timeout: Option<String>,
}

/// `envoy.config.route.v3.RouteAction.RequestMirrorPolicy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MirrorPolicy {
    /// The cluster.
    pub cluster: String,
    /// Of how many requests; unset is all.
    pub runtime_fraction: Option<RuntimeFraction>,
}

/// `envoy.config.core.v3.HeaderValueOption`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HeaderValueOption {
    /// The header.
    pub header: HeaderValue,
    /// As `OVERWRITE_IF_EXISTS_OR_ADD`; empty is `APPEND_IF_EXISTS_OR_ADD`.
    pub append_action: String,
    /// Whether a header without value is added all the same.
    pub keep_empty_value: bool,
}

/// `envoy.config.core.v3.HeaderValue`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HeaderValue {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// `envoy.config.route.v3.RedirectAction`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RedirectAction {
    /// To `https`.
    pub https_redirect: bool,
    /// To this scheme.
    pub scheme_redirect: String,
    /// To this host.
    pub host_redirect: String,
    /// To this port; 0 is none.
    pub port_redirect: u32,
    /// To this path.
    pub path_redirect: String,
    /// Replaces what matched of the path.
    pub prefix_rewrite: String,
    /// Replaces parts of the path.
    pub regex_rewrite: Option<RegexRewrite>,
    /// As `FOUND`; empty is `MOVED_PERMANENTLY`.
    pub response_code: String,
    /// Whether the query is left out.
    pub strip_query: bool,
}

/// `envoy.config.route.v3.DirectResponseAction`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DirectResponseAction {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: DataSource,
}

/// `envoy.config.core.v3.DataSource`, as far as it is written in place.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DataSource {
    /// The text.
    pub inline_string: Option<String>,
}
