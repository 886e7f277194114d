//! `sidecar-in-ambient`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::ambient::is_ambient;

declare_rule! {
    /// ## What it does
    /// Reports Sidecars of workloads that are in ambient mode.
    /// ## Why is this bad
    /// A workload in ambient mode has no sidecar, so the Sidecar changes nothing.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default, namespace: shop}
    /// spec: {egress: [{hosts: [./*]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio-injection: enabled}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default, namespace: shop}
    /// spec: {egress: [{hosts: [./*]}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0167/>
    pub(super) RULE = { name: "sidecar-in-ambient", codes: ["IST0167"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for sidecar in &context.mesh.sidecars {
        let selector = sidecar.spec.workload_selector.as_ref().map(|selector| &selector.labels);
        let (ambient, what) = match selector.filter(|labels| !labels.is_empty()) {
            None => (context.mesh.namespaces.get(&sidecar.namespace).is_some_and(is_ambient), "namespace"),
            Some(selector) => {
                let selected = context.workloads(selector).any(|workload| {
                    workload.namespace == sidecar.namespace
                        && workload.annotations.get("ambient.istio.io/redirection").is_some_and(|it| it == "enabled")
                });
                (selected, "workload")
            }
        };
        if ambient {
            let message = format!("Sidecar `{}` changes nothing: its {what} is in ambient mode", sidecar.name);
            let place = Location::Value(sidecar.origin.key("metadata").key("name"));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .help("remove it, or use a waypoint with policies of its own"),
            );
        }
    }
}
