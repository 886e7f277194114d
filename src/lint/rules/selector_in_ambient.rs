//! A policy for a waypoint that selects by labels.

use super::declare_rule;
use super::policy_without_waypoint::is_about_http;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::Context;
use crate::lint::ambient::{is_ambient_namespace, with_waypoint};

declare_rule! {
    /// ## What it does
    /// Reports AuthorizationPolicies about HTTP, RequestAuthentications, WasmPlugins and Telemetry with traces that select by
    /// labels in a namespace whose workloads are in ambient mode and have a waypoint.
    /// ## Why is this bad
    /// A waypoint follows what is attached to it by name (`targetRefs`). A selector is for the proxies of nodes, which do
    /// not know HTTP.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: RequestAuthentication
    /// metadata: {name: tokens, namespace: shop}
    /// spec: {selector: {matchLabels: {app: web}}, jwtRules: [{issuer: me}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: RequestAuthentication
    /// metadata: {name: tokens, namespace: shop}
    /// spec:
    ///   targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]
    ///   jwtRules: [{issuer: me}]
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>,
    /// <https://istio.io/latest/docs/ambient/usage/l7-features/>
    pub(super) RULE = { name: "selector-in-ambient", codes: ["KIA0110", "KIA1115", "KIA1116", "KIA1117"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let served = with_waypoint(context);
    for kind in ["AuthorizationPolicy", "RequestAuthentication", "Telemetry", "WasmPlugin"] {
        for policy in context.policies(kind).iter().filter(|it| !it.has_target && !it.selector.is_empty()) {
            let in_ambient = is_ambient_namespace(context, policy.namespace) && served.contains(policy.namespace);
            let Some(spec) = policy.spec.filter(|_| in_ambient) else { continue };
            let needs = match kind {
                "AuthorizationPolicy" => is_about_http(spec),
                "Telemetry" => spec.get("tracing").is_some(),
                _ => true,
            };
            if needs {
                found.push(
                    Diagnostic::new(
                        RULE.severity,
                        RULE.name,
                        policy.selector_place(),
                        "a waypoint does not follow a selector",
                    )
                    .help("use `targetRefs` with the waypoint, or a Service"),
                );
            }
        }
    }
}
