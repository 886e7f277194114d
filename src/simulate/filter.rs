//! HTTP filters that answer a request before it is routed: faults and CORS. Others are named as not judged.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::config::filter::{CorsPolicy, HttpFault};
use super::config::listener::{HttpConnectionManager, HttpFilter};
use super::http::{Place, Seen};
use super::outcome::{End, Injection, Outcome};
use super::string_match::{self, Verdict};

/// The types of filters that pass a request on as it is.
const PASSIVE: [&str; 2] =
    ["extensions.filters.http.router.v3.Router", "extensions.filters.http.grpc_stats.v3.FilterConfig"];

/// The filters of Istio's own Envoy that pass a request on as it is. What `istio.alpn` sets for a route is about the
/// connection to the cluster.
const PASSIVE_NAMES: [&str; 3] = ["istio.alpn", "istio.metadata_exchange", "istio.stats"];

/// What the filters of `manager` answer, one after the other; `None` where the request goes on to the router.
pub(super) fn answer(
    manager: &HttpConnectionManager,
    place: &Place<'_>,
    seen: &Seen,
    outcome: &mut Outcome,
) -> Option<End> {
    let mut judged = Vec::new();
    for filter in &manager.http_filters {
        let settings = Settings::of(filter, place);
        judged.push(filter.name.as_str());
        let kind = kind(&filter.typed_config);
        let end = match kind {
            _ if settings.disabled || passive(filter, kind) => None,
            "extensions.filters.http.fault.v3.HTTPFault" => fault(filter, &settings, place, seen, outcome),
            "extensions.filters.http.cors.v3.Cors" => cors(filter, &settings, place, seen, outcome),
            _ => {
                outcome.unjudged.push(filter.name.clone());
                None
            }
        };
        if end.is_some() {
            outcome.answered_by = Some(filter.name.clone());
            return end;
        }
    }
    // What is set for a filter that is not there does nothing.
    let weighted = place.route.route.iter().flat_map(|action| &action.weighted_clusters).flat_map(|all| &all.clusters);
    for name in weighted.flat_map(|cluster| cluster.typed_per_filter_config.keys()) {
        if judged.contains(&name.as_str()) && !outcome.unjudged.contains(name) {
            outcome.unjudged.push(name.clone());
        }
    }
    None
}

fn passive(filter: &HttpFilter, kind: &str) -> bool {
    PASSIVE.contains(&kind) || PASSIVE_NAMES.contains(&filter.name.as_str())
}

/// The message, without `type.googleapis.com/envoy.`.
fn kind(config: &Value) -> &str {
    let url = config.get("@type").and_then(Value::as_str).unwrap_or_default();
    url.rsplit_once('/').map_or(url, |(_, name)| name).trim_start_matches("envoy.")
}

/// What the route, the virtual host and the route configuration set for a filter, the closest first.
struct Settings<'a> {
    levels: Vec<&'a Value>,
    /// The closest level turns it off.
    disabled: bool,
}

impl<'a> Settings<'a> {
    fn of(filter: &HttpFilter, place: &Place<'a>) -> Self {
        let levels: [&'a Map<String, Value>; 3] = [
            &place.route.typed_per_filter_config,
            &place.virtual_host.typed_per_filter_config,
            &place.configuration.typed_per_filter_config,
        ];
        let mut found = Self { levels: Vec::new(), disabled: filter.disabled };
        for (at, value) in levels.iter().filter_map(|level| level.get(&filter.name)).enumerate() {
            // `envoy.config.route.v3.FilterConfig` may wrap the filter's own message.
            let wrapped = kind(value) == "config.route.v3.FilterConfig";
            if at == 0 {
                found.disabled = wrapped && value.get("disabled") == Some(&Value::Bool(true));
            }
            found.levels.extend(if wrapped { value.get("config") } else { Some(value) });
        }
        found
    }

    fn read<T: DeserializeOwned>(&self) -> Option<Vec<T>> {
        self.levels.iter().map(|level| T::deserialize(*level).ok()).collect()
    }
}

/// The closest settings count, then the filter's own
/// (`envoy: source/extensions/filters/http/fault/fault_filter.cc`, `decodeHeaders`).
fn fault(
    filter: &HttpFilter,
    settings: &Settings<'_>,
    place: &Place<'_>,
    seen: &Seen,
    outcome: &mut Outcome,
) -> Option<End> {
    let read = match settings.levels.first() {
        Some(level) => serde::Deserialize::deserialize(*level),
        None => serde::Deserialize::deserialize(&filter.typed_config),
    };
    let Ok(HttpFault { delay, abort, upstream_cluster, downstream_nodes, headers }) = read else {
        outcome.unjudged.push(filter.name.clone());
        return None;
    };
    let cluster = place.route.route.as_ref().map_or("", |action| action.cluster.as_str());
    let elsewhere = !upstream_cluster.is_empty() && upstream_cluster != cluster;
    let by_header = |matcher| string_match::header(matcher, &seen.values(&matcher.name)) == Verdict::Takes;
    if elsewhere || !downstream_nodes.is_empty() || !headers.iter().all(by_header) {
        return None;
    }
    if let Some(delay) = delay {
        let per_million = delay.percentage.per_million();
        match delay.fixed_delay {
            Some(duration) if per_million > 0 => outcome.injections.push(Injection::Delay { per_million, duration }),
            Some(_) => {}
            None => outcome.unjudged.push(filter.name.clone()),
        }
    }
    let abort = abort?;
    let status = match (abort.http_status, abort.grpc_status) {
        (Some(status), _) => status,
        (None, Some(_)) => 200,
        (None, None) => {
            outcome.unjudged.push(filter.name.clone());
            return None;
        }
    };
    let per_million = abort.percentage.per_million();
    if per_million > 0 {
        outcome.injections.push(Injection::Abort { per_million, status, grpc_status: abort.grpc_status });
    }
    (per_million >= 1_000_000).then(|| End::DirectResponse { status, body: Some("fault filter abort".to_owned()) })
}

/// Only where the route leads to a cluster; what a closer level leaves out counts from the next
/// (`envoy: source/extensions/filters/http/cors/cors_filter.cc`).
fn cors(
    filter: &HttpFilter,
    settings: &Settings<'_>,
    place: &Place<'_>,
    seen: &Seen,
    outcome: &mut Outcome,
) -> Option<End> {
    place.route.route.as_ref()?;
    let Some(policies) = settings.read::<CorsPolicy>() else {
        outcome.unjudged.push(filter.name.clone());
        return None;
    };
    let share = policies.first()?.filter_enabled.as_ref().map_or(1_000_000, |share| share.default_value.per_million());
    if share > 0 && share < 1_000_000 {
        outcome.unjudged.push(filter.name.clone());
        return None;
    }
    let origin = seen.header("origin").filter(|origin| share > 0 && !origin.is_empty())?;
    let origins = policies.iter().map(|policy| &policy.allow_origin_string_match).find(|origins| !origins.is_empty());
    let allows = |matcher| [origin.as_str(), "*"].iter().any(|it| string_match::string(matcher, it) == Verdict::Takes);
    let allowed = origins.is_some_and(|origins| origins.iter().any(allows));
    let text = |field: fn(&CorsPolicy) -> &String| policies.iter().map(field).find(|text| !text.is_empty()).cloned();
    let credentials = policies.iter().find_map(|policy| policy.allow_credentials) == Some(true);
    let asked = seen.header("access-control-request-method").filter(|method| !method.is_empty());
    let mut headers = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        headers.extend(value.map(|value| format!("access-control-{name}: {value}")));
    };
    let preflight = asked.filter(|_| seen.request.method == "OPTIONS");
    let Some(method) = preflight else {
        if allowed {
            add("allow-origin", Some(origin));
            add("allow-credentials", credentials.then(|| "true".to_owned()));
            add("expose-headers", text(|policy| &policy.expose_headers));
        }
        outcome.cors_headers = headers;
        return None;
    };
    let forwards = policies.iter().find_map(|policy| policy.forward_not_matching_preflights).unwrap_or(true);
    if !allowed && forwards {
        return None;
    }
    let or_asked =
        |allowed: String, asked: Option<String>| if allowed == "*" { asked.unwrap_or_default() } else { allowed };
    add("allow-origin", allowed.then_some(origin));
    add("allow-credentials", credentials.then(|| "true".to_owned()));
    add("allow-methods", text(|policy| &policy.allow_methods).map(|all| or_asked(all, Some(method))));
    let asked = seen.header("access-control-request-headers");
    add("allow-headers", text(|policy| &policy.allow_headers).map(|all| or_asked(all, asked)));
    add("max-age", text(|policy| &policy.max_age));
    // Its own answer passes the filter as every response does.
    add("expose-headers", text(|policy| &policy.expose_headers).filter(|_| allowed));
    outcome.cors_headers = headers;
    Some(End::DirectResponse { status: 200, body: None })
}
