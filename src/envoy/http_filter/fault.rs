//! `envoy.filters.http.fault`: delays and aborts.

use envoy_types::pb::envoy::extensions::filters::common::fault::v3 as common;
use envoy_types::pb::envoy::extensions::filters::http::fault::v3 as fault;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter;
use envoy_types::pb::google::protobuf::Any;

use super::named;
use crate::envoy::any::pack;
use crate::envoy::core::{duration, fractional_percent};
use crate::ir::route::{AbortStatus, Fault, FaultAbort, FaultDelay};

const NAME: &str = "envoy.filters.http.fault";

/// The filter; routes configure it.
pub fn on_listener() -> HttpFilter {
    named(NAME, pack(&fault::HttpFault::default()))
}

/// A route's faults.
pub fn on_route(faults: &Fault) -> (String, Any) {
    let Fault { delay, abort } = faults;
    let faults =
        fault::HttpFault { delay: delay.map(fault_delay), abort: abort.map(fault_abort), ..Default::default() };
    (NAME.to_owned(), pack(&faults))
}

fn fault_delay(delay: FaultDelay) -> common::FaultDelay {
    let FaultDelay { fixed_delay, percentage } = delay;
    common::FaultDelay {
        fault_delay_secifier: Some(common::fault_delay::FaultDelaySecifier::FixedDelay(duration(fixed_delay))),
        percentage: Some(fractional_percent(percentage)),
    }
}

fn fault_abort(abort: FaultAbort) -> fault::FaultAbort {
    let FaultAbort { status, percentage } = abort;
    let status = match status {
        AbortStatus::Http(status) => fault::fault_abort::ErrorType::HttpStatus(status),
        AbortStatus::Grpc(status) => fault::fault_abort::ErrorType::GrpcStatus(status),
    };
    fault::FaultAbort { error_type: Some(status), percentage: percentage.map(fractional_percent), ..Default::default() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;
    use crate::ir::{Denominator, FractionalPercent};

    #[test]
    fn delay_and_abort() {
        let percentage = |denominator| FractionalPercent { numerator: 10, denominator };
        let faults = Fault {
            delay: Some(FaultDelay {
                fixed_delay: Duration::from_secs(60),
                percentage: percentage(Denominator::Hundred),
            }),
            abort: Some(FaultAbort {
                status: AbortStatus::Grpc(0),
                percentage: Some(percentage(Denominator::Million)),
            }),
        };
        assert_eq!(
            to_value(&on_route(&faults).1),
            json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
                "delay": {"fixed_delay": "60s", "percentage": {"numerator": 10}},
                "abort": {"grpc_status": 0, "percentage": {"numerator": 10, "denominator": "MILLION"}}
            })
        );
    }
}
