//! Two VirtualServices for sidecars with the same host.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location};
use crate::lint::Context;
use crate::mesh::{VirtualService, Visibility};

declare_rule! {
    /// ## What it does
    /// Reports VirtualServices for sidecars (gateway `mesh`, or none) that claim the same host in
    /// namespaces that see both.
    /// ## Why is this bad
    /// On a sidecar VirtualServices are not merged: the oldest counts for the host, and the
    /// routes of the others are lost.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: one, namespace: shop}
    /// spec:
    ///   hosts: [web]
    ///   http: [{route: [{destination: {host: web}}]}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: two, namespace: shop}
    /// spec:
    ///   hosts: [web.shop.svc.cluster.local]
    ///   http: [{route: [{destination: {host: web}}]}]
    /// ```
    /// ## Use instead
    /// One VirtualService for the host, with all its routes.
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: one, namespace: shop}
    /// spec:
    ///   hosts: [web]
    ///   http: [{route: [{destination: {host: web}}]}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: two, namespace: shop}
    /// spec:
    ///   hosts: [web]
    ///   gateways: [edge]
    ///   http: [{route: [{destination: {host: web}}]}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0109/>,
    /// <https://istio.io/latest/docs/ops/best-practices/traffic-management/#split-virtual-services>
    pub(super) RULE = { name: "mesh-hosts-claimed-twice", codes: ["IST0109", "KIA1106"], severity: Error, check: check };
}

/// A host of a VirtualService, and its place among the hosts.
type Claim<'m> = (&'m VirtualService, usize, &'m HostPattern);

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let services = context.mesh.virtual_services.iter();
    let claims: Vec<Claim<'_>> = services
        .filter(|service| service.gateways.iter().any(|gateway| gateway == "mesh"))
        .flat_map(|service| service.hosts.iter().enumerate().map(move |(at, host)| (service, at, host)))
        .collect();
    let mut by_host: BTreeMap<&str, Vec<Claim<'_>>> = BTreeMap::new();
    for claim in &claims {
        by_host.entry(claim.2.as_str()).or_default().push(*claim);
    }
    let wildcards: Vec<Claim<'_>> = claims.iter().filter(|(.., host)| host.is_wildcard()).copied().collect();
    for claim in &claims {
        let same = by_host.get(claim.2.as_str()).into_iter().flatten();
        let other = same.copied().find(|other| clash(claim, other)).or_else(|| {
            let mut others: Box<dyn Iterator<Item = &Claim<'_>>> =
                if claim.2.is_wildcard() { Box::new(claims.iter()) } else { Box::new(wildcards.iter()) };
            others.find(|other| shadow(claim, other)).copied()
        });
        if let Some(other) = other {
            found.push(report(claim, &other));
        }
    }
}

/// The same host, and a namespace that sees both.
fn clash((one, _, _): &Claim<'_>, (other, _, _): &Claim<'_>) -> bool {
    one.origin != other.origin && one.visibility.overlaps(&other.visibility)
}

/// Patterns that overlap, of which exactly one is for all namespaces: the other is meant to be an
/// exception, but which of them counts depends on the client's namespace.
fn shadow((one, _, host): &Claim<'_>, (other, _, pattern): &Claim<'_>) -> bool {
    let public = [&one.visibility, &other.visibility].map(|it| *it == Visibility::Public);
    one.origin != other.origin
        && public[0] != public[1]
        && host.matches(pattern)
        && one.visibility.overlaps(&other.visibility)
}

fn report((service, at, host): &Claim<'_>, (other, place, _): &Claim<'_>) -> Diagnostic {
    let hosts =
        |service: &VirtualService, at: usize| Location::Value(service.origin.key("spec").key("hosts").index(at));
    let message =
        format!("VirtualService `{}/{}` claims host `{host}` for sidecars as well", other.namespace, other.name);
    Diagnostic::new(RULE.severity, RULE.name, hosts(service, *at), message)
        .labelled("only the oldest of them counts")
        .related(hosts(other, *place), "claimed here")
        .help("put all routes of a host in one VirtualService, or limit one of them with `exportTo`")
}
