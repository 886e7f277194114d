//! `namespace-without-injection`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::{Object, kubernetes};

declare_rule! {
    /// ## What it does
    /// Reports a Namespace that says nothing about Istio: neither `istio-injection` nor `istio.io/rev`
    /// nor `istio.io/dataplane-mode`, where injection is not on by default.
    /// ## Why is this bad
    /// Its pods get no sidecar, which nobody may have decided. A label says so.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio-injection: disabled}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0102/>
    pub(super) RULE = { name: "namespace-without-injection", codes: ["IST0102"], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for namespace in unlabelled(context) {
        if injects_by_default(context) {
            continue;
        }
        let message = format!("namespace `{}` does not say whether its pods get a sidecar", namespace.name());
        let place = Location::Value(namespace.origin().key("metadata").key("name"));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .help("label it `istio-injection: enabled` or `istio-injection: disabled`"),
        );
    }
}

/// Namespaces of applications without any label about injection.
pub(super) fn unlabelled<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Object<kubernetes::Namespace>> {
    context.resources.namespaces.iter().filter(|namespace| {
        let labels = &namespace.meta.labels;
        let system = matches!(namespace.name(), "istio-system" | "kube-system" | "kube-public" | "kube-node-lease");
        let injection = labels.get("istio-injection").is_some_and(|value| !value.is_empty());
        let ambient = labels.get("istio.io/dataplane-mode") == Some("ambient");
        !system && !injection && !ambient && labels.get("istio.io/rev").is_none()
    })
}

/// Whether the injector takes namespaces without a label, by its ConfigMap.
pub(super) fn injects_by_default(context: &Context<'_>) -> bool {
    let maps = context.resources.config_maps.iter().filter(|map| map.name() == "istio-sidecar-injector");
    let values = maps.filter_map(|map| serde_json::from_str::<serde_json::Value>(map.spec.data.get("values")?).ok());
    let on = |it: serde_json::Value| {
        it.pointer("/sidecarInjectorWebhook/enableNamespacesByDefault").and_then(serde_json::Value::as_bool)
    };
    values.filter_map(on).next().unwrap_or_default()
}
