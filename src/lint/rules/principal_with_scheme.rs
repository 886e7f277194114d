//! A principal that is written with `spiffe://`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::resource::istio::authorization_policy::Rule;

declare_rule! {
    /// ## What it does
    /// Reports principals in AuthorizationPolicies (also in `when`, key `source.principal`) that begin with
    /// `spiffe://`.
    /// ## Why is this bad
    /// Istio puts `spiffe://` before what is written, so such a principal matches nobody.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   rules:
    ///   - from: [{source: {principals: ["spiffe://cluster.local/ns/default/sa/web"]}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   rules:
    ///   - from: [{source: {principals: ["cluster.local/ns/default/sa/web"]}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source>
    pub(super) RULE = { name: "principal-with-scheme", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.authorization_policies {
        for (at, rule) in object.spec.rules.iter().enumerate() {
            for (values, origin) in principals(rule, &object.spec_origin().key("rules").index(at)) {
                for (at, value) in values.iter().enumerate() {
                    let Some(rest) = value.strip_prefix("spiffe://") else { continue };
                    let message = "a principal is written without `spiffe://`";
                    found.push(
                        Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.index(at)), message)
                            .labelled("this matches nobody")
                            .help(format!("write `{rest}`"))
                            .fix(Some(rest)),
                    );
                }
            }
        }
    }
}

/// The lists of principals of a rule, with their places.
fn principals<'r>(rule: &'r Rule, origin: &Origin) -> Vec<(&'r [String], Origin)> {
    let mut all: Vec<(&[String], Origin)> = Vec::new();
    for (at, from) in rule.from.iter().enumerate() {
        let Some(source) = &from.source else { continue };
        let origin = origin.key("from").index(at).key("source");
        all.push((&source.principals, origin.key("principals")));
        all.push((&source.not_principals, origin.key("notPrincipals")));
    }
    for (at, condition) in rule.when.iter().enumerate().filter(|(_, it)| it.key == "source.principal") {
        let origin = origin.key("when").index(at);
        all.push((&condition.values, origin.key("values")));
        all.push((&condition.not_values, origin.key("notValues")));
    }
    all
}
