//! A destination without weight beside destinations that have one.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports destinations without `weight` in a route where others have one.
    /// ## Why is this bad
    /// Among several destinations no weight means 0: this one gets no traffic.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route:
    ///     - {destination: {host: one.example.com}, weight: 90}
    ///     - {destination: {host: two.example.com}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route:
    ///     - {destination: {host: one.example.com}, weight: 90}
    ///     - {destination: {host: two.example.com}, weight: 10}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination>
    pub(super) RULE = { name: "destination-without-weight", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.virtual_services {
        let spec = object.spec_origin();
        for (at, rule) in object.spec.http.iter().enumerate() {
            check_weights(context, &spec.key("http").index(at), rule.route.iter().map(|it| it.weight), found);
        }
        for (at, rule) in object.spec.tls.iter().enumerate() {
            check_weights(context, &spec.key("tls").index(at), rule.route.iter().map(|it| it.weight), found);
        }
        for (at, rule) in object.spec.tcp.iter().enumerate() {
            check_weights(context, &spec.key("tcp").index(at), rule.route.iter().map(|it| it.weight), found);
        }
    }
}

/// A `weight: 0` that is written is meant.
fn check_weights(context: &Context<'_>, rule: &Origin, weights: impl Iterator<Item = i32>, found: &mut Diagnostics) {
    let weights: Vec<_> = weights.collect();
    let Some(weighted) = weights.iter().position(|weight| *weight > 0) else { return };
    for at in weights.iter().enumerate().filter(|(_, weight)| **weight == 0).map(|(at, _)| at) {
        let origin = rule.key("route").index(at);
        if context.node(&origin).is_some_and(|node| node.get("weight").is_none()) {
            let other = Location::Value(rule.key("route").index(weighted).key("weight"));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin), "this destination gets no traffic")
                    .labelled("no weight means 0 here")
                    .related(other, "another destination has a weight")
                    .help("give it a weight, or `weight: 0` if that is meant"),
            );
        }
    }
}
