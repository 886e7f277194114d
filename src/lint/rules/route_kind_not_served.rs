//! Routes of a kind that no server of their Gateways takes.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::binding::{Bound, RouteKind, taken};
use crate::mesh::{Semantics, VirtualService};

declare_rule! {
    /// ## What it does
    /// Reports `http`, `tls` or `tcp` routes of a VirtualService for Gateways whose servers, as far as
    /// they have a host of it, all take another kind: `http` routes are for HTTP and for terminated
    /// HTTPS, `tls` routes for TLS that is passed through, `tcp` routes for TCP and for terminated TLS.
    /// ## Why is this bad
    /// Istio looks at one list only for each server. The routes of the other lists do not exist: requests
    /// end with 404, or the connection is closed.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [web.example.com]
    ///     tls: {mode: PASSTHROUGH}
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
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [web.example.com]
    ///     tls: {mode: SIMPLE, credentialName: web}
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
    /// <https://istio.io/latest/docs/ops/common-problems/network-issues/#gateway-to-virtual-service-tls-mismatch>
    pub(super) RULE = { name: "route-kind-not-served", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let gateways = context.gateways();
    let servers = context.servers();
    for service in context.mesh.virtual_services.iter().filter(|it| it.semantics == Semantics::Istio) {
        let Some(bound) = gateways.only(service) else { continue };
        let own = servers.with_hosts_of(service, &bound);
        for kind in written(service) {
            if !own.is_empty() && !own.iter().any(|(_, server, _)| taken(server) == Some(kind)) {
                found.push(report(service, kind, &own));
            }
        }
    }
}

/// The lists of routes that are not empty.
fn written(service: &VirtualService) -> Vec<RouteKind> {
    let lists = [
        (RouteKind::Http, service.http.is_empty()),
        (RouteKind::Tls, service.tls.is_empty()),
        (RouteKind::Tcp, service.tcp.is_empty()),
    ];
    lists.into_iter().filter(|(_, empty)| !empty).map(|(kind, _)| kind).collect()
}

fn report(service: &VirtualService, kind: RouteKind, servers: &[Bound<'_>]) -> Diagnostic {
    /// How many servers are shown.
    const SHOWN: usize = 3;
    let place = Location::Key(service.origin.key("spec").key(kind.key()));
    let message = format!("no server of these Gateways takes `{}` routes for these hosts", kind.key());
    let mut found =
        Diagnostic::new(RULE.severity, RULE.name, place, message).labelled("none of these routes is ever used");
    for (_, server, origin) in servers.iter().take(SHOWN) {
        let text = match taken(server) {
            Some(taken) => format!("this server takes `{}` routes only", taken.key()),
            None => "this server takes no routes of VirtualServices".to_owned(),
        };
        // Where TLS decides, it is shown; otherwise the protocol.
        let key = if server.tls.is_some() { "tls" } else { "port" };
        found = found.related(Location::Value(origin.key(key)), text);
    }
    found.help(match kind {
        RouteKind::Http => {
            "protocol HTTPS with mode SIMPLE takes `http` routes; for mode PASSTHROUGH write `tls` routes"
        }
        RouteKind::Tls => "only protocol TLS or HTTPS with mode PASSTHROUGH takes `tls` routes",
        RouteKind::Tcp => "protocol TCP, and TLS with mode SIMPLE, take `tcp` routes",
    })
}
