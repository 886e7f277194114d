//! A regular expression that is written as if it were searched for.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;
use crate::resource::istio::virtual_service::StringMatch;

declare_rule! {
    /// ## What it does
    /// Reports expressions for paths that are wrapped in slashes (`/^cart/i`), or that are a plain path after
    /// `^`, without `$` (`^/cart`).
    /// ## Why is this bad
    /// Envoy matches the whole path against an expression. `^/cart` takes `/cart` and nothing below it; the slashes and
    /// flags of `/^cart/i` are taken as letters.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {regex: "^/cart"}}]
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
    ///   - match: [{uri: {regex: "/cart(/.*)?"}}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch>
    pub(super) RULE = { name: "regex-written-as-search", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, _, one) in routes::http_matches(context) {
        let Some(StringMatch::Regex(regex)) = &one.uri else { continue };
        let Some((message, help)) = fault(regex.as_str()) else { continue };
        let place = Location::Value(origin.key("uri").key("regex"));
        found.push(Diagnostic::new(RULE.severity, RULE.name, place, message).help(help));
    }
}

fn fault(regex: &str) -> Option<(&'static str, &'static str)> {
    if regex.starts_with("/^") && ["/", "/i", "/g", "/gi"].iter().any(|end| regex.ends_with(end)) {
        return Some(("the slashes around the expression are part of it", "leave them out; `(?i)` ignores case"));
    }
    let path = regex.strip_prefix('^').filter(|path| !path.is_empty())?;
    // With anything else in it, it may well be meant for the whole path.
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'));
    let message = "an expression must match the whole path, so this takes nothing below it";
    is_plain.then_some((message, "end it with `.*` or use `prefix`; end it with `$` if this is meant"))
}
