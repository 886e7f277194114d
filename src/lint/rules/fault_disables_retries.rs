//! Retries or a timeout on a route with a fault.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;

declare_rule! {
    /// ## What it does
    /// Reports `retries` and `timeout` on a route that injects a fault.
    /// ## Why is this bad
    /// Faults are injected before the request is routed; the retries and the timeout
    /// of the same route do not hold for them: an injected abort is not retried, an injected delay does not run into the timeout.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local}}]
    ///     timeout: 5s
    ///     fault: {delay: {fixedDelay: 10s, percentage: {value: 50}}}
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
    ///     fault: {delay: {fixedDelay: 10s, percentage: {value: 50}}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/common-problems/network-issues/#virtual-service-with-fault-injection-and-retrytimeout-policies-not-working-as-expected>
    pub(super) RULE = { name: "fault-disables-retries", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context).filter(|(_, route)| route.fault.is_some()) {
        let retries = route.retries.as_ref().is_some_and(|retries| retries.attempts > 0);
        let timeout = route.timeout.is_some_and(|timeout| !timeout.is_zero());
        for key in [("retries", retries), ("timeout", timeout)].into_iter().filter(|(_, set)| *set).map(|(key, _)| key)
        {
            let message = format!("`{key}` has no effect on the fault of the same route");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Key(origin.key(key)), message)
                    .related(Location::Key(origin.key("fault")), "faults come before retries and timeouts")
                    .help("inject the fault in the VirtualService of the service that is called"),
            );
        }
    }
}
