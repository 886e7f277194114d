//! The traffic policies of DestinationRules, with their places.

use super::Context;
use crate::base::Origin;
use crate::mesh::DestinationRule;
use crate::resource::istio::destination_rule::{ClientTls, TrafficPolicy};

/// Every policy, of hosts and of subsets, with the rule it is of.
pub(super) fn policies<'m>(context: &Context<'m>) -> Vec<(&'m DestinationRule, &'m TrafficPolicy, Origin)> {
    let mut all = Vec::new();
    for rule in &context.mesh.destination_rules {
        let spec = rule.origin.key("spec");
        all.extend(rule.spec.traffic_policy.as_ref().map(|policy| (rule, policy, spec.key("trafficPolicy"))));
        for (at, subset) in rule.spec.subsets.iter().enumerate() {
            let place = spec.key("subsets").index(at).key("trafficPolicy");
            all.extend(subset.traffic_policy.as_ref().map(|policy| (rule, policy, place)));
        }
    }
    all
}

/// The TLS settings of a policy: for all ports (`None`), and for ports by number.
pub(super) fn tls_settings<'p>(
    policy: &'p TrafficPolicy,
    origin: &Origin,
) -> Vec<(&'p ClientTls, Option<u32>, Origin)> {
    let all = policy.tls.as_ref().map(|tls| (tls, None, origin.key("tls")));
    let ports = policy.port_level_settings.iter().enumerate().filter_map(|(at, settings)| {
        let number = settings.port?.number?.number();
        let place = origin.key("portLevelSettings").index(at).key("tls");
        settings.tls.as_ref().map(|tls| (tls, Some(number), place))
    });
    all.into_iter().chain(ports).collect()
}
