//! Two Gateways that serve the same host on the same port of the same routers.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::Gateway;
use crate::resource::istio::gateway::Server;

declare_rule! {
    /// ## What it does
    /// Reports servers of different Gateways that have the same port, bind address and host, and
    /// are opened on the same routers.
    /// ## Why is this bad
    /// Istio merges the Gateways of a router and keeps the first server (the oldest Gateway) for
    /// a host; the settings of the other, for example its TLS, are lost.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: one}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: two}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: one}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: two}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [api.example.com]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0145/>
    pub(super) RULE = { name: "gateway-host-conflict", codes: ["IST0145", "KIA0301"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let gateways = &context.mesh.gateways;
    for gateway in gateways {
        for (at, server) in gateway.spec.servers.iter().enumerate() {
            for other in gateways.iter().filter(|other| other.origin != gateway.origin) {
                if !share_routers(context, gateway, other) {
                    continue;
                }
                found.0.extend(conflict(gateway, at, server, other));
            }
        }
    }
}

/// The first host that `other` serves as well.
fn conflict(gateway: &Gateway, at: usize, server: &Server, other: &Gateway) -> Option<Diagnostic> {
    let number = server.port.as_ref()?.number?;
    let (place, host) = other.spec.servers.iter().enumerate().find_map(|(place, it)| {
        let same_port = it.port.as_ref().and_then(|port| port.number) == Some(number) && it.bind == server.bind;
        let host = server.hosts.iter().position(|host| it.hosts.contains(host)).filter(|_| same_port)?;
        Some((place, host))
    })?;
    let name = server.hosts.get(host)?;
    let origin = gateway.server_origins.get(at)?.key("hosts").index(host);
    let message =
        format!("Gateway `{}` serves `{name}` on port `{number}` as well", other.key(), number = number.number());
    let related = Location::Value(other.server_origins.get(place)?.clone());
    Some(
        Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin), message)
            .labelled("only one of the two servers counts")
            .related(related, "the other server")
            .help("serve a host on a port by one server only"),
    )
}

/// Whether some router has both Gateways: the selectors are equal, or take the same workload.
fn share_routers(context: &Context<'_>, one: &Gateway, other: &Gateway) -> bool {
    let (a, b) = (&one.spec.selector, &other.spec.selector);
    a == b || context.mesh.workloads.iter().any(|it| a.selects(&it.labels) && b.selects(&it.labels))
}
