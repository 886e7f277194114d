//! `envoy-filter-add-ignored`.

use super::declare_rule;
use super::envoy_filter_relative_operation::{patches, removes, report};
use crate::base::Diagnostics;
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports patches of an EnvoyFilter with operation `ADD` on route configurations and HTTP routes.
    /// ## Why is this bad
    /// Istio does not have this operation for them: the patch is passed over.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: patch}
    /// spec:
    ///   configPatches:
    ///   - applyTo: HTTP_ROUTE
    ///     match: {context: GATEWAY}
    ///     patch: {operation: ADD, value: {name: patched}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: patch}
    /// spec:
    ///   configPatches:
    ///   - applyTo: HTTP_ROUTE
    ///     match: {context: GATEWAY}
    ///     patch: {operation: MERGE, value: {name: patched}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0153/>
    pub(super) RULE = { name: "envoy-filter-add-ignored", codes: ["IST0153"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let wrong = patches(context).into_iter().filter(|it| it.operation == "ADD" && !removes(&it.apply_to));
    for patch in wrong {
        let message = format!("`ADD` does nothing with `applyTo: {}`", patch.apply_to);
        found.push(report(
            &RULE,
            &patch,
            message,
            "use `MERGE`, or `INSERT_FIRST`, `INSERT_BEFORE` or `INSERT_AFTER` for a route",
        ));
    }
}
