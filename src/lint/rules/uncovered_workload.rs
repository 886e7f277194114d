//! A workload that no AuthorizationPolicy is about, beside others.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::{Context, PolicyText};
use crate::mesh::WorkloadKind;

declare_rule! {
    /// ## What it does
    /// Reports workloads for which there is no AuthorizationPolicy, in a namespace where others have one.
    /// ## Why is this bad
    /// Everybody may call it. That may be meant; often a new workload was forgotten.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop, labels: {app: web}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: api, namespace: shop, labels: {app: api}}
    /// spec: {containers: [{name: api, image: api}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {matchLabels: {app: web}}, rules: [{to: [{operation: {methods: [GET]}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop, labels: {app: web}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: api, namespace: shop, labels: {app: api}}
    /// spec: {containers: [{name: api, image: api}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: all, namespace: shop}
    /// spec: {rules: [{to: [{operation: {methods: [GET]}}]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "uncovered-workload", codes: ["KIA1301"], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let root = context.mesh.config.root_namespace.as_str();
    let policies = context.policies("AuthorizationPolicy");
    let whole = |it: &PolicyText<'_>| it.selector.is_empty() && !it.has_target;
    if policies.iter().any(|it| it.namespace == root && whole(it)) {
        return;
    }
    let mut by_namespace: BTreeMap<&str, Vec<&PolicyText<'_>>> = BTreeMap::new();
    for policy in policies.iter().filter(|it| !it.has_target) {
        by_namespace.entry(policy.namespace).or_default().push(policy);
    }
    for workload in context.mesh.workloads.iter().filter(|it| it.kind != WorkloadKind::WorkloadEntry) {
        let Some(own) = by_namespace.get(workload.namespace.as_str()) else { continue };
        let of_root = by_namespace.get(root).into_iter().flatten();
        let covers = |it: &&PolicyText<'_>| it.selector.selects(&workload.labels);
        if own.iter().any(covers) || of_root.copied().any(|it| covers(&it)) {
            continue;
        }
        let message =
            format!("no AuthorizationPolicy is about workload `{}`, but about others of its namespace", workload.name);
        let place = Location::Value(workload.origin.key("metadata").key("name"));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .labelled("everybody may call it")
                .help("write a policy for it, or one for the namespace"),
        );
    }
}
