//! A ReferenceGrant to a namespace that is not there.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::ambient::api_objects;
use crate::lint::{Context, known};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports `from.namespace` of ReferenceGrants that names a namespace which the input does not have, where it holds
    /// Namespaces.
    /// ## Why is this bad
    /// Nothing is granted. Often it is a typing error.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1beta1
    /// kind: ReferenceGrant
    /// metadata: {name: routes, namespace: shop}
    /// spec:
    ///   from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: egde}]
    ///   to: [{group: "", kind: Service}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: edge}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1beta1
    /// kind: ReferenceGrant
    /// metadata: {name: routes, namespace: shop}
    /// spec:
    ///   from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}]
    ///   to: [{group: "", kind: Service}]
    /// ```
    /// ## References
    /// <https://gateway-api.sigs.k8s.io/reference/spec/>
    pub(super) RULE = { name: "unknown-grant-namespace", codes: ["KIA1601"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let Some(known) = known::namespaces(context) else { return };
    for grant in api_objects(context, &["ReferenceGrant"]) {
        for from in grant.at(&["spec", "from"]).map(Node::elements).unwrap_or_default() {
            let Some(node) = from.get("namespace") else { continue };
            let name = node.as_str().unwrap_or_default();
            if !known.contains(name) {
                let message = format!("no Namespace in the input is `{name}`");
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, grant.place(node), message)
                        .labelled("this grants nothing")
                        .help("check the name"),
                );
            }
        }
    }
}
