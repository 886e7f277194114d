//! `deployment-target-port-conflict`.

use std::collections::BTreeMap;

use super::declare_rule;
use super::deployment_port_of_two_protocols::{in_mesh, services_of};
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports Deployments in the mesh of which several Services have the same target port under
    /// different port numbers.
    /// ## Why is this bad
    /// The sidecar knows one Service for what comes in on a port; settings and metrics of the
    /// other Service are lost.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web, sidecar.istio.io/inject: "true"}}
    ///     spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: one}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: two}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 81, targetPort: 8080}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web, sidecar.istio.io/inject: "true"}}
    ///     spec: {containers: [{name: web, image: web}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: one}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: two}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0137/>
    pub(super) RULE = { name: "deployment-target-port-conflict", codes: ["IST0137"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for deployment in context.resources.deployments.iter().filter(|it| in_mesh(context, it)) {
        let mut targets: BTreeMap<String, Vec<(u32, String, Origin)>> = BTreeMap::new();
        for service in services_of(context, deployment) {
            for (at, port) in service.spec.ports.iter().enumerate() {
                let (Some(number), Some(target)) = (port.port, port.target()) else { continue };
                let origin = service.spec_origin().key("ports").index(at);
                targets.entry(target.to_string()).or_default().push((
                    number.number(),
                    service.name().to_owned(),
                    origin,
                ));
            }
        }
        for (target, uses) in &targets {
            let Some((number, name, origin)) = uses.first() else { continue };
            let Some((other_number, other, place)) = uses.iter().find(|(other, ..)| other != number) else { continue };
            let message = format!(
                "target port `{target}` of Deployment `{}` is port {number} of Service `{name}` and port {other_number} of `{other}`",
                deployment.name()
            );
            let here = Location::Value(deployment.origin().key("metadata").key("name"));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, here, message)
                    .related(Location::Value(origin.clone()), "one port")
                    .related(Location::Value(place.clone()), "the other one")
                    .help("use one port number for the target port"),
            );
        }
    }
}
