//! `telemetries-of-one-workload`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::selection::Selectors;

declare_rule! {
    /// ## What it does
    /// Reports Telemetries of a namespace whose selectors take the same workload.
    /// ## Why is this bad
    /// A workload has one Telemetry by selector: the oldest counts, the others are passed over.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web, version: v1}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: one}
    /// spec: {selector: {matchLabels: {app: web}}, tracing: [{randomSamplingPercentage: 10}]}
    /// ---
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: two}
    /// spec: {selector: {matchLabels: {version: v1}}, tracing: [{randomSamplingPercentage: 20}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web, version: v1}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: one}
    /// spec: {selector: {matchLabels: {app: web}}, tracing: [{randomSamplingPercentage: 10}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0159/>
    pub(super) RULE = { name: "telemetries-of-one-workload", codes: ["IST0159"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let telemetries = context.policies("Telemetry");
    let selecting: Vec<_> = telemetries.iter().filter(|it| !it.selector.is_empty()).collect();
    let selectors = Selectors::new(selecting.iter().map(|it| (it.namespace, &it.selector, *it)));
    for telemetry in &selecting {
        let both = telemetry.workloads(context).find_map(|workload| {
            let taking = selectors.taking(&workload.namespace, &workload.labels);
            let other = taking.into_iter().find(|it| it.name != telemetry.name)?;
            Some((workload, other))
        });
        let Some((workload, other)) = both else { continue };
        let message = format!("Telemetry `{}` takes workload `{}` as well", other.name, workload.name);
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, telemetry.selector_place(), message)
                .labelled("only the oldest Telemetry counts")
                .related(other.selector_place(), "the other one")
                .related(Location::Value(workload.origin.clone()), "the workload")
                .help("make the selectors exclude each other, or merge the Telemetries"),
        );
    }
}
