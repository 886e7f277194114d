//! Routes and rules for a service in ambient mode from another namespace.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::ambient::{is_ambient_namespace, is_captured};
use crate::mesh::{Registry, Service};

declare_rule! {
    /// ## What it does
    /// Reports VirtualServices for the mesh and DestinationRules for a Service of another namespace that is in ambient mode
    /// and has a waypoint.
    /// ## Why is this bad
    /// A waypoint follows only the routes and rules of its own namespace: those of a client are not read.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: client}
    /// spec: {host: web.shop.svc.cluster.local, trafficPolicy: {connectionPool: {http: {maxRetries: 1}}}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: shop}
    /// spec: {host: web.shop.svc.cluster.local, trafficPolicy: {connectionPool: {http: {maxRetries: 1}}}}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "rule-of-other-ambient-namespace", codes: ["KIA0212", "KIA1114"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mesh = context.mesh;
    let services = mesh.virtual_services.iter().filter(|it| it.gateways.iter().any(|key| key == "mesh"));
    let hosts = services.flat_map(|service| {
        let origin = service.origin.key("spec").key("hosts");
        service.hosts.iter().enumerate().map(move |(at, host)| (&service.namespace, host, origin.index(at)))
    });
    let rules = mesh.destination_rules.iter();
    let rules = rules.map(|rule| (&rule.namespace, &rule.host, rule.origin.key("spec").key("host")));
    for (namespace, host, place) in hosts.chain(rules) {
        let of_kubernetes = |it: &&Service| it.registry == Registry::Kubernetes;
        let Some(service) = mesh.services_with_host(host.as_str()).find(of_kubernetes) else { continue };
        let own = service.namespace.as_str();
        if namespace == own || !is_ambient_namespace(context, own) || !is_captured(context, own, &service.labels) {
            continue;
        }
        let message = format!("the waypoint of `{host}` does not read objects of namespace `{namespace}`");
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                .help(format!("move it to namespace `{own}`")),
        );
    }
}
