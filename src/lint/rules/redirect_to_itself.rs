//! A redirect whose target the same rule redirects again.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
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
    pub(super) RULE = { name: "redirect-to-itself", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    // What a delegate's match takes is up to the VirtualService that delegates to it.
    for object in context.resources.virtual_services.iter().filter(|object| !object.spec.hosts.is_empty()) {
        let http = object.spec_origin().key("http");
        let mut earlier: Vec<&HttpMatchRequest> = Vec::new();
        for (at, route) in object.spec.http.iter().enumerate() {
            if let Some(redirect) = route.redirect.as_ref().filter(|redirect| keeps_place(redirect)) {
                let none = [HttpMatchRequest::default()];
                let matches = if route.matches.is_empty() { none.as_slice() } else { route.matches.as_slice() };
                let loops = matches.iter().find_map(|one| loop_of(one, redirect));
                if let Some((from, to)) = loops.filter(|(_, to)| !earlier.iter().any(|one| may_take(one, to))) {
                    let key = if redirect.uri.is_empty() { "prefixRewrite" } else { "uri" };
                    found.push(report(&from, &to, Location::Value(http.index(at).key("redirect").key(key))));
                }
            }
            earlier.extend(&route.matches);
        }
    }
}

/// Whether a match with whatever other conditions may take the path.
fn may_take(one: &HttpMatchRequest, target: &str) -> bool {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let cased = |text: &str| if one.ignore_uri_case { text.to_ascii_lowercase() } else { text.to_owned() };
    match &one.uri {
        Some(StringMatch::Exact(text)) => cased(text) == cased(path),
        Some(StringMatch::Prefix(text)) => cased(path).starts_with(&cased(text)),
        Some(StringMatch::Regex(_) | StringMatch::Unset) | None => true,
    }
}

fn report(from: &str, to: &str, place: Location) -> Diagnostic {
    let message = format!("`{from}` is redirected to `{to}`, which this rule redirects again");
    Diagnostic::new(RULE.severity, RULE.name, place, message)
        .labelled("the client ends with too many redirects")
        .help("match with `exact`, or put a rule for the target first")
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
