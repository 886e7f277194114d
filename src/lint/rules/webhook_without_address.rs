//! `webhook-without-address`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::{Context, Written};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports a webhook of Istio (injector, validator) with neither `service` nor `url`.
    /// ## Why is this bad
    /// The API server does not reach the control plane: injection or validation fails.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: istio-sidecar-injector-external}
    /// webhooks:
    /// - name: rev.namespace.sidecar-injector.istio.io
    ///   clientConfig: {url: }
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: istio-sidecar-injector-external}
    /// webhooks:
    /// - name: rev.namespace.sidecar-injector.istio.io
    ///   clientConfig: {url: "https://istiod.example.com:15017/inject"}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0163/>
    pub(super) RULE = { name: "webhook-without-address", codes: ["IST0163"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (object, hook) in webhooks(context) {
        let config = hook.get("clientConfig");
        let written =
            |key: &str| config.and_then(|it| it.get(key)).is_some_and(|it| !it.is_null() && it.as_str() != Some(""));
        if written("url") || written("service") {
            continue;
        }
        let name = hook.get("name").and_then(Node::as_str).unwrap_or_default();
        let message = format!("webhook `{name}` says no address of the control plane");
        let place = object.place(config.unwrap_or(hook));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .help("set `clientConfig.url`, for a control plane outside the cluster, or `clientConfig.service`"),
        );
    }
}

/// The webhooks of Istio's control plane, each with its object.
pub(super) fn webhooks<'a>(context: &Context<'a>) -> Vec<(Written<'a>, &'a Node<'a>)> {
    let objects = context.written(&["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]);
    let of_istio = objects.into_iter().filter(|object| match object.kind {
        "MutatingWebhookConfiguration" => object.name.starts_with("istio-sidecar-injector"),
        _ => object.name == "istiod-default-validator" || object.name.starts_with("istio-validator"),
    });
    let hooks = |object: &Written<'a>| object.at(&["webhooks"]).map(Node::elements).unwrap_or_default();
    of_istio.flat_map(|object| hooks(&object).iter().map(move |hook| (object, hook))).collect()
}
