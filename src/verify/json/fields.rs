//! What is found by the names of fields, at any depth.

use serde_json::Value;

use super::{each, is_streamed, kind, listener, port, string, written};
use crate::base::{Origin, Segment};
use crate::verify::facts::{Facts, Pipe, Rewrite, Text, TlsVersions, Use, Zero};

/// Fields that hold what users choose, in which a name of ours means nothing.
const FREE: [&str; 7] =
    ["metadata", "filter_metadata", "json_format", "typed_json_format", "static_layer", "node", "custom_tags"];

/// Reads an object that stands in the field `field` of another one, and all that is in it.
pub(super) fn walk<'a>(value: &'a Value, field: &'a str, place: &Origin, facts: &mut Facts<'a>) {
    match value {
        Value::Object(entries) => {
            names(value, field, place, facts);
            parts(value, field, place, facts);
            let is_struct = matches!(kind(value), "TypedStruct" | "Struct" | "StringValue");
            for (key, inner) in entries {
                if !(FREE.contains(&key.as_str()) || is_struct && key == "value") {
                    walk(inner, key, &place.key(key.clone()), facts);
                }
            }
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(at, inner)| walk(inner, field, &place.index(at), facts));
        }
        _ => {}
    }
}

/// The names by which a message uses others.
fn names<'a>(value: &'a Value, field: &'a str, place: &Origin, facts: &mut Facts<'a>) {
    let by = match field {
        "route" => "the route",
        "request_mirror_policies" => "the mirror",
        "typed_config" if kind(value) == "TcpProxy" => "the TCP proxy",
        other => other,
    };
    let use_of = |name, place| Use { name, by, place: Some(place) };
    for key in ["cluster", "collector_cluster"] {
        facts.clusters.used.extend(string(value, key).map(|name| use_of(name, place.key(key))));
    }
    match field {
        "envoy_grpc" => {
            facts
                .clusters
                .used
                .extend(string(value, "cluster_name").map(|name| use_of(name, place.key("cluster_name"))));
        }
        "weighted_clusters" => each(value, "clusters", place, |one, at| {
            let name = string(one, "name");
            facts.clusters.used.extend(name.map(|name| Use {
                name,
                by: "the weighted cluster",
                place: Some(at.key("name")),
            }));
        }),
        "api_config_source" => each(value, "cluster_names", place, |one, at| {
            facts.clusters.used.extend(one.as_str().map(|name| use_of(name, at)));
        }),
        "envoy_internal_address" => {
            let name = string(value, "server_listener_name");
            facts.internal_listeners.used.extend(name.map(|name| use_of(name, place.key("server_listener_name"))));
        }
        "rds" => {
            let streamed = value.get("config_source").is_none_or(is_streamed);
            let name = string(value, "route_config_name").filter(|_| streamed);
            let place = place.key("route_config_name");
            facts.route_configurations.used.extend(name.map(|name| Use {
                name,
                by: "the listener",
                place: Some(place),
            }));
        }
        "tls_certificate_sds_secret_configs"
        | "validation_context_sds_secret_config"
        | "session_ticket_keys_sds_secret_config"
        | "token_secret"
        | "hmac_secret" => {
            let name = string(value, "name").filter(|_| value.get("sds_config").is_none());
            let place = place.key("name");
            facts.secrets.used.extend(name.map(|name| Use { name, by: "the TLS context", place: Some(place) }));
        }
        _ => {}
    }
}

/// The parts of a message that have rules of their own.
fn parts<'a>(value: &'a Value, field: &'a str, place: &Origin, facts: &mut Facts<'a>) {
    let text = |key: &'static str| string(value, key).map(|text| Text { text, place: Some(place.key(key)) });
    if value.get("virtual_hosts").is_some() {
        domains(value, place, facts);
    }
    header_names(value, field, place, facts);
    match field {
        "retry_policy" => facts.retries.extend(text("retry_on")),
        "regex_rewrite" | "host_rewrite_path_regex" => {
            if let Some(pattern) = value.get("pattern").and_then(|pattern| string(pattern, "regex")) {
                let substitution = string(value, "substitution").unwrap_or_default();
                facts.rewrites.push(Rewrite { pattern, substitution, place: Some(place.key("substitution")) });
            }
        }
        "filter_chain_match" => listener::server_names(value, place, facts),
        "tls_params" => facts.tls_versions.push(TlsVersions {
            least: value.get("tls_minimum_protocol_version").and_then(version),
            most: value.get("tls_maximum_protocol_version").and_then(version),
            place: Some(place.clone()),
        }),
        "redirect" => {
            if let Some(code) = value.get("response_code") {
                facts.redirects.push(written(code, &place.key("response_code")));
            }
        }
        "direct_response" => {
            if let Some(status) = value.get("status").filter(|status| !status.is_object()) {
                facts.responses.push(written(status, &place.key("status")));
            }
        }
        "pipe" => facts.pipes.extend(string(value, "path").map(|path| Pipe {
            path,
            mode: value.get("mode").and_then(Value::as_u64),
            is_bound: !is_endpoint(place),
            place: Some(place.clone()),
        })),
        "socket_address" => {
            let zero = if is_endpoint(place) { Zero::Refused } else { Zero::Chosen };
            facts.ports.extend(value.get("port_value").map(|number| port(number, zero, &place.key("port_value"))));
        }
        "path_config_source" => facts.files.extend(text("path")),
        _ => {}
    }
    if matches!(field, "safe_regex" | "safe_regex_match" | "pattern") || field.ends_with("_regex") {
        facts.regexes.extend(text("regex"));
    }
    facts.files.extend(text("filename"));
}

/// Whether an address is that of an endpoint, not one that is listened on.
fn is_endpoint(place: &Origin) -> bool {
    place.path.segments().iter().any(|step| matches!(step, Segment::Key(key) if key == "lb_endpoints"))
}

fn domains<'a>(value: &'a Value, place: &Origin, facts: &mut Facts<'a>) {
    let mut all = Vec::new();
    each(value, "virtual_hosts", place, |host, at| {
        each(host, "domains", &at, |domain, at| {
            all.extend(domain.as_str().map(|text| Text { text, place: Some(at) }));
        });
    });
    facts.domains.push(all);
}

/// The names of headers that a route, a virtual host or a match writes or reads.
fn header_names<'a>(value: &'a Value, field: &'a str, place: &Origin, facts: &mut Facts<'a>) {
    for list in ["request_headers_to_add", "response_headers_to_add"] {
        each(value, list, place, |one, at| {
            let name = one.get("header").and_then(|header| string(header, "key"));
            facts.headers.extend(name.map(|text| Text { text, place: Some(at.key("header").key("key")) }));
        });
    }
    for list in ["request_headers_to_remove", "response_headers_to_remove"] {
        each(value, list, place, |one, at| {
            facts.headers.extend(one.as_str().map(|text| Text { text, place: Some(at) }));
        });
    }
    if field == "match" {
        each(value, "headers", place, |one, at| {
            facts.headers.extend(string(one, "name").map(|text| Text { text, place: Some(at.key("name")) }));
        });
    }
    for key in ["cluster_header", "host_rewrite_header"] {
        facts.headers.extend(string(value, key).map(|text| Text { text, place: Some(place.key(key)) }));
    }
    if field == "header" {
        let name = string(value, "header_name");
        facts.headers.extend(name.map(|text| Text { text, place: Some(place.key("header_name")) }));
    }
}

/// The minor version that a `TlsProtocol` stands for; `None` for `TLS_AUTO`.
fn version(value: &Value) -> Option<u8> {
    match (value.as_str(), value.as_u64()) {
        (Some("TLSv1_0"), _) | (_, Some(1)) => Some(0),
        (Some("TLSv1_1"), _) | (_, Some(2)) => Some(1),
        (Some("TLSv1_2"), _) | (_, Some(3)) => Some(2),
        (Some("TLSv1_3"), _) | (_, Some(4)) => Some(3),
        _ => None,
    }
}
