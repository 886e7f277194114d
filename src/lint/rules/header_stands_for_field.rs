//! A header match that is meant for the path, method, scheme or authority.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;

declare_rule! {
    /// ## What it does
    /// Reports matches of headers called `uri`, `scheme`, `method` or `authority`.
    /// ## Why is this bad
    /// Such names are not those parts of a request: Envoy looks for a header of that very name, which clients do not send.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{headers: {method: {exact: GET}}}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{method: {exact: GET}}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest>
    pub(super) RULE = { name: "header-stands-for-field", codes: [], severity: Warning, check: check };
}

/// The fields of a match that are also written as headers by mistake.
const FIELDS: [&str; 4] = ["uri", "scheme", "method", "authority"];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, _, one) in routes::http_matches(context) {
        for (key, names) in [("headers", &one.headers), ("withoutHeaders", &one.without_headers)] {
            for name in names.keys().filter(|name| FIELDS.contains(&name.as_str())) {
                let place = Location::Key(origin.key(key).key(name.clone()));
                let message = format!("this asks for a header called `{name}`, not for the request's {name}");
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, place, message)
                        .help(format!("write `{name}` beside `headers`")),
                );
            }
        }
    }
}
