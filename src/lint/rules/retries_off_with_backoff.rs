//! A `backoff` of retries that are turned off.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;

declare_rule! {
    /// ## What it does
    /// Reports `retries` with `backoff` alone, without `attempts`.
    /// ## Why is this bad
    /// Without `attempts` there are no retries: it is 0, which turns them off, also those that Istio makes by default
    /// (two) where nothing is written.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - retries: {backoff: 10s}
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - retries: {attempts: 2, backoff: 10s}
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry>
    pub(super) RULE = { name: "retries-off-with-backoff", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context) {
        let Some(retries) = &route.retries else { continue };
        if retries.attempts == 0 && retries.backoff.is_some() {
            let message = "`backoff` has no effect: without `attempts` there are no retries";
            let place = Location::Key(origin.key("retries").key("backoff"));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .labelled("this also turns off the retries that Istio makes by default")
                    .help("set `attempts`, or remove `retries`"),
            );
        }
    }
}
