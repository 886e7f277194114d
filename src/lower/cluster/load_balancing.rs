//! Which endpoint is picked.

use crate::ir::cluster::{LbPolicy, LoadBalancing, LocalityLb, SlowStart};
use crate::lower::defaults;
use crate::lower::endpoint::prefers_near;
use crate::lower::time::std_duration;
use crate::mesh::Service;
use crate::resource::istio::destination_rule::{
    ConsistentHashLb, LoadBalancerSettings, OutlierDetection, SimpleLb, WarmupConfiguration,
};

/// Load balancing of a cluster that chooses among endpoints (`istio: core.applyLoadBalancer`).
pub(super) fn load_balancing(
    lb: Option<&LoadBalancerSettings>,
    outlier: Option<&OutlierDetection>,
    locality: LocalityLb,
    service: &Service,
) -> LoadBalancing {
    let policy = policy(lb);
    let warms_up = matches!(policy, LbPolicy::LeastRequest | LbPolicy::RoundRobin);
    LoadBalancing {
        policy: Some(policy),
        slow_start: lb.filter(|_| warms_up).and_then(slow_start),
        panic_threshold: Some(panic_threshold(outlier, service)),
        locality,
        keeps_draining: false,
    }
}

/// Load balancing that is left to the cluster's type.
pub(super) fn provided(outlier: Option<&OutlierDetection>, locality: LocalityLb, service: &Service) -> LoadBalancing {
    LoadBalancing {
        policy: Some(LbPolicy::ClusterProvided),
        slow_start: None,
        panic_threshold: Some(panic_threshold(outlier, service)),
        locality,
        keeps_draining: false,
    }
}

fn policy(lb: Option<&LoadBalancerSettings>) -> LbPolicy {
    if let Some(hash) = lb.and_then(|lb| lb.consistent_hash.as_ref()) {
        return consistent_hash(hash);
    }
    match lb.and_then(|lb| lb.simple).unwrap_or_default() {
        SimpleLb::Unspecified | SimpleLb::LeastConn | SimpleLb::LeastRequest => LbPolicy::LeastRequest,
        SimpleLb::Random => LbPolicy::Random,
        SimpleLb::RoundRobin => LbPolicy::RoundRobin,
        SimpleLb::Passthrough => LbPolicy::ClusterProvided,
    }
}

fn consistent_hash(hash: &ConsistentHashLb) -> LbPolicy {
    let size = |size: u64| Some(size).filter(|size| *size > 0);
    match (&hash.maglev, &hash.ring_hash) {
        (Some(maglev), _) => LbPolicy::Maglev { table_size: size(maglev.table_size) },
        (None, Some(ring)) => LbPolicy::RingHash { minimum_ring_size: size(ring.minimum_ring_size) },
        (None, None) => {
            LbPolicy::RingHash { minimum_ring_size: size(hash.minimum_ring_size).or(Some(defaults::MINIMUM_RING_SIZE)) }
        }
    }
}

fn slow_start(lb: &LoadBalancerSettings) -> Option<SlowStart> {
    let (default_aggression, default_percent) = defaults::WARMUP;
    let warmup = lb.warmup.as_ref().map(|warmup| {
        let WarmupConfiguration { duration, minimum_percent, aggression } = warmup;
        SlowStart {
            window: duration.map(std_duration).unwrap_or_default(),
            aggression: Some(aggression.unwrap_or(default_aggression)),
            min_weight_percent: Some(minimum_percent.unwrap_or(default_percent)),
        }
    });
    let older = || {
        let window = lb.warmup_duration_secs.map(std_duration)?;
        Some(SlowStart { window, aggression: None, min_weight_percent: None })
    };
    warmup.or_else(older)
}

/// Below which share of ready endpoints Envoy uses all of them, in percent. Istio sends endpoints
/// that are not ready too, so that Envoy's 50 would be wrong, and for `trafficDistribution` their
/// share decides about the next zone (`istio: core.applyOutlierDetection`,
/// `Service.ForcesSupportUnhealthyEndpoints`).
fn panic_threshold(outlier: Option<&OutlierDetection>, service: &Service) -> f64 {
    let written = outlier.map_or(0, |outlier| outlier.min_health_percent);
    if prefers_near(service) { 0.0 } else { f64::from(written.max(0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lb(json: &str) -> LoadBalancerSettings {
        serde_json::from_str(json).expect("LoadBalancerSettings")
    }

    #[test]
    fn policies() {
        assert_eq!(policy(None), LbPolicy::LeastRequest);
        assert_eq!(policy(Some(&lb(r#"{"simple": "RANDOM"}"#))), LbPolicy::Random);
        let ring = LbPolicy::RingHash { minimum_ring_size: Some(1024) };
        assert_eq!(policy(Some(&lb(r#"{"consistentHash": {"useSourceIp": true}}"#))), ring);
        let maglev = lb(r#"{"consistentHash": {"maglev": {"tableSize": 101}}}"#);
        assert_eq!(policy(Some(&maglev)), LbPolicy::Maglev { table_size: Some(101) });
        let ring = lb(r#"{"consistentHash": {"ringHash": {}}}"#);
        assert_eq!(policy(Some(&ring)), LbPolicy::RingHash { minimum_ring_size: None });
    }

    #[test]
    fn warmup() {
        let slow = slow_start(&lb(r#"{"warmup": {"duration": "5s"}}"#)).expect("a slow start");
        assert_eq!((slow.aggression, slow.min_weight_percent), (Some(1.0), Some(10.0)));
        let slow = slow_start(&lb(r#"{"warmupDurationSecs": "5s"}"#)).expect("a slow start");
        assert_eq!((slow.window.as_secs(), slow.aggression), (5, None));
    }
}
