//! Settings of HTTP in ambient mode, where nothing reads HTTP.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin, ResourceId};
use crate::lint::Context;
use crate::lint::ambient::{is_ambient_namespace, with_waypoint};
use crate::resource::Kind;
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports what only a waypoint follows, in a namespace in ambient mode without one: AuthorizationPolicies about HTTP,
    /// RequestAuthentications, WasmPlugins, Telemetry of metrics and traces, VirtualServices with HTTP routes for the mesh, and DestinationRules
    /// with settings of HTTP.
    /// ## Why is this bad
    /// In ambient mode a node's proxy (ztunnel) knows connections, not requests. Policies about HTTP keep everything out
    /// there; routes and other settings do nothing.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: read, namespace: shop}
    /// spec: {rules: [{to: [{operation: {methods: [GET]}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: read, namespace: shop}
    /// spec: {rules: [{to: [{operation: {methods: [GET]}}]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>,
    /// <https://istio.io/latest/docs/ambient/usage/l7-features/>
    pub(super) RULE = { name: "policy-without-waypoint", codes: ["KIA0109", "KIA0210", "KIA1109", "KIA1110", "KIA1111", "KIA1112", "KIA1317"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let served = with_waypoint(context);
    let ambient: BTreeSet<&str> = context
        .mesh
        .namespaces
        .keys()
        .map(String::as_str)
        .filter(|it| is_ambient_namespace(context, it) && !served.contains(it))
        .collect();
    if ambient.is_empty() {
        return;
    }
    for info in context.resources.infos.iter().zip(0..).filter(|(info, _)| ambient.contains(info.namespace.as_str())) {
        let (info, at) = info;
        let origin = Origin::of(ResourceId(at));
        let Some(spec) = context.node(&origin.key("spec")) else { continue };
        let Some(what) = needs_waypoint(info.kind, spec) else { continue };
        let message = format!("{what}, but namespace `{}` is in ambient mode and has no waypoint", info.namespace);
        let place = Location::Value(origin.key("metadata").key("name"));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .help("make a waypoint, and name it with the label `istio.io/use-waypoint`"),
        );
    }
}

/// What in an object only a waypoint follows.
fn needs_waypoint(kind: Kind, spec: &Node<'_>) -> Option<&'static str> {
    let lists = |key: &str| spec.get(key).map(Node::elements).unwrap_or_default();
    // What is attached by name is attached to a waypoint.
    if !lists("targetRefs").is_empty() || spec.get("targetRef").is_some() {
        return None;
    }
    match kind {
        Kind::AuthorizationPolicy if is_about_http(spec) => Some("this policy is about HTTP"),
        Kind::RequestAuthentication => Some("tokens are in HTTP requests"),
        Kind::WasmPlugin => Some("a WasmPlugin runs in a waypoint"),
        Kind::Telemetry if spec.get("tracing").is_some() => Some("requests are traced by a waypoint"),
        Kind::VirtualService => {
            let gateways = lists("gateways");
            let in_mesh = gateways.is_empty() || gateways.iter().any(|it| it.as_str() == Some("mesh"));
            (in_mesh && !lists("http").is_empty()).then_some("HTTP routes are followed by a waypoint")
        }
        Kind::DestinationRule => {
            let policy = spec.get("trafficPolicy");
            let http = policy.and_then(|it| it.get("connectionPool")).and_then(|it| it.get("http"));
            let is_http = http.is_some() || policy.is_some_and(|it| it.get("outlierDetection").is_some());
            is_http.then_some("settings of HTTP are followed by a waypoint")
        }
        _ => None,
    }
}

/// Whether a policy needs to know requests.
pub(super) fn is_about_http(spec: &Node<'_>) -> bool {
    const OPERATION: [&str; 6] = ["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"];
    const SOURCE: [&str; 4] = ["requestPrincipals", "notRequestPrincipals", "remoteIpBlocks", "notRemoteIpBlocks"];
    let has = |item: &Node<'_>, envelope: &str, keys: &[&str]| {
        item.get(envelope).is_some_and(|it| keys.iter().any(|key| it.get(key).is_some()))
    };
    let rules = spec.get("rules").map(Node::elements).unwrap_or_default();
    rules.iter().any(|rule| {
        let list = |key: &str| rule.get(key).map(Node::elements).unwrap_or_default().iter();
        let by_condition = |it: &Node<'_>| {
            it.get("key").and_then(Node::as_str).is_some_and(|key| key.starts_with("request.") || key == "remote.ip")
        };
        list("to").any(|it| has(it, "operation", &OPERATION))
            || list("from").any(|it| has(it, "source", &SOURCE))
            || list("when").any(by_condition)
    })
}
