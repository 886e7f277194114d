//! Tokens that are checked, and not asked for.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::istio::authorization_policy::Rule;
use crate::resource::istio::request_authentication::Presence;

declare_rule! {
    /// ## What it does
    /// Reports RequestAuthentications in a namespace for which no AuthorizationPolicy of the input asks for a token
    /// (`requestPrincipals`, or `when` with `request.auth`), and no rule says `presence: REQUIRED`.
    /// ## Why is this bad
    /// A RequestAuthentication refuses requests with a bad token. Those without any token go through: only an
    /// AuthorizationPolicy can ask for one.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: RequestAuthentication
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   jwtRules: [{issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys"}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: RequestAuthentication
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   jwtRules: [{issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys"}]
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   rules:
    ///   - from: [{source: {requestPrincipals: ["https://id.example.com/*"]}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/security/request_authentication/#RequestAuthentication>
    pub(super) RULE = { name: "token-not-required", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let asking = context.resources.authorization_policies.iter().filter(|it| it.spec.rules.iter().any(asks_for_token));
    let asking: BTreeSet<&str> = asking.map(|object| object.namespace()).collect();
    let root = context.mesh.config.root_namespace.as_str();
    for object in &context.resources.request_authentications {
        // One of the root namespace is for all: which namespaces ask for tokens is not told apart.
        let is_asked = match object.namespace() == root {
            true => !asking.is_empty(),
            false => asking.contains(object.namespace()) || asking.contains(root),
        };
        let required = object.spec.jwt_rules.iter().any(|rule| rule.presence == Presence::Required);
        if is_asked || required || object.spec.jwt_rules.is_empty() {
            continue;
        }
        let place = Location::Key(object.spec_origin().key("jwtRules"));
        let message = "no AuthorizationPolicy in the input asks for a token";
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .labelled("requests without a token go through")
                .help("add an AuthorizationPolicy with `requestPrincipals`, as `[\"*\"]`, for the same workloads"),
        );
    }
}

fn asks_for_token(rule: &Rule) -> bool {
    let mut sources = rule.from.iter().filter_map(|from| from.source.as_ref());
    let in_source =
        sources.any(|source| !source.request_principals.is_empty() || !source.not_request_principals.is_empty());
    in_source || rule.when.iter().any(|condition| condition.key.starts_with("request.auth"))
}
