//! A waypoint that is not there.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::Context;
use crate::lint::ambient::{USE_WAYPOINT, api_gateways};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports a label `istio.io/use-waypoint` of a Namespace, Service or workload that names no Gateway of the Gateway API,
    /// where the input holds Gateways of that namespace.
    /// ## Why is this bad
    /// Requests do not pass the waypoint, and what is attached to it is not followed.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: {name: wayponit, namespace: shop}
    /// spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: {name: waypoint, namespace: shop}
    /// spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>,
    /// <https://istio.io/latest/docs/ambient/usage/waypoint/>
    pub(super) RULE = { name: "unknown-waypoint", codes: ["KIA1313"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let gateways = api_gateways(context);
    let namespaces: BTreeSet<&str> = gateways.iter().map(|(namespace, _)| *namespace).collect();
    for object in context.written(&["Namespace", "Service", "Pod", "Deployment", "StatefulSet", "DaemonSet"]) {
        let metadata = match object.kind {
            "Deployment" | "StatefulSet" | "DaemonSet" => object.at(&["spec", "template", "metadata"]),
            _ => object.at(&["metadata"]),
        };
        let label = |key: &str| metadata.and_then(|it| it.get("labels")).and_then(|labels| labels.get(key));
        let Some(node) = label(USE_WAYPOINT) else { continue };
        let name = node.as_str().unwrap_or_default();
        let own = if object.kind == "Namespace" { object.name } else { object.namespace };
        let namespace = label("istio.io/use-waypoint-namespace").and_then(Node::as_str).unwrap_or(own);
        if matches!(name, "" | "none") || !namespaces.contains(namespace) || gateways.contains(&(namespace, name)) {
            continue;
        }
        let message = format!("no Gateway `{namespace}/{name}` of the Gateway API in the input");
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, object.place(node), message)
                .labelled("requests pass no waypoint")
                .help("check the name; `istio.io/use-waypoint-namespace` names another namespace"),
        );
    }
}
