//! `old-gateway-api-crd`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports the CustomResourceDefinition of TLSRoute from a bundle of the Gateway API before 1.5.0.
    /// ## Why is this bad
    /// Istio reads TLSRoute in the version that came with 1.5.0, so routes of the old one are not read.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata:
    ///   name: tlsroutes.gateway.networking.k8s.io
    ///   annotations: {gateway.networking.k8s.io/bundle-version: v1.4.1}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata:
    ///   name: tlsroutes.gateway.networking.k8s.io
    ///   annotations: {gateway.networking.k8s.io/bundle-version: v1.5.0}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0176/>
    pub(super) RULE = { name: "old-gateway-api-crd", codes: ["IST0176"], severity: Warning, check: check };
}

/// The kinds that Istio reads from some bundle on (`istio: pkg/config/gateway/kube`).
const MINIMUM: [(&str, [u32; 3]); 1] = [("tlsroutes.gateway.networking.k8s.io", [1, 5, 0])];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in context.written(&["CustomResourceDefinition"]) {
        let Some((_, minimum)) = MINIMUM.iter().find(|(name, _)| *name == object.name) else { continue };
        let node = object.at(&["metadata", "annotations", "gateway.networking.k8s.io/bundle-version"]);
        let Some((node, version)) = node.and_then(|node| Some((node, version(node.as_str()?)?))) else { continue };
        if version < *minimum {
            let minimum = minimum.map(|part| part.to_string()).join(".");
            let message = format!("Istio reads `{}` from bundle {minimum} on", object.name);
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, object.place(node), message)
                    .labelled("objects of this kind are passed over")
                    .help("install a later bundle of the Gateway API"),
            );
        }
    }
}

/// `v1.4.1` as numbers, without what follows a `-`.
fn version(text: &str) -> Option<[u32; 3]> {
    let text = text.strip_prefix('v').unwrap_or(text).split('-').next()?;
    let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}
