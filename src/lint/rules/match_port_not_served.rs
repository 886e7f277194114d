//! A match for a port that no server of the Gateways opens.

use super::declare_rule;
use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Diagnostic, Diagnostics, Location, Origins, Port};
use crate::lint::Context;
use crate::mesh::{Gateway, Semantics, VirtualService};

declare_rule! {
    /// ## What it does
    /// Reports the `port` of a match of a VirtualService for Gateways alone, where no server of
    /// those Gateways has that port.
    /// ## Why is this bad
    /// A match of a port holds on that port only, so the routes are never used.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.com]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - match: [{port: 8080}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
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
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - match: [{port: 80}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest>
    pub(super) RULE = { name: "match-port-not-served", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let gateways = context.gateways();
    let ports_of = |gateway: &Gateway| -> BTreeSet<Port> {
        gateway.spec.servers.iter().filter_map(|server| server.port.as_ref()?.number).collect()
    };
    let opened: BTreeMap<String, BTreeSet<Port>> =
        context.mesh.gateways.iter().map(|gateway| (gateway.key(), ports_of(gateway))).collect();
    for service in context.mesh.virtual_services.iter().filter(|it| it.semantics == Semantics::Istio) {
        let matches = ports(service);
        if matches.is_empty() {
            continue;
        }
        let Some(bound) = gateways.only(service) else { continue };
        let ports = service.gateways.iter().filter_map(|key| opened.get(key));
        let opened: BTreeSet<Port> = ports.flatten().copied().collect();
        for (port, origins) in matches.into_iter().filter(|(port, _)| !opened.contains(port)) {
            found.0.extend(report(port, origins, &opened, &bound));
        }
    }
}

/// The matches with a port.
fn ports(service: &VirtualService) -> Vec<(Port, &Origins)> {
    let http = service.http.iter().flat_map(|it| it.spec.matches.iter().map(|it| it.port).zip(&it.match_origins));
    let tls = service.tls.iter().flat_map(|it| it.spec.matches.iter().map(|it| it.port).zip(&it.match_origins));
    let tcp = service.tcp.iter().flat_map(|it| it.spec.matches.iter().map(|it| it.port).zip(&it.match_origins));
    http.chain(tls).chain(tcp).filter_map(|(port, origins)| Some((port?, origins))).collect()
}

fn report(port: Port, origins: &Origins, opened: &BTreeSet<Port>, gateways: &[&Gateway]) -> Option<Diagnostic> {
    let origin = origins.first()?;
    let place = if origins.len() == 1 { origin.key("port") } else { origin.clone() };
    let opened: Vec<_> = opened.iter().map(|port| format!("`{}`", port.number())).collect();
    let message = format!("no server of these Gateways is on port `{}`", port.number());
    let servers = Location::Key(gateways.first()?.origin.key("spec").key("servers"));
    let found = Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
        .labelled("this match never holds")
        .related(servers, format!("the ports are {}", opened.join(", ")));
    Some(found.help("name the `number` of a server's port (not of the Service or the pod)"))
}
