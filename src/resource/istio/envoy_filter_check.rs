//! What istiod or the CRD refuses of an EnvoyFilter
//! (`pkg/config/validation/envoyfilter: validateEnvoyFilter`). Of a `value` only its name and the
//! versions of its messages are checked.

use serde_json::Value;

use super::EnvoyFilter;
use super::envoy_filter::{ApplyTo, ConfigPatch, FilterMatch, ListenerMatch, ObjectMatch, Operation, PatchContext};
use super::policy_check::{check_exclusive, check_targets};
use crate::base::{Diagnostics, Origin, Port};
use crate::resource::Object;
use crate::resource::check::{self, doubt, fault};

/// The filter that takes HTTP filters, by its name and by its old one.
const CONNECTION_MANAGER: [&str; 2] =
    ["envoy.filters.network.http_connection_manager", "envoy.http_connection_manager"];

/// Checks one object by itself.
pub(in crate::resource) fn check(object: &Object<EnvoyFilter>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let EnvoyFilter { workload_selector, target_refs, config_patches, priority: _ } = &object.spec;
    let message = "an EnvoyFilter changes what Istio generates, which may differ in the next version";
    out.push(doubt("envoy-filter", &object.origin().key("kind"), message).help("prefer other kinds where they do"));
    let written = [(workload_selector.is_some(), "workloadSelector"), (!target_refs.is_empty(), "targetRefs")];
    check_exclusive(&spec, &written, out);
    if let Some(selector) = workload_selector {
        check::selector(&spec.key("workloadSelector").key("labels"), &selector.labels, out);
    }
    check_targets(&spec, target_refs, out);
    for (index, patch) in config_patches.iter().enumerate() {
        check_patch(&spec.key("configPatches").index(index), patch, out);
    }
}

fn check_patch(at: &Origin, ConfigPatch { apply_to, matches, patch }: &ConfigPatch, out: &mut Diagnostics) {
    if let Some(matches) = matches {
        check_kinds_of_match(&at.key("match"), matches, out);
        if matches.context == PatchContext::Waypoint {
            return;
        }
    }
    if *apply_to == ApplyTo::Invalid {
        out.push(fault("missing-apply-to", at, "`applyTo` is missing: it says what is changed"));
    }
    match patch {
        None => out.push(fault("missing-patch", at, "`patch` is missing: it says how it is changed")),
        Some(patch) if patch.operation == Operation::Invalid => {
            out.push(fault("missing-operation", &at.key("patch"), "a patch needs an `operation`"));
        }
        Some(patch) if patch.operation != Operation::Remove && patch.value.is_none() => {
            out.push(fault("missing-patch-value", &at.key("patch"), "a patch needs a `value`, except to REMOVE"));
        }
        Some(_) => {}
    }
    if let Some(value) = patch.as_ref().and_then(|patch| patch.value.as_ref()) {
        let at = at.key("patch").key("value");
        if !value.is_object() && !value.is_null() {
            out.push(fault("wrong-type", &at, "`value` must be a mapping, with the fields of Envoy's message"));
        }
        if let Some(name) = value.get("name").filter(|name| !name.is_string() && !name.is_null()) {
            let message = format!("`name` must be a text, not `{name}`");
            out.push(fault("wrong-type", &at.key("name"), message).help("put it in quotes"));
        }
        check_types(&at, value, out);
    }
    if let Some(matches) = matches {
        check_match(&at.key("match"), *apply_to, matches, out);
    }
}

/// Messages of Envoy's API before version 3, which neither istiod nor Envoy has.
fn check_types(at: &Origin, value: &Value, out: &mut Diagnostics) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let at = at.key(key.clone());
                match value.as_str().and_then(|text| text.rsplit('/').next()).filter(|_| key == "@type") {
                    None if key == "@type" => {
                        out.push(fault("wrong-type", &at, "`@type` must be the name of a message, as text"));
                    }
                    Some(message) if is_old(message) => {
                        let text = format!("Envoy has no message `{message}`: it is of an old version of its API");
                        out.push(fault("unknown-message", &at, text).help("use the message of version 3"));
                    }
                    _ => check_types(&at, value, out),
                }
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| check_types(&at.index(index), item, out))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a message is of version 1 or 2 of Envoy's API: `envoy.config.filter.network.ext_authz.v2.ExtAuthz`.
fn is_old(message: &str) -> bool {
    let old = |part: &str| part.starts_with("v1") || part.starts_with("v2");
    message.starts_with("envoy.") && message.split('.').any(old)
}

/// At most one kind of object is matched, and a waypoint's only in its context (CEL of the CRD).
fn check_kinds_of_match(at: &Origin, matches: &ObjectMatch, out: &mut Diagnostics) {
    check_exclusive(at, &kinds(matches), out);
    let in_waypoint = matches.context == PatchContext::Waypoint;
    for (_, key) in kinds(matches).into_iter().filter(|(written, _)| *written) {
        if in_waypoint != (key == "waypoint") {
            let message = format!("`{key}` does not go with this `context`");
            out.push(fault("match-of-other-context", &at.key(key), message).help("`waypoint` is for context WAYPOINT"));
        }
    }
    let Some(waypoint) = &matches.waypoint else {
        if in_waypoint {
            out.push(fault("missing-waypoint-match", at, "context WAYPOINT needs a `waypoint`"));
        }
        return;
    };
    if let Some(number) = waypoint.port_number.filter(|number| Port::new(*number).is_none()) {
        let message = format!("`{number}` is not a port: ports go from 1 to 65535");
        out.push(fault("bad-value", &at.key("waypoint").key("portNumber"), message));
    }
}

/// The kinds of objects that can be matched, and whether they are.
fn kinds(matches: &ObjectMatch) -> [(bool, &'static str); 4] {
    [
        (matches.listener.is_some(), "listener"),
        (matches.route_configuration.is_some(), "routeConfiguration"),
        (matches.cluster.is_some(), "cluster"),
        (matches.waypoint.is_some(), "waypoint"),
    ]
}

fn check_match(at: &Origin, apply_to: ApplyTo, matches: &ObjectMatch, out: &mut Diagnostics) {
    if let Some(proxy) = &matches.proxy {
        check_version(&at.key("proxy").key("proxyVersion"), &proxy.proxy_version, out);
    }
    let due = match apply_to {
        ApplyTo::Listener | ApplyTo::FilterChain | ApplyTo::NetworkFilter | ApplyTo::HttpFilter => "listener",
        ApplyTo::RouteConfiguration | ApplyTo::VirtualHost | ApplyTo::HttpRoute => "routeConfiguration",
        ApplyTo::Cluster => "cluster",
        ApplyTo::Invalid | ApplyTo::ExtensionConfig | ApplyTo::Bootstrap | ApplyTo::ListenerFilter => return,
    };
    for (_, key) in kinds(matches).into_iter().filter(|(written, key)| *written && *key != due) {
        let message = format!("`{key}` does not match what `applyTo` changes");
        out.push(fault("match-of-other-kind", &at.key(key), message).help(format!("match by `{due}`")));
    }
    if let Some(listener) = matches.listener.as_ref().filter(|_| due == "listener") {
        check_listener(&at.key("listener"), apply_to, listener, out);
    }
}

fn check_version(at: &Origin, version: &crate::base::Regex, out: &mut Diagnostics) {
    const LONGEST: usize = 1024;
    if version.as_str().len() > LONGEST {
        out.push(doubt("long-regex", at, format!("an expression of more than {LONGEST} characters is ignored")));
    } else if let Err(error) = version.check() {
        let message = format!("`{}` is not a regular expression: {error}", version.as_str());
        out.push(fault("malformed-regex", at, message));
    }
}

fn check_listener(at: &Origin, apply_to: ApplyTo, listener: &ListenerMatch, out: &mut Diagnostics) {
    let Some(filter) = listener.filter_chain.as_ref().and_then(|chain| chain.filter.as_ref()) else { return };
    let at = at.key("filterChain").key("filter");
    if matches!(apply_to, ApplyTo::Listener | ApplyTo::FilterChain) {
        out.push(doubt("match-not-used", &at, "a filter in `match` has no effect on listeners and filter chains"));
    }
    let FilterMatch { name, sub_filter } = filter;
    if name.is_empty() {
        return out.push(fault("missing-filter-name", &at, "a filter in `match` needs a `name`"));
    }
    let Some(sub_filter) = sub_filter else { return };
    if apply_to != ApplyTo::HttpFilter {
        let message = "`subFilter` is for `applyTo: HTTP_FILTER`";
        out.push(fault("match-of-other-kind", &at.key("subFilter"), message));
    } else if !CONNECTION_MANAGER.contains(&name.as_str()) {
        let message = format!("`{name}` has no HTTP filters");
        out.push(
            fault("match-of-other-kind", &at.key("name"), message).help(format!("use `{}`", CONNECTION_MANAGER[0])),
        );
    } else if sub_filter.name.is_empty() {
        out.push(fault("missing-filter-name", &at.key("subFilter"), "`subFilter` needs a `name`"));
    }
}
