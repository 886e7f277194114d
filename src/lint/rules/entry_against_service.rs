//! A ServiceEntry for a host that another object defines differently.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::{Registry, Service};

declare_rule! {
    /// ## What it does
    /// Reports hosts of ServiceEntries that are a Kubernetes Service as well, and hosts that two ServiceEntries have
    /// with different `resolution` or `location`.
    /// ## Why is this bad
    /// A sidecar has one service for a host: that of its own namespace, that of Kubernetes, or the oldest. The ports
    /// and settings of the other are lost, while endpoints of one namespace are put together. Which one it is
    /// changes with the client and with time.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   resolution: DNS
    ///   ports: [{number: 80, name: http, protocol: HTTP}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web-two, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   resolution: NONE
    ///   ports: [{number: 443, name: tls, protocol: TLS}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   resolution: DNS
    ///   ports: [{number: 80, name: http, protocol: HTTP}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web-two, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   resolution: DNS
    ///   ports: [{number: 443, name: tls, protocol: TLS}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry>
    pub(super) RULE = { name: "entry-against-service", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for ids in context.mesh.services_by_host.values().filter(|ids| ids.len() > 1) {
        let services: Vec<&Service> = ids.iter().map(|id| context.mesh.service(*id)).collect();
        let Some(first) = services.iter().find(|it| it.registry == Registry::Kubernetes).or(services.first()) else {
            continue;
        };
        let entries = services.iter().filter(|it| it.registry == Registry::External && it.origin != first.origin);
        for entry in entries.filter(|it| it.visibility.overlaps(&first.visibility)) {
            found.0.extend(difference(entry, first).map(|why| report(entry, first, why)));
        }
    }
}

fn difference(entry: &Service, first: &Service) -> Option<&'static str> {
    match first.registry {
        Registry::Kubernetes => Some("is a Service of Kubernetes as well"),
        Registry::External if entry.resolution != first.resolution => Some("has another `resolution` elsewhere"),
        Registry::External if entry.mesh_external != first.mesh_external => Some("has another `location` elsewhere"),
        Registry::External => None,
    }
}

fn report(entry: &Service, first: &Service, why: &str) -> Diagnostic {
    let message = format!("host `{}` {why}", entry.hostname);
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(entry.origin.clone()), message)
        .labelled("a client has the ports and settings of one of the two only")
        .related(Location::Value(first.origin.clone()), "the other one")
        .help("define a host once, or limit one of them with `exportTo`")
}
