//! Weights that do not come to 100.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;

declare_rule! {
    /// ## What it does
    /// Reports routes with several destinations whose weights come to neither 100 nor 1000 nor 10000, and are not all
    /// the same.
    /// ## Why is this bad
    /// Weights are shares of their sum, not percent: with 90 and 5 the second destination gets 5 of 95 requests. Often
    /// a number was changed in one place only.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route:
    ///     - {destination: {host: one.example.com}, weight: 90}
    ///     - {destination: {host: two.example.com}, weight: 5}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - route:
    ///     - {destination: {host: one.example.com}, weight: 95}
    ///     - {destination: {host: two.example.com}, weight: 5}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination>
    pub(super) RULE = { name: "weights-not-hundred", codes: [], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context) {
        let weights: Vec<i64> = route.route.iter().map(|it| i64::from(it.weight)).collect();
        let sum: i64 = weights.iter().sum();
        let Some(first) = weights.first().filter(|_| weights.len() > 1) else { continue };
        // Small ones, as 3 to 1, are meant as shares; what is missing or negative is reported elsewhere.
        let is_plain = weights.iter().all(|weight| *weight > 0) && weights.iter().any(|weight| *weight >= 10);
        if !is_plain || weights.iter().all(|weight| weight == first) || matches!(sum, 100 | 1000 | 10_000) {
            continue;
        }
        let message = format!("the weights come to {sum}, not to 100");
        let share = 100.0 * (*first as f64) / (sum as f64);
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.key("route")), message)
                .labelled(format!("the first destination gets {share:.1} % of the requests"))
                .help("weights are shares of their sum"),
        );
    }
}
