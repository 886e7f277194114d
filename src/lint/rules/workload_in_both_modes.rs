//! A workload that asks for a sidecar and for ambient mode.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::WorkloadKind;

declare_rule! {
    /// ## What it does
    /// Reports pods and pod templates with a label for a sidecar (`sidecar.istio.io/inject: "true"`, `istio.io/rev`) and
    /// `istio.io/dataplane-mode: ambient`.
    /// ## Why is this bad
    /// A pod is in one of the modes: with a sidecar it is not in ambient mode.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {sidecar.istio.io/inject: "true", istio.io/dataplane-mode: ambient}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {istio.io/dataplane-mode: ambient}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "workload-in-both-modes", codes: ["KIA1311"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for workload in context.mesh.workloads.iter().filter(|it| it.kind != WorkloadKind::WorkloadEntry) {
        let labels = &workload.labels;
        let inject = labels.get("sidecar.istio.io/inject");
        let sidecar = inject == Some("true") || (inject.is_none() && labels.get("istio.io/rev").is_some());
        if !sidecar || labels.get("istio.io/dataplane-mode") != Some("ambient") {
            continue;
        }
        let place = match workload.kind {
            WorkloadKind::Pod => workload.origin.key("metadata").key("labels"),
            _ => workload.origin.key("spec").key("template").key("metadata").key("labels"),
        };
        let message = format!("`{}` asks for a sidecar and for ambient mode", workload.name);
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                .labelled("the sidecar wins")
                .help("remove one of the labels"),
        );
    }
}
