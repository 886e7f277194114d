//! A ServiceEntry that selects no workload.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Labels, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports the `workloadSelector` of a ServiceEntry that takes none of the workloads of its namespace, where the
    /// input has some.
    /// ## Why is this bad
    /// The host has no endpoints then, and every request gets 503.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   location: MESH_INTERNAL
    ///   resolution: STATIC
    ///   ports: [{number: 80, name: http, protocol: HTTP}]
    ///   workloadSelector: {labels: {app: web}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: WorkloadEntry
    /// metadata: {name: vm, namespace: default}
    /// spec: {address: 10.0.0.1, labels: {app: wbe}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   location: MESH_INTERNAL
    ///   resolution: STATIC
    ///   ports: [{number: 80, name: http, protocol: HTTP}]
    ///   workloadSelector: {labels: {app: web}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: WorkloadEntry
    /// metadata: {name: vm, namespace: default}
    /// spec: {address: 10.0.0.1, labels: {app: web}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry>
    pub(super) RULE = { name: "entry-without-workload", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    // Workloads by namespace and each of their labels: a selector is looked up by one of its own.
    let mut by_label: BTreeMap<(&str, &str, &str), Vec<&Labels>> = BTreeMap::new();
    let mut namespaces: BTreeMap<&str, usize> = BTreeMap::new();
    let groups = context.resources.workload_groups.iter();
    let templates = groups.filter_map(|it| Some((it.namespace(), &it.spec.metadata.as_ref()?.labels)));
    let workloads = context.mesh.workloads.iter().map(|it| (it.namespace.as_str(), &it.labels));
    for (namespace, labels) in workloads.chain(templates) {
        *namespaces.entry(namespace).or_default() += 1;
        for (key, value) in labels.iter() {
            by_label.entry((namespace, key, value)).or_default().push(labels);
        }
    }
    for entry in &context.resources.service_entries {
        let Some(selector) = entry.spec.workload_selector.as_ref().map(|it| &it.labels) else { continue };
        let Some(known) = namespaces.get(entry.namespace()) else { continue };
        let Some((key, value)) = selector.iter().next() else { continue };
        let candidates = by_label.get(&(entry.namespace(), key, value)).map(Vec::as_slice).unwrap_or_default();
        if !candidates.iter().any(|labels| selector.selects(labels)) {
            let place = Location::Value(entry.spec_origin().key("workloadSelector").key("labels"));
            let message = format!(
                "none of the {known} workloads of namespace `{}` in the input has these labels",
                entry.namespace()
            );
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .labelled("the host has no endpoints, and requests get 503")
                    .help("compare with the labels of the pods or WorkloadEntries"),
            );
        }
    }
}
