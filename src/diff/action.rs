//! What routes do, in a few words.

use serde_json::Value;

use super::fields::short;
use super::topic::Topic;

/// What the fields of a route, a virtual host or a route configuration say of a topic; `None` is nothing.
pub(super) fn text(topic: Topic, fields: &Value) -> Option<String> {
    let filter = |name: &str| fields.get("typed_per_filter_config").and_then(|all| all.get(name));
    match topic {
        Topic::Destination => destination(fields),
        Topic::Timeout => fields.pointer("/route/timeout").and_then(Value::as_str).map(duration),
        Topic::Retries => fields.pointer("/route/retry_policy").or_else(|| fields.get("retry_policy")).map(retries),
        Topic::Mirrors => mirrors(fields, &|_| true),
        Topic::Fault => filter("envoy.filters.http.fault").map(fault),
        Topic::Cors => filter("envoy.filters.http.cors").map(cors),
        Topic::Headers => headers(fields),
        Topic::Rewrite => rewrite(fields),
        _ => None,
    }
}

/// `0s` is no limit.
pub(super) fn duration(text: &str) -> String {
    let number = text.trim_end_matches('s');
    if number.parse::<f64>().is_ok_and(|seconds| seconds == 0.0) { "none".to_owned() } else { text.to_owned() }
}

fn destination(fields: &Value) -> Option<String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(action) = fields.get("route") {
        if let Some(weighted) = action.pointer("/weighted_clusters/clusters").and_then(Value::as_array) {
            let one = |cluster: &Value| {
                let weight = cluster.get("weight").and_then(Value::as_u64).unwrap_or_default();
                format!("{} × {}", weight, text(cluster, "name"))
            };
            return Some(weighted.iter().map(one).collect::<Vec<_>>().join(", "));
        }
        let header = text(action, "cluster_header");
        let cluster = text(action, "cluster");
        return Some(if header.is_empty() { cluster } else { format!("the cluster of the header `{header}`") });
    }
    if let Some(redirect) = fields.get("redirect") {
        return Some(format!("redirect {}", short(redirect)));
    }
    if let Some(answer) = fields.get("direct_response") {
        let body = answer.pointer("/body/inline_string").and_then(Value::as_str).unwrap_or_default();
        let status = answer.get("status").map(Value::to_string).unwrap_or_default();
        return Some(format!("answer {status} {body}").trim_end().to_owned());
    }
    fields.get("require_tls").and_then(Value::as_str).map(|which| format!("redirect to https for {which}"))
}

fn retries(policy: &Value) -> String {
    let attempts = policy.get("num_retries").map_or_else(|| "1".to_owned(), Value::to_string);
    let on = policy.get("retry_on").and_then(Value::as_str).unwrap_or_default();
    let each = policy.get("per_try_timeout").and_then(Value::as_str);
    let each = each.map(|each| format!(", {each} each")).unwrap_or_default();
    format!("{attempts} on {on}{each}")
}

/// As `outbound|80||log.shop` or with its part of the requests: those to clusters that `exists` knows.
pub(super) fn mirrors(fields: &Value, exists: &dyn Fn(&str) -> bool) -> Option<String> {
    let policies = fields.pointer("/route/request_mirror_policies").and_then(Value::as_array)?;
    let one = |policy: &Value| {
        let cluster = policy.get("cluster").and_then(Value::as_str).filter(|cluster| exists(cluster))?;
        let part = policy.pointer("/runtime_fraction/default_value").map(percent);
        Some(match part.filter(|part| part != "100%") {
            Some(part) => format!("{cluster} ({part})"),
            None => cluster.to_owned(),
        })
    };
    let copies: Vec<String> = policies.iter().filter_map(one).collect();
    (!copies.is_empty()).then(|| copies.join(", "))
}

/// `delay 7s for 100%, abort 503 for 10%`.
pub(super) fn fault(config: &Value) -> String {
    let part = |fault: &Value| fault.get("percentage").map_or_else(|| "0%".to_owned(), percent);
    let mut parts = Vec::new();
    if let Some(delay) = config.get("delay") {
        let time = delay.get("fixed_delay").and_then(Value::as_str).unwrap_or_default();
        parts.push(format!("delay {time} for {}", part(delay)));
    }
    if let Some(abort) = config.get("abort") {
        let status = abort.get("http_status").or_else(|| abort.get("grpc_status"));
        parts.push(format!("abort {} for {}", status.map(Value::to_string).unwrap_or_default(), part(abort)));
    }
    if parts.is_empty() { short(config) } else { parts.join(", ") }
}

/// The policy without its type.
pub(super) fn cors(config: &Value) -> String {
    let mut config = config.clone();
    if let Some(fields) = config.as_object_mut() {
        fields.shift_remove("@type");
    }
    short(&config)
}

/// `envoy.type.v3.FractionalPercent`; hundredths are the default.
fn percent(value: &Value) -> String {
    let numerator = value.get("numerator").and_then(Value::as_u64).unwrap_or_default() as f64;
    let hundreds = match value.get("denominator").and_then(Value::as_str) {
        Some("TEN_THOUSAND") => 100.0,
        Some("MILLION") => 10_000.0,
        _ => 1.0,
    };
    format!("{}%", numerator / hundreds)
}

fn headers(fields: &Value) -> Option<String> {
    let mut parts = Vec::new();
    let mut level = |fields: &Value, whose: &str| {
        for side in ["request", "response"] {
            let list = |kind: &str| {
                let list = fields.get(format!("{side}_headers_to_{kind}")).and_then(Value::as_array);
                list.cloned().unwrap_or_default()
            };
            for option in list("add") {
                let at = |pointer: &str| option.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
                let verb = if at("/append_action").starts_with("OVERWRITE") { "set" } else { "add" };
                parts.push(format!("{whose}{side} {verb} {}: {}", at("/header/key"), at("/header/value")));
            }
            let removed = list("remove");
            parts.extend(removed.iter().map(|name| format!("{whose}{side} remove {}", short(name))));
        }
    };
    level(fields, "");
    for cluster in fields.pointer("/route/weighted_clusters/clusters").and_then(Value::as_array).into_iter().flatten() {
        let name = cluster.get("name").and_then(Value::as_str).unwrap_or_default();
        level(cluster, &format!("{name}: "));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn rewrite(fields: &Value) -> Option<String> {
    let action = fields.get("route")?.as_object()?;
    let parts = action.iter().filter(|(key, _)| key.contains("rewrite"));
    let parts: Vec<String> = parts.map(|(key, value)| format!("{key} {}", short(value))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn actions_read_as_lines() {
        let route = json!({
            "route": {
                "weighted_clusters": {"clusters": [{"name": "a", "weight": 9}, {"name": "b", "weight": 1}]},
                "timeout": "0s",
                "retry_policy": {"num_retries": 2, "retry_on": "5xx", "per_try_timeout": "1s"},
                "request_mirror_policies": [
                    {"cluster": "c", "runtime_fraction": {"default_value": {"numerator": 500_000, "denominator": "MILLION"}}}
                ],
                "prefix_rewrite": "/x"
            },
            "request_headers_to_add": [{"header": {"key": "a", "value": "1"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
            "response_headers_to_remove": ["b"],
            "typed_per_filter_config": {"envoy.filters.http.fault": {
                "abort": {"http_status": 503, "percentage": {"numerator": 10}},
                "delay": {"fixed_delay": "7s", "percentage": {"numerator": 100}}
            }}
        });
        let got = [
            Topic::Destination,
            Topic::Timeout,
            Topic::Retries,
            Topic::Mirrors,
            Topic::Headers,
            Topic::Rewrite,
            Topic::Fault,
            Topic::Cors,
        ]
        .map(|topic| text(topic, &route).unwrap_or_default());
        assert_eq!(
            got,
            [
                "9 × a, 1 × b",
                "none",
                "2 on 5xx, 1s each",
                "c (50%)",
                "request set a: 1, response remove b",
                "prefix_rewrite /x",
                "delay 7s for 100%, abort 503 for 10%",
                ""
            ]
        );
    }
}
