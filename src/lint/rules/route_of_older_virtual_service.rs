//! A match that a VirtualService of the same host takes the requests of.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::lint::cover::{ByPath, covers, takes_everything, witness};
use crate::mesh::{Gateway, Semantics, VirtualService, Visibility};
use crate::resource::istio::virtual_service::HttpMatchRequest;

declare_rule! {
    /// ## What it does
    /// Reports `http` matches of a VirtualService for a Gateway that no request reaches because another VirtualService
    /// of the same host and Gateway, which comes first, takes all their requests. A rule that takes every request comes
    /// last in any case.
    /// ## Why is this bad
    /// For a Gateway the rules of all VirtualServices of a host are put one after another: the oldest VirtualService
    /// first, of equally old ones by name and namespace. In files nothing is older, so names decide here; in a cluster
    /// the order may be another one, and change when an object is made anew.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: api}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - match: [{uri: {prefix: /api}}]
    ///     route: [{destination: {host: api.example.com}}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: login}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - match: [{uri: {prefix: /api/login}}]
    ///     route: [{destination: {host: login.example.com}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: api}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - match: [{uri: {prefix: /api/login}}]
    ///     route: [{destination: {host: login.example.com}}]
    ///   - match: [{uri: {prefix: /api}}]
    ///     route: [{destination: {host: api.example.com}}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: shop}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   http:
    ///   - match: [{uri: {prefix: /shop}}]
    ///     route: [{destination: {host: shop.example.com}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/best-practices/traffic-management/#split-virtual-services>
    pub(super) RULE = { name: "route-of-older-virtual-service", codes: [], severity: Warning, check: check };
}

/// A match with the VirtualService and the place it is of; a rule without matches has an empty one.
type Match<'m> = (&'m VirtualService, HttpMatchRequest, &'m Origin);

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut reported = BTreeSet::new();
    for services in sharing(context).values().filter(|services| services.len() > 1) {
        let mut earlier: ByPath<Match<'_>> = ByPath::default();
        let mut catches_all: Option<Match<'_>> = None;
        for service in services {
            // What a rule of its own covers is reported elsewhere: so each is compared with the others only.
            let own = matches(service);
            for one in &own {
                let catch_all = takes_everything(&one.1);
                let candidates = match (catch_all, &catches_all) {
                    (true, first) => first.iter().collect(),
                    (false, _) => earlier.candidates(&one.1),
                };
                let first = candidates.into_iter().find(|other| covers(&other.1, &one.1, &other.0.gateways));
                if let Some(first) = first.filter(|first| first.2 != one.2)
                    && reported.insert(one.2)
                {
                    found.push(report(one, first));
                }
            }
            for one in own {
                match takes_everything(&one.1) {
                    true => catches_all = catches_all.or(Some(one)),
                    false => earlier.add(&one.1.clone(), one),
                }
            }
        }
    }
}

/// What VirtualServices share: a Gateway, a host, and (where the Gateway may tell them apart by it) a namespace.
type Shared<'m> = (&'m str, &'m str, &'m str);

/// The VirtualServices that are on the same servers with a host, in Istio's order.
fn sharing<'m>(context: &Context<'m>) -> IndexMap<Shared<'m>, Vec<&'m VirtualService>> {
    let is_open = |gateway: &Gateway| {
        let hosts = gateway.spec.servers.iter().flat_map(|server| &server.hosts);
        hosts.map(|host| host.namespace.as_deref()).all(|namespace| matches!(namespace, None | Some("*")))
    };
    let open: BTreeSet<String> = context.mesh.gateways.iter().filter(|it| is_open(it)).map(Gateway::key).collect();
    let mut sharing: IndexMap<Shared<'_>, Vec<&VirtualService>> = IndexMap::new();
    let services = context.mesh.virtual_services.iter().filter(|it| it.semantics == Semantics::Istio);
    for service in services.filter(|it| it.visibility == Visibility::Public) {
        for gateway in service.gateways.iter().filter(|gateway| *gateway != "mesh") {
            let namespace = if open.contains(gateway) { "" } else { service.namespace.as_str() };
            for host in &service.hosts {
                sharing.entry((gateway, host.as_str(), namespace)).or_default().push(service);
            }
        }
    }
    sharing
}

/// The matches up to the first that takes everything: what follows is not there
/// (`istio: route.go: BuildHTTPRoutesForVirtualService`).
fn matches(service: &VirtualService) -> Vec<Match<'_>> {
    let mut all = Vec::new();
    for rule in &service.http {
        let Some(origin) = rule.origins.first() else { continue };
        if rule.spec.matches.is_empty() {
            all.push((service, HttpMatchRequest::default(), origin));
            return all;
        }
        for (one, origins) in rule.spec.matches.iter().zip(&rule.match_origins) {
            let Some(origin) = origins.first() else { continue };
            all.push((service, one.clone(), origin));
            if takes_everything(one) {
                return all;
            }
        }
    }
    all
}

fn report((service, one, place): &Match<'_>, (other, _, first): &Match<'_>) -> Diagnostic {
    let message = format!(
        "VirtualService `{}/{}` has the same host and Gateway, comes first, and takes all requests of this",
        other.namespace, other.name
    );
    let label = match witness(one, &service.hosts) {
        Some(request) => format!("{request} goes to the other"),
        None => "its requests go to the other".to_owned(),
    };
    Diagnostic::new(RULE.severity, RULE.name, Location::Value((*place).clone()), message)
        .labelled(label)
        .related(Location::Value((*first).clone()), "this one takes them")
        .help("put rules of one host whose order matters in one VirtualService")
}
