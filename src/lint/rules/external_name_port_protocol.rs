//! `external-name-port-protocol`.

use super::declare_rule;
use super::service_port_without_protocol::{is_checked, protocol};
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::kubernetes::service::ServiceType;

declare_rule! {
    /// ## What it does
    /// Reports ports of an ExternalName Service that are named `tcp` or say no protocol.
    /// ## Why is this bad
    /// As bytes without an address of its own the port is taken for all destinations: a sidecar
    /// then sends other traffic on that port to this host.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: api}
    /// spec: {type: ExternalName, externalName: api.example.com, ports: [{name: tcp, port: 443}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: api}
    /// spec: {type: ExternalName, externalName: api.example.com, ports: [{name: tls, port: 443}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0150/>
    pub(super) RULE = { name: "external-name-port-protocol", codes: ["IST0150"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let external = |kind: ServiceType| kind == ServiceType::ExternalName;
    for service in context.resources.services.iter().filter(|it| is_checked(it) && external(it.spec.service_type)) {
        for (at, port) in service.spec.ports.iter().enumerate() {
            if port.name != "tcp" && !protocol(port).is_unsupported() {
                continue;
            }
            let place = service.spec_origin().key("ports").index(at);
            let place = if port.name.is_empty() { place } else { place.key("name") };
            let message = format!("this port of ExternalName Service `{}` is taken as plain bytes", service.name());
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .labelled("it may take the traffic of other hosts on this port")
                    .help("name it by its protocol, for example `https` or `tls`"),
            );
        }
    }
}
