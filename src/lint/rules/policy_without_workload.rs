//! `policy-without-workload`.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::Context;
use crate::mesh::Workload;

declare_rule! {
    /// ## What it does
    /// Reports an AuthorizationPolicy that applies to no workload of the input: its selector takes none
    /// in its namespace (from the root namespace: in any), or its namespace has none.
    /// ## Why is this bad
    /// Nothing is guarded by it. Often it is a typing error in a label.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop, labels: {app: web}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: allow, namespace: shop}
    /// spec: {selector: {matchLabels: {app: wbe}}, rules: [{}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop, labels: {app: web}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: allow, namespace: shop}
    /// spec: {selector: {matchLabels: {app: web}}, rules: [{}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0127/>
    pub(super) RULE = { name: "policy-without-workload", codes: ["IST0127", "KIA0004"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    if context.mesh.workloads.is_empty() {
        return;
    }
    let in_mesh = |workload: &&Workload| in_mesh(context, workload);
    let namespaces: BTreeSet<&str> =
        context.mesh.workloads.iter().filter(in_mesh).map(|workload| workload.namespace.as_str()).collect();
    for policy in context.policies("AuthorizationPolicy").iter().filter(|policy| !policy.has_target) {
        let is_root = policy.namespace == context.mesh.config.root_namespace;
        if is_root && policy.selector.is_empty() {
            continue;
        }
        let mut workloads =
            context.workloads(&policy.selector).filter(|it| is_root || it.namespace == policy.namespace);
        let has_workload = match policy.selector.is_empty() {
            true => namespaces.contains(policy.namespace),
            false => workloads.any(|it| in_mesh(&it)),
        };
        if has_workload {
            continue;
        }
        let (place, message) = if policy.selector.is_empty() {
            (policy.name_place(), format!("namespace `{}` has no workload in the mesh", policy.namespace))
        } else {
            (policy.selector_place(), "the selector takes no workload in the mesh".to_owned())
        };
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .labelled("this policy guards nothing in the input")
                .help("check the labels and the namespace against those of the pods"),
        );
    }
}

/// Whether a workload may be in the mesh: nothing opts it or its namespace out.
fn in_mesh(context: &Context<'_>, workload: &Workload) -> bool {
    let off = |value: &str| value.eq_ignore_ascii_case("false");
    let asked = workload.labels.get("sidecar.istio.io/inject");
    let asked = asked.or_else(|| workload.annotations.get("sidecar.istio.io/inject").map(String::as_str));
    let namespace = context.mesh.namespaces.get(&workload.namespace);
    match asked {
        Some(value) => !off(value),
        None => namespace.and_then(|labels| labels.get("istio-injection")) != Some("disabled"),
    }
}
