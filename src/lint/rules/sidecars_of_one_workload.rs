//! `sidecars-of-one-workload`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::Sidecar;

declare_rule! {
    /// ## What it does
    /// Reports Sidecars of a namespace whose selectors take the same workload.
    /// ## Why is this bad
    /// A workload has one Sidecar: the oldest counts, the others are passed over.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web, version: v1}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: one}
    /// spec: {workloadSelector: {labels: {app: web}}, egress: [{hosts: [./*]}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: two}
    /// spec: {workloadSelector: {labels: {version: v1}}, egress: [{hosts: [./*]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web, version: v1}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: one}
    /// spec: {workloadSelector: {labels: {app: web}}, egress: [{hosts: [./*]}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0110/>
    pub(super) RULE = { name: "sidecars-of-one-workload", codes: ["IST0110", "KIA0003"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let sidecars = &context.mesh.sidecars;
    for sidecar in sidecars {
        let other = context.mesh.workloads.iter().find_map(|workload| {
            let takes = |it: &Sidecar| {
                let labels = it.spec.workload_selector.as_ref().map(|selector| &selector.labels);
                it.namespace == workload.namespace
                    && labels.is_some_and(|labels| !labels.is_empty() && labels.selects(&workload.labels))
            };
            let redirected = workload.annotations.get("ambient.istio.io/redirection").is_some_and(|it| it == "enabled");
            if redirected || !takes(sidecar) {
                return None;
            }
            let other = sidecars.iter().find(|other| other.name != sidecar.name && takes(other))?;
            Some((workload, other))
        });
        let Some((workload, other)) = other else { continue };
        let message = format!("Sidecar `{}` takes workload `{}` as well", other.name, workload.name);
        let place = |sidecar: &Sidecar| Location::Value(sidecar.origin.key("spec").key("workloadSelector"));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place(sidecar), message)
                .labelled("only the oldest Sidecar counts")
                .related(place(other), "the other one")
                .related(Location::Value(workload.origin.clone()), "the workload")
                .help("make the selectors exclude each other, or merge the Sidecars"),
        );
    }
}
