//! `from` and `to` in two rules, where one was meant.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::istio::authorization_policy::{Action, Rule};

declare_rule! {
    /// ## What it does
    /// Reports policies to ALLOW with two rules next to each other of which one has `from` alone, and the other `to`
    /// alone.
    /// ## Why is this bad
    /// Rules are alternatives: the first lets its sources do anything, the second lets anybody do its operations. A `-`
    /// too many before `to` makes two rules of one.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   rules:
    ///   - from: [{source: {namespaces: [prod]}}]
    ///   - to: [{operation: {methods: [GET]}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   rules:
    ///   - from: [{source: {namespaces: [prod]}}]
    ///     to: [{operation: {methods: [GET]}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/common-problems/security-issues/#make-sure-there-are-no-typos-in-the-policy-yaml-file>
    pub(super) RULE = { name: "from-and-to-apart", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let allowing = context.resources.authorization_policies.iter().filter(|it| it.spec.action == Action::Allow);
    for object in allowing {
        let pairs = object.spec.rules.iter().zip(object.spec.rules.iter().skip(1)).enumerate();
        for (at, (first, second)) in pairs.filter(|(_, (first, second))| are_apart(first, second)) {
            let place = |at: usize| Location::Value(object.spec_origin().key("rules").index(at));
            let (own, other) = if first.to.is_empty() { ("to", "from") } else { ("from", "to") };
            let message =
                format!("a rule with `{own}` alone, next to one with `{other}` alone: each of the two is enough");
            let label = match second.from.is_empty() {
                true => "anybody may do this",
                false => "these may do anything",
            };
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place(at + 1), message)
                    .labelled(label)
                    .related(place(at), "the other rule")
                    .help(format!("if both are to hold, write `{own}` in the other rule, without `-` before it")),
            );
        }
    }
}

fn are_apart(first: &Rule, second: &Rule) -> bool {
    let shape = |rule: &Rule| (rule.from.is_empty(), rule.to.is_empty(), rule.when.is_empty());
    matches!(
        (shape(first), shape(second)),
        ((false, true, true), (true, false, true)) | ((true, false, true), (false, true, true))
    )
}
