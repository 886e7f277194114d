//! A `*` in a policy that stands for itself only.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::resource::istio::authorization_policy::Action;

declare_rule! {
    /// ## What it does
    /// Reports values of an AuthorizationPolicy with a `*` anywhere but at one end: `/foo/*/bar`, `*foo*`.
    /// ## Why is this bad
    /// A `*` at the start or at the end stands for any text. Elsewhere it is a plain character, which hardly any
    /// request has: a rule to ALLOW lets nothing in, and one to DENY keeps nothing out.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   action: DENY
    ///   rules:
    ///   - to: [{operation: {paths: ["/admin/*/keys"]}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   action: DENY
    ///   rules:
    ///   - to: [{operation: {paths: ["/admin/*", "*/keys", "/admin/{*}/keys"]}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/security/authorization-policy/#Rule>
    pub(super) RULE = { name: "wildcard-inside-value", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.authorization_policies {
        let outcome = match object.spec.action {
            Action::Deny => "requests that this is meant to deny get through",
            Action::Allow => "requests that this is meant to allow are denied",
            Action::Audit | Action::Custom => "the rule matches none of the requests that it is meant for",
        };
        for (at, rule) in object.spec.rules.iter().enumerate() {
            let origin = object.spec_origin().key("rules").index(at);
            let sources = rule.from.iter().enumerate().filter_map(|(at, it)| Some((at, it.source.as_ref()?)));
            for (at, source) in sources {
                let origin = origin.key("from").index(at).key("source");
                check_lists(&source.lists(), &origin, outcome, found);
            }
            let operations = rule.to.iter().enumerate().filter_map(|(at, it)| Some((at, it.operation.as_ref()?)));
            for (at, operation) in operations {
                let origin = origin.key("to").index(at).key("operation");
                check_lists(&operation.lists(), &origin, outcome, found);
            }
        }
    }
}

fn check_lists(lists: &[(&'static str, &[String])], origin: &Origin, outcome: &str, found: &mut Diagnostics) {
    for (key, values) in lists {
        // Addresses and ports are checked by their own form, trust domains and accounts with the fields.
        if key.ends_with("Blocks") || key.ends_with("orts") || key.ends_with("omains") || key.ends_with("ccounts") {
            continue;
        }
        for (at, value) in values.iter().enumerate().filter(|(_, value)| is_literal(value)) {
            let message = format!("the `*` inside `{value}` stands for itself only");
            let help = match *key {
                "paths" | "notPaths" => "one segment is `{*}`, any number of them `{**}`: `/admin/{*}/keys`",
                _ => "a `*` is for the start or the end",
            };
            let place = Location::Value(origin.key(*key).index(at));
            found.push(Diagnostic::new(RULE.severity, RULE.name, place, message).labelled(outcome).help(help));
        }
    }
}

/// `istio: pilot/pkg/security/authz/matcher/string.go: StringMatcher`. In templates `{*}` is a segment.
fn is_literal(value: &str) -> bool {
    let plain = value.replace("{**}", "").replace("{*}", "");
    let rest = match plain.strip_prefix('*') {
        Some(rest) => rest,
        None => plain.strip_suffix('*').unwrap_or(&plain),
    };
    rest.contains('*')
}
