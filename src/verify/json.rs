//! A bootstrap or a `/config_dump` as facts.
//!
//! The parts with a name are taken where Envoy has them. Everything inside them is found by the
//! names of its fields at any depth, so that extensions that are not known here are read as well.

mod fields;
mod listener;

use serde_json::Value;

use super::facts::{Facts, Socket, Text, Written, Zero};
use crate::base::Origin;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// `envoy.config.bootstrap.v3.Bootstrap`.
    Bootstrap,
    /// `envoy.admin.v3.ConfigDump`.
    ConfigDump,
}

/// The facts of a document; `None` where it is neither sort.
pub(super) fn facts(root: &Value) -> Option<(Sort, Facts<'_>)> {
    let mut facts = Facts::default();
    let place = super::root();
    if let Some(configs) = root.get("configs").and_then(Value::as_array) {
        dump(configs, &place.key("configs"), &mut facts);
        return Some((Sort::ConfigDump, facts));
    }
    const PARTS: [&str; 4] = ["static_resources", "dynamic_resources", "admin", "node"];
    if !PARTS.iter().any(|part| root.get(part).is_some()) {
        return None;
    }
    let dynamic = |field| root.pointer(&format!("/dynamic_resources/{field}")).is_some();
    facts.clusters.open = dynamic("cds_config");
    facts.internal_listeners.open = dynamic("lds_config");
    let streamed = dynamic("ads_config");
    facts.route_configurations.open = streamed;
    facts.endpoints.open = streamed;
    if let Some(resources) = root.get("static_resources") {
        let place = place.key("static_resources");
        each(resources, "listeners", &place, |one, at| listener::listener(one, &at, &mut facts));
        each(resources, "clusters", &place, |one, at| cluster(one, &at, &mut facts));
        each(resources, "secrets", &place, |one, at| secret(one, &at, &mut facts));
    }
    if let Some(admin) = root.get("admin") {
        // It is bound first, and does not share its port.
        let socket = listener::socket(admin, admin.get("address"), place.key("admin").key("address"));
        facts.admin = socket.map(|socket| Socket { reuse: false, ..socket });
    }
    for part in ["dynamic_resources", "admin"] {
        if let Some(value) = root.get(part) {
            fields::walk(value, part, &place.key(part), &mut facts);
        }
    }
    Some((Sort::Bootstrap, facts))
}

/// What a `/config_dump` holds; draining listeners and what was refused are not in use, and the
/// route configurations that are not dynamic stand inside their listeners.
fn dump<'a>(configs: &'a [Value], place: &Origin, facts: &mut Facts<'a>) {
    let parts: Vec<(&str, &Value, Origin)> =
        configs.iter().enumerate().map(|(at, config)| (kind(config), config, place.index(at))).collect();
    let is_there = |name: &str| parts.iter().any(|(kind, ..)| *kind == name);
    facts.clusters.open = !is_there("ClustersConfigDump");
    facts.internal_listeners.open = !is_there("ListenersConfigDump");
    facts.route_configurations.open = !is_there("RoutesConfigDump");
    facts.endpoints.open = !is_there("EndpointsConfigDump");
    facts.secrets.open = !is_there("SecretsConfigDump");
    for (kind, config, place) in parts {
        match kind {
            "ClustersConfigDump" => {
                for list in ["static_clusters", "dynamic_active_clusters", "dynamic_warming_clusters"] {
                    within(config, list, &["cluster"], &place, |one, at| cluster(one, &at, facts));
                }
            }
            "ListenersConfigDump" => {
                within(config, "static_listeners", &["listener"], &place, |one, at| {
                    listener::listener(one, &at, facts);
                });
                // A listener that warms up replaces the active one of its name.
                within(config, "dynamic_listeners", &["active_state", "listener"], &place, |one, at| {
                    listener::listener(one, &at, facts);
                });
            }
            "RoutesConfigDump" => {
                within(config, "dynamic_route_configs", &["route_config"], &place, |one, at| {
                    define(one, "name", &at, &mut facts.route_configurations.defined);
                    fields::walk(one, "route_config", &at, facts);
                });
            }
            "SecretsConfigDump" => {
                for list in ["static_secrets", "dynamic_active_secrets", "dynamic_warming_secrets"] {
                    each(config, list, &place, |one, at| define(one, "name", &at, &mut facts.secrets.defined));
                }
            }
            "EndpointsConfigDump" => {
                for list in ["static_endpoint_configs", "dynamic_endpoint_configs"] {
                    within(config, list, &["endpoint_config"], &place, |one, at| {
                        define(one, "cluster_name", &at, &mut facts.endpoints.defined);
                    });
                }
            }
            _ => {}
        }
    }
}

/// The message's name at the end of its `@type`.
fn kind(value: &Value) -> &str {
    let name = value.get("@type").and_then(Value::as_str).unwrap_or_default();
    name.rsplit_once('.').map_or(name, |(_, name)| name)
}

fn each<'a>(value: &'a Value, field: &str, place: &Origin, mut with: impl FnMut(&'a Value, Origin)) {
    let elements = value.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let place = place.key(field.to_owned());
    elements.iter().enumerate().for_each(|(at, element)| with(element, place.index(at)));
}

/// The value at `steps` inside each element of a list.
fn within<'a>(
    value: &'a Value,
    list: &str,
    steps: &[&'static str],
    place: &Origin,
    mut with: impl FnMut(&'a Value, Origin),
) {
    each(value, list, place, |element, place| {
        let inner = steps.iter().try_fold(element, |value, step| value.get(step));
        if let Some(inner) = inner {
            with(inner, steps.iter().fold(place, |place, step| place.key(*step)));
        }
    });
}

fn string<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn define<'a>(value: &'a Value, field: &'static str, place: &Origin, into: &mut Vec<Text<'a>>) {
    into.extend(string(value, field).map(|text| Text { text, place: Some(place.key(field)) }));
}

fn cluster<'a>(value: &'a Value, place: &Origin, facts: &mut Facts<'a>) {
    define(value, "name", place, &mut facts.clusters.defined);
    if let Some(eds) = value.get("eds_cluster_config") {
        let name = string(eds, "service_name").or_else(|| string(value, "name"));
        let source = eds.get("eds_config");
        if let (Some(name), true) = (name, source.is_none_or(is_streamed)) {
            let place = Some(place.key("eds_cluster_config"));
            facts.endpoints.used.push(super::facts::Use { name, by: "the cluster", place });
        }
    }
    fields::walk(value, "cluster", place, facts);
}

/// Whether a `ConfigSource` is the one stream of a control plane, not a file or a server of its own.
fn is_streamed(source: &Value) -> bool {
    source.get("ads").is_some()
}

fn secret<'a>(value: &'a Value, place: &Origin, facts: &mut Facts<'a>) {
    define(value, "name", place, &mut facts.secrets.defined);
    fields::walk(value, "secret", place, facts);
}

/// A port as it is written, also as a string or a broken number.
fn port<'a>(value: &'a Value, zero: Zero, place: &Origin) -> (Written<'a>, Zero) {
    (written(value, place), zero)
}

fn written<'a>(value: &'a Value, place: &Origin) -> Written<'a> {
    let text = match value {
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    };
    Written { text, place: Some(place.clone()) }
}
