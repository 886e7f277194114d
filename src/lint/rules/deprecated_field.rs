//! `deprecated-field`.

use super::declare_rule;
use crate::base::{Change, Diagnostic, Diagnostics, Edit, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports `fault.delay.percent` of a VirtualService and `outboundTrafficPolicy.egressProxy` of
    /// a Sidecar.
    /// ## Why is this bad
    /// The first is deprecated and knows whole percent only; the second is ignored by Istio.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - fault: {delay: {percent: 50, fixedDelay: 1s}}
    ///     route: [{destination: {host: web.example.com}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - fault: {delay: {percentage: {value: 50}, fixedDelay: 1s}}
    ///     route: [{destination: {host: web.example.com}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0002/>
    pub(super) RULE = { name: "deprecated-field", codes: ["IST0002"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for service in &context.resources.virtual_services {
        for at in 0..service.spec.http.len() {
            let origin = service.spec_origin().key("http").index(at).key("fault").key("delay").key("percent");
            if context.node(&origin).is_some_and(|node| !node.is_null()) {
                let message = "`percent` of a delay is deprecated";
                let edits = [
                    Edit { at: Location::Key(origin.clone()), change: Change::Word("percentage".to_owned()) },
                    Edit { at: Location::Value(origin.clone()), change: Change::Between("{value: ", "}") },
                ];
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, Location::Key(origin), message)
                        .help("use `percentage: {value: …}`, which takes fractions as well")
                        .corrected(edits),
                );
            }
        }
    }
    for sidecar in &context.resources.sidecars {
        let policy = sidecar.spec.outbound_traffic_policy.as_ref();
        if policy.is_some_and(|policy| policy.egress_proxy.is_some()) {
            let place = sidecar.spec_origin().key("outboundTrafficPolicy").key("egressProxy");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Key(place), "Istio ignores `egressProxy`")
                    .help("send unknown traffic through an egress gateway with ServiceEntries and VirtualServices"),
            );
        }
    }
}
