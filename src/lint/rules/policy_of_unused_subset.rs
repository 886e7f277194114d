//! A policy of a subset that no route goes to.

use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::destinations::{full_host, written};

declare_rule! {
    /// ## What it does
    /// Reports subsets with a `trafficPolicy` that no VirtualService of the input names, where VirtualServices route to
    /// other subsets of the host.
    /// ## Why is this bad
    /// The policy of a subset counts for requests that a route sends to the subset by name. All others have the policy
    /// of the host, also where they reach pods of the subset.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   subsets:
    ///   - {name: v1, labels: {version: v1}}
    ///   - {name: v2, labels: {version: v2}, trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route: [{destination: {host: web.example.com, subset: v1}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   subsets:
    ///   - {name: v1, labels: {version: v1}}
    ///   - {name: v2, labels: {version: v2}, trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route:
    ///     - {destination: {host: web.example.com, subset: v1}, weight: 90}
    ///     - {destination: {host: web.example.com, subset: v2}, weight: 10}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#Subset>
    pub(super) RULE = { name: "policy-of-unused-subset", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut named: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for object in &context.resources.virtual_services {
        for (_, destination) in written(object) {
            let Some(destination) = destination.filter(|it| !it.subset.is_empty()) else { continue };
            let host = full_host(&context.mesh.domain, destination.host.as_str(), object.namespace());
            named.entry(host).or_default().insert(&destination.subset);
        }
    }
    for rule in &context.mesh.destination_rules {
        let Some(named) = named.get(rule.host.as_str()) else { continue };
        for (at, subset) in rule.spec.subsets.iter().enumerate() {
            if subset.traffic_policy.is_none() || named.contains(subset.name.as_str()) {
                continue;
            }
            let place = rule.origin.key("spec").key("subsets").index(at).key("trafficPolicy");
            let message = format!("no route in the input goes to subset `{}`, so its policy never counts", subset.name);
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Key(place), message)
                    .help("send requests to the subset with a VirtualService, or set the policy for the host"),
            );
        }
    }
}
