//! `selector-for-gateway-api`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports an AuthorizationPolicy, RequestAuthentication, Telemetry or WasmPlugin whose selector
    /// takes the pods of a Gateway of the Gateway API.
    /// ## Why is this bad
    /// Such pods are attached to by `targetRefs`; selectors do not reach them.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: gw, labels: {gateway.networking.k8s.io/gateway-name: public}}
    /// spec: {containers: [{name: istio-proxy, image: auto}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: allow}
    /// spec: {selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: public}}, rules: [{}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: gw, labels: {gateway.networking.k8s.io/gateway-name: public}}
    /// spec: {containers: [{name: istio-proxy, image: auto}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: allow}
    /// spec:
    ///   targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: public}]
    ///   rules: [{}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0166/>
    pub(super) RULE = { name: "selector-for-gateway-api", codes: ["IST0166"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for kind in ["AuthorizationPolicy", "RequestAuthentication", "Telemetry", "WasmPlugin"] {
        for policy in context.policies(kind).iter().filter(|policy| !policy.has_target) {
            let gateways = policy.workloads(context);
            let name = gateways.filter_map(|it| it.labels.get("gateway.networking.k8s.io/gateway-name")).next();
            let Some(name) = name else { continue };
            let message = format!("a selector does not reach the pods of Gateway `{name}` of the Gateway API");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, policy.selector_place(), message)
                    .help(format!("use `targetRefs` with `kind: Gateway` and `name: {name}`")),
            );
        }
    }
}
