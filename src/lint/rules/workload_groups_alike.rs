//! WorkloadGroups with the same labels.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::Object;
use crate::resource::istio::WorkloadGroup;

declare_rule! {
    /// ## What it does
    /// Reports WorkloadGroups of one namespace whose workloads get the same labels.
    /// ## Why is this bad
    /// Services and policies cannot tell the workloads of the groups apart.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: WorkloadGroup
    /// metadata: {name: one, namespace: shop}
    /// spec: {metadata: {labels: {app: vm}}, template: {serviceAccount: vm}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: WorkloadGroup
    /// metadata: {name: two, namespace: shop}
    /// spec: {metadata: {labels: {app: vm}}, template: {serviceAccount: vm}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: WorkloadGroup
    /// metadata: {name: one, namespace: shop}
    /// spec: {metadata: {labels: {app: vm, group: one}}, template: {serviceAccount: vm}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: WorkloadGroup
    /// metadata: {name: two, namespace: shop}
    /// spec: {metadata: {labels: {app: vm, group: two}}, template: {serviceAccount: vm}}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "workload-groups-alike", codes: ["KIA1702"], severity: Warning, check: check };
}

/// WorkloadGroups by namespace and labels.
type Groups<'a> = BTreeMap<(&'a str, Vec<(&'a str, &'a str)>), &'a Object<WorkloadGroup>>;

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut seen = Groups::new();
    for group in &context.resources.workload_groups {
        let Some(labels) = group.spec.metadata.as_ref().map(|it| &it.labels).filter(|it| !it.is_empty()) else {
            continue;
        };
        let Some(other) = seen.insert((group.namespace(), labels.iter().collect()), group) else { continue };
        let place = |group: &Object<WorkloadGroup>| Location::Value(group.spec_origin().key("metadata").key("labels"));
        let message = format!("WorkloadGroup `{}` has the same labels", other.name());
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place(group), message)
                .related(place(other), "its labels")
                .help("add a label that tells them apart"),
        );
    }
}
