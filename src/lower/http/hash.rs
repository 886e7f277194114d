//! What consistent hashing reads, from the destination's DestinationRule.

use super::route::RouteContext;
use crate::base::Origins;
use crate::ir::route::HashPolicy;
use crate::lower::time::std_duration;
use crate::mesh::Service;
use crate::resource::istio::destination_rule::{ConsistentHashLb, HashKey, LoadBalancerSettings, TrafficPolicy};
use crate::resource::istio::virtual_service::HttpRouteDestination;

/// The consistent hashing of a destination, with the part of a DestinationRule that says so: of its subset's
/// port, its subset, its port, or its host, the first that says anything
/// (`istio: route.HashForHTTPDestination`).
pub(super) fn destination_hash<'a>(
    context: &RouteContext<'a>,
    destination: &HttpRouteDestination,
) -> Option<(&'a ConsistentHashLb, Origins)> {
    let destination = destination.destination.as_ref()?;
    let rule = context.destination_rules.lookup(context.service(destination.host.as_str())?)?;
    let port = destination.port.as_ref().and_then(|port| port.number).map(crate::base::Port::number);
    let written = rule.subset(&destination.subset);
    let subset = written.and_then(|subset| subset.value.traffic_policy.as_ref());
    let whole = rule.traffic_policy.as_ref().map(|policy| policy.value);
    let at_port = |policy: Option<&'a TrafficPolicy>| port_hash(policy?, port?);
    if let Some(hash) = at_port(subset).or_else(|| consistent_hash(subset?.load_balancer.as_ref())) {
        return Some((hash, written.map(|subset| subset.origin.clone()).into_iter().collect()));
    }
    let hash = at_port(whole).or_else(|| consistent_hash(whole?.load_balancer.as_ref()))?;
    Some((hash, rule.traffic_policy.iter().map(|policy| policy.origin.clone()).collect()))
}

/// The consistent hashing of a service's port, where no VirtualService routes to it
/// (`istio: route.hashForService`).
pub fn service_hash<'a>(context: &RouteContext<'a>, service: &Service, port: u32) -> Option<&'a ConsistentHashLb> {
    let policy = context.destination_rules.lookup(service)?.traffic_policy.as_ref()?.value;
    port_hash(policy, port).or_else(|| consistent_hash(policy.load_balancer.as_ref()))
}

fn port_hash(policy: &TrafficPolicy, number: u32) -> Option<&ConsistentHashLb> {
    let is_it = |port: &crate::resource::istio::virtual_service::PortSelector| {
        port.number.is_some_and(|port| port.number() == number)
    };
    let settings = policy.port_level_settings.iter().find(|settings| settings.port.as_ref().is_some_and(is_it))?;
    consistent_hash(settings.load_balancer.as_ref())
}

fn consistent_hash(load_balancer: Option<&LoadBalancerSettings>) -> Option<&ConsistentHashLb> {
    load_balancer?.consistent_hash.as_ref()
}

/// What the hash reads (`istio: route.ConsistentHashToHashPolicy`); `None` where no key is chosen.
pub fn hash_policy(hash: &ConsistentHashLb) -> Option<HashPolicy> {
    Some(match hash.key()? {
        HashKey::Header(name) => HashPolicy::Header(name.to_owned()),
        HashKey::QueryParameter(name) => HashPolicy::QueryParameter(name.to_owned()),
        HashKey::SourceIp(on) => HashPolicy::SourceIp(on),
        HashKey::Cookie(cookie) => HashPolicy::Cookie {
            name: cookie.name.clone(),
            path: cookie.path.clone(),
            ttl: cookie.ttl.map(std_duration),
            attributes: cookie.attributes.iter().map(|it| (it.name.clone(), it.value.clone())).collect(),
        },
    })
}
