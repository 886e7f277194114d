//! A workload that no AuthorizationPolicy is about, beside others.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::selection::Selectors;
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
    let policies: Vec<_> = policies.iter().filter(|it| !it.has_target).collect();
    let namespaces: BTreeSet<&str> = policies.iter().map(|it| it.namespace).collect();
    let whole: BTreeSet<&str> = policies.iter().filter(|it| it.selector.is_empty()).map(|it| it.namespace).collect();
    if whole.contains(root) {
        return;
    }
    let selecting = Selectors::new(policies.iter().map(|it| (it.namespace, &it.selector, *it)));
    for workload in context.mesh.workloads.iter().filter(|it| it.kind != WorkloadKind::WorkloadEntry) {
        let namespace = workload.namespace.as_str();
        let is_covered = whole.contains(namespace)
            || [namespace, root].iter().any(|it| !selecting.taking(it, &workload.labels).is_empty());
        if is_covered || !namespaces.contains(namespace) {
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
