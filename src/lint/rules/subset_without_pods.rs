//! `subset-without-pods`.

use super::declare_rule;
use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics, Labels, Location, Severity};
use crate::lint::Context;
use crate::mesh::Registry;

declare_rule! {
    /// ## What it does
    /// Reports a subset of a DestinationRule whose labels no workload of the host's service has. The
    /// labels of the workload's node (region, zone) count as well.
    /// ## Why is this bad
    /// Requests to the subset fail with 503: it has no endpoint. As long as no route goes there it does no harm,
    /// so this is a warning, where istioctl has an error.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop, labels: {app: web, version: v1}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: shop}
    /// spec: {host: web, subsets: [{name: one, labels: {version: v2}}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop, labels: {app: web, version: v1}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: shop}
    /// spec: {host: web, subsets: [{name: one, labels: {version: v1}}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0173/>
    pub(super) RULE = { name: "subset-without-pods", codes: ["IST0173", "KIA0203"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let nodes: BTreeMap<&str, &Labels> =
        context.resources.nodes.iter().map(|it| (it.name(), &it.meta.labels)).collect();
    let node_of: BTreeMap<(&str, &str), &str> =
        context.resources.pods.iter().map(|pod| ((pod.namespace(), pod.name()), pod.spec.node_name.as_str())).collect();
    for rule in &context.mesh.destination_rules {
        let services: Vec<_> = context.mesh.services_with_host(rule.host.as_str()).collect();
        // Endpoints that are written, or found by name, are not known by their pods.
        if services.is_empty()
            || services.iter().any(|it| it.selector.is_empty() || it.registry != Registry::Kubernetes)
        {
            continue;
        }
        for (at, subset) in rule.spec.subsets.iter().enumerate() {
            let mut of_service = services.iter().flat_map(|service| {
                context.workloads(&service.selector).filter(|workload| workload.namespace == service.namespace)
            });
            let selected = of_service.any(|workload| {
                let node = node_of.get(&(workload.namespace.as_str(), workload.name.as_str()));
                let node = node.and_then(|name| nodes.get(name));
                let has = |key: &str, value: &str| {
                    workload.labels.get(key) == Some(value)
                        || (!value.is_empty() && node.is_some_and(|labels| labels.get(key) == Some(value)))
                };
                subset.labels.iter().all(|(key, value)| has(key, value))
            });
            if selected {
                continue;
            }
            let message = format!("no workload of `{}` has the labels of subset `{}`", rule.host, subset.name);
            let place = rule.origin.key("spec").key("subsets").index(at);
            let place = if subset.labels.is_empty() { place } else { place.key("labels") };
            found.push(
                Diagnostic::new(severity(context), RULE.name, Location::Value(place), message)
                    .labelled("a request to this subset fails")
                    .help("check the labels against those of the pods"),
            );
        }
    }
}

/// Without any workload in the input it is no more than a note: they may be elsewhere.
fn severity(context: &Context<'_>) -> Severity {
    if context.mesh.workloads.is_empty() { Severity::Note } else { RULE.severity }
}
