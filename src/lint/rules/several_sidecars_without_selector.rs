//! `several-sidecars-without-selector`.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::Sidecar;

declare_rule! {
    /// ## What it does
    /// Finds namespaces with more than one Sidecar that has no `workloadSelector`.
    ///
    /// ## Why is this bad
    /// A Sidecar without a selector is the default of its namespace, and there can be one. Istio takes
    /// the oldest of them and passes over the others; in files, age is the alphabetical order of names.
    ///
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default, namespace: shop}
    /// spec: {egress: [{hosts: [./*]}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: narrow, namespace: shop}
    /// spec: {egress: [{hosts: [istio-system/*]}]}
    /// ```
    ///
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default, namespace: shop}
    /// spec: {egress: [{hosts: [./*]}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: narrow, namespace: shop}
    /// spec:
    ///   workloadSelector: {labels: {app: web}}
    ///   egress: [{hosts: [istio-system/*]}]
    /// ```
    ///
    /// ## References
    /// - <https://istio.io/latest/docs/reference/config/networking/sidecar/>
    /// - <https://istio.io/latest/docs/reference/config/analysis/ist0111/>
    pub(super) RULE = {
        name: "several-sidecars-without-selector",
        codes: ["IST0111", "KIA0002"],
        severity: Error,
        check: check,
    };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut defaults: BTreeMap<&str, Vec<&Sidecar>> = BTreeMap::new();
    for sidecar in &context.mesh.sidecars {
        if sidecar.spec.workload_selector.is_none() {
            defaults.entry(&sidecar.namespace).or_default().push(sidecar);
        }
    }
    for (namespace, sidecars) in defaults.iter().filter(|(_, sidecars)| sidecars.len() > 1) {
        let names: Vec<_> = sidecars.iter().map(|sidecar| format!("`{}`", sidecar.name)).collect();
        for (at, sidecar) in sidecars.iter().enumerate() {
            let place = |sidecar: &Sidecar| Location::Value(sidecar.origin.key("metadata").key("name"));
            let message =
                format!("the Sidecars {} of namespace `{namespace}` all have no `workloadSelector`", names.join(", "));
            let label = if at == 0 { "this one counts" } else { "this one is passed over" };
            let mut diagnostic = Diagnostic::new(RULE.severity, RULE.name, place(sidecar), message).labelled(label);
            for other in sidecars.iter().filter(|other| other.name != sidecar.name) {
                diagnostic = diagnostic.related(place(other), "also without a selector");
            }
            found.push(diagnostic.help("keep one, or give the others a `workloadSelector`"));
        }
    }
}
