//! A route of the Gateway API for a Gateway that is not there.

use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use super::image_auto_without_injection::takes;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::ambient::{api_objects, text};
use crate::lint::{Context, Written};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports `parentRefs` of HTTPRoutes, GRPCRoutes, TLSRoutes and TCPRoutes that name a Gateway which the input does not
    /// have, where it holds Gateways of that namespace; and those of another namespace whose listeners take only routes of
    /// their own.
    /// ## Why is this bad
    /// The route is not served.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: {name: public, namespace: edge}
    /// spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web, namespace: shop}
    /// spec: {parentRefs: [{name: public, namespace: edge}], rules: [{backendRefs: [{name: web, port: 80}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: {name: public, namespace: edge}
    /// spec:
    ///   gatewayClassName: istio
    ///   listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web, namespace: shop}
    /// spec: {parentRefs: [{name: public, namespace: edge}], rules: [{backendRefs: [{name: web, port: 80}]}]}
    /// ```
    /// ## References
    /// <https://gateway-api.sigs.k8s.io/reference/spec/>
    pub(super) RULE = { name: "unknown-parent-gateway", codes: ["KIA1401"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let gateways = api_objects(context, &["Gateway"]);
    let by_name: BTreeMap<(&str, &str), &Written<'_>> =
        gateways.iter().map(|it| ((it.namespace, it.name), it)).collect();
    let namespaces: BTreeSet<&str> = gateways.iter().map(|it| it.namespace).collect();
    for route in api_objects(context, &["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute"]) {
        for parent in route.at(&["spec", "parentRefs"]).map(Node::elements).unwrap_or_default() {
            if text(parent, "kind").is_some_and(|kind| kind != "Gateway") {
                continue;
            }
            let Some(name) = text(parent, "name") else { continue };
            let namespace = text(parent, "namespace").unwrap_or(route.namespace);
            let report = |message: String, help: &str| {
                let here = Diagnostic::new(RULE.severity, RULE.name, route.place(parent), message);
                here.labelled("the route is not served there").help(help.to_owned())
            };
            match by_name.get(&(namespace, name)) {
                None if namespaces.contains(namespace) => {
                    let message = format!("no Gateway `{namespace}/{name}` of the Gateway API in the input");
                    found.push(report(message, "check the name and the namespace"));
                }
                Some(gateway) if namespace != route.namespace && !admits(context, gateway, route.namespace) => {
                    let message = format!(
                        "no listener of Gateway `{namespace}/{name}` takes routes of namespace `{}`",
                        route.namespace
                    );
                    let help = "allow the namespace in `allowedRoutes.namespaces` of a listener";
                    found.push(report(message, help).related(gateway.name_place(), "the Gateway"));
                }
                _ => {}
            }
        }
    }
}

/// Whether a listener of a Gateway takes routes of another namespace.
fn admits(context: &Context<'_>, gateway: &Written<'_>, namespace: &str) -> bool {
    let listeners = gateway.at(&["spec", "listeners"]).map(Node::elements).unwrap_or_default();
    listeners.iter().any(|listener| {
        let from = listener.get("allowedRoutes").and_then(|it| it.get("namespaces"));
        match from.and_then(|it| text(it, "from")) {
            Some("All") => true,
            Some("Selector") => {
                let labels = context.mesh.namespaces.get(namespace);
                let wanted = from.and_then(|it| it.get("selector"));
                // The labels of a namespace that is not in the input are not known.
                labels.is_none_or(|labels| takes(wanted, labels))
            }
            _ => false,
        }
    })
}
