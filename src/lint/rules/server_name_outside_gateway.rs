//! A server name that is opened although no server has it.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::binding::{Bound, RouteKind, taken};
use crate::mesh::{Semantics, VirtualService};
use crate::resource::istio::gateway::Server;

declare_rule! {
    /// ## What it does
    /// Reports `sniHosts` of `tls` routes that are not within the hosts of any server that passes TLS through and has
    /// the VirtualService.
    /// ## Why is this bad
    /// Istio compares the hosts of the VirtualService with those of the server, and opens all its `sniHosts`: with host
    /// `*.example.com` also those that the Gateway does not list.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: tls, protocol: TLS}
    ///     hosts: [one.example.com]
    ///     tls: {mode: PASSTHROUGH}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   gateways: [edge]
    ///   tls:
    ///   - match: [{sniHosts: [two.example.com]}]
    ///     route: [{destination: {host: two.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: tls, protocol: TLS}
    ///     hosts: [one.example.com]
    ///     tls: {mode: PASSTHROUGH}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   gateways: [edge]
    ///   tls:
    ///   - match: [{sniHosts: [one.example.com]}]
    ///     route: [{destination: {host: one.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#TLSMatchAttributes>
    pub(super) RULE = { name: "server-name-outside-gateway", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let (gateways, servers) = (context.gateways(), context.servers());
    for service in context.mesh.virtual_services.iter().filter(|it| it.semantics == Semantics::Istio) {
        // A name is within the hosts of the VirtualService; where these are no wider, it is within the server's.
        if service.tls.is_empty() || !service.hosts.iter().any(|host| host.is_wildcard()) {
            continue;
        }
        let Some(bound) = gateways.only(service) else { continue };
        let mut own = servers.with_hosts_of(service, &bound);
        own.retain(|(_, server, _)| taken(server) == Some(RouteKind::Tls));
        if !own.is_empty() {
            check_names(service, &own, found);
        }
    }
}

fn check_names(service: &VirtualService, servers: &[Bound<'_>], found: &mut Diagnostics) {
    for rule in &service.tls {
        for (one, origins) in rule.spec.matches.iter().zip(&rule.match_origins) {
            let Some(origin) = origins.first() else { continue };
            for (at, name) in one.sni_hosts.iter().enumerate() {
                let within = |server: &Server| server.hosts.iter().any(|host| name.subset_of(&host.host));
                if servers.iter().any(|(_, server, _)| within(server)) {
                    continue;
                }
                let place = Location::Value(origin.key("sniHosts").index(at));
                let message = format!("no server of these Gateways has `{name}`, and yet it is opened");
                let mut finding = Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .labelled("Istio does not narrow it to the hosts of the server");
                for (_, _, server) in servers.iter().take(3) {
                    finding = finding.related(Location::Value(server.key("hosts")), "the hosts of the server");
                }
                found.push(finding.help("list it in the server's `hosts` as well, or take it out here"));
            }
        }
    }
}
