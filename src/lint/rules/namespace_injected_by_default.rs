//! `namespace-injected-by-default`.

use super::declare_rule;
use super::namespace_without_injection::{injects_by_default, unlabelled};
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports a Namespace that says nothing about Istio where the injector takes such namespaces
    /// (`enableNamespacesByDefault`).
    /// ## Why is this bad
    /// Its pods get a sidecar, which nobody may have decided. A label says so.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio-sidecar-injector, namespace: istio-system}
    /// data: {values: '{"sidecarInjectorWebhook": {"enableNamespacesByDefault": true}}'}
    /// ---
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio-sidecar-injector, namespace: istio-system}
    /// data: {values: '{"sidecarInjectorWebhook": {"enableNamespacesByDefault": true}}'}
    /// ---
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio-injection: disabled}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0148/>
    pub(super) RULE = { name: "namespace-injected-by-default", codes: ["IST0148"], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for namespace in unlabelled(context) {
        if !injects_by_default(context) {
            continue;
        }
        let message = format!("pods of namespace `{}` get a sidecar by the injector's default", namespace.name());
        let place = Location::Value(namespace.origin().key("metadata").key("name"));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .help("label it `istio-injection: enabled` or `istio-injection: disabled`"),
        );
    }
}
