//! A match for a gateway that the VirtualService is not bound to.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin, Origins};
use crate::lint::Context;
use crate::mesh::VirtualService;

declare_rule! {
    /// ## What it does
    /// Reports a gateway in the `gateways` of a match that is not one of the VirtualService's own
    /// `gateways` (which are `mesh` alone where none are written).
    /// ## Why is this bad
    /// The routes of a VirtualService are only given to its own gateways, so a match for another one
    /// never holds there.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [mesh]
    ///   http:
    ///   - match: [{gateways: [edge]}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [mesh, edge]
    ///   http:
    ///   - match: [{gateways: [edge]}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest>
    pub(super) RULE = { name: "match-gateway-not-bound", codes: ["KIA1102"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for service in &context.mesh.virtual_services {
        for rule in &service.http {
            for (one, origins) in rule.spec.matches.iter().zip(&rule.match_origins) {
                check_match(service, &one.gateways, origins, found);
            }
        }
        for rule in &service.tls {
            for (one, origins) in rule.spec.matches.iter().zip(&rule.match_origins) {
                check_match(service, &one.gateways, origins, found);
            }
        }
        for rule in &service.tcp {
            for (one, origins) in rule.spec.matches.iter().zip(&rule.match_origins) {
                check_match(service, &one.gateways, origins, found);
            }
        }
    }
}

/// A match of a delegate has the gateways of several nodes; it is shown as a whole.
fn check_match(service: &VirtualService, gateways: &[String], origins: &Origins, found: &mut Diagnostics) {
    let Some(origin) = origins.first() else { return };
    for (at, gateway) in gateways.iter().enumerate().filter(|(_, gateway)| !service.gateways.contains(gateway)) {
        let is_own = origins.len() == 1;
        let place = if is_own { origin.key("gateways").index(at) } else { origin.clone() };
        found.push(report(service, gateway, &place, gateways.len() == 1));
    }
}

fn report(service: &VirtualService, gateway: &str, place: &Origin, is_only: bool) -> Diagnostic {
    let message = format!("this VirtualService is not bound to `{gateway}`");
    let label = if is_only { "this match never holds" } else { "this match never holds there" };
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place.clone()), message)
        .labelled(label)
        .related(Location::Key(service.origin.key("spec").key("gateways")), format!("bound to {}", listed(service)))
        .help(format!("add `{gateway}` to `spec.gateways`, or take it out of the match"))
}

fn listed(service: &VirtualService) -> String {
    service.gateways.iter().map(|gateway| format!("`{gateway}`")).collect::<Vec<_>>().join(", ")
}
