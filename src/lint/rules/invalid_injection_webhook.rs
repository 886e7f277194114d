//! `invalid-injection-webhook`.

use std::collections::BTreeSet;

use super::declare_rule;
use super::image_auto_without_injection::takes;
use crate::base::{Diagnostic, Diagnostics, Labels};
use crate::lint::{Context, Written};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports injection webhooks that take the same pods, and those whose
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

/// The label of a revision of the control plane.
const REVISION: &str = "istio.io/rev";

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let objects = context.written(&["MutatingWebhookConfiguration"]);
    let hooks: Vec<(Written<'_>, &Node<'_>)> = objects
        .iter()
        .flat_map(|object| {
            object.at(&["webhooks"]).map(Node::elements).unwrap_or_default().iter().map(|hook| (*object, hook))
        })
        .filter(|(_, hook)| hook.get("name").and_then(Node::as_str).is_some_and(|name| name.ends_with("istio.io")))
        .collect();
    let tried = tried(&revisions(&hooks));
    for (at, (object, hook)) in hooks.iter().enumerate() {
        let takes_both = |other: &Node<'_>, namespace: &Labels, pod: &Labels| {
            [*hook, other]
                .iter()
                .all(|it| takes(it.get("namespaceSelector"), namespace) && takes(it.get("objectSelector"), pod))
        };
        let mut others = hooks.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, it)| it);
        let overlap = others.find(|(_, it)| tried.iter().any(|(namespace, pod)| takes_both(it, namespace, pod)));
        if let Some((other, it)) = overlap {
            let message = if other.name == object.name {
                format!("webhook `{}` of this configuration injects some of the same pods", text(it))
            } else {
                format!("webhook configuration `{}` injects some of the same pods", other.name)
            };
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, object.place(hook), message)
                    .related(other.place(it), "the other webhook")
                    .help("make the selectors exclude each other"),
            );
        }
        found.0.extend(missing_service(context, object, hook));
    }
}

fn text<'a>(hook: &'a Node<'_>) -> &'a str {
    hook.get("name").and_then(Node::as_str).unwrap_or_default()
}

/// The revisions that selectors of the webhooks name.
fn revisions<'a>(hooks: &[(Written<'a>, &'a Node<'a>)]) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for (_, hook) in hooks {
        for selector in ["namespaceSelector", "objectSelector"].iter().filter_map(|key| hook.get(key)) {
            found.extend(selector.get("matchLabels").and_then(|it| it.get(REVISION)).and_then(Node::as_str));
            let expressions = selector.get("matchExpressions").map(Node::elements).unwrap_or_default().iter();
            let of_revision = expressions.filter(|it| it.get("key").and_then(Node::as_str) == Some(REVISION));
            let values = of_revision.flat_map(|it| it.get("values").map(Node::elements).unwrap_or_default());
            found.extend(values.filter_map(Node::as_str));
        }
    }
    found
}

/// Labels of namespaces and pods that selectors of injection go by, each with each
/// (`istio: webhook.getNamespaceLabels`, `getObjectLabels`).
fn tried(revisions: &BTreeSet<&str>) -> Vec<(Labels, Labels)> {
    let labels = |key: &str, values: [&str; 2]| -> Vec<Labels> {
        let values = [None, Some(values[0]), Some(values[1])];
        let revisions = || revisions.iter().copied().map(Some).chain([None]);
        let both = values.into_iter().flat_map(|value| revisions().map(move |revision| (value, revision)));
        both.map(|(value, revision)| {
            let pairs = [(key, value), (REVISION, revision)];
            pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))).collect()
        })
        .collect()
    };
    let namespaces = labels("istio-injection", ["enabled", "disabled"]);
    let pods = labels("sidecar.istio.io/inject", ["true", "false"]);
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
