//! Weights whose sum Envoy cannot count.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports destinations of a route whose weights come to more than 4294967295 together.
    /// ## Why is this bad
    /// Envoy refuses the whole route configuration (or listener) for it.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route:
    ///     - {destination: {host: one.example.com}, weight: 2147483647}
    ///     - {destination: {host: two.example.com}, weight: 2147483647}
    ///     - {destination: {host: three.example.com}, weight: 2147483647}
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
    ///     - {destination: {host: one.example.com}, weight: 50}
    ///     - {destination: {host: two.example.com}, weight: 50}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination>
    pub(super) RULE = { name: "weights-too-large", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.virtual_services {
        let spec = object.spec_origin();
        let at = |key: &'static str, index: usize| spec.key(key).index(index).key("route");
        for (index, rule) in object.spec.http.iter().enumerate() {
            check_weights(at("http", index), rule.route.iter().map(|it| it.weight), found);
        }
        for (index, rule) in object.spec.tls.iter().enumerate() {
            check_weights(at("tls", index), rule.route.iter().map(|it| it.weight), found);
        }
        for (index, rule) in object.spec.tcp.iter().enumerate() {
            check_weights(at("tcp", index), rule.route.iter().map(|it| it.weight), found);
        }
    }
}

fn check_weights(place: Origin, weights: impl Iterator<Item = i32>, found: &mut Diagnostics) {
    let sum: i64 = weights.map(|weight| i64::from(weight.max(0))).sum();
    if sum > i64::from(u32::MAX) {
        let message = format!("the weights come to {sum}, and Envoy counts to {}", u32::MAX);
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                .labelled("Envoy refuses the routes for it")
                .help("weights are shares of their sum: smaller numbers say the same"),
        );
    }
}
