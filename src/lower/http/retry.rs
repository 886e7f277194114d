//! Retries.

use std::borrow::Cow;

use crate::ir::route::RetryPolicy;
use crate::lower::defaults;
use crate::lower::time::std_duration;
use crate::resource::istio::virtual_service::HttpRetry;

/// The retries of a route: its own, else the mesh's, else Istio's; no attempts are no retries. With
/// consistent hashing the same host is tried again (`istio: retry.ConvertPolicy`).
pub fn retry_policy(wanted: Option<&HttpRetry>, consistent_hash: bool) -> Option<RetryPolicy> {
    let mut policy = RetryPolicy {
        retry_on: Cow::Borrowed(defaults::RETRY_ON),
        num_retries: defaults::RETRIES,
        per_try_timeout: None,
        retriable_status_codes: Vec::new(),
        avoid_previous_hosts: !consistent_hash,
        host_selection_retry_max_attempts: defaults::HOST_SELECTION_RETRIES,
        previous_priorities: None,
        base_interval: None,
    };
    let Some(wanted) = wanted else {
        return Some(policy);
    };
    policy.num_retries = u32::try_from(wanted.attempts).ok().filter(|attempts| *attempts > 0)?;
    if !wanted.retry_on.is_empty() {
        (policy.retry_on, policy.retriable_status_codes) = conditions(&wanted.retry_on);
    }
    policy.per_try_timeout = wanted.per_try_timeout.map(std_duration);
    if let Some(avoid) = wanted.retry_ignore_previous_hosts {
        policy.avoid_previous_hosts = avoid;
    }
    if wanted.retry_remote_localities == Some(true) {
        policy.previous_priorities = Some(defaults::PREVIOUS_PRIORITIES_UPDATE);
    }
    policy.base_interval = wanted.backoff.map(std_duration);
    Some(policy)
}

/// The retries towards the workload itself: the mesh's, else Istio's (`istio:
/// retry.ConvertInboundPolicy`). There is one host only, so nothing chooses among hosts.
pub fn inbound_retry_policy(wanted: Option<&HttpRetry>) -> Option<RetryPolicy> {
    let mut policy = RetryPolicy {
        retry_on: Cow::Borrowed(defaults::INBOUND_RETRY_ON),
        num_retries: defaults::RETRIES,
        per_try_timeout: None,
        retriable_status_codes: Vec::new(),
        avoid_previous_hosts: false,
        host_selection_retry_max_attempts: 0,
        previous_priorities: None,
        base_interval: None,
    };
    let Some(wanted) = wanted else {
        return Some(policy);
    };
    policy.num_retries = u32::try_from(wanted.attempts).ok().filter(|attempts| *attempts > 0)?;
    if !wanted.retry_on.is_empty() {
        (policy.retry_on, policy.retriable_status_codes) = conditions(&wanted.retry_on);
    }
    policy.base_interval = wanted.backoff.map(std_duration);
    Some(policy)
}

/// Envoy's conditions, and the status codes written among them, which ask for the condition
/// `retriable-status-codes` (`istio: retry.parseRetryOn`).
fn conditions(retry_on: &str) -> (Cow<'static, str>, Vec<u32>) {
    let mut words = Vec::new();
    let mut codes = Vec::new();
    for part in retry_on.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.parse().ok().filter(|code| is_status(*code)) {
            Some(code) => codes.push(code),
            None => words.push(part),
        }
    }
    let mut conditions = words.join(",");
    if !codes.is_empty() && !conditions.contains("retriable-status-codes") {
        conditions.push_str(",retriable-status-codes");
    }
    (conditions.into(), codes)
}

/// Whether Go's `net/http` knows a status; Istio takes only those for codes.
fn is_status(code: u32) -> bool {
    matches!(code, 100..=103 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=418 | 421..=426 | 428 | 429 | 431 | 451
        | 500..=508 | 510 | 511)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_ask_for_their_condition() {
        assert_eq!(conditions("5xx, 503,reset"), ("5xx,reset,retriable-status-codes".into(), vec![503]));
        assert_eq!(conditions("503"), (",retriable-status-codes".into(), vec![503]));
        assert_eq!(conditions("999"), ("999".into(), vec![]));
    }

    #[test]
    fn inbound_retries_are_tried_at_the_same_host() {
        let wanted = HttpRetry { attempts: 3, retry_on: "reset".to_owned(), ..HttpRetry::default() };
        let policy = inbound_retry_policy(Some(&wanted)).expect("a policy");
        assert_eq!((policy.num_retries, &*policy.retry_on, policy.avoid_previous_hosts), (3, "reset", false));
        assert_eq!(inbound_retry_policy(Some(&HttpRetry::default())), None);
    }

    #[test]
    fn no_attempts_are_no_retries() {
        assert_eq!(retry_policy(Some(&HttpRetry::default()), false), None);
        assert!(retry_policy(None, false).is_some_and(|policy| policy.avoid_previous_hosts && policy.num_retries == 2));
        assert!(retry_policy(None, true).is_some_and(|policy| !policy.avoid_previous_hosts));
    }
}
