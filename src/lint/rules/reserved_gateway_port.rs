//! A server on a port that the router needs itself.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports servers of Gateways on ports 15000 (administration), 15020 (agent), 15021 (health) and 15090 (metrics).
    /// ## Why is this bad
    /// On a router these are open already, so the listener cannot be opened. Istio does not say so.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 15021, name: http, protocol: HTTP}, hosts: [web.example.com]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 8080, name: http, protocol: HTTP}, hosts: [web.example.com]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio>
    pub(super) RULE = { name: "reserved-gateway-port", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.gateways {
        for (at, server) in object.spec.servers.iter().enumerate() {
            // With an address of its own it may be another one than the router's.
            let number = server.port.as_ref().and_then(|port| port.number).filter(|_| server.bind.is_empty());
            let use_of = match number.map(|number| number.number()) {
                Some(15000) => "administration",
                Some(15020) => "its agent",
                Some(15021) => "health checks",
                Some(15090) => "metrics",
                _ => continue,
            };
            let place = object.spec_origin().key("servers").index(at).key("port").key("number");
            let message = format!("the router itself uses this port for {use_of}");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .labelled("the listener cannot be opened")
                    .help("use a port outside 15000 to 15090"),
            );
        }
    }
}
