//! A DestinationRule that takes the place of a wider one.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Hosts, Location};
use crate::lint::Context;
use crate::mesh::DestinationRule;
use crate::resource::istio::destination_rule::TrafficPolicy;

declare_rule! {
    /// ## What it does
    /// Reports DestinationRules in whose place another one had settings that they lack: one of the same namespace, for a
    /// wildcard that takes their host, or one for the same host, in the service's namespace.
    /// ## Why is this bad
    /// Of several DestinationRules the one for the most specific host counts, alone: nothing is taken over from that of
    /// `*.example.com`, also not its TLS. And clients use a rule of their own namespace in place of the one that the
    /// service's owner wrote, not besides.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: "*.example.com"
    ///   trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web-two, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}
    /// ```
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: shop}
    /// spec:
    ///   host: web.shop.svc.cluster.local
    ///   trafficPolicy: {outlierDetection: {consecutive5xxErrors: 5}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: client}
    /// spec:
    ///   host: web.shop.svc.cluster.local
    ///   trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: "*.example.com"
    ///   trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web-two, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}, connectionPool: {tcp: {maxConnections: 10}}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/best-practices/traffic-management/#cross-namespace-configuration>
    pub(super) RULE = { name: "destination-rule-hides-another", codes: ["KIA0204"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut wildcards: BTreeMap<&str, Hosts<'_, &DestinationRule>> = BTreeMap::new();
    let rules = || context.mesh.destination_rules.iter().filter(|rule| rule.spec.workload_selector.is_none());
    for rule in rules().filter(|rule| rule.host.is_wildcard()) {
        wildcards.entry(&rule.namespace).or_default().add(&rule.host, rule);
    }
    for rule in rules() {
        let Some(hosts) = wildcards.get(rule.namespace.as_str()) else { continue };
        // The closest one is what would count without this.
        let wider = hosts.wider(&rule.host).find(|other| other.host != rule.host);
        let Some(wider) = wider.filter(|wider| wider.visibility == rule.visibility) else { continue };
        found.0.extend(report(rule, wider, "this"));
    }
    let mut of_owners: BTreeMap<(&str, &str), &DestinationRule> = BTreeMap::new();
    for rule in rules() {
        of_owners.entry((&rule.namespace, rule.host.as_str())).or_insert(rule);
    }
    for rule in rules() {
        let mut services = context.mesh.services_with_host(rule.host.as_str());
        let Some(service) = services.next().filter(|service| service.namespace != rule.namespace) else { continue };
        let Some(theirs) = of_owners.get(&(service.namespace.as_str(), rule.host.as_str())) else { continue };
        // What the client's namespace does not see, it would not have without the rule either.
        if theirs.visibility.includes(&rule.namespace) && rule.namespace != context.mesh.config.root_namespace {
            found.0.extend(report(rule, theirs, &format!("in namespace `{}` this", rule.namespace)));
        }
    }
}

/// What a rule takes away that another one, in whose place it counts, has.
fn lost(rule: &DestinationRule, other: &DestinationRule) -> Vec<&'static str> {
    let Some(theirs) = &other.spec.traffic_policy else { return Vec::new() };
    let none = TrafficPolicy::default();
    let own = rule.spec.traffic_policy.as_ref().unwrap_or(&none);
    let fields = [
        ("tls", theirs.tls.is_some() && own.tls.is_none()),
        ("connectionPool", theirs.connection_pool.is_some() && own.connection_pool.is_none()),
        ("outlierDetection", theirs.outlier_detection.is_some() && own.outlier_detection.is_none()),
        ("loadBalancer", theirs.load_balancer.is_some() && own.load_balancer.is_none()),
    ];
    fields.into_iter().filter(|(_, lost)| *lost).map(|(key, _)| key).collect()
}

fn report(rule: &DestinationRule, wider: &DestinationRule, what: &str) -> Option<Diagnostic> {
    let lost = lost(rule, wider);
    let first = lost.first()?;
    let names = lost.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
    let message = format!(
        "for `{}` {what} counts alone: {names} of DestinationRule `{}/{}` for `{}` is lost",
        rule.host, wider.namespace, wider.name, wider.host
    );
    let theirs = wider.origin.key("spec").key("trafficPolicy").key(*first);
    let finding =
        Diagnostic::new(RULE.severity, RULE.name, Location::Value(rule.origin.key("spec").key("host")), message)
            .related(Location::Value(theirs), "this does not count for the host")
            .help(format!("repeat {names} here, where it is meant for this host as well"));
    Some(finding)
}
