//! A Gateway with the API group of one kind and the fields of the other.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports a Gateway of the Gateway API (`gateway.networking.k8s.io`) with `servers` or `selector`, the fields of
    /// Istio's Gateway (`networking.istio.io`).
    /// ## Why is this bad
    /// The two kinds share only their name. The API server refuses the object, or drops the fields, and nothing listens.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 80, name: http, protocol: HTTP}
    ///     hosts: [web.example.com]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 80, name: http, protocol: HTTP}
    ///     hosts: [web.example.com]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/gateway/>,
    /// <https://gateway-api.sigs.k8s.io/reference/spec/#gateway>
    pub(super) RULE = { name: "gateway-of-other-group", codes: [], severity: Error, check: check };
}

/// Fields of Istio's Gateway.
const FIELDS: [&str; 2] = ["servers", "selector"];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let gateways = context.written(&["Gateway"]);
    for gateway in gateways.iter().filter(|it| it.api_version.starts_with("gateway.networking.k8s.io/")) {
        let Some(field) = FIELDS.into_iter().find(|field| gateway.at(&["spec", field]).is_some()) else { continue };
        let message = format!("`{field}` is a field of Istio's Gateway, and this is one of the Gateway API");
        let place = gateway.at(&["apiVersion"]).unwrap_or(gateway.node);
        let mut finding = Diagnostic::new(RULE.severity, RULE.name, gateway.place(place), message)
            .labelled("nothing listens")
            .help("write `apiVersion: networking.istio.io/v1`, or `gatewayClassName` and `listeners`");
        if let Some(node) = gateway.at(&["spec", field]) {
            finding = finding.related(gateway.place(node), "the field");
        }
        found.push(finding);
    }
}
