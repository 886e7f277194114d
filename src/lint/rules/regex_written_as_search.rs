//! A regular expression that is written as if it were searched for.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Severity};
use crate::lint::Context;
use crate::lint::routes;
use crate::resource::istio::virtual_service::StringMatch;

declare_rule! {
    /// ## What it does
    /// Reports expressions for paths that are wrapped in slashes (`/^cart/i`), or that are a plain path after `^`, without
    /// `$` (`^/cart`), and a plain `name=value` for the header `cookie`; as a note, a plain path (`/cart`).
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
        if let Some(StringMatch::Regex(regex)) = &one.uri
            && let Some((severity, message, help)) = of_path(regex.as_str())
        {
            let place = Location::Value(origin.key("uri").key("regex"));
            found.push(Diagnostic::new(severity, RULE.name, place, message).help(help));
        }
        let cookies = one.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        for (name, value) in cookies {
            if let StringMatch::Regex(regex) = value
                && is_plain(regex.as_str(), b"-_=")
            {
                let place = Location::Value(origin.key("headers").key(name.clone()).key("regex"));
                let message = "an expression must match the whole header, so this takes no client with another cookie";
                let help = format!("write `(.*;\\s*)?{}(;.*)?`", regex.as_str());
                found.push(Diagnostic::new(RULE.severity, RULE.name, place, message).help(help));
            }
        }
    }
}

fn of_path(regex: &str) -> Option<(Severity, &'static str, &'static str)> {
    if regex.starts_with("/^") && ["/", "/i", "/g", "/gi"].iter().any(|end| regex.ends_with(end)) {
        let help = "leave them out; `(?i)` ignores case";
        return Some((RULE.severity, "the slashes around the expression are part of it", help));
    }
    // With anything else in it, it may well be meant for the whole path.
    if !is_plain(regex.strip_prefix('^').unwrap_or(regex), b"/-_") {
        return None;
    }
    Some(match regex.starts_with('^') {
        true => (
            RULE.severity,
            "an expression must match the whole path, so this takes nothing below it",
            "end it with `.*` or use `prefix`; end it with `$` if this is meant",
        ),
        false => (
            Severity::Note,
            "an expression must match the whole path, so this takes one path and nothing below it",
            "use `prefix` for what is below as well, else `exact`",
        ),
    })
}

/// Whether an expression has letters, digits and these characters only.
fn is_plain(regex: &str, others: &[u8]) -> bool {
    !regex.is_empty() && regex.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}
