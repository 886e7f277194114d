//! `sidecars-of-one-workload`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Labels, Location};
use crate::lint::Context;
use crate::lint::selection::Selectors;
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
    let selecting = sidecars.iter().filter_map(|it| Some((it.namespace.as_str(), selector(it)?, it)));
    let selectors = Selectors::new(selecting);
    for sidecar in sidecars {
        let Some(selector) = selector(sidecar) else { continue };
        let other = context.workloads(selector).find_map(|workload| {
            let redirected = workload.annotations.get("ambient.istio.io/redirection").is_some_and(|it| it == "enabled");
            if redirected || workload.namespace != sidecar.namespace {
                return None;
            }
            let taking = selectors.taking(&workload.namespace, &workload.labels);
            let other = taking.into_iter().find(|other| other.name != sidecar.name)?;
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

/// The labels of the workloads that a Sidecar is for; `None` where it is for all of its namespace.
fn selector(sidecar: &Sidecar) -> Option<&Labels> {
    sidecar.spec.workload_selector.as_ref().map(|selector| &selector.labels).filter(|labels| !labels.is_empty())
}
