//! `claim-route-without-authentication`.

use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Labels, Location, Origin};
use crate::lint::{Context, PolicyText};
use crate::mesh::{Gateway, VirtualService};

declare_rule! {
    /// ## What it does
    /// Reports a VirtualService that routes by a claim of a token (`@request.auth.claims…`) on a
    /// Gateway for whose routers there is no RequestAuthentication.
    /// ## Why is this bad
    /// Nobody reads the token, so the route never matches.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: public}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: shop}
    /// spec:
    ///   hosts: [shop.example.com]
    ///   gateways: [public]
    ///   http:
    ///   - match: [{headers: {"@request.auth.claims.group": {exact: admin}}}]
    ///     route: [{destination: {host: admin.example.com}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: public}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: shop}
    /// spec:
    ///   hosts: [shop.example.com]
    ///   gateways: [public]
    ///   http:
    ///   - match: [{headers: {"@request.auth.claims.group": {exact: admin}}}]
    ///     route: [{destination: {host: admin.example.com}}]
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: RequestAuthentication
    /// metadata: {name: jwt, namespace: istio-system}
    /// spec:
    ///   selector: {matchLabels: {istio: ingressgateway}}
    ///   jwtRules: [{issuer: "https://example.com"}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0149/>
    pub(super) RULE = { name: "claim-route-without-authentication", codes: ["IST0149"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let authentications = context.policies("RequestAuthentication");
    let mut gateways: BTreeMap<String, Vec<(usize, &Gateway)>> = BTreeMap::new();
    for (at, gateway) in context.mesh.gateways.iter().enumerate() {
        gateways.entry(gateway.key()).or_default().push((at, gateway));
    }
    for service in &context.mesh.virtual_services {
        let Some(claim) = claim(service) else { continue };
        let named: BTreeSet<&str> = service.gateways.iter().map(String::as_str).collect();
        let mut gateways: Vec<_> = named.iter().filter_map(|key| gateways.get(*key)).flatten().copied().collect();
        gateways.sort_by_key(|(at, _)| *at);
        let gateways = gateways.into_iter().map(|(_, gateway)| gateway);
        for gateway in gateways {
            let selector = &gateway.spec.selector;
            let routers: Vec<_> = context.workloads(selector).collect();
            let reaches = |policy: &PolicyText<'_>, namespace: &str, labels: &Labels| {
                (policy.namespace == namespace || policy.namespace == context.mesh.config.root_namespace)
                    && policy.selector.selects(labels)
            };
            let checked = authentications.iter().any(|policy| {
                policy.has_target
                    || routers.iter().any(|it| reaches(policy, &it.namespace, &it.labels))
                    || (routers.is_empty() && reaches(policy, "istio-system", selector))
            });
            if checked {
                continue;
            }
            let message = format!(
                "routes by a claim of a token, which no RequestAuthentication reads on Gateway `{}`",
                gateway.key()
            );
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(claim.clone()), message)
                    .labelled("this never matches")
                    .related(Location::Value(gateway.origin.key("spec").key("selector")), "the routers")
                    .help("add a RequestAuthentication whose selector takes these routers"),
            );
        }
    }
}

/// The first match on a claim.
fn claim(service: &VirtualService) -> Option<Origin> {
    service.http.iter().find_map(|rule| {
        rule.spec.matches.iter().zip(&rule.match_origins).find_map(|(one, origins)| {
            let lists = [("headers", &one.headers), ("withoutHeaders", &one.without_headers)];
            lists.iter().find_map(|(key, headers)| {
                let name = headers.keys().find(|name| name.starts_with("@request.auth.claims"))?;
                Some(origins.first()?.key(*key).key(name.clone()))
            })
        })
    })
}
