//! An AuthorizationPolicy about a method that HTTP does not have.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::resource::Object;
use crate::resource::istio::AuthorizationPolicy;
use crate::resource::istio::authorization_policy::Operation;

declare_rule! {
    /// ## What it does
    /// Reports `methods` of AuthorizationPolicies that are no method of HTTP. Methods of gRPC belong in `paths`; a `/` or a
    /// `*` is not reported.
    /// ## Why is this bad
    /// No request has the method: a rule that allows it allows nothing, and one that denies it denies nothing.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: read}
    /// spec: {rules: [{to: [{operation: {methods: [GTE]}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: read}
    /// spec: {rules: [{to: [{operation: {methods: [GET]}}]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "unknown-http-method", codes: ["KIA0102"], severity: Warning, check: check };
}

/// The methods that are registered (RFC 9110, RFC 5789).
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for policy in &context.resources.authorization_policies {
        for (origin, operation) in operations(policy) {
            for (key, methods) in [("methods", &operation.methods), ("notMethods", &operation.not_methods)] {
                for (at, method) in methods.iter().enumerate() {
                    let special = method.is_empty() || method.contains(['*', '/']);
                    if special || METHODS.contains(&method.as_str()) {
                        continue;
                    }
                    let place = Location::Value(origin.key(key).index(at));
                    let message = format!("HTTP has no method `{method}`");
                    let unknown = Diagnostic::new(RULE.severity, RULE.name, place, message);
                    let upper = method.to_ascii_uppercase();
                    found.push(match METHODS.contains(&upper.as_str()) {
                        true => unknown.help(format!("methods are in upper case: write `{upper}`")),
                        false => unknown.help(format!("it has: {}", METHODS.join(", "))),
                    });
                }
            }
        }
    }
}

/// The operations of a policy, with the place of each.
pub(super) fn operations(policy: &Object<AuthorizationPolicy>) -> impl Iterator<Item = (Origin, &Operation)> {
    let rules = policy.spec.rules.iter().enumerate();
    rules.flat_map(move |(at, rule)| {
        let origin = policy.spec_origin().key("rules").index(at).key("to");
        let operations = rule.to.iter().enumerate();
        operations.filter_map(move |(at, to)| Some((origin.index(at).key("operation"), to.operation.as_ref()?)))
    })
}
