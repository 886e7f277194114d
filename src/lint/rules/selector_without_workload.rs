//! `selector-without-workload`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Labels, Location, Origin, Severity};
use crate::lint::Context;
use crate::mesh::Workload;

declare_rule! {
    /// ## What it does
    /// Reports a selector of a Gateway, Sidecar, PeerAuthentication, RequestAuthentication or Telemetry that takes no
    /// workload of the input. For a Gateway every namespace counts, for the others their own.
    /// ## Why is this bad
    /// The object applies to no proxy. Often it is a typing error in a label.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop, labels: {app: web}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: web, namespace: shop}
    /// spec: {workloadSelector: {labels: {app: wbe}}, egress: [{hosts: [./*]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop, labels: {app: web}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: web, namespace: shop}
    /// spec: {workloadSelector: {labels: {app: web}}, egress: [{hosts: [./*]}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0101/>
    pub(super) RULE = { name: "selector-without-workload", codes: ["IST0101", "KIA0004", "KIA0302"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let workloads = &context.mesh.workloads;
    for gateway in &context.resources.gateways {
        let selector = &gateway.spec.selector;
        if selector.is_empty() || is_installed(selector) || context.workloads(selector).next().is_some() {
            continue;
        }
        found.push(report(&gateway.spec_origin().key("selector"), selector, "in any namespace", workloads.is_empty()));
    }
    for sidecar in &context.resources.sidecars {
        let Some(selector) = sidecar.spec.workload_selector.as_ref().map(|it| &it.labels) else { continue };
        let own = |it: &Workload| it.namespace == sidecar.namespace();
        if !selector.is_empty() && !context.workloads(selector).any(own) {
            let origin = sidecar.spec_origin().key("workloadSelector").key("labels");
            found.push(report(&origin, selector, "in its namespace", workloads.is_empty()));
        }
    }
    let root = &context.mesh.config.root_namespace;
    for kind in ["PeerAuthentication", "RequestAuthentication", "Telemetry"] {
        // There a PeerAuthentication with a selector is ignored, which another rule says.
        let ignored = |namespace: &str| kind == "PeerAuthentication" && namespace == root;
        let policies = context.policies(kind);
        for policy in policies.iter().filter(|it| !it.selector.is_empty() && !ignored(it.namespace)) {
            // From the root namespace a RequestAuthentication takes workloads of all namespaces.
            let everywhere = kind == "RequestAuthentication" && policy.namespace == *root;
            if !context.workloads(&policy.selector).any(|it| everywhere || it.namespace == policy.namespace) {
                let origin = policy.origin.key("spec").key("selector").key("matchLabels");
                let whence = if everywhere { "in any namespace" } else { "in its namespace" };
                found.push(report(&origin, &policy.selector, whence, workloads.is_empty()));
            }
        }
    }
}

/// Whether a selector takes the gateways that Istio's own installation has; their pods are
/// seldom among the files.
pub(super) fn is_installed(selector: &Labels) -> bool {
    let known = [("istio", "ingressgateway"), ("istio", "egressgateway")];
    selector.0.len() == 1 && known.iter().any(|(key, value)| selector.get(key) == Some(*value))
}

/// Without any workload in the input it is no more than a note: they may be elsewhere.
fn report(origin: &Origin, selector: &Labels, whence: &str, unknown: bool) -> Diagnostic {
    let labels: Vec<_> = selector.iter().map(|(key, value)| format!("`{key}: {value}`")).collect();
    let severity = if unknown { Severity::Note } else { RULE.severity };
    let message = format!("no workload {whence} has the labels {}", labels.join(", "));
    Diagnostic::new(severity, RULE.name, Location::Value(origin.clone()), message)
        .labelled("this applies to no proxy of the input")
        .help("check the labels against those of the pods")
}
