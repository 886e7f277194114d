//! A VirtualService whose wildcard host another one takes requests from.

use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Hosts, Location};
use crate::lint::Context;
use crate::lint::cover::takes_everything;
use crate::mesh::{Semantics, VirtualService, Visibility};

declare_rule! {
    /// ## What it does
    /// Reports VirtualServices for a Gateway whose rules do not take every request, where another one of the same
    /// Gateway has a wildcard that takes the host, with a rule for every request.
    /// ## Why is this bad
    /// A request belongs to the most specific host alone. What no rule of that VirtualService takes gets 404; it does
    /// not fall back to the rules of the wildcard.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: all}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   gateways: [edge]
    ///   http:
    ///   - route: [{destination: {host: all.example.net}}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - match: [{uri: {prefix: /cart}}]
    ///     route: [{destination: {host: cart.example.net}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: all}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   gateways: [edge]
    ///   http:
    ///   - route: [{destination: {host: all.example.net}}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - match: [{uri: {prefix: /cart}}]
    ///     route: [{destination: {host: cart.example.net}}]
    ///   - route: [{destination: {host: all.example.net}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService>
    pub(super) RULE = { name: "wildcard-routes-hidden", codes: [], severity: Warning, check: check };
}

/// A VirtualService, and which of its hosts is meant.
type Claim<'m> = (&'m VirtualService, usize);

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let services = context.mesh.virtual_services.iter();
    let services: Vec<_> =
        services.filter(|it| it.semantics == Semantics::Istio && it.visibility == Visibility::Public).collect();
    let mut wildcards: BTreeMap<&str, Hosts<'_, Claim<'_>>> = BTreeMap::new();
    // Of several VirtualServices of one host it is enough that one takes every request.
    let mut complete: BTreeSet<(&str, &str)> = BTreeSet::new();
    for service in services.iter().filter(|service| takes_all(service)) {
        for gateway in gateways(service) {
            for (at, host) in service.hosts.iter().enumerate() {
                complete.insert((gateway, host.as_str()));
                // `*` is a page for what is not found, more often than a part of the same site.
                if host.is_wildcard() && !host.is_any() {
                    wildcards.entry(gateway).or_default().add(host, (service, at));
                }
            }
        }
    }
    let mut reported = BTreeSet::new();
    for service in services {
        for gateway in gateways(service) {
            let Some(wildcards) = wildcards.get(gateway) else { continue };
            for (at, host) in service.hosts.iter().enumerate() {
                let is_complete = service.http.is_empty() || complete.contains(&(gateway, host.as_str()));
                let wider = wildcards.wider(host).find(|(other, _)| other.origin != service.origin);
                if let Some(wider) = wider.filter(|_| !is_complete)
                    && reported.insert((&service.origin, at))
                {
                    found.push(report((service, at), *wider));
                }
            }
        }
    }
}

fn gateways(service: &VirtualService) -> impl Iterator<Item = &str> {
    service.gateways.iter().map(String::as_str).filter(|gateway| *gateway != "mesh")
}

fn takes_all(service: &VirtualService) -> bool {
    service.http.iter().any(|rule| rule.spec.matches.is_empty() || rule.spec.matches.iter().any(takes_everything))
}

fn report((service, at): Claim<'_>, (wider, place): Claim<'_>) -> Diagnostic {
    let hosts =
        |service: &VirtualService, at: usize| Location::Value(service.origin.key("spec").key("hosts").index(at));
    let name = |service: &VirtualService, at: usize| service.hosts.get(at).map(ToString::to_string).unwrap_or_default();
    let (host, pattern) = (name(service, at), name(wider, place));
    let message = format!("requests for `{host}` that none of these rules takes get 404, not the rules of `{pattern}`");
    Diagnostic::new(RULE.severity, RULE.name, hosts(service, at), message)
        .related(hosts(wider, place), "this one is not asked for the host")
        .help("if they are to go on to the wildcard's destination, add a last rule without `match`")
}
