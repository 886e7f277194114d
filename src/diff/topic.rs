//! What a field is about, and who can see it.

use serde::Serialize;

use super::answer::Aspect;
use super::change::Object;
use super::fields::Field;

/// What is different about an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// That it is there, or what it takes, or its order.
    Existence,
    /// Which requests or connections it takes.
    Match,
    /// Where requests go: clusters and weights, a redirect, an answer.
    Destination,
    /// How long something may take.
    Timeout,
    /// Repeated tries.
    Retries,
    /// Copies of requests.
    Mirrors,
    /// Injected faults.
    Fault,
    /// Cross-origin requests.
    Cors,
    /// Headers that are set, added or removed.
    Headers,
    /// Paths and hosts that are replaced.
    Rewrite,
    /// Certificates, versions, and whom to trust, towards clients.
    Tls,
    /// The same, towards endpoints.
    UpstreamTls,
    /// The endpoints themselves.
    Endpoints,
    /// How an endpoint is chosen.
    LoadBalancing,
    /// Limits and timeouts of connections to endpoints.
    Connections,
    /// Which endpoints count as healthy.
    Health,
    /// How endpoints are found.
    Discovery,
    /// The protocol and its options.
    Protocol,
    /// Filters, as of authorization.
    Filters,
    /// Logs, traces, statistics, and names that only these show.
    Telemetry,
    /// Anything else.
    Other,
}

impl Topic {
    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Existence => "existence",
            Self::Match => "match",
            Self::Destination => "destination",
            Self::Timeout => "timeout",
            Self::Retries => "retries",
            Self::Mirrors => "mirrors",
            Self::Fault => "fault",
            Self::Cors => "CORS",
            Self::Headers => "headers",
            Self::Rewrite => "rewrite",
            Self::Tls => "TLS",
            Self::UpstreamTls => "TLS to endpoints",
            Self::Endpoints => "endpoints",
            Self::LoadBalancing => "load balancing",
            Self::Connections => "connections",
            Self::Health => "health",
            Self::Discovery => "discovery",
            Self::Protocol => "protocol",
            Self::Filters => "filters",
            Self::Telemetry => "telemetry",
            Self::Other => "settings",
        }
    }

    /// In what two answers differ where this does; `None` is "in anything".
    pub(super) fn aspects(self) -> Option<&'static [Aspect]> {
        match self {
            Self::Existence | Self::Match => None,
            Self::Destination => Some(&[Aspect::Result, Aspect::Path, Aspect::Host]),
            Self::Timeout => Some(&[Aspect::Timeout]),
            Self::Retries => Some(&[Aspect::Retries]),
            Self::Mirrors => Some(&[Aspect::Mirrors]),
            Self::Fault => Some(&[Aspect::Fault, Aspect::Delay, Aspect::Result]),
            Self::Cors => Some(&[Aspect::Cors, Aspect::Result]),
            Self::Headers => Some(&[Aspect::RequestHeaders, Aspect::ResponseHeaders]),
            Self::Rewrite => Some(&[Aspect::Path, Aspect::Host, Aspect::Result]),
            Self::Tls => Some(&[Aspect::Result, Aspect::Certificate, Aspect::TlsVersions]),
            Self::Endpoints => Some(&[Aspect::Result, Aspect::Endpoints]),
            Self::UpstreamTls
            | Self::LoadBalancing
            | Self::Connections
            | Self::Health
            | Self::Discovery
            | Self::Protocol
            | Self::Filters
            | Self::Telemetry
            | Self::Other => Some(&[]),
        }
    }

    /// Why no request shows it, where that is so of the topic itself.
    pub(super) fn unseen(self) -> Option<&'static str> {
        match self {
            Self::UpstreamTls => Some(
                "it is between the proxy and its endpoints: a client sees it only where an endpoint refuses the connection",
            ),
            Self::LoadBalancing => Some("it decides which endpoint takes a request, and each of them may"),
            Self::Connections => Some("it shows only under load, or where an endpoint accepts no connection"),
            Self::Health => Some("it shows only after endpoints have failed"),
            Self::Discovery => Some("it is how the proxy finds endpoints, not what they answer"),
            Self::Protocol => Some("it is how the connection is used: the answer to one request is the same"),
            Self::Filters => Some("what this filter answers is not evaluated"),
            Self::Telemetry => Some("it is seen in logs, traces and statistics, not in an answer"),
            Self::Other => Some("it decides no answer that is evaluated"),
            Self::Existence
            | Self::Match
            | Self::Destination
            | Self::Timeout
            | Self::Retries
            | Self::Mirrors
            | Self::Fault
            | Self::Cors
            | Self::Headers
            | Self::Rewrite
            | Self::Tls
            | Self::Endpoints => None,
        }
    }
}

/// What a field of an object is about.
pub(super) fn topic(object: Object, field: &Field) -> Topic {
    let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
    match object {
        Object::Route | Object::Host | Object::RouteConfiguration => of_route(&path),
        Object::Listener | Object::FilterChain => of_chain(&path),
        Object::Cluster => of_cluster(&path),
        Object::Endpoint => Topic::LoadBalancing,
        Object::Secret => Topic::Tls,
    }
}

fn of_route(path: &[&str]) -> Topic {
    if path.iter().any(|key| key.contains("_headers_to_")) {
        return Topic::Headers;
    }
    match *path {
        ["route", key, ..] => of_action(key),
        ["route"] | ["redirect" | "direct_response" | "non_forwarding_action" | "require_tls", ..] => {
            Topic::Destination
        }
        ["typed_per_filter_config", "envoy.filters.http.fault", ..] => Topic::Fault,
        ["typed_per_filter_config", "envoy.filters.http.cors", ..] | ["cors", ..] => Topic::Cors,
        ["typed_per_filter_config", ..] => Topic::Filters,
        ["retry_policy", ..] => Topic::Retries,
        ["request_mirror_policies", ..] => Topic::Mirrors,
        ["decorator" | "tracing" | "stat_prefix" | "metadata" | "name" | "virtual_clusters", ..] => Topic::Telemetry,
        // They count what a retry or a mirror finds anyway.
        ["include_request_attempt_count" | "include_attempt_count_in_response", ..] => Topic::Headers,
        _ => Topic::Other,
    }
}

fn of_action(key: &str) -> Topic {
    match key {
        "cluster" | "cluster_header" | "weighted_clusters" | "cluster_not_found_response_code" => Topic::Destination,
        "timeout" | "idle_timeout" | "max_stream_duration" | "max_grpc_timeout" | "grpc_timeout_offset" => {
            Topic::Timeout
        }
        "retry_policy" => Topic::Retries,
        "request_mirror_policies" => Topic::Mirrors,
        "hash_policy" => Topic::LoadBalancing,
        "cors" => Topic::Cors,
        key if key.contains("rewrite") => Topic::Rewrite,
        "append_x_forwarded_host" => Topic::Headers,
        "upgrade_configs" => Topic::Protocol,
        _ => Topic::Other,
    }
}

fn of_chain(path: &[&str]) -> Topic {
    let has = |key: &str| path.contains(&key);
    if has("access_log") || has("tracing") || has("stat_prefix") || has("metadata") {
        return Topic::Telemetry;
    }
    match *path {
        ["transport_socket", ..] => Topic::Tls,
        ["address" | "additional_addresses" | "bind_to_port", ..] => Topic::Match,
        ["filters", _, "typed_config", "cluster" | "weighted_clusters", ..] => Topic::Destination,
        ["filters", _, "typed_config", "http_filters", ..] => Topic::Filters,
        ["filters", _, "typed_config", key, ..] if key.contains("timeout") => Topic::Timeout,
        ["filters", _, "typed_config", ..] => Topic::Protocol,
        ["filters" | "listener_filters", ..] => Topic::Filters,
        _ => Topic::Other,
    }
}

fn of_cluster(path: &[&str]) -> Topic {
    match path.first().copied().unwrap_or_default() {
        "transport_socket" | "transport_socket_matches" => Topic::UpstreamTls,
        "circuit_breakers"
        | "connect_timeout"
        | "upstream_connection_options"
        | "max_requests_per_connection"
        | "upstream_bind_config"
        | "per_connection_buffer_limit_bytes" => Topic::Connections,
        "outlier_detection" | "health_checks" | "ignore_health_on_host_removal" => Topic::Health,
        "type" | "cluster_type" | "eds_cluster_config" | "respect_dns_ttl" => Topic::Discovery,
        "typed_extension_protocol_options" | "protocol_selection" => Topic::Protocol,
        "alt_stat_name" | "metadata" | "filters" | "track_cluster_stats" => Topic::Telemetry,
        key if key.starts_with("dns_") => Topic::Discovery,
        key if key.contains("lb_") || key.contains("load_balancing") => Topic::LoadBalancing,
        key if key.contains("protocol_options") => Topic::Protocol,
        _ => Topic::Other,
    }
}
