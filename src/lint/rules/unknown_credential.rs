//! `unknown-credential`.

use std::collections::BTreeSet;

use super::declare_rule;
use super::selector_without_workload::is_installed;
use crate::base::{Diagnostic, Diagnostics, Labels, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports a `credentialName` of a Gateway for which the namespace of the routers has no Secret,
    /// where the input holds Secrets of that namespace.
    /// ## Why is this bad
    /// The server has no certificate: Envoy refuses connections to it.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: {name: other, namespace: edge}
    /// data: {}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: gw, namespace: edge, labels: {app: gw}}
    /// spec: {containers: [{name: istio-proxy, image: auto}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: public, namespace: shop}
    /// spec:
    ///   selector: {app: gw}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [shop.example.com]
    ///     tls: {mode: SIMPLE, credentialName: shop-tls}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: {name: other, namespace: edge}
    /// data: {}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: gw, namespace: edge, labels: {app: gw}}
    /// spec: {containers: [{name: istio-proxy, image: auto}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: public, namespace: shop}
    /// spec:
    ///   selector: {app: gw}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [shop.example.com]
    ///     tls: {mode: SIMPLE, credentialName: other}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0101/>
    pub(super) RULE = { name: "unknown-credential", codes: ["IST0101"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let namespaces: BTreeSet<&str> = context.resources.secrets.iter().map(|secret| secret.namespace()).collect();
    for gateway in &context.resources.gateways {
        let Some(namespace) = routers(context, &gateway.spec.selector) else { continue };
        let known = namespaces.contains(namespace);
        for (at, server) in gateway.spec.servers.iter().enumerate().filter(|_| known) {
            let Some(name) = server.tls.as_ref().map(|tls| &tls.credential_name).filter(|it| !it.is_empty()) else {
                continue;
            };
            if context.mesh.secret(namespace, name).is_some() || context.mesh.config_map(namespace, name).is_some() {
                continue;
            }
            let place = gateway.spec_origin().key("servers").index(at).key("tls").key("credentialName");
            let message = format!("no Secret `{namespace}/{name}` in the input");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .labelled("this server has no certificate")
                    .help("a Gateway's Secrets are in the namespace of its routers, not of the Gateway"),
            );
        }
    }
}

/// The namespace of the routers that a Gateway's selector takes; that of Istio's own ones is known.
pub(super) fn routers<'a>(context: &Context<'a>, selector: &Labels) -> Option<&'a str> {
    let workload = context.workloads(selector).next();
    let installed = || is_installed(selector).then_some("istio-system");
    workload.map(|workload| workload.namespace.as_str()).or_else(installed)
}
