//! A redirect whose target the same rule redirects again.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;
use crate::resource::istio::virtual_service::{HttpMatchRequest, HttpRedirect, StringMatch};

declare_rule! {
    /// ## What it does
    /// Reports redirects of `uri` or `prefixRewrite` alone whose new path the same match takes: host, scheme and port
    /// stay, so the redirect leads to itself.
    /// ## Why is this bad
    /// The client follows until it gives up with too many redirects.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {prefix: /shop}}]
    ///     redirect: {uri: /shop/home}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {exact: /shop}}]
    ///     redirect: {uri: /shop/home}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRedirect>
    pub(super) RULE = { name: "redirect-to-itself", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context) {
        let Some(redirect) = route.redirect.as_ref().filter(|redirect| keeps_place(redirect)) else { continue };
        let none = [HttpMatchRequest::default()];
        let matches = if route.matches.is_empty() { none.as_slice() } else { route.matches.as_slice() };
        let Some((from, to)) = matches.iter().find_map(|one| loop_of(one, redirect)) else { continue };
        let key = if redirect.uri.is_empty() { "prefixRewrite" } else { "uri" };
        let message = format!("`{from}` is redirected to `{to}`, which this rule redirects again");
        let place = Location::Value(origin.key("redirect").key(key));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .labelled("the client ends with too many redirects")
                .help("match with `exact`, or put a rule for the target first"),
        );
    }
}

/// Whether only the path changes.
fn keeps_place(redirect: &HttpRedirect) -> bool {
    redirect.authority.is_empty()
        && redirect.scheme.is_empty()
        && redirect.port.is_none()
        && redirect.derive_port.is_none()
        && !(redirect.uri.is_empty() && redirect.prefix_rewrite.is_empty())
}

/// A path and what it is redirected to, where the match takes both. Conditions that the client's next request may
/// not have are not looked at: a match with any says nothing.
fn loop_of(one: &HttpMatchRequest, redirect: &HttpRedirect) -> Option<(String, String)> {
    let only_path = HttpMatchRequest { uri: one.uri.clone(), name: one.name.clone(), ..HttpMatchRequest::default() };
    if only_path != *one {
        return None;
    }
    let prefix = match &one.uri {
        None => "/",
        Some(StringMatch::Prefix(prefix)) => prefix.as_str(),
        Some(StringMatch::Exact(path)) => {
            return (*path == redirect.uri).then(|| (path.clone(), path.clone()));
        }
        Some(StringMatch::Regex(_) | StringMatch::Unset) => return None,
    };
    let target = if redirect.uri.is_empty() { &redirect.prefix_rewrite } else { &redirect.uri };
    let path = target.split(['?', '#']).next().unwrap_or_default();
    path.starts_with(prefix).then(|| (prefix.to_owned(), target.clone()))
}
