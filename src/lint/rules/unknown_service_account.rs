//! A WorkloadGroup with a service account that is not there.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports `template.serviceAccount` of WorkloadGroups that the input does not have, where it holds ServiceAccounts of
    /// that namespace.
    /// ## Why is this bad
    /// The workloads get no identity: they cannot join the mesh.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: {name: vm, namespace: shop}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: WorkloadGroup
    /// metadata: {name: vm, namespace: shop}
    /// spec: {template: {serviceAccount: mv}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: {name: vm, namespace: shop}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: WorkloadGroup
    /// metadata: {name: vm, namespace: shop}
    /// spec: {template: {serviceAccount: vm}}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "unknown-service-account", codes: ["KIA1701"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let resources = context.resources;
    let accounts: BTreeSet<_> = resources.service_accounts.iter().map(|it| (it.namespace(), it.name())).collect();
    let namespaces: BTreeSet<&str> = accounts.iter().map(|(namespace, _)| *namespace).collect();
    for group in resources.workload_groups.iter().filter(|it| namespaces.contains(it.namespace())) {
        let name = group.spec.template.as_ref().map(|it| it.service_account.as_str()).unwrap_or_default();
        if matches!(name, "" | "default") || accounts.contains(&(group.namespace(), name)) {
            continue;
        }
        let place = Location::Value(group.spec_origin().key("template").key("serviceAccount"));
        let message = format!("no ServiceAccount `{}/{name}` in the input", group.namespace());
        found.push(Diagnostic::new(RULE.severity, RULE.name, place, message).help("check the name"));
    }
}
