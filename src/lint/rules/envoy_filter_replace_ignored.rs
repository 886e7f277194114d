//! `envoy-filter-replace-ignored`.

use super::declare_rule;
use super::envoy_filter_relative_operation::{patches, replaces, report};
use crate::base::Diagnostics;
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports patches of an EnvoyFilter with operation `REPLACE` on anything but network filters, HTTP filters and virtual hosts.
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
    ///     patch: {operation: REPLACE, value: {name: patched}}
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
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0152/>
    pub(super) RULE = { name: "envoy-filter-replace-ignored", codes: ["IST0152"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let wrong = patches(context).into_iter().filter(|it| it.operation == "REPLACE" && !replaces(&it.apply_to));
    for patch in wrong {
        let message = format!("`REPLACE` does nothing with `applyTo: {}`", patch.apply_to);
        found.push(report(&RULE, &patch, message, "use `MERGE`, or replace a filter"));
    }
}
