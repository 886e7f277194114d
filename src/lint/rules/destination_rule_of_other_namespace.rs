//! A DestinationRule in a namespace where nobody looks for it.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports DestinationRules for a service of another namespace, where the input has workloads, and none in the
    /// rule's own namespace.
    /// ## Why is this bad
    /// A client looks for the rule in its own namespace, then in that of the service, then in the root namespace. In
    /// any other one only its own workloads find it.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: prod}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: prod, labels: {app: web}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: config}
    /// spec:
    ///   host: web.prod.svc.cluster.local
    ///   trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: prod}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: prod, labels: {app: web}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: prod}
    /// spec:
    ///   host: web.prod.svc.cluster.local
    ///   trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/best-practices/traffic-management/#cross-namespace-configuration>
    pub(super) RULE = { name: "destination-rule-of-other-namespace", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let peopled: BTreeSet<&str> = context.mesh.workloads.iter().map(|workload| workload.namespace.as_str()).collect();
    let root = context.mesh.config.root_namespace.as_str();
    if peopled.is_empty() {
        return;
    }
    for rule in &context.mesh.destination_rules {
        if rule.namespace == root || peopled.contains(rule.namespace.as_str()) {
            continue;
        }
        let mut services = context.mesh.services_with_host(rule.host.as_str());
        let Some(service) = services.next().filter(|service| service.namespace != rule.namespace) else { continue };
        if !services.all(|service| service.namespace != rule.namespace) {
            continue;
        }
        let message = format!(
            "only clients of namespace `{}` use this rule, and the input has no workload there",
            rule.namespace
        );
        let place = Location::Value(rule.origin.key("metadata").key("namespace"));
        // Without it the namespace is the default one, and the name stands for the object.
        let place = match context.node(&rule.origin.key("metadata").key("namespace")) {
            Some(_) => place,
            None => Location::Value(rule.origin.key("metadata").key("name")),
        };
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .related(Location::Value(service.origin.clone()), format!("the service is in `{}`", service.namespace))
                .help(format!("put it in `{}`, the namespace of the service, for all clients", service.namespace)),
        );
    }
}
