//! `invalid-injection-webhook`.

use super::declare_rule;
use super::image_auto_without_injection::takes;
use crate::base::{Diagnostic, Diagnostics, Labels};
use crate::lint::{Context, Written};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports injection webhooks of different objects that take the same pods, and those whose
    /// Service is not in the input, where it holds Services of that namespace.
    /// ## Why is this bad
    /// Pods are injected twice, or not at all.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: one}
    /// webhooks:
    /// - name: sidecar-injector.istio.io
    ///   clientConfig: {url: "https://istiod.example.com/inject"}
    ///   namespaceSelector: {matchLabels: {istio-injection: enabled}}
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: two}
    /// webhooks:
    /// - name: sidecar-injector.istio.io
    ///   clientConfig: {url: "https://istiod.example.com/inject"}
    ///   namespaceSelector: {matchLabels: {istio-injection: enabled}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: one}
    /// webhooks:
    /// - name: sidecar-injector.istio.io
    ///   clientConfig: {url: "https://istiod.example.com/inject"}
    ///   namespaceSelector: {matchLabels: {istio-injection: enabled}}
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: two}
    /// webhooks:
    /// - name: sidecar-injector.istio.io
    ///   clientConfig: {url: "https://istiod.example.com/inject"}
    ///   namespaceSelector: {matchLabels: {istio-injection: canary}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0139/>
    pub(super) RULE = { name: "invalid-injection-webhook", codes: ["IST0139"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let objects = context.written(&["MutatingWebhookConfiguration"]);
    let hooks: Vec<(Written<'_>, &Node<'_>)> = objects
        .iter()
        .flat_map(|object| {
            object.at(&["webhooks"]).map(Node::elements).unwrap_or_default().iter().map(|hook| (*object, hook))
        })
        .filter(|(_, hook)| hook.get("name").and_then(Node::as_str).is_some_and(|name| name.ends_with("istio.io")))
        .collect();
    let tried = tried();
    for (object, hook) in &hooks {
        let takes_both = |other: &Node<'_>, namespace: &Labels, pod: &Labels| {
            [*hook, other]
                .iter()
                .all(|it| takes(it.get("namespaceSelector"), namespace) && takes(it.get("objectSelector"), pod))
        };
        let overlap = hooks.iter().find(|(other, it)| {
            other.name != object.name && tried.iter().any(|(namespace, pod)| takes_both(it, namespace, pod))
        });
        if let Some((other, it)) = overlap {
            let message = format!("webhook configuration `{}` injects some of the same pods", other.name);
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, object.place(hook), message)
                    .related(other.place(it), "the other webhook")
                    .help("make the selectors exclude each other"),
            );
        }
        found.0.extend(missing_service(context, object, hook));
    }
}

/// Labels of namespaces and pods that selectors of injection go by, each with each.
fn tried() -> Vec<(Labels, Labels)> {
    let labels = |key: &str| {
        [None, Some("enabled"), Some("disabled"), Some("true"), Some("false")]
            .map(|value| value.map(|value| (key.to_owned(), value.to_owned())).into_iter().collect::<Labels>())
    };
    let (namespaces, pods) = (labels("istio-injection"), labels("sidecar.istio.io/inject"));
    namespaces.iter().flat_map(|one| pods.iter().map(|other| (one.clone(), other.clone()))).collect()
}

fn missing_service(context: &Context<'_>, object: &Written<'_>, hook: &Node<'_>) -> Option<Diagnostic> {
    let service = hook.get("clientConfig")?.get("service")?;
    let text = |key: &str| service.get(key).and_then(Node::as_str);
    let (namespace, name) = (text("namespace")?, text("name")?);
    let mut of_namespace = context.resources.services.iter().filter(|it| it.namespace() == namespace).peekable();
    if of_namespace.peek().is_none() || of_namespace.any(|it| it.name() == name) {
        return None;
    }
    let message = format!("no Service `{namespace}/{name}` of a control plane in the input");
    let found = Diagnostic::new(RULE.severity, RULE.name, object.place(service), message);
    Some(found.help("check the name and the namespace"))
}
