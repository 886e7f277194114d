//! `service-port-without-protocol`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Protocol};
use crate::lint::Context;
use crate::resource::kubernetes::Service;
use crate::resource::kubernetes::service::{IntOrString, ServiceType};
use crate::resource::{Object, kubernetes};

declare_rule! {
    /// ## What it does
    /// Reports ports of a Service whose protocol neither `appProtocol` nor the name
    /// (`<protocol>` or `<protocol>-<suffix>`) says.
    /// ## Why is this bad
    /// Istio looks at the first bytes to tell HTTP from the rest. That costs a wait for protocols
    /// in which the server speaks first, and turns HTTP settings into guesses.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {selector: {app: web}, ports: [{name: main, port: 80}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {selector: {app: web}, ports: [{name: http-main, port: 80}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/>,
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0118/>
    pub(super) RULE = { name: "service-port-without-protocol", codes: ["IST0118", "KIA0601"], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for service in context.resources.services.iter().filter(|service| is_checked(service)) {
        if service.spec.service_type == ServiceType::ExternalName {
            continue;
        }
        for (at, port) in service.spec.ports.iter().enumerate().filter(|(_, port)| protocol(port).is_unsupported()) {
            let number = port.port.map(|port| IntOrString::Int(port.number()).to_string()).unwrap_or_default();
            let message = match port.name.as_str() {
                "" => format!("port {number} has no name, which would say its protocol"),
                name => format!("the name `{name}` of port {number} says no protocol"),
            };
            let place = service.spec_origin().key("ports").index(at);
            let place = if port.name.is_empty() { place } else { place.key("name") };
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .labelled("Istio detects it from the first bytes")
                    .help("set `appProtocol`, or name it `<protocol>-<suffix>`, for example `http-web` or `tcp-db`"),
            );
        }
    }
}

/// Whether a Service's ports are its author's choice: not the control plane's, nor of a generated
/// gateway, nor of Kubernetes itself.
pub(super) fn is_checked(service: &Object<Service, kubernetes::ServiceStatus>) -> bool {
    let labels = &service.meta.labels;
    let generated = labels.get("gateway.istio.io/managed").is_some_and(|by| by.starts_with("istio.io-"));
    let control_plane = labels.get("istio").is_some() || labels.get("release") == Some("istio");
    !generated && !control_plane && !matches!(service.namespace(), "kube-system" | "kube-public")
}

/// The protocol that a port declares (`pkg/config/kube: ConvertProtocol`).
pub(super) fn protocol(port: &kubernetes::service::ServicePort) -> Protocol {
    if port.protocol == kubernetes::service::Transport::Udp {
        return Protocol::Udp;
    }
    match port.app_protocol.as_deref() {
        Some("kubernetes.io/h2c") => return Protocol::Http2,
        Some("kubernetes.io/ws" | "kubernetes.io/wss") => return Protocol::Http,
        Some(declared) => {
            let declared = Protocol::parse(declared);
            if !declared.is_unsupported() {
                return declared;
            }
        }
        None => {}
    }
    let name = port.name.to_ascii_lowercase();
    if name.starts_with("grpc-web") {
        return Protocol::GrpcWeb;
    }
    Protocol::parse(name.split('-').next().unwrap_or_default())
}
