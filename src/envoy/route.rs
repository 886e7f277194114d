//! `envoy.config.route.v3.Route` and its actions.

use std::time::Duration;

use envoy_types::pb::envoy::config::route::v3 as route;
use envoy_types::pb::envoy::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate;
use envoy_types::pb::envoy::extensions::retry::priority::previous_priorities::v3::PreviousPrioritiesConfig;
use prost::{Message, encoding};

use super::any::pack;
use super::core::{
    append_config_metadata, append_text, bool_value, config_metadata, duration, header_changes, inline_bytes,
    inline_string, nested_len, open_nested, regex_match_and_substitute, runtime_fractional_percent, uint32,
};
use super::http_filter;
use super::route_match::route_match;
use crate::ir;
use crate::ir::route::{
    Action, Body, Clusters, DirectResponse, Forward, HashPolicy, HostRewrite, MaxStreamDuration, Mirror, PathRewrite,
    Redirect, RedirectPath, RedirectStatus, RetryPolicy, WeightedCluster,
};

/// Writes routes in the wire format. What one route forwards is mostly what the one before forwards: made once.
#[derive(Debug, Default)]
pub struct Encoder<'a> {
    last: Option<(&'a Forward, Vec<u8>)>,
}

impl<'a> Encoder<'a> {
    /// Adds the bytes of a route. Fields of the wire format may come in any order.
    pub fn append(&mut self, route: &'a ir::Route, bytes: &mut Vec<u8>) {
        let Action::Forward(forward) = &route.action else {
            return append(&self::route(route), bytes);
        };
        let known = self.last.take().filter(|(last, _)| *last == &**forward);
        let (_, encoded) = self.last.insert(known.unwrap_or_else(|| (forward, route_action(forward).encode_to_vec())));
        if is_plain(route) {
            append_plain(route, bytes);
        } else {
            append(&without_action(route), bytes);
        }
        encoding::bytes::encode(field::ROUTE, encoded, bytes);
    }
}

/// Numbers of `envoy.config.route.v3.Route`'s fields.
mod field {
    pub(super) const MATCH: u32 = 1;
    pub(super) const ROUTE: u32 = 2;
    pub(super) const METADATA: u32 = 4;
    pub(super) const DECORATOR: u32 = 5;
    pub(super) const NAME: u32 = 14;
    /// Of `Decorator`.
    pub(super) const OPERATION: u32 = 1;
}

/// Whether a route has, beside its action, only what every route has.
fn is_plain(route: &ir::Route) -> bool {
    let ir::Route {
        origins: _,
        name: _,
        matches: _,
        action: _,
        config_path: _,
        decorator: _,
        request_headers,
        response_headers,
        cors,
        fault,
        stat_prefix,
    } = route;
    let unchanged = |changes: &ir::route::HeaderChanges| changes.add.is_empty() && changes.remove.is_empty();
    let headers = unchanged(request_headers) && unchanged(response_headers);
    headers && cors.is_none() && fault.is_none() && stat_prefix.is_none()
}

/// Adds the fields that every route has. The message itself is large, and mostly empty.
fn append_plain(route: &ir::Route, bytes: &mut Vec<u8>) {
    if !route.name.is_empty() {
        append_text(field::NAME, &route.name, bytes);
    }
    encoding::message::encode(field::MATCH, &route_match(&route.matches), bytes);
    if let Some(path) = &route.config_path {
        append_config_metadata(field::METADATA, path, bytes);
    }
    if let Some(operation) = &route.decorator {
        open_nested(field::DECORATOR, nested_len(operation.len()), bytes);
        append_text(field::OPERATION, operation, bytes);
    }
}

/// Adds a message. A `Vec` takes any.
fn append(message: &route::Route, bytes: &mut Vec<u8>) {
    let _ = message.encode(bytes);
}

/// A route.
pub fn route(route: &ir::Route) -> route::Route {
    route::Route { action: Some(action(&route.action)), ..without_action(route) }
}

fn without_action(route: &ir::Route) -> route::Route {
    let ir::Route {
        origins: _,
        name,
        matches,
        action: _,
        config_path,
        decorator,
        request_headers,
        response_headers,
        cors,
        fault,
        stat_prefix,
    } = route;
    let (request_headers_to_add, request_headers_to_remove) = header_changes(request_headers);
    let (response_headers_to_add, response_headers_to_remove) = header_changes(response_headers);
    let per_filter =
        [cors.as_deref().map(http_filter::cors::on_route), fault.as_deref().map(http_filter::fault::on_route)];
    route::Route {
        name: name.clone(),
        r#match: Some(route_match(matches)),
        metadata: config_metadata(config_path.as_deref()),
        decorator: decorator
            .as_ref()
            .map(|operation| route::Decorator { operation: operation.clone(), propagate: None }),
        request_headers_to_add,
        request_headers_to_remove,
        response_headers_to_add,
        response_headers_to_remove,
        typed_per_filter_config: per_filter.into_iter().flatten().collect(),
        stat_prefix: stat_prefix.clone().unwrap_or_default(),
        ..Default::default()
    }
}

fn action(action: &Action) -> route::route::Action {
    match action {
        Action::Forward(forward) => route::route::Action::Route(route_action(forward)),
        Action::Redirect(redirect) => route::route::Action::Redirect(redirect_action(redirect)),
        Action::DirectResponse(response) => route::route::Action::DirectResponse(direct_response_action(response)),
        Action::NonForwarding => route::route::Action::NonForwardingAction(route::NonForwardingAction {}),
    }
}

// `max_grpc_timeout` is deprecated by Envoy, and istiod writes it.
#[expect(deprecated, reason = "istiod writes `max_grpc_timeout`")]
fn route_action(forward: &Forward) -> route::RouteAction {
    let Forward {
        clusters,
        timeout,
        max_grpc_timeout,
        max_stream_duration,
        idle_timeout,
        retry,
        path_rewrite,
        host_rewrite,
        mirrors,
        hash_policies,
        append_x_forwarded_host,
        cluster_not_found,
    } = forward;
    let (prefix_rewrite, regex_rewrite) = match path_rewrite {
        Some(PathRewrite::Prefix(prefix)) => (prefix.clone(), None),
        Some(PathRewrite::Regex { pattern, substitution }) => {
            (String::new(), Some(regex_match_and_substitute(pattern, substitution)))
        }
        None => (String::new(), None),
    };
    route::RouteAction {
        cluster_specifier: Some(cluster_specifier(clusters)),
        cluster_not_found_response_code: cluster_not_found_response_code(*cluster_not_found).into(),
        timeout: timeout.map(duration),
        max_grpc_timeout: max_grpc_timeout.map(duration),
        max_stream_duration: max_stream_duration.map(self::max_stream_duration),
        idle_timeout: idle_timeout.map(duration),
        retry_policy: retry.as_ref().map(retry_policy),
        prefix_rewrite,
        regex_rewrite,
        host_rewrite_specifier: host_rewrite.as_ref().map(host_rewrite_specifier),
        request_mirror_policies: mirrors.iter().map(request_mirror_policy).collect(),
        hash_policy: hash_policies.iter().map(hash_policy).collect(),
        append_x_forwarded_host: *append_x_forwarded_host,
        ..Default::default()
    }
}

fn cluster_specifier(clusters: &Clusters) -> route::route_action::ClusterSpecifier {
    use route::route_action::ClusterSpecifier;
    match clusters {
        Clusters::Single(name) => ClusterSpecifier::Cluster(name.clone()),
        Clusters::Header(header) => ClusterSpecifier::ClusterHeader(header.clone()),
        Clusters::Weighted(clusters) => ClusterSpecifier::WeightedClusters(route::WeightedCluster {
            clusters: clusters.iter().map(cluster_weight).collect(),
            ..Default::default()
        }),
    }
}

fn cluster_weight(cluster: &WeightedCluster) -> route::weighted_cluster::ClusterWeight {
    use route::weighted_cluster::cluster_weight::HostRewriteSpecifier;
    let WeightedCluster { name, weight, request_headers, response_headers, host_rewrite } = cluster;
    let (request_headers_to_add, request_headers_to_remove) = header_changes(request_headers);
    let (response_headers_to_add, response_headers_to_remove) = header_changes(response_headers);
    route::weighted_cluster::ClusterWeight {
        name: name.clone(),
        weight: Some(uint32(*weight)),
        request_headers_to_add,
        request_headers_to_remove,
        response_headers_to_add,
        response_headers_to_remove,
        host_rewrite_specifier: match host_rewrite {
            Some(HostRewrite::Literal(host)) => Some(HostRewriteSpecifier::HostRewriteLiteral(host.clone())),
            // Envoy has no automatic rewrite for one of several clusters.
            Some(HostRewrite::Auto) | None => None,
        },
        ..Default::default()
    }
}

/// Envoy knows three statuses; 503 is the default and not written.
fn cluster_not_found_response_code(status: Option<u32>) -> route::route_action::ClusterNotFoundResponseCode {
    use route::route_action::ClusterNotFoundResponseCode;
    match status {
        Some(404) => ClusterNotFoundResponseCode::NotFound,
        Some(500) => ClusterNotFoundResponseCode::InternalServerError,
        Some(_) | None => ClusterNotFoundResponseCode::ServiceUnavailable,
    }
}

fn max_stream_duration(bounds: MaxStreamDuration) -> route::route_action::MaxStreamDuration {
    let MaxStreamDuration { max_stream_duration, grpc_timeout_header_max } = bounds;
    route::route_action::MaxStreamDuration {
        max_stream_duration: max_stream_duration.map(duration),
        grpc_timeout_header_max: grpc_timeout_header_max.map(duration),
        ..Default::default()
    }
}

fn host_rewrite_specifier(rewrite: &HostRewrite) -> route::route_action::HostRewriteSpecifier {
    use route::route_action::HostRewriteSpecifier;
    match rewrite {
        HostRewrite::Literal(host) => HostRewriteSpecifier::HostRewriteLiteral(host.clone()),
        HostRewrite::Auto => HostRewriteSpecifier::AutoHostRewrite(bool_value(true)),
    }
}

/// The shadow keeps its host and takes no part in tracing (`istio: route.MirrorPercent` and after).
fn request_mirror_policy(mirror: &Mirror) -> route::route_action::RequestMirrorPolicy {
    let Mirror { cluster, fraction } = mirror;
    route::route_action::RequestMirrorPolicy {
        cluster: cluster.clone(),
        runtime_fraction: fraction.map(runtime_fractional_percent),
        trace_sampled: Some(bool_value(false)),
        disable_shadow_host_suffix_append: true,
        ..Default::default()
    }
}

fn retry_policy(policy: &RetryPolicy) -> route::RetryPolicy {
    use route::retry_policy::{RetryBackOff, RetryHostPredicate, RetryPriority, retry_host_predicate, retry_priority};
    let RetryPolicy {
        retry_on,
        num_retries,
        per_try_timeout,
        retriable_status_codes,
        avoid_previous_hosts,
        host_selection_retry_max_attempts,
        previous_priorities,
        base_interval,
    } = policy;
    let previous_hosts = avoid_previous_hosts.then(|| RetryHostPredicate {
        name: "envoy.retry_host_predicates.previous_hosts".to_owned(),
        config_type: Some(retry_host_predicate::ConfigType::TypedConfig(pack(&PreviousHostsPredicate {}))),
    });
    let retry_priority = previous_priorities.map(|update_frequency| RetryPriority {
        name: "envoy.retry_priorities.previous_priorities".to_owned(),
        config_type: Some(retry_priority::ConfigType::TypedConfig(pack(&PreviousPrioritiesConfig {
            update_frequency,
        }))),
    });
    let back_off = |base: Duration| RetryBackOff { base_interval: Some(duration(base)), max_interval: None };
    route::RetryPolicy {
        retry_on: retry_on.clone().into_owned(),
        num_retries: Some(uint32(*num_retries)),
        per_try_timeout: per_try_timeout.map(duration),
        retriable_status_codes: retriable_status_codes.clone(),
        retry_host_predicate: previous_hosts.into_iter().collect(),
        host_selection_retry_max_attempts: *host_selection_retry_max_attempts,
        retry_priority,
        retry_back_off: base_interval.map(back_off),
        ..Default::default()
    }
}

fn hash_policy(policy: &HashPolicy) -> route::route_action::HashPolicy {
    use route::route_action::hash_policy::{
        ConnectionProperties, Cookie, CookieAttribute, Header, PolicySpecifier, QueryParameter,
    };
    let specifier = match policy {
        HashPolicy::Header(name) => PolicySpecifier::Header(Header { header_name: name.clone(), regex_rewrite: None }),
        HashPolicy::Cookie { name, path, ttl, attributes } => PolicySpecifier::Cookie(Cookie {
            name: name.clone(),
            path: path.clone(),
            ttl: ttl.map(duration),
            attributes: attributes
                .iter()
                .map(|(name, value)| CookieAttribute { name: name.clone(), value: value.clone() })
                .collect(),
        }),
        HashPolicy::SourceIp(source_ip) => {
            PolicySpecifier::ConnectionProperties(ConnectionProperties { source_ip: *source_ip })
        }
        HashPolicy::QueryParameter(name) => PolicySpecifier::QueryParameter(QueryParameter { name: name.clone() }),
    };
    route::route_action::HashPolicy { policy_specifier: Some(specifier), terminal: false }
}

fn redirect_action(redirect: &Redirect) -> route::RedirectAction {
    use route::redirect_action::{PathRewriteSpecifier, RedirectResponseCode, SchemeRewriteSpecifier};
    let Redirect { host, path, scheme, https, port, status } = redirect;
    let scheme = if *https {
        Some(SchemeRewriteSpecifier::HttpsRedirect(true))
    } else {
        scheme.clone().map(SchemeRewriteSpecifier::SchemeRedirect)
    };
    let path = path.as_ref().map(|path| match path {
        RedirectPath::Full(path) => PathRewriteSpecifier::PathRedirect(path.clone()),
        RedirectPath::Prefix(prefix) => PathRewriteSpecifier::PrefixRewrite(prefix.clone()),
        RedirectPath::Regex { pattern, substitution } => {
            PathRewriteSpecifier::RegexRewrite(regex_match_and_substitute(pattern, substitution))
        }
    });
    let status = match status {
        RedirectStatus::MovedPermanently => RedirectResponseCode::MovedPermanently,
        RedirectStatus::Found => RedirectResponseCode::Found,
        RedirectStatus::SeeOther => RedirectResponseCode::SeeOther,
        RedirectStatus::TemporaryRedirect => RedirectResponseCode::TemporaryRedirect,
        RedirectStatus::PermanentRedirect => RedirectResponseCode::PermanentRedirect,
    };
    route::RedirectAction {
        host_redirect: host.clone().unwrap_or_default(),
        port_redirect: port.unwrap_or_default(),
        response_code: status.into(),
        strip_query: false,
        scheme_rewrite_specifier: scheme,
        path_rewrite_specifier: path,
    }
}

fn direct_response_action(response: &DirectResponse) -> route::DirectResponseAction {
    let DirectResponse { status, body } = response;
    let body = body.as_ref().map(|body| match body {
        Body::Text(text) => inline_string(text),
        Body::Bytes(bytes) => inline_bytes(bytes.clone()),
    });
    route::DirectResponseAction { status: *status, body, body_format: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_the_message() {
        let forward = Forward {
            clusters: Clusters::Single("outbound|80||shop.example.com".to_owned()),
            timeout: Some(Duration::ZERO),
            max_grpc_timeout: None,
            max_stream_duration: None,
            idle_timeout: None,
            retry: None,
            path_rewrite: None,
            host_rewrite: None,
            mirrors: Vec::new(),
            hash_policies: Vec::new(),
            append_x_forwarded_host: false,
            cluster_not_found: None,
        };
        let nameless = ir::Route::for_everything("", Action::Forward(Box::new(forward)));
        let plain = ir::Route {
            name: "shop".to_owned(),
            config_path: Some(["/apis/", &"long/".repeat(40)].concat().into()),
            decorator: Some("shop:80/*".to_owned()),
            ..nameless.clone()
        };
        let more = ir::Route { stat_prefix: Some("shop".to_owned()), ..plain.clone() };
        let answered = ir::Route { action: Action::NonForwarding, ..plain.clone() };
        assert_eq!([&nameless, &plain, &more].map(is_plain), [true, true, false]);
        let routes = [nameless, plain, more, answered];
        let mut encoder = Encoder::default();
        for wanted in &routes {
            let mut bytes = Vec::new();
            encoder.append(wanted, &mut bytes);
            assert_eq!(route::Route::decode(&*bytes).as_ref(), Ok(&route(wanted)));
        }
    }
}
