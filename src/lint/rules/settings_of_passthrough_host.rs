//! Load balancing of a host that has no endpoints of its own.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::{DestinationRule, Registry, Resolution};
use crate::resource::istio::destination_rule::{LoadBalancerSettings, SimpleLb};

declare_rule! {
    /// ## What it does
    /// Reports `loadBalancer` and subsets with labels in a DestinationRule for a ServiceEntry with resolution NONE.
    /// ## Why is this bad
    /// With resolution NONE a connection goes to the address that the client asked for. There is nothing to choose
    /// from, so neither has an effect.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   resolution: NONE
    ///   ports: [{number: 443, name: tls, protocol: TLS}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: "*.example.com"
    ///   trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   resolution: NONE
    ///   ports: [{number: 443, name: tls, protocol: TLS}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: "*.example.com"
    ///   trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry-Resolution>
    pub(super) RULE = { name: "settings-of-passthrough-host", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for rule in &context.mesh.destination_rules {
        let mut services = context.mesh.services_with_host(rule.host.as_str());
        let Some(service) = services.next() else { continue };
        let is_open = |service: &crate::mesh::Service| {
            service.registry == Registry::External && service.resolution == Resolution::Passthrough
        };
        if !is_open(service) || !services.all(is_open) {
            continue;
        }
        for place in without_effect(rule) {
            let message = format!("`{}` has resolution NONE: there are no endpoints to choose from", rule.host);
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .labelled("this has no effect")
                    .related(Location::Value(service.origin.clone()), "the host")
                    .help("remove it, or use resolution DNS or STATIC"),
            );
        }
    }
}

fn without_effect(rule: &DestinationRule) -> Vec<Location> {
    let spec = rule.origin.key("spec");
    // What is the default anyway changes nothing.
    let chooses = |balancer: &LoadBalancerSettings| {
        let simple = balancer.simple.unwrap_or_default();
        balancer.consistent_hash.is_some() || !matches!(simple, SimpleLb::Unspecified | SimpleLb::Passthrough)
    };
    let balancer = rule.spec.traffic_policy.as_ref().and_then(|policy| policy.load_balancer.as_ref());
    let balancer = balancer.filter(|balancer| chooses(balancer));
    let balancer = balancer.map(|_| Location::Key(spec.key("trafficPolicy").key("loadBalancer")));
    let subsets = rule.spec.subsets.iter().enumerate().filter(|(_, subset)| !subset.labels.is_empty());
    let subsets = subsets.map(|(at, _)| Location::Value(spec.key("subsets").index(at).key("labels")));
    balancer.into_iter().chain(subsets).collect()
}
