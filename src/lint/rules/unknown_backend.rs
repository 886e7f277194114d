//! A route of the Gateway API to a Service that is not there, or not allowed.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::ambient::{api_objects, text};
use crate::lint::{Context, Written};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports `backendRefs` of HTTPRoutes, GRPCRoutes, TLSRoutes and TCPRoutes that name a Service which the input does not
    /// have, where it holds Services of that namespace; and those of another namespace without a ReferenceGrant there.
    /// ## Why is this bad
    /// Requests that go there fail.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web, namespace: shop}
    /// spec: {parentRefs: [{name: public, namespace: edge}], rules: [{backendRefs: [{name: wbe, port: 80}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web, namespace: shop}
    /// spec: {parentRefs: [{name: public, namespace: edge}], rules: [{backendRefs: [{name: web, port: 80}]}]}
    /// ```
    /// ## References
    /// <https://gateway-api.sigs.k8s.io/reference/spec/>
    pub(super) RULE = { name: "unknown-backend", codes: ["KIA1402"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let services: BTreeSet<_> = context.resources.services.iter().map(|it| (it.namespace(), it.name())).collect();
    let namespaces: BTreeSet<&str> = services.iter().map(|(namespace, _)| *namespace).collect();
    let grants = api_objects(context, &["ReferenceGrant"]);
    for route in api_objects(context, &["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute"]) {
        for rule in route.at(&["spec", "rules"]).map(Node::elements).unwrap_or_default() {
            for backend in rule.get("backendRefs").map(Node::elements).unwrap_or_default() {
                let of_kind = text(backend, "kind").is_none_or(|kind| kind == "Service");
                let Some(name) = text(backend, "name").filter(|_| of_kind && text(backend, "group").is_none()) else {
                    continue;
                };
                let namespace = text(backend, "namespace").unwrap_or(route.namespace);
                let report = |message: String, help: &str| {
                    let here = Diagnostic::new(RULE.severity, RULE.name, route.place(backend), message);
                    here.labelled("requests that go there fail").help(help.to_owned())
                };
                if namespaces.contains(namespace) && !services.contains(&(namespace, name)) {
                    let message = format!("no Service `{namespace}/{name}` in the input");
                    found.push(report(message, "check the name and the namespace"));
                } else if namespace != route.namespace
                    && !grants.iter().any(|it| grants_to(it, &route, namespace, name))
                {
                    let message = format!("namespace `{namespace}` does not grant this route its Service `{name}`");
                    found.push(report(message, "write a ReferenceGrant in that namespace"));
                }
            }
        }
    }
}

/// Whether a ReferenceGrant lets a route use a Service of `namespace`.
fn grants_to(grant: &Written<'_>, route: &Written<'_>, namespace: &str, name: &str) -> bool {
    let list = |key: &str| grant.at(&["spec", key]).map(Node::elements).unwrap_or_default();
    let from = |it: &Node<'_>| text(it, "kind") == Some(route.kind) && text(it, "namespace") == Some(route.namespace);
    let to = |it: &Node<'_>| text(it, "kind") == Some("Service") && text(it, "name").is_none_or(|it| it == name);
    grant.namespace == namespace && list("from").iter().any(from) && list("to").iter().any(to)
}
