//! `unknown-source-namespace`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports `namespaces` and `notNamespaces` of an AuthorizationPolicy that no Namespace of the
    /// input matches, where the input holds Namespaces.
    /// ## Why is this bad
    /// The rule takes nobody, or excludes nobody. Often it is a typing error.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: allow, namespace: shop}
    /// spec: {rules: [{from: [{source: {namespaces: [shpo]}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: allow, namespace: shop}
    /// spec: {rules: [{from: [{source: {namespaces: [shop]}}]}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0101/>
    pub(super) RULE = { name: "unknown-source-namespace", codes: ["IST0101", "KIA0101"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let names: Vec<_> = context.mesh.namespaces.keys().map(|name| name.to_ascii_lowercase()).collect();
    for policy in context.policies("AuthorizationPolicy").iter().filter(|_| !names.is_empty()) {
        let rules = policy.spec.and_then(|spec| spec.get("rules")).map(Node::elements).unwrap_or_default();
        for (rule, at) in rules.iter().zip(0..) {
            let sources = rule.get("from").map(Node::elements).unwrap_or_default();
            for (source, place) in sources.iter().zip(0..) {
                let origin = policy.origin.key("spec").key("rules").index(at).key("from").index(place).key("source");
                for key in ["namespaces", "notNamespaces"] {
                    let written = source.get("source").and_then(|source| source.get(key)).map(Node::elements);
                    for (index, node) in written.unwrap_or_default().iter().enumerate() {
                        let Some(pattern) = node.as_str().filter(|it| !matches(it, &names)) else { continue };
                        let message = format!("no Namespace in the input is `{pattern}`");
                        let here = Location::Value(origin.key(key).index(index));
                        found.push(
                            Diagnostic::new(RULE.severity, RULE.name, here, message)
                                .help("check the name; `*` stands at the start or the end"),
                        );
                    }
                }
            }
        }
    }
}

/// Whether a name is taken by a pattern, in any case.
fn matches(pattern: &str, names: &[String]) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    names.iter().any(|name| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (_, Some(start)) => name.starts_with(start),
        _ => *name == pattern,
    })
}
