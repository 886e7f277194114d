//! Routes and rules for a service in ambient mode that no waypoint serves.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::ambient::{is_ambient_namespace, is_captured, with_waypoint};
use crate::mesh::{Registry, Service};

declare_rule! {
    /// ## What it does
    /// Reports VirtualServices for the mesh with HTTP routes and DestinationRules whose host is a Service of a namespace in
    /// ambient mode, where a waypoint serves other Services of the namespace but not this one.
    /// ## Why is this bad
    /// Nothing follows them: requests to the Service do not pass a waypoint.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: api, namespace: shop, labels: {istio.io/use-waypoint: waypoint}}
    /// spec: {selector: {app: api}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: shop}
    /// spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop, labels: {istio.io/use-waypoint: waypoint}}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: shop}
    /// spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "destination-without-waypoint", codes: ["KIA0211", "KIA1113"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mesh = context.mesh;
    let served = with_waypoint(context);
    let services = mesh.virtual_services.iter().filter(|it| it.gateways.iter().any(|key| key == "mesh"));
    let hosts = services.filter(|it| !it.http.is_empty()).flat_map(|service| {
        let origin = service.origin.key("spec").key("hosts");
        service.hosts.iter().enumerate().map(move |(at, host)| (host, origin.index(at)))
    });
    let rules = mesh.destination_rules.iter().map(|rule| (&rule.host, rule.origin.key("spec").key("host")));
    for (host, place) in hosts.chain(rules) {
        let of_kubernetes = |it: &&Service| it.registry == Registry::Kubernetes;
        let Some(service) = mesh.services_with_host(host.as_str()).find(of_kubernetes) else { continue };
        let namespace = service.namespace.as_str();
        let is_served = is_captured(context, namespace, &service.labels);
        if !is_ambient_namespace(context, namespace) || is_served || !served.contains(namespace) {
            continue;
        }
        let message = format!("no waypoint serves `{host}`");
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                .labelled("nothing follows this")
                .help("give the Service or its namespace the label `istio.io/use-waypoint`"),
        );
    }
}
