//! ServiceEntries with the same host and port.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::{Registry, ServiceId};

declare_rule! {
    /// ## What it does
    /// Reports ServiceEntries of one namespace with the same host, port number and protocol, `resolution` and `location`.
    /// ## Why is this bad
    /// Istio puts their endpoints together. That is right where they are parts of one service; often one is a copy.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: one, namespace: shop}
    /// spec: {hosts: [api.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: two, namespace: shop}
    /// spec: {hosts: [api.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: one, namespace: shop}
    /// spec: {hosts: [api.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: two, namespace: shop}
    /// spec: {hosts: [www.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "service-entry-host-twice", codes: ["KIA1211"], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut seen: BTreeMap<(&str, &str, u32), ServiceId> = BTreeMap::new();
    for service in &context.mesh.services {
        if service.registry != Registry::External {
            continue;
        }
        for port in &service.ports {
            let key = (service.namespace.as_str(), service.hostname.as_str(), port.port);
            let Some(first) = seen.insert(key, service.id) else { continue };
            let other = context.mesh.service(first);
            let same_protocol = other.ports.iter().any(|it| it.port == port.port && it.protocol == port.protocol);
            let alike = other.resolution == service.resolution && other.mesh_external == service.mesh_external;
            if other.object_name == service.object_name || !same_protocol || !alike {
                continue;
            }
            let message = format!(
                "ServiceEntry `{}` has host `{}` and port {} as well",
                other.object_name, service.hostname, port.port
            );
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(service.origin.clone()), message)
                    .labelled("the endpoints of both count")
                    .related(Location::Value(other.origin.clone()), "the other one")
                    .help("remove one of them, if it is a copy"),
            );
            break;
        }
    }
}
