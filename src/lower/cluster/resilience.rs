//! Connections, circuit breakers and outlier detection.

use super::http::positive;
use crate::ir::cluster::{CircuitBreakers, OutlierDetection, RetryBudget, TcpKeepalive};
use crate::lower::defaults;
use crate::lower::time::std_duration;
use crate::resource::istio::MeshConfig;
use crate::resource::istio::destination_rule as istio;

/// How long connecting may take: the rule's, else the mesh's.
pub(super) fn connect_timeout(
    config: &MeshConfig,
    pool: Option<&istio::ConnectionPoolSettings>,
) -> std::time::Duration {
    let tcp = pool.and_then(|pool| pool.tcp.as_ref());
    std_duration(tcp.and_then(|tcp| tcp.connect_timeout).unwrap_or(config.connect_timeout))
}

/// Keep-alive of the mesh, with the rule's fields over it (`istio: core.applyTCPKeepalive`).
pub(super) fn tcp_keepalive(config: &MeshConfig, pool: Option<&istio::ConnectionPoolSettings>) -> Option<TcpKeepalive> {
    let of_rule = pool.and_then(|pool| pool.tcp.as_ref()).and_then(|tcp| tcp.tcp_keepalive.as_ref());
    let over = |keepalive: Option<TcpKeepalive>, written: &istio::TcpKeepalive| {
        let istio::TcpKeepalive { probes, time, interval } = written;
        let below = keepalive.unwrap_or_default();
        let seconds = |duration: crate::base::Duration| u32::try_from(duration.seconds()).unwrap_or_default();
        Some(TcpKeepalive {
            probes: Some(*probes).filter(|probes| *probes > 0).or(below.probes),
            time: time.map(seconds).or(below.time),
            interval: interval.map(seconds).or(below.interval),
        })
    };
    config.tcp_keepalive.iter().chain(of_rule).fold(None, over)
}

/// Bounds: a rule's, else none (`istio: core.applyConnectionPool`, `core.applyRetryBudget`).
pub(super) fn circuit_breakers(
    pool: Option<&istio::ConnectionPoolSettings>,
    budget: Option<&istio::RetryBudget>,
) -> CircuitBreakers {
    let tcp = pool.and_then(|pool| pool.tcp.as_ref());
    let http = pool.and_then(|pool| pool.http.as_ref());
    let bound = |written: Option<i32>| Some(written.and_then(positive).unwrap_or(defaults::NO_BOUND));
    CircuitBreakers {
        max_connections: bound(tcp.map(|tcp| tcp.max_connections)),
        max_pending_requests: bound(http.map(|http| http.http1_max_pending_requests)),
        max_requests: bound(http.map(|http| http.http2_max_requests)),
        max_retries: bound(http.map(|http| http.max_retries)),
        track_remaining: false,
        retry_budget: budget.map(retry_budget),
    }
}

fn retry_budget(written: &istio::RetryBudget) -> RetryBudget {
    let istio::RetryBudget { percent, min_retry_concurrency, budget_interval } = written;
    let (default_percent, default_concurrency) = defaults::RETRY_BUDGET;
    RetryBudget {
        percent: percent.unwrap_or(default_percent),
        interval: budget_interval.map(std_duration),
        min_retry_concurrency: if *min_retry_concurrency > 0 { *min_retry_concurrency } else { default_concurrency },
    }
}

/// Ejection as a rule says it; by success rate it never is (`istio: core.applyOutlierDetection`).
pub(super) fn outlier_detection(written: &istio::OutlierDetection) -> OutlierDetection {
    let istio::OutlierDetection {
        // Istio reads the newer field only.
        consecutive_errors: _,
        split_external_local_origin_errors: split,
        consecutive_local_origin_failures,
        consecutive_gateway_errors,
        consecutive_5xx_errors,
        interval,
        base_ejection_time,
        max_ejection_percent,
        // The cluster's panic threshold and HTTP options.
        min_health_percent: _,
        outlier_detection_http_error_codes: _,
    } = written;
    // Zero turns a detector off.
    let enforcing = |count: Option<u32>| count.map(|count| if count > 0 { 100 } else { 0 });
    let local = consecutive_local_origin_failures.filter(|count| *split && *count > 0);
    OutlierDetection {
        consecutive_5xx: *consecutive_5xx_errors,
        enforcing_consecutive_5xx: enforcing(*consecutive_5xx_errors),
        consecutive_gateway_failure: *consecutive_gateway_errors,
        enforcing_consecutive_gateway_failure: enforcing(*consecutive_gateway_errors),
        consecutive_local_origin_failure: local,
        enforcing_consecutive_local_origin_failure: enforcing(local),
        enforcing_success_rate: Some(0),
        enforcing_local_origin_success_rate: split.then_some(0),
        interval: interval.map(std_duration),
        base_ejection_time: base_ejection_time.map(std_duration),
        max_ejection_percent: positive(*max_ejection_percent),
        split_external_local_origin_errors: *split,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rules_keepalive_is_laid_over_the_meshs() {
        let keepalive = |json: &str| serde_json::from_str::<istio::TcpKeepalive>(json).ok();
        let config =
            MeshConfig { tcp_keepalive: keepalive(r#"{"probes": 3, "time": "10s"}"#), ..MeshConfig::default() };
        assert_eq!(
            tcp_keepalive(&config, None),
            Some(TcpKeepalive { probes: Some(3), time: Some(10), interval: None })
        );
        let pool = serde_json::from_str(r#"{"tcp": {"tcpKeepalive": {"time": "20.5s", "interval": "1s"}}}"#).ok();
        let over = TcpKeepalive { probes: Some(3), time: Some(20), interval: Some(1) };
        assert_eq!(tcp_keepalive(&config, pool.as_ref()), Some(over));
        assert_eq!(tcp_keepalive(&MeshConfig::default(), None), None);
    }

    #[test]
    fn zero_turns_a_detector_off() {
        let written = istio::OutlierDetection {
            consecutive_5xx_errors: Some(0),
            consecutive_gateway_errors: Some(3),
            consecutive_local_origin_failures: Some(2),
            ..Default::default()
        };
        let detection = outlier_detection(&written);
        assert_eq!(detection.enforcing_consecutive_5xx, Some(0));
        assert_eq!(detection.enforcing_consecutive_gateway_failure, Some(100));
        assert_eq!(detection.consecutive_local_origin_failure, None);
        let split = istio::OutlierDetection { split_external_local_origin_errors: true, ..written };
        assert_eq!(outlier_detection(&split).enforcing_consecutive_local_origin_failure, Some(100));
    }

    #[test]
    fn bounds_that_are_not_written_are_none() {
        let pool = serde_json::from_str(r#"{"tcp": {"maxConnections": 7}}"#).ok();
        let bounds = circuit_breakers(pool.as_ref(), Some(&istio::RetryBudget::default()));
        assert_eq!((bounds.max_connections, bounds.max_retries), (Some(7), Some(u32::MAX)));
        assert_eq!(bounds.retry_budget.map(|budget| budget.min_retry_concurrency), Some(3));
    }
}
