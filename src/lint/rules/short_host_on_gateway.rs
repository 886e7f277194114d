//! A host without a dot, for gateways.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location};
use crate::lint::Context;
use crate::mesh::Semantics;

declare_rule! {
    /// ## What it does
    /// Reports hosts without a dot in a VirtualService for Gateways alone that a server takes because it takes every
    /// host, or every one of the cluster.
    /// ## Why is this bad
    /// Istio adds the namespace and the domain of the cluster. Clients from outside do not ask for such a host, so they
    /// get 404.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web]
    ///   gateways: [edge]
    ///   http:
    ///   - route: [{destination: {host: web}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - route: [{destination: {host: web}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService>
    pub(super) RULE = { name: "short-host-on-gateway", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let (gateways, servers) = (context.gateways(), context.servers());
    for service in context.mesh.virtual_services.iter().filter(|it| it.semantics == Semantics::Istio) {
        let hosts = service.origin.key("spec").key("hosts");
        for (at, host) in service.hosts.iter().enumerate() {
            let place = hosts.index(at);
            let written = context.node(&place).and_then(|node| node.as_str()).unwrap_or_default();
            if written.is_empty() || written.contains(['.', '*', ':']) || written == host.as_str() {
                continue;
            }
            // Where no server takes it, that is reported instead.
            let Some(bound) = gateways.only(service) else { break };
            if servers.have(host, service, &bound) {
                found.push(report(written, host, Location::Value(place)));
            }
        }
    }
}

fn report(written: &str, host: &HostPattern, place: Location) -> Diagnostic {
    let message = format!("on a gateway `{written}` is `{host}`, which no client from outside asks for");
    Diagnostic::new(RULE.severity, RULE.name, place, message)
        .labelled(format!("a request for `http://{written}/` gets 404"))
        .help("write the host that clients ask for, as `web.example.com`; if `*` is meant, write that")
}
