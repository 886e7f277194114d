//! A rewrite of the whole path where the match is a regular expression.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;
use crate::resource::istio::virtual_service::StringMatch;

declare_rule! {
    /// ## What it does
    /// Reports `rewrite.uri` on a route of which a match has a path by `regex`.
    /// ## Why is this bad
    /// With an expression there is no prefix to replace: the whole path of every request that matches becomes `rewrite.uri`.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {regex: "/v[0-9]+/.*"}}]
    ///     rewrite: {uri: /}
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
    ///   - match: [{uri: {regex: "/v[0-9]+/.*"}}]
    ///     rewrite: {uriRegexRewrite: {match: "^/v[0-9]+/", rewrite: /}}
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRewrite>
    pub(super) RULE = { name: "rewrite-of-regex-match", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context) {
        let Some(rewrite) = route.rewrite.as_ref().filter(|rewrite| !rewrite.uri.is_empty()) else { continue };
        let is_regex = |uri: &Option<StringMatch>| matches!(uri, Some(StringMatch::Regex(_)));
        let Some(at) = route.matches.iter().position(|one| is_regex(&one.uri)) else { continue };
        let message = format!("the whole path of every request becomes `{}`", rewrite.uri);
        let expression = Location::Value(origin.key("match").index(at).key("uri").key("regex"));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.key("rewrite").key("uri")), message)
                .related(expression, "an expression matches the whole path")
                .help("use `uriRegexRewrite` to replace a part of it"),
        );
    }
}
