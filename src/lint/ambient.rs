//! Ambient mode: which namespaces are in it, and which waypoints the input has.

use std::collections::BTreeSet;

use super::{Context, Written};
use crate::base::Labels;
use crate::yaml::Node;

/// The API group of the Gateway API.
pub(super) const GATEWAY_API: &str = "gateway.networking.k8s.io/";

/// The label that names the waypoint of a namespace, service or workload.
pub(super) const USE_WAYPOINT: &str = "istio.io/use-waypoint";

/// Whether a namespace with these labels has its workloads in ambient mode; labels for sidecars win.
pub(super) fn is_ambient(labels: &Labels) -> bool {
    labels.get("istio-injection") != Some("enabled")
        && labels.get("istio.io/rev").is_none_or(str::is_empty)
        && labels.get("istio.io/dataplane-mode") == Some("ambient")
}

/// Whether a namespace of the input is in ambient mode.
pub(super) fn is_ambient_namespace(context: &Context<'_>, namespace: &str) -> bool {
    context.mesh.namespaces.get(namespace).is_some_and(is_ambient)
}

/// Whether labels name a waypoint; `none` names none.
pub(super) fn names_waypoint(labels: &Labels) -> bool {
    labels.get(USE_WAYPOINT).is_some_and(|name| !name.is_empty() && name != "none")
}

/// The namespaces of which anything has a waypoint: the namespace itself, or a Service or workload in it.
pub(super) fn with_waypoint<'a>(context: &Context<'a>) -> BTreeSet<&'a str> {
    let whole =
        context.mesh.namespaces.iter().filter(|(_, labels)| names_waypoint(labels)).map(|(name, _)| name.as_str());
    let services = context.resources.services.iter().filter(|it| names_waypoint(&it.meta.labels));
    let workloads = context.mesh.workloads.iter().filter(|it| names_waypoint(&it.labels));
    whole.chain(services.map(|it| it.namespace())).chain(workloads.map(|it| it.namespace.as_str())).collect()
}

/// Whether the requests of a Service go through a waypoint: its own, or its namespace's.
pub(super) fn is_captured(context: &Context<'_>, namespace: &str, labels: &Labels) -> bool {
    match labels.get(USE_WAYPOINT) {
        Some(_) => names_waypoint(labels),
        None => context.mesh.namespaces.get(namespace).is_some_and(names_waypoint),
    }
}

/// The objects of the Gateway API of some kinds.
pub(super) fn api_objects<'a>(context: &Context<'a>, kinds: &[&str]) -> Vec<Written<'a>> {
    let all = context.written(kinds).into_iter();
    all.filter(|it| it.api_version.starts_with(GATEWAY_API)).collect()
}

/// `namespace` and `name` of the Gateways of the Gateway API.
pub(super) fn api_gateways<'a>(context: &Context<'a>) -> BTreeSet<(&'a str, &'a str)> {
    api_objects(context, &["Gateway"]).iter().map(|it| (it.namespace, it.name)).collect()
}

/// The text of a node's key.
pub(super) fn text<'a>(node: &'a Node<'a>, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty())
}
