//! `pod-without-proxy`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::kubernetes::Pod;

declare_rule! {
    /// ## What it does
    /// Reports a Pod of an injected namespace that has no container `istio-proxy` and does not opt out, where another
    /// Pod of the input has one: Pods as people write them get theirs from the webhook.
    /// ## Why is this bad
    /// It was made before injection was on, or the webhook did not run: it is outside the mesh.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio-injection: enabled}}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: api, namespace: shop}
    /// spec: {containers: [{name: api, image: api}, {name: istio-proxy, image: proxyv2}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio-injection: enabled}}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop}
    /// spec: {containers: [{name: web, image: web}, {name: istio-proxy, image: proxyv2}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0103/>
    pub(super) RULE = { name: "pod-without-proxy", codes: ["IST0103"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let injected = |spec: &Pod| {
        let mut containers = spec.containers.iter().chain(&spec.init_containers);
        containers.any(|it| it.name == "istio-proxy")
    };
    if !context.resources.pods.iter().any(|pod| injected(&pod.spec)) {
        return;
    }
    for pod in &context.resources.pods {
        let labels = context.mesh.namespaces.get(pod.namespace());
        if labels.and_then(|labels| labels.get("istio-injection")) != Some("enabled") || pod.spec.host_network {
            continue;
        }
        let asked = pod.meta.labels.get("sidecar.istio.io/inject");
        let asked = asked.or_else(|| pod.meta.annotations.get("sidecar.istio.io/inject"));
        if asked.is_some_and(|value| value.eq_ignore_ascii_case("false")) || injected(&pod.spec) {
            continue;
        }
        let message = format!("Pod `{}` of an injected namespace has no `istio-proxy`", pod.name());
        let place = Location::Value(pod.spec_origin().key("containers"));
        found.push(Diagnostic::new(RULE.severity, RULE.name, place, message).help("restart the workload that made it"));
    }
}
