//! A port of `portLevelMtls` that is one of the Service, not of the workload.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Labels, Location, Port};
use crate::lint::Context;
use crate::mesh::{Registry, Service, ServicePort};

declare_rule! {
    /// ## What it does
    /// Reports ports of `portLevelMtls` that no Service of the selected workloads sends to, and that one of them has as
    /// its own port.
    /// ## Why is this bad
    /// The port is that of the workload, which a Service calls `targetPort`. For its own port nothing is set.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   selector: {app: web}
    ///   ports: [{name: http, port: 80, targetPort: 8080}]
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   portLevelMtls: {80: {mode: DISABLE}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   selector: {app: web}
    ///   ports: [{name: http, port: 80, targetPort: 8080}]
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   portLevelMtls: {8080: {mode: DISABLE}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/security/peer_authentication/#PeerAuthentication>
    pub(super) RULE = { name: "port-mtls-of-service-port", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut services: BTreeMap<(&str, &Labels), Vec<&Service>> = BTreeMap::new();
    let selecting = context.mesh.services.iter().filter(|it| it.registry == Registry::Kubernetes);
    for service in selecting.filter(|it| !it.selector.is_empty()) {
        services.entry((&service.namespace, &service.selector)).or_default().push(service);
    }
    for object in &context.resources.peer_authentications {
        let Some(selector) = &object.spec.selector else { continue };
        // Of other Services it is not known whether they have the same workloads.
        let Some(services) = services.get(&(object.namespace(), &selector.match_labels)) else { continue };
        for port in object.spec.port_level_mtls.keys() {
            if let Some((service, own)) = of_service_only(services, *port) {
                found.push(report(
                    object.spec_origin().key("portLevelMtls").key(port.number().to_string()),
                    service,
                    own,
                ));
            }
        }
    }
}

/// The port of a Service with this number, where none of them sends to it.
fn of_service_only<'s>(services: &[&'s Service], port: Port) -> Option<(&'s Service, &'s ServicePort)> {
    let ports = || services.iter().flat_map(|service| service.ports.iter().map(move |port| (*service, port)));
    let target = |own: &ServicePort| match own.target_port {
        0 if own.target_port_name.is_empty() => Some(own.port),
        0 => None,
        target => Some(target),
    };
    // A named one may be any.
    let reaches = ports().any(|(_, own)| target(own).is_none_or(|target| target == port.number()));
    ports().find(|(_, own)| own.port == port.number()).filter(|_| !reaches)
}

fn report(place: crate::base::Origin, service: &Service, own: &ServicePort) -> Diagnostic {
    let message =
        format!("{} is a port of Service `{}`; that of the workload is {}", own.port, service.name, own.target_port);
    Diagnostic::new(RULE.severity, RULE.name, Location::Key(place), message)
        .labelled("this is set for no traffic")
        .related(Location::Value(service.port_origin(own)), "the port of the Service")
        .help(format!("write `{}`", own.target_port))
}
