//! A Sidecar of the root namespace that selects workloads.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports a Sidecar in the root namespace with a `workloadSelector`.
    /// ## Why is this bad
    /// A Sidecar of the root namespace is the mesh's default only without a selector. With one it takes workloads of the root
    /// namespace alone, where the control plane is.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default, namespace: istio-system}
    /// spec: {workloadSelector: {labels: {app: web}}, egress: [{hosts: [./*]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default, namespace: istio-system}
    /// spec: {egress: [{hosts: [./*]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "root-sidecar-with-selector", codes: ["KIA1006"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let root = &context.mesh.config.root_namespace;
    for sidecar in context.mesh.sidecars.iter().filter(|it| it.namespace == *root) {
        let selector = sidecar.spec.workload_selector.as_ref().filter(|it| !it.labels.is_empty());
        if selector.is_some() {
            let place = Location::Key(sidecar.origin.key("spec").key("workloadSelector"));
            let message = "a selector in the root namespace does not take workloads of other namespaces";
            found
                .push(Diagnostic::new(RULE.severity, RULE.name, place, message).help(
                    "leave the selector out for the whole mesh, or move the Sidecar to the workloads' namespace",
                ));
        }
    }
}
