//! A route with the same destination twice.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::resource::istio::virtual_service::Destination;

declare_rule! {
    /// ## What it does
    /// Reports routes that have the same host, port and subset more than once.
    /// ## Why is this bad
    /// The weights add up, and most often another subset is meant.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web]
    ///   http: [{route: [{destination: {host: web, subset: v1}, weight: 20}, {destination: {host: web, subset: v1}, weight: 80}]}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web]
    ///   http: [{route: [{destination: {host: web, subset: v1}, weight: 20}, {destination: {host: web, subset: v2}, weight: 80}]}]
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "destination-twice-in-route", codes: ["KIA1105"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.virtual_services {
        let spec = object.spec_origin();
        for (at, rule) in object.spec.http.iter().enumerate() {
            // Two destinations with other headers are two.
            let plain = rule.route.iter().map(|it| it.destination.as_ref().filter(|_| it.headers.is_none()));
            check_route(&spec.key("http").index(at).key("route"), plain, found);
        }
        for (at, rule) in object.spec.tls.iter().enumerate() {
            let route = rule.route.iter().map(|it| it.destination.as_ref());
            check_route(&spec.key("tls").index(at).key("route"), route, found);
        }
        for (at, rule) in object.spec.tcp.iter().enumerate() {
            let route = rule.route.iter().map(|it| it.destination.as_ref());
            check_route(&spec.key("tcp").index(at).key("route"), route, found);
        }
    }
}

fn check_route<'a>(origin: &Origin, route: impl Iterator<Item = Option<&'a Destination>>, found: &mut Diagnostics) {
    let mut seen: BTreeMap<(&str, &str, Option<u32>), usize> = BTreeMap::new();
    for (at, destination) in route.enumerate() {
        let Some(destination) = destination else { continue };
        let port = destination.port.and_then(|it| it.number).map(|it| it.number());
        let key = (destination.host.as_str(), destination.subset.as_str(), port);
        let Some(first) = seen.insert(key, at) else { continue };
        let place = |at: usize| Location::Value(origin.index(at).key("destination"));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place(at), "this destination is in the route twice")
                .related(place(first), "here as well")
                .help("name another subset, or write the destination once"),
        );
    }
}
