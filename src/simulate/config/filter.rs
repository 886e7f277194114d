//! HTTP filters that may answer a request.

use serde::Deserialize;

use super::matcher::{HeaderMatcher, StringMatcher};
use super::route::{FractionalPercent, RuntimeFraction};

/// `envoy.extensions.filters.http.fault.v3.HTTPFault`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpFault {
    /// Requests wait.
    pub delay: Option<FaultDelay>,
    /// Requests are answered with an error.
    pub abort: Option<FaultAbort>,
    /// Only requests to this cluster; empty is all.
    pub upstream_cluster: String,
    /// Only requests of these nodes, as they name themselves; none is all.
    pub downstream_nodes: Vec<String>,
    /// Only requests with these headers.
    pub headers: Vec<HeaderMatcher>,
}

/// `envoy.extensions.filters.common.fault.v3.FaultDelay`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FaultDelay {
    /// How long, as `1.5s`; unset where a header says it.
    pub fixed_delay: Option<String>,
    /// Of how many requests.
    pub percentage: FractionalPercent,
}

/// `envoy.extensions.filters.http.fault.v3.FaultAbort`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FaultAbort {
    /// The status.
    pub http_status: Option<u16>,
    /// The status of gRPC; that of HTTP is 200 then.
    pub grpc_status: Option<u32>,
    /// Of how many requests.
    pub percentage: FractionalPercent,
}

/// `envoy.extensions.filters.http.cors.v3.CorsPolicy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CorsPolicy {
    /// Origins that are allowed.
    pub allow_origin_string_match: Vec<StringMatcher>,
    /// Methods, joined by commas.
    pub allow_methods: String,
    /// Headers of requests, joined by commas.
    pub allow_headers: String,
    /// Headers of responses, joined by commas.
    pub expose_headers: String,
    /// For how many seconds.
    pub max_age: String,
    /// Whether cookies and the like are allowed.
    pub allow_credentials: Option<bool>,
    /// For how many requests the policy holds; unset is all.
    pub filter_enabled: Option<RuntimeFraction>,
    /// Whether a preflight of another origin goes on to the cluster; unset is so.
    pub forward_not_matching_preflights: Option<bool>,
}
