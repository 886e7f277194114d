//! A subset that is the whole host.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports subsets of DestinationRules without labels, where the host has others with labels.
    /// ## Why is this bad
    /// The subset takes every workload of the host. That is right for a policy of some routes; often the labels are
    /// forgotten.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web}
    /// spec: {host: web, subsets: [{name: v1, labels: {version: v1}}, {name: v2}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web}
    /// spec: {host: web, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "subset-without-labels", codes: ["KIA0209"], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for rule in &context.resources.destination_rules {
        let subsets = &rule.spec.subsets;
        for (at, subset) in subsets.iter().enumerate().filter(|(_, it)| it.labels.is_empty()) {
            if subsets.iter().all(|it| it.labels.is_empty()) {
                continue;
            }
            let place = Location::Value(rule.spec_origin().key("subsets").index(at));
            let message = format!("subset `{}` has no labels", subset.name);
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .labelled("it takes every workload of the host")
                    .help("write the labels of its pods"),
            );
        }
    }
}
