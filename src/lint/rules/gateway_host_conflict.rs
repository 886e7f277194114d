//! Two Gateways that serve the same host on the same port of the same routers.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, NamespacedHost, Port};
use crate::lint::Context;
use crate::mesh::Gateway;

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

/// Of more Gateways that serve one host on a port than this, each names one other only.
const FEW: usize = 8;

/// A host on a port of an address.
type Socket<'a> = (Port, &'a str, &'a NamespacedHost);

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut servers: IndexMap<Socket<'_>, Vec<(&Gateway, usize)>> = IndexMap::new();
    for (gateway, at, _, socket) in context.mesh.gateways.iter().flat_map(sockets) {
        let servers = servers.entry(socket).or_default();
        if servers.last().is_none_or(|(last, _)| last.origin != gateway.origin) {
            servers.push((gateway, at));
        }
    }
    for gateway in &context.mesh.gateways {
        let mut named = BTreeSet::new();
        for (_, at, host, socket) in sockets(gateway) {
            let servers = servers.get(&socket).map(Vec::as_slice).unwrap_or_default();
            let at_most = if servers.len() > FEW { 1 } else { FEW };
            let others = servers
                .iter()
                .filter(|(other, _)| other.origin != gateway.origin && share_routers(context, gateway, other));
            for (other, place) in others.take(at_most) {
                if named.insert((at, &other.origin)) {
                    found.0.extend(conflict((gateway, at, host), socket, (other, *place)));
                }
            }
        }
    }
}

/// Each host of each server of a Gateway: the server's and the host's index, and where it is served.
fn sockets(gateway: &Gateway) -> impl Iterator<Item = (&Gateway, usize, usize, Socket<'_>)> {
    gateway.spec.servers.iter().enumerate().flat_map(move |(at, server)| {
        let number = server.port.as_ref().and_then(|port| port.number);
        let hosts = server.hosts.iter().enumerate();
        hosts.filter_map(move |(host, name)| Some((gateway, at, host, (number?, server.bind.as_str(), name))))
    })
}

/// A host of a server, which a server of `other` serves as well.
fn conflict(
    (gateway, at, host): (&Gateway, usize, usize),
    (number, _, name): Socket<'_>,
    (other, place): (&Gateway, usize),
) -> Option<Diagnostic> {
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

/// Whether some router has both Gateways: the selectors are equal, one is for every router, or they take the same
/// workload.
fn share_routers(context: &Context<'_>, one: &Gateway, other: &Gateway) -> bool {
    let (a, b) = (&one.spec.selector, &other.spec.selector);
    a == b || a.is_empty() || b.is_empty() || context.workloads(a).any(|it| b.selects(&it.labels))
}
