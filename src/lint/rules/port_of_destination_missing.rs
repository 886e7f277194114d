//! `port-of-destination-missing`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::destinations::{self, full_host};

declare_rule! {
    /// ## What it does
    /// Reports a destination without `port` whose service has more than one.
    /// ## Why is this bad
    /// Istio takes the first port that fits the protocol, or none: the requests may fail.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}, {name: https, port: 443}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: shop}
    /// spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}, {name: https, port: 443}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: shop}
    /// spec: {hosts: [web], http: [{route: [{destination: {host: web, port: {number: 80}}}]}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0112/>
    pub(super) RULE = { name: "port-of-destination-missing", codes: ["IST0112"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mesh = context.mesh;
    for object in &context.resources.virtual_services {
        for (origin, destination) in destinations::written(object) {
            let Some(destination) = destination.filter(|it| it.port.is_none()) else { continue };
            let host = full_host(&mesh.domain, destination.host.as_str(), object.namespace());
            let Some(target) = mesh.services_with_host(&host).find(|it| it.ports.len() > 1) else { continue };
            let ports: Vec<_> = target.ports.iter().map(|port| format!("`{}`", port.port)).collect();
            let message = format!("`{host}` has several ports, and the destination does not say which");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin), message)
                    .related(Location::Value(target.ports_origin()), "its ports")
                    .help(format!("set `port.number` to one of {}", ports.join(", "))),
            );
        }
    }
}
