//! A namespace that chooses its proxies in more than one way.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports a Namespace with more than one of the labels `istio-injection`, `istio.io/rev` and
    /// `istio.io/dataplane-mode`.
    /// ## Why is this bad
    /// Which of them counts depends on the webhooks that are installed; `istio-injection` usually
    /// wins over a revision, so that pods get the proxy of another control plane than written.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels: {istio-injection: enabled, istio.io/rev: canary}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels: {istio.io/rev: canary}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0123/>
    pub(super) RULE = { name: "namespace-with-several-injection-labels", codes: ["IST0123"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for namespace in context.resources.namespaces.iter().filter(|it| it.name() != "istio-system") {
        let label = |key: &'static str| namespace.meta.labels.get(key).map(|value| (key, value));
        let injection = label("istio-injection");
        let mut written: Vec<_> = injection.into_iter().collect();
        if injection.is_none_or(|(_, value)| value == "enabled") {
            written.extend(["istio.io/rev", "istio.io/dataplane-mode"].into_iter().filter_map(label));
        }
        let [(first, _), (second, _), ..] = written.as_slice() else { continue };
        let texts: Vec<_> = written.iter().map(|(key, value)| format!("`{key}: {value}`")).collect();
        let message = format!("namespace `{}` chooses its proxies by {}", namespace.name(), texts.join(" and "));
        let labels = namespace.origin().key("metadata").key("labels");
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Key(labels.key(*second)), message)
                .related(Location::Key(labels.key(*first)), "the first of them")
                .help("keep one of the labels"),
        );
    }
}
