//! `image-auto-without-injection`.

use super::declare_rule;
use super::unresolved_image_auto::auto;
use crate::base::{Diagnostic, Diagnostics, Labels, Location};
use crate::lint::Context;
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports a Deployment with image `auto` whose pods no injection webhook of the input takes.
    /// ## Why is this bad
    /// There is no image `auto`: the pods do not start.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: istio-sidecar-injector}
    /// webhooks:
    /// - name: object.sidecar-injector.istio.io
    ///   clientConfig: {url: "https://istiod.example.com"}
    ///   objectSelector: {matchLabels: {sidecar.istio.io/inject: "true"}}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: gw}
    /// spec:
    ///   selector: {matchLabels: {app: gw}}
    ///   template:
    ///     metadata: {labels: {app: gw}}
    ///     spec: {containers: [{name: istio-proxy, image: auto}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: istio-sidecar-injector}
    /// webhooks:
    /// - name: object.sidecar-injector.istio.io
    ///   clientConfig: {url: "https://istiod.example.com"}
    ///   objectSelector: {matchLabels: {sidecar.istio.io/inject: "true"}}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: gw}
    /// spec:
    ///   selector: {matchLabels: {app: gw}}
    ///   template:
    ///     metadata: {labels: {app: gw, sidecar.istio.io/inject: "true"}}
    ///     spec: {containers: [{name: istio-proxy, image: auto}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0146/>
    pub(super) RULE = { name: "image-auto-without-injection", codes: ["IST0146"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let webhooks: Vec<&Node<'_>> = context
        .written(&["MutatingWebhookConfiguration"])
        .iter()
        .flat_map(|it| it.at(&["webhooks"]).map(Node::elements).unwrap_or_default())
        .filter(|hook| hook.get("name").and_then(Node::as_str).is_some_and(|name| name.ends_with("istio.io")))
        .collect();
    let none = Labels::default();
    for deployment in context.resources.deployments.iter().filter(|_| !webhooks.is_empty()) {
        let Some(at) = auto(&deployment.spec.template.spec) else { continue };
        let namespace = context.mesh.namespaces.get(deployment.namespace()).unwrap_or(&none);
        let labels = &deployment.spec.template.metadata.labels;
        if webhooks
            .iter()
            .any(|hook| takes(hook.get("namespaceSelector"), namespace) && takes(hook.get("objectSelector"), labels))
        {
            continue;
        }
        let place = deployment.spec_origin().key("template").key("spec").key("containers").index(at).key("image");
        let message =
            format!("Deployment `{}` has image `auto`, and no webhook of Istio takes its pods", deployment.name());
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message).help(
                "label the pods `sidecar.istio.io/inject: \"true\"`, or the namespace `istio-injection: enabled`",
            ),
        );
    }
}

/// Whether a selector of Kubernetes takes these labels; an absent one takes all.
pub(super) fn takes(selector: Option<&Node<'_>>, labels: &Labels) -> bool {
    let Some(selector) = selector else { return true };
    let equal = selector.get("matchLabels").map(Node::entries).unwrap_or_default();
    let expressions = selector.get("matchExpressions").map(Node::elements).unwrap_or_default();
    equal.iter().all(|(key, value)| labels.get(key.as_str().unwrap_or_default()) == value.as_str())
        && expressions.iter().all(|expression| holds(expression, labels))
}

fn holds(expression: &Node<'_>, labels: &Labels) -> bool {
    let text = |key: &str| expression.get(key).and_then(Node::as_str).unwrap_or_default();
    let written = labels.get(text("key"));
    let mut values = expression.get("values").map(Node::elements).unwrap_or_default().iter().filter_map(Node::as_str);
    match text("operator") {
        "In" => written.is_some_and(|it| values.any(|value| value == it)),
        "NotIn" => !written.is_some_and(|it| values.any(|value| value == it)),
        "Exists" => written.is_some(),
        "DoesNotExist" => written.is_none(),
        _ => false,
    }
}
