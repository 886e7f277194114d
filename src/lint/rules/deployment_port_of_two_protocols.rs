//! `deployment-port-of-two-protocols`.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Labels, Location, Origin};
use crate::lint::Context;
use crate::resource::Object;
use crate::resource::kubernetes::{Service, ServiceStatus, Workload};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports Deployments in the mesh that several Services select with the same port number and
    /// another transport (TCP, UDP).
    /// ## Why is this bad
    /// The sidecar has one listener for the number, and one of the Services does not work.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: dns}
    /// spec:
    ///   selector: {matchLabels: {app: dns}}
    ///   template:
    ///     metadata: {labels: {app: dns, sidecar.istio.io/inject: "true"}}
    ///     spec: {containers: [{name: dns, image: dns}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: dns-tcp}
    /// spec: {selector: {app: dns}, ports: [{name: tcp, port: 53, protocol: TCP}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: dns-udp}
    /// spec: {selector: {app: dns}, ports: [{name: udp, port: 53, protocol: UDP}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: dns}
    /// spec:
    ///   selector: {matchLabels: {app: dns}}
    ///   template:
    ///     metadata: {labels: {app: dns, sidecar.istio.io/inject: "true"}}
    ///     spec: {containers: [{name: dns, image: dns}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: dns-tcp}
    /// spec: {selector: {app: dns}, ports: [{name: tcp, port: 53, protocol: TCP}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0116/>
    pub(super) RULE = { name: "deployment-port-of-two-protocols", codes: ["IST0116"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for deployment in context.resources.deployments.iter().filter(|it| in_mesh(context, it)) {
        let mut ports: BTreeMap<u32, Vec<(&str, String, Origin)>> = BTreeMap::new();
        for service in services_of(context, deployment) {
            for (at, port) in service.spec.ports.iter().enumerate() {
                let Some(number) = port.port else { continue };
                let origin = service.spec_origin().key("ports").index(at);
                let transports = ports.entry(number.number()).or_default();
                // As it is written: the API server refuses others than TCP, UDP and SCTP, but they are told apart.
                let written = context.node(&origin.key("protocol")).and_then(Node::as_str).unwrap_or("TCP");
                transports.push((written, service.name().to_owned(), origin));
            }
        }
        for (number, uses) in &ports {
            let Some((first, name, origin)) = uses.first() else { continue };
            let Some((_, other, place)) = uses.iter().find(|(transport, ..)| transport != first) else { continue };
            let message = format!(
                "Services `{name}` and `{other}` give port {number} of Deployment `{}` different protocols",
                deployment.name()
            );
            let here = Location::Value(deployment.origin().key("metadata").key("name"));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, here, message)
                    .related(Location::Value(origin.clone()), "one protocol")
                    .related(Location::Value(place.clone()), "the other one")
                    .help("give the Services different port numbers"),
            );
        }
    }
}

/// The Services of a Deployment's namespace that select its pods.
pub(super) fn services_of<'a>(
    context: &Context<'a>,
    deployment: &'a Object<Workload>,
) -> impl Iterator<Item = &'a Object<Service, ServiceStatus>> {
    let labels = &deployment.spec.template.metadata.labels;
    context.services_selecting(deployment.namespace(), labels).into_iter()
}

/// Whether the pods of a Deployment get a sidecar: they have one, or a label of theirs, or of
/// their namespace, asks for it. Waypoints are not meant.
pub(super) fn in_mesh(context: &Context<'_>, deployment: &Object<Workload>) -> bool {
    if deployment.meta.labels.get("gateway.istio.io/managed") == Some("istio.io-mesh-controller") {
        return false;
    }
    let template = &deployment.spec.template;
    if template.spec.containers.iter().any(|container| container.name == "istio-proxy") {
        return true;
    }
    let asked = |labels: &Labels| labels.get("sidecar.istio.io/inject").map(|value| value.eq_ignore_ascii_case("true"));
    if let Some(asked) = asked(&template.metadata.labels).or_else(|| asked(&template.metadata.annotations)) {
        return asked;
    }
    let namespace = context.mesh.namespaces.get(deployment.namespace());
    namespace.is_some_and(|labels| match labels.get("istio-injection") {
        Some(value) => value == "enabled",
        None => labels.get("istio.io/rev").is_some(),
    })
}
