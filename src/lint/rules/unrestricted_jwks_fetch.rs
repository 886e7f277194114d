//! `unrestricted-jwks-fetch`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports istiod without `BLOCKED_CIDRS_IN_JWKS_URIS` where there are RequestAuthentications.
    /// ## Why is this bad
    /// Istiod fetches every `jwksUri`. Whoever may write a RequestAuthentication can have it ask
    /// addresses inside the cluster or of the cloud's metadata.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: RequestAuthentication
    /// metadata: {name: jwt}
    /// spec: {jwtRules: [{issuer: "https://example.com"}]}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: istiod, namespace: istio-system, labels: {app: istiod}}
    /// spec:
    ///   selector: {matchLabels: {app: istiod}}
    ///   template:
    ///     metadata: {labels: {app: istiod}}
    ///     spec:
    ///       containers:
    ///       - name: discovery
    ///         image: pilot
    ///         env: []
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: RequestAuthentication
    /// metadata: {name: jwt}
    /// spec: {jwtRules: [{issuer: "https://example.com"}]}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: istiod, namespace: istio-system, labels: {app: istiod}}
    /// spec:
    ///   selector: {matchLabels: {app: istiod}}
    ///   template:
    ///     metadata: {labels: {app: istiod}}
    ///     spec:
    ///       containers:
    ///       - name: discovery
    ///         image: pilot
    ///         env: [{name: BLOCKED_CIDRS_IN_JWKS_URIS, value: 169.254.0.0/16}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0175/>
    pub(super) RULE = { name: "unrestricted-jwks-fetch", codes: ["IST0175"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let authentications = context.policies("RequestAuthentication");
    let Some(first) = authentications.first() else { return };
    let istiods = context.resources.deployments.iter().filter(|it| it.meta.labels.get("app") == Some("istiod"));
    for istiod in istiods {
        let containers = &istiod.spec.template.spec.containers;
        let mut variables = containers.iter().flat_map(|container| &container.env);
        if variables.any(|it| it.name == "BLOCKED_CIDRS_IN_JWKS_URIS" && !it.value.is_empty()) {
            continue;
        }
        let place = istiod.spec_origin().key("template").key("spec").key("containers");
        let message = "istiod fetches the `jwksUri` of every RequestAuthentication, from any address";
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                .related(first.name_place(), "a RequestAuthentication")
                .help("set `BLOCKED_CIDRS_IN_JWKS_URIS` on istiod to the ranges it must not ask"),
        );
    }
}
