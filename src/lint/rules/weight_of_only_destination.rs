//! A weight below 100 of the only destination.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports a `weight` from 1 to 99 of a destination that is the only one of its route.
    /// ## Why is this bad
    /// The destination gets all requests, not the share that is written: another destination is missing.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec: {hosts: [web], http: [{route: [{destination: {host: web}, weight: 20}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web]
    ///   http: [{route: [{destination: {host: web}, weight: 20}, {destination: {host: next}, weight: 80}]}]
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "weight-of-only-destination", codes: ["KIA1104"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.virtual_services {
        let spec = object.spec_origin();
        let http = object.spec.http.iter().enumerate();
        let http = http.map(|(at, it)| (spec.key("http").index(at), it.route.iter().map(|it| it.weight).collect()));
        let tls = object.spec.tls.iter().enumerate();
        let tls = tls.map(|(at, it)| (spec.key("tls").index(at), it.route.iter().map(|it| it.weight).collect()));
        let tcp = object.spec.tcp.iter().enumerate();
        let tcp = tcp.map(|(at, it)| (spec.key("tcp").index(at), it.route.iter().map(|it| it.weight).collect()));
        for (origin, weights) in http.chain(tls).chain(tcp) {
            let weights: Vec<i32> = weights;
            let [weight @ 1..100] = weights.as_slice() else { continue };
            let place = Location::Value(origin.key("route").index(0).key("weight"));
            let message = format!("the only destination has weight {weight}");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .labelled("it gets all requests")
                    .help("add the other destination, or leave the weight out"),
            );
        }
    }
}
