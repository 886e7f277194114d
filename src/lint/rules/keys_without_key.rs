//! Inline keys for tokens that hold no key.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports `jwks` of a RequestAuthentication with an empty list of `keys`.
    /// ## Why is this bad
    /// Istio takes it, and Envoy refuses the filter that checks tokens, and the listener with it.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: RequestAuthentication
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   jwtRules: [{issuer: "https://id.example.com", jwks: '{"keys": []}'}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: RequestAuthentication
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   jwtRules: [{issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys"}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/security/jwt/#JWTRule>
    pub(super) RULE = { name: "keys-without-key", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.request_authentications {
        for (at, rule) in object.spec.jwt_rules.iter().enumerate().filter(|(_, rule)| !rule.jwks.is_empty()) {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&rule.jwks);
            let keys = parsed.ok().and_then(|keys| keys.get("keys")?.as_array().map(Vec::len));
            if keys == Some(0) {
                let place = Location::Value(object.spec_origin().key("jwtRules").index(at).key("jwks"));
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, place, "`jwks` has no key")
                        .labelled("Envoy refuses the listener for it")
                        .help("list the keys of the issuer, or name their address in `jwksUri`"),
                );
            }
        }
    }
}
