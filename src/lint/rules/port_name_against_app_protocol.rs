//! A port of a Service whose name and `appProtocol` say different protocols.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Protocol};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports ports of Services whose name begins with another protocol than `appProtocol` says.
    /// ## Why is this bad
    /// `appProtocol` counts, and the name is only a name. A reader, and tools that look at names, take it for the
    /// other.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {ports: [{name: http-web, port: 80, appProtocol: tcp}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {ports: [{name: tcp-web, port: 80, appProtocol: tcp}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/#explicit-protocol-selection>
    pub(super) RULE = { name: "port-name-against-app-protocol", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for service in &context.resources.services {
        for (at, port) in service.spec.ports.iter().enumerate() {
            let Some(written) = port.app_protocol.as_deref() else { continue };
            let named = Protocol::parse(port.name.split('-').next().unwrap_or_default());
            // Names of Kubernetes, as `kubernetes.io/h2c`, are no names of Istio.
            let meant = Protocol::parse(written);
            let alike = named == meant || (named.is_http() && meant.is_http()) || (named.is_tls() && meant.is_tls());
            if named.is_unsupported() || meant.is_unsupported() || alike {
                continue;
            }
            let origin = service.spec_origin().key("ports").index(at);
            let message = format!("the name of this port says {named}, and `appProtocol` says {meant}, which counts");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.key("appProtocol")), message)
                    .related(Location::Value(origin.key("name")), "the name")
                    .help("let both say the same"),
            );
        }
    }
}
