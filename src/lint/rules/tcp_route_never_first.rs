//! A TCP route that comes after another one for the same server.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::lint::binding::{RouteKind, taken};
use crate::mesh::Semantics;
use crate::resource::istio::virtual_service::TcpRoute;

declare_rule! {
    /// ## What it does
    /// Reports `tcp` routes for a Gateway of which each server that could have them has an earlier `tcp` route already.
    /// ## Why is this bad
    /// A server of TCP has one route: that of the first VirtualService (the oldest, then by name) and of its first rule
    /// whose `port` and `gateways` fit. All others are left out.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 9000, name: tcp, protocol: TCP}, hosts: ["*"]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: one}
    /// spec:
    ///   hosts: [one.example.com]
    ///   gateways: [edge]
    ///   tcp:
    ///   - route: [{destination: {host: one.prod.svc.cluster.local}}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: two}
    /// spec:
    ///   hosts: [two.example.com]
    ///   gateways: [edge]
    ///   tcp:
    ///   - route: [{destination: {host: two.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 9000, name: one, protocol: TCP}, hosts: ["*"]}
    ///   - {port: {number: 9001, name: two, protocol: TCP}, hosts: ["*"]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: one}
    /// spec:
    ///   hosts: [one.example.com]
    ///   gateways: [edge]
    ///   tcp:
    ///   - match: [{port: 9000}]
    ///     route: [{destination: {host: one.prod.svc.cluster.local}}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: two}
    /// spec:
    ///   hosts: [two.example.com]
    ///   gateways: [edge]
    ///   tcp:
    ///   - match: [{port: 9001}]
    ///     route: [{destination: {host: two.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#TCPRoute>
    pub(super) RULE = { name: "tcp-route-never-first", codes: [], severity: Warning, check: check };
}

/// A rule with the servers it could be used by, of which each has another rule.
type Lost<'m> = BTreeMap<&'m Origin, &'m Origin>;

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let (gateways, servers) = (context.gateways(), context.servers());
    // What each server has; the VirtualServices come in the order in which Istio looks at them.
    let mut first: BTreeMap<&Origin, &Origin> = BTreeMap::new();
    let (mut used, mut lost) = (std::collections::BTreeSet::new(), Lost::new());
    for service in context.mesh.virtual_services.iter().filter(|it| it.semantics == Semantics::Istio) {
        if service.tcp.is_empty() {
            continue;
        }
        let Some(bound) = gateways.only(service) else { continue };
        let own = servers.with_hosts_of(service, &bound).into_iter();
        for (gateway, server, origin) in own.filter(|(_, server, _)| taken(server) == Some(RouteKind::Tcp)) {
            let number = server.port.as_ref().and_then(|port| port.number);
            for rule in service.tcp.iter().filter(|rule| fits(&rule.spec, number, &gateway.key())) {
                let Some(place) = rule.origins.first() else { continue };
                match first.get(origin) {
                    None => {
                        first.insert(origin, place);
                        used.insert(place);
                    }
                    Some(earlier) => {
                        lost.entry(place).or_insert(*earlier);
                    }
                }
            }
        }
    }
    let lost = lost.into_iter().filter(|(place, _)| !used.contains(place));
    found.0.extend(lost.map(|(place, earlier)| report(context, place, earlier)));
}

/// `istio: pilot/pkg/networking/core/gateway.go: l4MultiMatch`.
fn fits(rule: &TcpRoute, number: Option<crate::base::Port>, gateway: &str) -> bool {
    let fits_one = |port: Option<_>, gateways: &[String]| {
        (port.is_none() || port == number) && (gateways.is_empty() || gateways.iter().any(|own| own == gateway))
    };
    rule.matches.is_empty() || rule.matches.iter().any(|one| fits_one(one.port, &one.gateways))
}

fn report(context: &Context<'_>, place: &Origin, earlier: &Origin) -> Diagnostic {
    let owner = context.resources.info(earlier.resource).filter(|_| earlier.resource != place.resource);
    let of_other = owner.map(|owner| format!(" of {owner}")).unwrap_or_default();
    let message = format!("a TCP server has one route only, and an earlier one{of_other} has it");
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place.clone()), message)
        .labelled("no connection ever comes here")
        .related(Location::Value(earlier.clone()), "this one comes first")
        .help("give each a port of its own, and name it with `port` in the match")
}
