//! A header to change whose name no header can have.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;

declare_rule! {
    /// ## What it does
    /// Reports names under `headers` (`set`, `add`, `remove`) with characters that no header name has, as spaces or
    /// colons.
    /// ## Why is this bad
    /// Istio and Envoy take the name and send it on the wire as it is. HTTP/1.1 servers refuse the request, HTTP/2 ones
    /// reset the stream.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - headers: {request: {set: {"x client": "1"}}}
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
    ///   - headers: {request: {set: {x-client: "1"}}}
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://www.rfc-editor.org/rfc/rfc9110#name-field-names>
    pub(super) RULE = { name: "header-name-not-token", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (at, operations) in routes::header_operations(context) {
        for (key, changes) in [("set", &operations.set), ("add", &operations.add)] {
            for name in changes.keys().filter(|name| !is_name(name)) {
                found.push(report(Location::Key(at.key(key).key(name.clone())), name));
            }
        }
        for (index, name) in operations.remove.iter().enumerate().filter(|(_, name)| !is_name(name)) {
            found.push(report(Location::Value(at.key("remove").index(index)), name));
        }
    }
}

/// A token (RFC 9110, 5.6.2). Pseudo-headers and none at all are reported with the fields.
fn is_name(name: &str) -> bool {
    let is_mark = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    name.is_empty() || name.starts_with(':') || name.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

fn report(place: Location, name: &str) -> Diagnostic {
    let message = format!("`{name}` cannot be the name of a header");
    Diagnostic::new(RULE.severity, RULE.name, place, message)
        .labelled("it is sent as it is, and refused by who gets it")
        .help("letters, digits and `-` only")
}
