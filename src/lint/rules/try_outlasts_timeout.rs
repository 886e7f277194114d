//! A try that may take as long as the whole request.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;

declare_rule! {
    /// ## What it does
    /// Reports `retries.perTryTimeout` that is not shorter than the route's `timeout`, and, as a note, more tries of that
    /// length than fit into it.
    /// ## Why is this bad
    /// The timeout of the route holds for all tries together: when the first one runs into its limit, there is no time
    /// for a retry.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local}}]
    ///     timeout: 2s
    ///     retries: {attempts: 3, perTryTimeout: 2s}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local}}]
    ///     timeout: 8s
    ///     retries: {attempts: 3, perTryTimeout: 2s}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry>
    pub(super) RULE = { name: "try-outlasts-timeout", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context) {
        let Some(timeout) = route.timeout.filter(|timeout| !timeout.is_zero()) else { continue };
        let Some(retries) = route.retries.as_ref().filter(|retries| retries.attempts > 0) else { continue };
        let Some(one) = retries.per_try_timeout.filter(|one| !one.is_zero()) else { continue };
        let place = Location::Value(origin.key("retries").key("perTryTimeout"));
        let tries = i128::from(retries.attempts) + 1;
        if one.total_nanos() < timeout.total_nanos() {
            let fitting = i128::from(timeout.total_nanos()) / i128::from(one.total_nanos());
            // A try more than fits whole may begin.
            if fitting + 1 < tries {
                let message = format!("{tries} tries of {one} do not fit into {timeout}");
                found.push(
                    Diagnostic::note(RULE.name, place, message)
                        .labelled("where tries take their time, the last ones never begin")
                        .related(Location::Value(origin.key("timeout")), "the limit of all tries together")
                        .help("lower `attempts` or `perTryTimeout`, or raise `timeout`"),
                );
            }
        } else {
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, "a try may take as long as the whole request")
                    .labelled("no time is left for a retry")
                    .related(Location::Value(origin.key("timeout")), "the limit of all tries together")
                    .help("make it shorter than `timeout`"),
            );
        }
    }
}
