//! What istiod or the CRD refuses of an EnvoyFilter
//! (`pkg/config/validation/envoyfilter: validateEnvoyFilter`). The `value` of a patch is for the linter's rules
//! (`envoy-filter-value-refused` and its neighbours), which know Envoy's messages.

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
    }
    if let Some(matches) = matches {
        check_match(&at.key("match"), *apply_to, matches, out);
    }
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
    // Of a `waypoint` in another context, that is said.
    for (_, key) in kinds(matches).into_iter().filter(|(written, key)| *written && ![due, "waypoint"].contains(key)) {
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

/// Names that the filters of Envoy had once: of HTTP filters and of network filters, without what is before and after
/// (`pkg/config/xds/deprecated.go`).
const RENAMED: [(&str, &[(&str, &str)]); 2] = [
    (
        "envoy.filters.http.",
        &[
            ("buffer", "buffer"),
            ("cors", "cors"),
            ("csrf", "csrf"),
            ("ext_authz", "ext_authz"),
            ("fault", "fault"),
            ("grpc_http1_bridge", "grpc_http1_bridge"),
            ("grpc_json_transcoder", "grpc_json_transcoder"),
            ("grpc_web", "grpc_web"),
            ("gzip", "gzip"),
            ("health_check", "health_check"),
            ("http_dynamo_filter", "dynamo"),
            ("ip_tagging", "ip_tagging"),
            ("lua", "lua"),
            ("rate_limit", "ratelimit"),
            ("router", "router"),
            ("squash", "squash"),
        ],
    ),
    (
        "envoy.filters.network.",
        &[
            ("client_ssl_auth", "client_ssl_auth"),
            ("ext_authz", "ext_authz"),
            ("http_connection_manager", "http_connection_manager"),
            ("mongo_proxy", "mongo_proxy"),
            ("ratelimit", "ratelimit"),
            ("redis_proxy", "redis_proxy"),
            ("tcp_proxy", "tcp_proxy"),
        ],
    ),
];

/// A filter is looked for by a name that none has any more.
fn check_name(at: &Origin, name: &str, prefix: &str, out: &mut Diagnostics) {
    let renamed = RENAMED.iter().filter(|(of, _)| *of == prefix).flat_map(|(_, names)| *names);
    let new = name.strip_prefix("envoy.").and_then(|old| renamed.clone().find(|(it, _)| *it == old));
    if let Some((_, new)) = new {
        let new = format!("{prefix}{new}");
        let message = format!("`{name}` is the name that `{new}` had once");
        let fault = doubt("old-filter-name", &at.key("name"), message);
        out.push(fault.labelled("no filter of Istio has it").help(format!("write `{new}`")).fix(Some(new)));
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
    check_name(&at, name, "envoy.filters.network.", out);
    let Some(sub_filter) = sub_filter else { return };
    check_name(&at.key("subFilter"), &sub_filter.name, "envoy.filters.http.", out);
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
