//! A server of a Gateway for UDP.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Protocol};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports servers of Gateways with protocol UDP.
    /// ## Why is this bad
    /// Istio takes the protocol, and opens no port for UDP: datagrams are not carried.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 53, name: dns, protocol: UDP}, hosts: ["*"]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 53, name: dns, protocol: TCP}, hosts: ["*"]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/gateway/#Port>
    pub(super) RULE = { name: "udp-server", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.gateways {
        for (at, server) in object.spec.servers.iter().enumerate() {
            let Some(port) = &server.port else { continue };
            if Protocol::parse(&port.protocol) == Protocol::Udp {
                let place = object.spec_origin().key("servers").index(at).key("port").key("protocol");
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), "a gateway carries no UDP")
                        .labelled("datagrams to this port go nowhere")
                        .help("use a load balancer for UDP beside the mesh; HTTP/3 comes with protocol HTTPS"),
                );
            }
        }
    }
}
