//! A try that may take as long as the whole request.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;

declare_rule! {
    /// ## What it does
    /// Reports `retries.perTryTimeout` that is not shorter than the route's `timeout`.
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
        if retries.per_try_timeout.is_some_and(|one| one.total_nanos() >= timeout.total_nanos()) {
            let place = Location::Value(origin.key("retries").key("perTryTimeout"));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, "a try may take as long as the whole request")
                    .labelled("no time is left for a retry")
                    .related(Location::Value(origin.key("timeout")), "the limit of all tries together")
                    .help("make it shorter than `timeout`"),
            );
        }
    }
}
