//! A match of a VirtualService's rule that an earlier one covers.

use serde_json::Value;

use super::declare_rule;
use super::unreachable_route_rule::matches;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports a match of a rule that stands word for word in an earlier rule, or (HTTP) whose
    /// path prefix begins with the prefix of an earlier match that asks for nothing more.
    /// ## Why is this bad
    /// The first match counts, so this one is never used.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {prefix: /api}}]
    ///     route: [{destination: {host: one.example.com}}]
    ///   - match: [{uri: {prefix: /api/v2}}]
    ///     route: [{destination: {host: two.example.com}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {prefix: /api/v2}}]
    ///     route: [{destination: {host: two.example.com}}]
    ///   - match: [{uri: {prefix: /api}}]
    ///     route: [{destination: {host: one.example.com}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0131/>
    pub(super) RULE = { name: "ineffective-route-match", codes: ["IST0131"], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.virtual_services {
        let Some(node) = context.node(&object.spec_origin()) else { continue };
        for key in ["http", "tls", "tcp"] {
            let matches = |rule: &Node<'_>| rule.get("match").map_or(0, |matches| matches.elements().len());
            let several = |rules: &&Node<'_>| rules.elements().iter().map(matches).sum::<usize>() > 1;
            let rules = node.get(key).filter(several).map(|rules| rules.to_json()).unwrap_or_default();
            check_rules(rules.as_array().map(Vec::as_slice).unwrap_or_default(), &object.spec_origin().key(key), found);
        }
    }
}

fn check_rules(rules: &[Value], origin: &Origin, found: &mut Diagnostics) {
    let mut earlier: Vec<(Value, Origin)> = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let matches = matches(rule);
        if matches.is_empty() {
            // What follows is not reached at all, which another rule says.
            return;
        }
        for (place, one) in matches.into_iter().enumerate() {
            let here = origin.index(at).key("match").index(place);
            match earlier.iter().find(|(other, _)| covers(other, &one)) {
                Some((_, first)) => found.push(report(&here, first)),
                None => earlier.push((one, here)),
            }
        }
    }
}

/// Whether every request that `later` takes is taken by `earlier`: the same conditions, or fewer
/// of them, with a path prefix that the later one's begins with.
fn covers(earlier: &Value, later: &Value) -> bool {
    if earlier == later {
        return true;
    }
    let prefix =
        |one: &Value| one.get("uri").and_then(|uri| uri.get("prefix")).and_then(Value::as_str).map(str::to_owned);
    let (Some(wide), Some(narrow)) = (prefix(earlier), prefix(later)) else { return false };
    let Some(conditions) = earlier.as_object() else { return false };
    narrow.starts_with(&wide)
        && conditions.iter().all(|(key, value)| key == "uri" || later.get(key) == Some(value))
        && later.get("ignoreUriCase") == earlier.get("ignoreUriCase")
}

fn report(here: &Origin, first: &Origin) -> Diagnostic {
    Diagnostic::new(
        RULE.severity,
        RULE.name,
        Location::Value(here.clone()),
        "this match is never used: an earlier one covers it",
    )
    .related(Location::Value(first.clone()), "this one takes all its requests")
    .help("put the more specific match first, or remove it")
}
