//! A status of 600, which is none.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;

declare_rule! {
    /// ## What it does
    /// Reports `directResponse.status` and `fault.abort.httpStatus` of 600.
    /// ## Why is this bad
    /// Istio lets it pass, one more than it should. Envoy takes statuses below 600 only and refuses the whole route
    /// configuration for it.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - directResponse: {status: 600}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - directResponse: {status: 599}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPDirectResponse>
    pub(super) RULE = { name: "status-beyond-range", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context) {
        let direct = route.direct_response.as_ref().is_some_and(|response| response.status == 600);
        let abort = route.fault.as_ref().and_then(|fault| fault.abort.as_ref());
        let aborted = abort.is_some_and(|abort| abort.http_status == Some(600));
        let places = [
            (direct, origin.key("directResponse").key("status")),
            (aborted, origin.key("fault").key("abort").key("httpStatus")),
        ];
        for (_, place) in places.into_iter().filter(|(is_wrong, _)| *is_wrong) {
            let message = "600 is no HTTP status";
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .labelled("Envoy refuses the whole route configuration for it")
                    .help("the highest is 599"),
            );
        }
    }
}
