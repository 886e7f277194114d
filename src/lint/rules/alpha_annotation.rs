//! An annotation for what is not complete yet.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::Context;
use crate::lint::annotations::{self, Annotation, Status};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports annotations of Istio for features of stage alpha. Those that the CNI plugin writes are not reported on
    /// pods without the container `istio-init`.
    /// ## Why is this bad
    /// What they ask for may be incomplete, change or go without notice.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, annotations: {networking.istio.io/exportTo: "."}}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/annotations/>
    pub(super) RULE = { name: "alpha-annotation", codes: ["IST0136"], severity: Note, check: check };
}

/// What the CNI plugin writes (`istio: maturity.conditionallyIgnoredAnnotations`).
const WRITTEN_BY_CNI: [&str; 4] = [
    "sidecar.istio.io/interceptionMode",
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/includeInboundPorts",
    "traffic.sidecar.istio.io/includeOutboundIPRanges",
];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let all = annotations::written(context);
    for annotation in all.iter().filter(|it| it.known().is_some_and(|it| it.status == Status::Alpha)) {
        let is_pod = annotation.kind == "Pod";
        if is_pod && WRITTEN_BY_CNI.contains(&annotation.name()) && !has_init_container(annotation) {
            continue;
        }
        let message = format!("annotation `{}` is for a feature of stage alpha", annotation.name());
        let place = annotation.object.place(annotation.key);
        found.push(Diagnostic::new(RULE.severity, RULE.name, place, message));
    }
}

/// Whether the pod is set up by a container of its own, and not by the CNI plugin.
fn has_init_container(annotation: &Annotation<'_>) -> bool {
    let containers = annotation.object.at(&["spec", "initContainers"]).map(Node::elements).unwrap_or_default();
    containers.iter().any(|it| it.get("name").and_then(Node::as_str) == Some("istio-init"))
}
