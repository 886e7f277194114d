//! `telemetries-without-selector`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports namespaces with more than one Telemetry that has neither selector nor target.
    /// ## Why is this bad
    /// A namespace has one such Telemetry: the oldest counts, the others are passed over.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: one, namespace: shop}
    /// spec: {accessLogging: [{providers: [{name: envoy}]}]}
    /// ---
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: two, namespace: shop}
    /// spec: {tracing: [{randomSamplingPercentage: 10}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: one, namespace: shop}
    /// spec:
    ///   accessLogging: [{providers: [{name: envoy}]}]
    ///   tracing: [{randomSamplingPercentage: 10}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0160/>
    pub(super) RULE = { name: "telemetries-without-selector", codes: ["IST0160"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let telemetries = context.policies("Telemetry");
    let defaults: Vec<_> = telemetries.iter().filter(|it| it.selector.is_empty() && !it.has_target).collect();
    for telemetry in &defaults {
        let other = defaults.iter().find(|it| it.namespace == telemetry.namespace && it.name != telemetry.name);
        let Some(other) = other else { continue };
        let message = format!("Telemetry `{}` is for all workloads of `{}` as well", other.name, other.namespace);
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, telemetry.name_place(), message)
                .labelled("only the oldest Telemetry counts")
                .related(Location::Value(other.origin.key("metadata").key("name")), "the other one")
                .help("merge them, or give one a selector"),
        );
    }
}
