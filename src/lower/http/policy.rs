//! CORS and faults of a route.

use super::route_match::string;
use crate::base::grpc;
use crate::ir::route::{AbortStatus, CorsPolicy, Fault, FaultAbort, FaultDelay};
use crate::ir::{Denominator, FractionalPercent, StringMatch};
use crate::lower::time::std_duration;
use crate::resource::istio::virtual_service::{
    Abort, CorsPolicy as WantedCors, Delay, HttpFaultInjection, Percent, UnmatchedPreflights,
};

/// A route's CORS policy (`istio: route.TranslateCORSPolicy`); the newer list of origins wins.
pub(super) fn cors_policy(wanted: &WantedCors) -> CorsPolicy {
    let allow_origins = if wanted.allow_origins.is_empty() {
        wanted.allow_origin.iter().map(|origin| StringMatch::Exact(origin.clone())).collect()
    } else {
        wanted.allow_origins.iter().filter_map(string).collect()
    };
    CorsPolicy {
        allow_origins,
        allow_methods: wanted.allow_methods.join(","),
        allow_headers: wanted.allow_headers.join(","),
        expose_headers: wanted.expose_headers.join(","),
        max_age: wanted.max_age.map(|age| age.seconds().to_string()).unwrap_or_default(),
        allow_credentials: wanted.allow_credentials,
        forward_not_matching_preflights: Some(wanted.unmatched_preflights != UnmatchedPreflights::Ignore),
    }
}

/// A route's faults (`istio: route.TranslateFault`); `None` where nothing that Istio implements is asked.
pub(super) fn fault(wanted: &HttpFaultInjection) -> Option<Fault> {
    let fault = Fault { delay: wanted.delay.as_ref().and_then(delay), abort: wanted.abort.as_ref().and_then(abort) };
    (fault.delay.is_some() || fault.abort.is_some()).then_some(fault)
}

fn delay(wanted: &Delay) -> Option<FaultDelay> {
    let percentage = match wanted.percentage {
        Some(share) => millionths(share),
        None => percent(wanted.percent.max(0).unsigned_abs()),
    };
    Some(FaultDelay { fixed_delay: std_duration(wanted.fixed_delay?), percentage })
}

fn abort(wanted: &Abort) -> Option<FaultAbort> {
    let status = match (wanted.http_status, &wanted.grpc_status) {
        (Some(status), _) => AbortStatus::Http(status.max(0).unsigned_abs()),
        (None, Some(name)) => {
            let number = grpc::STATUSES.iter().position(|known| known == name).unwrap_or_default();
            AbortStatus::Grpc(number as u32)
        }
        (None, None) => return None,
    };
    Some(FaultAbort { status, percentage: wanted.percentage.map(millionths) })
}

/// A share in whole percent.
pub(super) fn percent(numerator: u32) -> FractionalPercent {
    FractionalPercent { numerator, denominator: Denominator::Hundred }
}

/// A share with a fraction; what is below a millionth is cut off.
pub(super) fn millionths(share: Percent) -> FractionalPercent {
    FractionalPercent { numerator: (share.value * 10_000.0) as u32, denominator: Denominator::Million }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Duration;

    #[test]
    fn shares_are_cut_to_millionths() {
        assert_eq!(millionths(Percent { value: 33.3 }).numerator, 333_000);
        assert_eq!(millionths(Percent { value: 0.00001 }).numerator, 0);
    }

    #[test]
    fn a_fault_without_effect_is_none() {
        let exponential = Delay { exponential_delay: Some(Duration::from_seconds(1)), ..Delay::default() };
        assert_eq!(fault(&HttpFaultInjection { delay: Some(exponential), abort: None }), None);
        let named = Abort { grpc_status: Some("NOT_FOUND".to_owned()), ..Abort::default() };
        let found = fault(&HttpFaultInjection { delay: None, abort: Some(named) }).and_then(|fault| fault.abort);
        assert_eq!(found, Some(FaultAbort { status: AbortStatus::Grpc(5), percentage: None }));
    }
}
