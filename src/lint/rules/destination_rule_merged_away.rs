//! What another DestinationRule of the host leaves out.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::DestinationRule;

declare_rule! {
    /// ## What it does
    /// Reports the `trafficPolicy` and the subsets of a DestinationRule that an older one of the same namespace and
    /// host has as well.
    /// ## Why is this bad
    /// Istio merges DestinationRules of one host: subsets are collected, and of two `trafficPolicy` or two subsets of
    /// one name the older rule's counts (of equally old ones the first by name). The other is lost.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web-two, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}, connectionPool: {tcp: {maxConnections: 10}}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web-two, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   subsets: [{name: v1, labels: {version: v1}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/best-practices/traffic-management/#split-virtual-services>
    pub(super) RULE = { name: "destination-rule-merged-away", codes: ["KIA0201"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut of_host: BTreeMap<(&str, &str), Vec<&DestinationRule>> = BTreeMap::new();
    for rule in context.mesh.destination_rules.iter().filter(|rule| rule.spec.workload_selector.is_none()) {
        of_host.entry((&rule.namespace, rule.host.as_str())).or_default().push(rule);
    }
    for rules in of_host.values().filter(|rules| rules.len() > 1) {
        // Only rules that the same namespaces see are merged for certain.
        let Some(first) = rules.first() else { continue };
        if rules.iter().all(|rule| rule.visibility == first.visibility) {
            check_merged(rules, found);
        }
    }
}

/// `istio: pilot/pkg/model/destination_rule.go: mergeDestinationRule`.
fn check_merged(rules: &[&DestinationRule], found: &mut Diagnostics) {
    let mut policy: Option<&DestinationRule> = None;
    let mut subsets: BTreeMap<&str, (&DestinationRule, usize)> = BTreeMap::new();
    for rule in rules {
        if rule.spec.traffic_policy.is_some() {
            match policy {
                Some(first) => found.push(lost(rule, first, "trafficPolicy", [None, None])),
                None => policy = Some(rule),
            }
        }
        for (at, subset) in rule.spec.subsets.iter().enumerate() {
            match subsets.get(subset.name.as_str()) {
                // Two of one rule are refused with its fields.
                Some((first, _)) if first.origin == rule.origin => {}
                Some((first, place)) => found.push(lost(rule, first, "subsets", [Some(at), Some(*place)])),
                None => {
                    subsets.insert(&subset.name, (rule, at));
                }
            }
        }
    }
}

fn lost(rule: &DestinationRule, first: &DestinationRule, key: &'static str, at: [Option<usize>; 2]) -> Diagnostic {
    let place = |rule: &DestinationRule, at: Option<usize>| {
        let field = rule.origin.key("spec").key(key);
        at.map_or_else(|| Location::Key(field.clone()), |at| Location::Value(field.index(at)))
    };
    let what = match at[0].and_then(|at| rule.spec.subsets.get(at)) {
        Some(subset) => format!("subset `{}`", subset.name),
        None => "`trafficPolicy`".to_owned(),
    };
    let message = format!(
        "DestinationRule `{}/{}` for `{}` has a {what} too, and comes first",
        first.namespace, first.name, rule.host
    );
    Diagnostic::new(RULE.severity, RULE.name, place(rule, at[0]), message)
        .labelled("this one is lost")
        .related(place(first, at[1]), "this one counts")
        .help("put all settings of a host in one DestinationRule")
}
