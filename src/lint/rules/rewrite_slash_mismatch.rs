//! A rewrite of a prefix that loses or doubles a slash.

use super::declare_rule;
use crate::base::{Change, Diagnostic, Diagnostics, Edit, Location, Origin};
use crate::lint::Context;
use crate::lint::routes;
use crate::resource::istio::virtual_service::{HttpMatchRequest, StringMatch};

declare_rule! {
    /// ## What it does
    /// Reports `rewrite.uri` with a `/` at its end where the matched prefix has none, or the other way round.
    /// ## Why is this bad
    /// Only the prefix is replaced, what follows stays as it is: prefix `/shop` and rewrite `/` make `//cart`
    /// of `/shop/cart`; prefix `/shop/` and rewrite `/api` make `/apicart` of it. Where a match by prefix `/shop/`
    /// stands before the one by `/shop`, nothing is lost: `--fix` makes such a pair.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {prefix: /shop}}]
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
    ///   - match: [{uri: {prefix: /shop/}}, {uri: {exact: /shop}}]
    ///     rewrite: {uri: /}
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://github.com/istio/istio/issues/8076>
    pub(super) RULE = { name: "rewrite-slash-mismatch", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context) {
        let Some(uri) = route.rewrite.as_ref().map(|rewrite| rewrite.uri.as_str()) else { continue };
        for (at, one) in route.matches.iter().enumerate() {
            let Some(StringMatch::Prefix(prefix)) = &one.uri else { continue };
            let Some((path, help)) = example(prefix, uri) else { continue };
            if has_pair(&route.matches[..at], one, prefix) {
                continue;
            }
            let message = format!("the rewrite makes `{path}` of `{}`", longer(prefix));
            let matched = Location::Value(origin.key("match").index(at).key("uri").key("prefix"));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.key("rewrite").key("uri")), message)
                    .labelled("replaces the prefix and nothing else")
                    .related(matched, "the prefix that is replaced")
                    .help(help)
                    .corrected(correction(&origin, at, &route.matches, prefix, uri)),
            );
        }
    }
}

/// Whether a match before this one takes what is below the prefix, with a slash that is rewritten as well: of the pair
/// `/shop/` and `/shop`, the second one takes `/shop` alone.
fn has_pair(before: &[HttpMatchRequest], one: &HttpMatchRequest, prefix: &str) -> bool {
    let pair = HttpMatchRequest { uri: Some(StringMatch::Prefix(format!("{prefix}/"))), ..one.clone() };
    !prefix.ends_with('/') && before.contains(&pair)
}

/// A match of the pair's first prefix before the one of the second, or a slash behind the rewrite where all matches
/// of the route are by prefixes with one.
fn correction(origin: &Origin, at: usize, matches: &[HttpMatchRequest], prefix: &str, uri: &str) -> Option<Edit> {
    let slash = |one: &HttpMatchRequest| matches!(&one.uri, Some(StringMatch::Prefix(prefix)) if prefix.ends_with('/'));
    if uri.ends_with('/') {
        let element = origin.key("match").index(at);
        let part = Location::Value(element.key("uri").key("prefix"));
        let change = Change::Doubled { part, word: format!("{prefix}/") };
        return Some(Edit { at: Location::Value(element), change });
    }
    let at = Location::Value(origin.key("rewrite").key("uri"));
    matches.iter().all(slash).then(|| Edit { at, change: Change::Word(format!("{uri}/")) })
}

/// A path below the prefix.
fn longer(prefix: &str) -> String {
    format!("{}/x", prefix.trim_end_matches('/'))
}

/// What becomes of that path, and what to write; `None` where the slashes agree.
fn example(prefix: &str, uri: &str) -> Option<(String, String)> {
    if !uri.starts_with('/') || !prefix.starts_with('/') {
        return None;
    }
    let rest = longer(prefix).strip_prefix(prefix)?.to_owned();
    let help = match (prefix.ends_with('/'), uri.ends_with('/')) {
        (false, true) => format!("match `prefix: {prefix}/` (and `exact: {prefix}`)"),
        (true, false) => format!("write `uri: {uri}/`"),
        (true, true) | (false, false) => return None,
    };
    Some((format!("{uri}{rest}"), help))
}
