//! A rule of a VirtualService that no request reaches.

use serde_json::Value;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports `http`, `tls` and `tcp` rules of a VirtualService after a rule that takes
    /// everything, and rules whose every match stands in an earlier rule.
    /// ## Why is this bad
    /// The first rule that matches counts, so the rule is never used.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route: [{destination: {host: one.example.com}}]
    ///   - match: [{uri: {prefix: /two}}]
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
    ///   - match: [{uri: {prefix: /two}}]
    ///     route: [{destination: {host: two.example.com}}]
    ///   - route: [{destination: {host: one.example.com}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0130/>
    pub(super) RULE = { name: "unreachable-route-rule", codes: ["IST0130"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.virtual_services {
        let Some(node) = context.node(&object.spec_origin()) else { continue };
        for key in ["http", "tls", "tcp"] {
            let rules = node.get(key).filter(|rules| rules.elements().len() > 1);
            let rules = rules.map(|rules| rules.to_json()).unwrap_or_default();
            check_rules(rules.as_array().map(Vec::as_slice).unwrap_or_default(), &object.spec_origin().key(key), found);
        }
    }
}

fn check_rules(rules: &[Value], origin: &Origin, found: &mut Diagnostics) {
    let mut catches_all = None;
    let mut seen: Vec<(Value, usize)> = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        if let Some(first) = catches_all {
            found.push(report(origin, at, first, "takes everything"));
            continue;
        }
        let matches = matches(rule);
        if matches.is_empty() {
            catches_all = Some(at);
            continue;
        }
        let mut earlier = None;
        let mut duplicates = 0;
        for one in &matches {
            match seen.iter().find(|(other, _)| other == one) {
                Some((_, rule)) => {
                    duplicates += 1;
                    earlier = Some(*rule);
                }
                None => seen.push((one.clone(), at)),
            }
        }
        if let Some(earlier) = earlier.filter(|earlier| duplicates == matches.len() && *earlier != at) {
            found.push(report(origin, at, earlier, "has the same matches"));
        }
    }
}

/// The matches of a rule, without their names, which change nothing.
pub(super) fn matches(rule: &Value) -> Vec<Value> {
    let mut matches = rule.get("match").and_then(Value::as_array).cloned().unwrap_or_default();
    for one in &mut matches {
        if let Some(fields) = one.as_object_mut() {
            fields.remove("name");
        }
    }
    matches
}

fn report(origin: &Origin, at: usize, earlier: usize, why: &str) -> Diagnostic {
    let message = format!("rule {} is never used: rule {} {why}", at + 1, earlier + 1);
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.index(at)), message)
        .related(Location::Value(origin.index(earlier)), format!("this one comes first and {why}"))
        .help("the first rule that matches counts: put the more specific one first, or remove it")
}
