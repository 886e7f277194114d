//! A delegate VirtualService that nothing delegates to.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports VirtualServices without hosts that no route of the input names as its `delegate`.
    /// ## Why is this bad
    /// A delegate has no hosts of its own: its routes are only used through the VirtualService that names it.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: cart}
    /// spec:
    ///   http:
    ///   - route: [{destination: {host: cart.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {prefix: /cart}}]
    ///     delegate: {name: cart}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: cart}
    /// spec:
    ///   http:
    ///   - route: [{destination: {host: cart.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#Delegate>
    pub(super) RULE = { name: "delegate-without-root", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut named: BTreeSet<(&str, &str)> = BTreeSet::new();
    for object in context.resources.virtual_services.iter().filter(|object| !object.spec.hosts.is_empty()) {
        for delegate in object.spec.http.iter().filter_map(|route| route.delegate.as_ref()) {
            let namespace = if delegate.namespace.is_empty() { object.namespace() } else { &delegate.namespace };
            named.insert((namespace, &delegate.name));
        }
    }
    for object in context.resources.virtual_services.iter().filter(|object| object.spec.hosts.is_empty()) {
        if !named.contains(&(object.namespace(), object.name())) {
            let place = Location::Value(object.origin().key("metadata").key("name"));
            let message = "no VirtualService in the input delegates to this one, and it has no hosts of its own";
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .labelled("its routes are never used")
                    .help("name it as `delegate` of a route, or give it `hosts`"),
            );
        }
    }
}
