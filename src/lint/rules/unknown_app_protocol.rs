//! An `appProtocol` that Istio does not know.

use super::declare_rule;
use super::service_port_without_protocol::is_checked;
use crate::base::{Diagnostic, Diagnostics, Location, Protocol};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports an `appProtocol` of a Service's port that is no protocol of Istio. Names with a domain, as
    /// `example.com/protocol`, are for others and not reported, except of `kubernetes.io`.
    /// ## Why is this bad
    /// Istio goes by the name of the port, or finds the protocol out by itself.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {selector: {app: web}, ports: [{name: main, port: 80, appProtocol: htpp}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {selector: {app: web}, ports: [{name: main, port: 80, appProtocol: http}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/>
    pub(super) RULE = { name: "unknown-app-protocol", codes: ["KIA0602"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for service in context.resources.services.iter().filter(|service| is_checked(service)) {
        for (at, port) in service.spec.ports.iter().enumerate() {
            let Some(written) = port.app_protocol.as_deref().filter(|it| !it.is_empty()) else { continue };
            let known = match written.split_once('/') {
                Some(("kubernetes.io", name)) => matches!(name, "h2c" | "ws" | "wss"),
                Some(_) => true,
                None => !Protocol::parse(written).is_unsupported(),
            };
            if !known {
                let place = service.spec_origin().key("ports").index(at).key("appProtocol");
                let message = format!("Istio has no protocol `{written}`");
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                        .help("for example `http`, `http2`, `grpc`, `https`, `tls`, `tcp`"),
                );
            }
        }
    }
}
