//! `access-log-without-provider`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::yaml::{Kind, Node};

declare_rule! {
    /// ## What it does
    /// Reports `accessLogging` of a Telemetry without `providers`, where MeshConfig names no
    /// default provider of access logs.
    /// ## Why is this bad
    /// Nothing says where to log to, so the element is passed over.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: logs, namespace: istio-system}
    /// spec: {accessLogging: [{filter: {expression: response.code >= 400}}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: logs, namespace: istio-system}
    /// spec: {accessLogging: [{providers: [{name: envoy}], filter: {expression: response.code >= 400}}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0157/>
    pub(super) RULE = { name: "access-log-without-provider", codes: ["IST0157"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    if !context.mesh.config.default_providers.access_logging.is_empty() {
        return;
    }
    for telemetry in context.policies("Telemetry") {
        let logs = telemetry.spec.and_then(|spec| spec.get("accessLogging")).map(Node::elements).unwrap_or_default();
        for (at, log) in logs.iter().enumerate() {
            let disabled = log.get("disabled").is_some_and(|node| node.kind == Kind::Bool(true));
            if disabled || log.get("providers").is_some_and(|node| !node.elements().is_empty()) {
                continue;
            }
            let place = telemetry.origin.key("spec").key("accessLogging").index(at);
            let message = "`accessLogging` without `providers`, and MeshConfig has no default for access logs";
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .labelled("this is passed over")
                    .help(
                        "name a provider, for example `envoy`, or set `defaultProviders.accessLogging` in MeshConfig",
                    ),
            );
        }
    }
}
