//! A Gateway that is opened on every router.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports Gateways without `selector`.
    /// ## Why is this bad
    /// Without it the servers are opened on every router of the mesh, in all namespaces, also on those for traffic that
    /// leaves the mesh.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.com]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.com]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/gateway/#Gateway>
    pub(super) RULE = { name: "gateway-without-selector", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in context.resources.gateways.iter().filter(|object| object.spec.selector.is_empty()) {
        let place = Location::Value(object.origin().key("metadata").key("name"));
        let message = "a Gateway without `selector` is opened on every router of the mesh";
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .help("name the labels of its routers, as `selector: {istio: ingressgateway}`"),
        );
    }
}
