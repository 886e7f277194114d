//! An `outboundTrafficPolicy` that does not say what it is.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports an `outboundTrafficPolicy` of a Sidecar without `mode`.
    /// ## Why is this bad
    /// It is REGISTRY_ONLY then, and not the mode of the mesh: traffic to hosts that are not known is dropped.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default}
    /// spec: {outboundTrafficPolicy: {}, egress: [{hosts: [./*]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default}
    /// spec: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}, egress: [{hosts: [./*]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "outbound-policy-without-mode", codes: ["KIA1007"], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for sidecar in context.resources.sidecars.iter().filter(|it| it.spec.outbound_traffic_policy.is_some()) {
        let origin = sidecar.spec_origin().key("outboundTrafficPolicy");
        if context.node(&origin).is_some_and(|node| node.get("mode").is_none()) {
            found.push(
                Diagnostic::new(
                    RULE.severity,
                    RULE.name,
                    Location::Key(origin),
                    "without `mode` this is REGISTRY_ONLY",
                )
                .help("write the mode, or leave `outboundTrafficPolicy` out for that of the mesh"),
            );
        }
    }
}
