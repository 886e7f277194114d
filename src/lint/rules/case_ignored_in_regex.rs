//! `ignoreUriCase` with a regular expression.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;
use crate::resource::istio::virtual_service::StringMatch;

declare_rule! {
    /// ## What it does
    /// Reports `ignoreUriCase` in a match whose path is by `regex`.
    /// ## Why is this bad
    /// Istio ignores the case of exact paths and of prefixes only; the expression stays case-sensitive.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{ignoreUriCase: true, uri: {regex: "/cart/[0-9]+"}}]
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
    ///   - match: [{uri: {regex: "(?i)/cart/[0-9]+"}}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest>
    pub(super) RULE = { name: "case-ignored-in-regex", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, _, one) in routes::http_matches(context) {
        if one.ignore_uri_case && matches!(one.uri, Some(StringMatch::Regex(_))) {
            let place = Location::Key(origin.key("ignoreUriCase"));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, "`ignoreUriCase` has no effect on an expression")
                    .related(Location::Value(origin.key("uri").key("regex")), "this stays case-sensitive")
                    .help("start the expression with `(?i)`"),
            );
        }
    }
}
