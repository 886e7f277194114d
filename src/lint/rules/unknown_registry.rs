//! A network of a cluster that is not known.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports a `fromRegistry` in MeshNetworks that is not `Kubernetes` and not the name of a cluster in a Secret with
    /// the label `istio/multiCluster`.
    /// ## Why is this bad
    /// Endpoints are of no network then, and are called without its gateway. The cluster of the control plane has no
    /// Secret, so its name is reported as well, where it has one.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio, namespace: istio-system}
    /// data: {meshNetworks: "networks: {one: {endpoints: [{fromRegistry: west}]}}"}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio, namespace: istio-system}
    /// data: {meshNetworks: "networks: {one: {endpoints: [{fromRegistry: west}]}}"}
    /// ---
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: {name: west, namespace: istio-system, labels: {istio/multiCluster: "true"}}
    /// stringData: {west: ""}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0126/>
    pub(super) RULE = { name: "unknown-registry", codes: ["IST0126"], severity: Warning, check: check };
}

/// The registries that every mesh has (`istio: multicluster.serviceRegistries`).
const OWN: [&str; 3] = ["Kubernetes", "External", "Mock"];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let Some(networks) = &context.resources.mesh_networks else { return };
    let remote = context.resources.secrets.iter().filter(|it| it.meta.labels.get("istio/multiCluster") == Some("true"));
    let clusters: BTreeSet<&str> = remote.flat_map(|secret| secret.spec.keys()).collect();
    for (network, spec) in &networks.value.networks {
        for (at, endpoints) in spec.endpoints.iter().enumerate() {
            let Some(registry) = endpoints.from_registry.as_deref() else { continue };
            if OWN.contains(&registry) || clusters.contains(registry) {
                continue;
            }
            let origin = networks.origin.key("networks").key(network.clone());
            let place = origin.key("endpoints").index(at).key("fromRegistry");
            let message = format!("no cluster in the input is called `{registry}`, which network `{network}` is of");
            let known: Vec<_> = OWN.iter().take(1).chain(&clusters).map(|name| format!("`{name}`")).collect();
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .help(format!("known: {}", known.join(", "))),
            );
        }
    }
}
