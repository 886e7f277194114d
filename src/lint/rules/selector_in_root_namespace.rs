//! A PeerAuthentication of the root namespace with a selector.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports PeerAuthentications with a selector in the root namespace (`istio-system`).
    /// ## Why is this bad
    /// There only one without selector counts, for the whole mesh. One with a selector is for no workload at all, also
    /// not for those of the root namespace.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: web, namespace: istio-system}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   mtls: {mode: STRICT}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   mtls: {mode: STRICT}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/security/peer_authentication/#PeerAuthentication>
    pub(super) RULE = { name: "selector-in-root-namespace", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let root = context.mesh.config.root_namespace.as_str();
    for object in context.resources.peer_authentications.iter().filter(|object| object.namespace() == root) {
        if object.spec.selector.as_ref().is_some_and(|selector| !selector.match_labels.is_empty()) {
            let message = format!("in the root namespace `{root}` a PeerAuthentication with a selector is ignored");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Key(object.spec_origin().key("selector")), message)
                    .labelled("this counts for no workload")
                    .help("put it in the namespace of the workloads, or remove the selector to set it for the mesh"),
            );
        }
    }
}
