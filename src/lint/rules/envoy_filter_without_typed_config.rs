//! An extension in a patch that is there by name only.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::envoy::json::{Misfit, Unfit};
use crate::lint::Context;
use crate::lint::patch_values;

declare_rule! {
    /// ## What it does
    /// Reports filters and other extensions in the `value` of an EnvoyFilter that have a name and no `typed_config`.
    /// ## Why is this bad
    /// Envoy finds an extension by the type of its configuration. One that is there by name only, it refuses, and with it
    /// the whole listener, cluster or route.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: grpc-web}
    /// spec:
    ///   workloadSelector: {labels: {app: web}}
    ///   configPatches:
    ///   - applyTo: HTTP_FILTER
    ///     match: {context: SIDECAR_INBOUND}
    ///     patch: {operation: INSERT_FIRST, value: {name: envoy.filters.http.grpc_web}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: grpc-web}
    /// spec:
    ///   workloadSelector: {labels: {app: web}}
    ///   configPatches:
    ///   - applyTo: HTTP_FILTER
    ///     match: {context: SIDECAR_INBOUND}
    ///     patch:
    ///       operation: INSERT_FIRST
    ///       value:
    ///         name: envoy.filters.http.grpc_web
    ///         typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb}
    /// ```
    /// ## References
    /// <https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/extension>
    pub(super) RULE = { name: "envoy-filter-without-typed-config", codes: ["IST0133"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for Misfit { at, what } in patch_values::all(context) {
        let Unfit::Unconfigured { name } = what else { continue };
        let message = match name.is_empty() {
            true => "an extension of Envoy without `typed_config`".to_owned(),
            false => format!("`{name}` has no `typed_config`, and Envoy finds no extension by name alone"),
        };
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(at), message)
                .help("add `typed_config` with the `@type` that Envoy's documentation of the extension names"),
        );
    }
}
