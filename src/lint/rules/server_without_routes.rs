//! A server of a Gateway that no VirtualService has routes for.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Hosts, Location, NamespacedHost};
use crate::lint::Context;
use crate::lint::binding::{admits, taken};
use crate::mesh::{Gateway, VirtualService};
use crate::resource::istio::gateway::Server;

declare_rule! {
    /// ## What it does
    /// Reports servers of which no host is a host of a VirtualService that is bound to the Gateway, where the input has
    /// VirtualServices for the Gateway and all of them have their hosts there. Servers that redirect to HTTPS need no
    /// routes.
    /// ## Why is this bad
    /// The port is open, and every request to it gets 404 (or, with TLS that is passed through, is closed).
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.com]}
    ///   - {port: {number: 8080, name: admin, protocol: HTTP}, hosts: [admin.example.com]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local}}]
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
    ///   - {port: {number: 8080, name: admin, protocol: HTTP}, hosts: ["*.example.com"]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/gateway/#Server>
    pub(super) RULE = { name: "server-without-routes", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut bound: BTreeMap<&str, Vec<&VirtualService>> = BTreeMap::new();
    for service in &context.mesh.virtual_services {
        for key in &service.gateways {
            bound.entry(key).or_default().push(service);
        }
    }
    let is_written = |gateway: &Gateway| {
        let info = context.resources.info(gateway.origin.resource);
        info.is_some_and(|info| info.kind.name() == "Gateway")
    };
    for gateway in context.mesh.gateways.iter().filter(|gateway| is_written(gateway)) {
        let Some(services) = bound.get(gateway.key().as_str()) else { continue };
        let mut served: Hosts<'_, &NamespacedHost> = Hosts::default();
        gateway.spec.servers.iter().flat_map(|it| &it.hosts).for_each(|host| served.add(&host.host, host));
        // Where a VirtualService lacks a server, this may be the one that was meant.
        let has = |service: &VirtualService, own| served.meeting(own).any(|host| admits(gateway, host, service));
        if services.iter().any(|service| !service.hosts.iter().all(|own| has(service, own))) {
            continue;
        }
        let mut routed: Hosts<'_, &VirtualService> = Hosts::default();
        for service in services {
            service.hosts.iter().for_each(|host| routed.add(host, service));
        }
        for (server, origin) in gateway.spec.servers.iter().zip(&gateway.server_origins) {
            let redirects = server.tls.as_ref().is_some_and(|tls| tls.https_redirect);
            if taken(server).is_some() && !redirects && !has_routes(gateway, server, &routed) {
                found.push(report(gateway, Location::Value(origin.key("hosts"))));
            }
        }
    }
}

fn has_routes(gateway: &Gateway, server: &Server, routed: &Hosts<'_, &VirtualService>) -> bool {
    server.hosts.iter().any(|host| routed.meeting(&host.host).any(|service| admits(gateway, host, service)))
}

fn report(gateway: &Gateway, place: Location) -> Diagnostic {
    let message = format!("no VirtualService in the input has routes for this server of Gateway `{}`", gateway.key());
    Diagnostic::new(RULE.severity, RULE.name, place, message)
        .labelled("every request to it gets 404")
        .help("add a VirtualService with such a host and this Gateway, or remove the server")
}
