//! `envoy-filter-relative-operation-of-version`.

use super::declare_rule;
use super::envoy_filter_relative_operation::{patches, report};
use crate::base::Diagnostics;
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports relative patches of an EnvoyFilter without `priority` on a filter of which an
    /// earlier patch is for one version of the proxy (`proxyVersion`).
    /// ## Why is this bad
    /// While proxies of two versions run, the earlier patch applies to some of them only, and this
    /// one is lost on the others.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: header}
    /// spec:
    ///   configPatches:
    ///   - applyTo: HTTP_FILTER
    ///     match: {proxy: {proxyVersion: '^1\.20.*'}}
    ///     patch: {operation: INSERT_FIRST, value: {name: header}}
    ///   - applyTo: HTTP_FILTER
    ///     match: {context: SIDECAR_OUTBOUND}
    ///     patch: {operation: REPLACE, value: {name: header}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: header}
    /// spec:
    ///   priority: 10
    ///   configPatches:
    ///   - applyTo: HTTP_FILTER
    ///     match: {proxy: {proxyVersion: '^1\.20.*'}}
    ///     patch: {operation: INSERT_FIRST, value: {name: header}}
    ///   - applyTo: HTTP_FILTER
    ///     match: {context: SIDECAR_OUTBOUND}
    ///     patch: {operation: REPLACE, value: {name: header}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0155/>
    pub(super) RULE = {
        name: "envoy-filter-relative-operation-of-version",
        codes: ["IST0155"],
        severity: Warning,
        check: check,
    };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for patch in patches(context).into_iter().filter(|patch| patch.is_relative && patch.other_version) {
        let message = format!(
            "`{}` depends on a filter that only some versions of the proxy have, and there is no `priority`",
            patch.operation
        );
        found.push(report(&RULE, &patch, message, "set `priority`, or use `INSERT_FIRST` or `ADD`"));
    }
}
