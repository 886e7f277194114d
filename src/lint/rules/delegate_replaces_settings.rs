//! Settings of a delegating route that its delegate replaces.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::istio::virtual_service::HttpRoute;

declare_rule! {
    /// ## What it does
    /// Reports settings (`timeout`, `retries`, `headers`, `rewrite`, `fault`, `corsPolicy`, `mirror`) of a route with
    /// `delegate` that routes of the delegate have as well.
    /// ## Why is this bad
    /// The setting of the delegate replaces that of the delegating route as a whole. Headers, for example, are not
    /// added up: what the delegating route sets is lost for these requests.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {prefix: /cart}}]
    ///     headers: {request: {set: {x-edge: "1"}}}
    ///     delegate: {name: cart}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: cart}
    /// spec:
    ///   http:
    ///   - headers: {request: {set: {x-cart: "1"}}}
    ///     route: [{destination: {host: cart.prod.svc.cluster.local}}]
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
    ///   - headers: {request: {set: {x-edge: "1", x-cart: "1"}}}
    ///     route: [{destination: {host: cart.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#Delegate>
    pub(super) RULE = { name: "delegate-replaces-settings", codes: [], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let services = context.resources.virtual_services.iter();
    let delegates: BTreeMap<(&str, &str), _> = services
        .clone()
        .filter(|object| object.spec.hosts.is_empty())
        .map(|object| ((object.namespace(), object.name()), object))
        .collect();
    for object in services.filter(|object| !object.spec.hosts.is_empty()) {
        for (at, route) in object.spec.http.iter().enumerate() {
            let Some(reference) = &route.delegate else { continue };
            let namespace = if reference.namespace.is_empty() { object.namespace() } else { &reference.namespace };
            let Some(delegate) = delegates.get(&(namespace, reference.name.as_str())) else { continue };
            for key in settings(route) {
                let mut own = delegate.spec.http.iter().enumerate();
                let Some((own, _)) = own.find(|(_, own)| settings(own).contains(&key)) else { continue };
                let place = Location::Key(object.spec_origin().key("http").index(at).key(key));
                let theirs = Location::Key(delegate.spec_origin().key("http").index(own).key(key));
                let message = format!("`{key}` is replaced by that of delegate `{namespace}/{}`", reference.name);
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, place, message)
                        .related(theirs, "this one counts for the route")
                        .help("repeat in the delegate what is to hold for it"),
                );
            }
        }
    }
}

/// `istio: pilot/pkg/model/virtualservice.go: mergeHTTPRoute`.
fn settings(route: &HttpRoute) -> Vec<&'static str> {
    let written = [
        ("timeout", route.timeout.is_some()),
        ("retries", route.retries.is_some()),
        ("headers", route.headers.is_some()),
        ("rewrite", route.rewrite.is_some()),
        ("fault", route.fault.is_some()),
        ("corsPolicy", route.cors_policy.is_some()),
        ("mirror", route.mirror.is_some()),
        ("mirrors", !route.mirrors.is_empty()),
    ];
    written.into_iter().filter(|(_, written)| *written).map(|(key, _)| key).collect()
}
