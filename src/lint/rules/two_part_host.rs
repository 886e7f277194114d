//! A host of a Service and its namespace, without the domain of the cluster.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports hosts of VirtualServices for sidecars such as `reviews.default` where the input has a Service `reviews`
    /// in namespace `default`.
    /// ## Why is this bad
    /// Istio completes names without any dot only. One with a dot is taken as it is, so the routes are for a host that
    /// is no service, and requests to the Service do not see them.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: prod}
    /// spec: {ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.prod]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: prod}
    /// spec: {ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.prod.svc.cluster.local]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService>
    pub(super) RULE = { name: "two-part-host", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let services = &context.mesh.services_by_host;
    for service in &context.mesh.virtual_services {
        if !service.gateways.iter().any(|gateway| gateway == "mesh") {
            continue;
        }
        for (at, host) in service.hosts.iter().enumerate().filter(|(_, host)| !host.is_wildcard()) {
            let meant = ["svc.", ""].map(|part| match part {
                "" => format!("{host}.{}", context.mesh.domain),
                part => format!("{host}.{part}{}", context.mesh.domain),
            });
            let Some(meant) = meant.iter().find(|meant| services.contains_key(*meant)) else { continue };
            if services.contains_key(host.as_str()) {
                continue;
            }
            let place = Location::Value(service.origin.key("spec").key("hosts").index(at));
            let message = format!("`{host}` is taken as it is, and is not the Service `{meant}`");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .labelled(format!("a request for `http://{meant}/` does not see these routes"))
                    .help(format!("write `{meant}`")),
            );
        }
    }
}
