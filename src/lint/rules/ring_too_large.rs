//! A hash ring larger than Envoy makes.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::lint::policies::policies;
use crate::resource::istio::destination_rule::LoadBalancerSettings;

declare_rule! {
    /// ## What it does
    /// Reports `minimumRingSize` above 8388608.
    /// ## Why is this bad
    /// Envoy refuses the cluster for it, and Istio's push with it.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, ringHash: {minimumRingSize: 8388609}}}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, ringHash: {minimumRingSize: 4096}}}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#LoadBalancerSettings-ConsistentHashLB-RingHash>
    pub(super) RULE = { name: "ring-too-large", codes: [], severity: Error, check: check };
}

/// The most entries of a ring (`RingHashLbConfig.minimum_ring_size`).
const LARGEST: u64 = 8 << 20;

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (_, policy, origin) in policies(context) {
        check_ring(policy.load_balancer.as_ref(), &origin, found);
        for (at, port) in policy.port_level_settings.iter().enumerate() {
            check_ring(port.load_balancer.as_ref(), &origin.key("portLevelSettings").index(at), found);
        }
    }
}

fn check_ring(balancer: Option<&LoadBalancerSettings>, origin: &Origin, found: &mut Diagnostics) {
    let Some(hash) = balancer.and_then(|balancer| balancer.consistent_hash.as_ref()) else { return };
    let at = origin.key("loadBalancer").key("consistentHash");
    let ring = hash.ring_hash.as_ref().map(|ring| (ring.minimum_ring_size, at.key("ringHash")));
    for (size, at) in ring.into_iter().chain([(hash.minimum_ring_size, at)]).filter(|(size, _)| *size > LARGEST) {
        let message = format!("a hash ring of {size} entries, and Envoy makes at most {LARGEST}");
        let place = Location::Value(at.key("minimumRingSize"));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .labelled("Envoy refuses the cluster for it")
                .help("the default is 1024; more only evens out the shares"),
        );
    }
}
