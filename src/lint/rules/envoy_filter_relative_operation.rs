//! `envoy-filter-relative-operation`.

use serde_json::Value;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::{Context, Rule};

declare_rule! {
    /// ## What it does
    /// Reports patches of an EnvoyFilter without `priority` that work relative to a filter which
    /// must be there first: `INSERT_BEFORE`, `INSERT_AFTER`, `REPLACE` and `REMOVE`.
    /// ## Why is this bad
    /// EnvoyFilters of equal priority are applied by age and name. If the filter comes from
    /// another EnvoyFilter, or is named differently in the next version, the patch is passed over
    /// without a word.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: header}
    /// spec:
    ///   configPatches:
    ///   - applyTo: HTTP_FILTER
    ///     match: {context: SIDECAR_OUTBOUND}
    ///     patch: {operation: INSERT_BEFORE, value: {name: header}}
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
    ///     match: {context: SIDECAR_OUTBOUND}
    ///     patch: {operation: INSERT_BEFORE, value: {name: header}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0151/>
    pub(super) RULE = { name: "envoy-filter-relative-operation", codes: ["IST0151"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for patch in patches(context).into_iter().filter(|patch| patch.is_relative && !patch.other_version) {
        let message =
            format!("`{}` depends on a filter that is there before, and there is no `priority`", patch.operation);
        let help = "set `priority`, or use `INSERT_FIRST` or `ADD`";
        found.push(report(&RULE, &patch, message, help));
    }
}

/// A patch of an EnvoyFilter.
pub(super) struct Patch {
    /// Where it is written.
    pub(super) origin: Origin,
    /// What it patches.
    pub(super) apply_to: String,
    /// How.
    pub(super) operation: String,
    /// It needs a filter that is there before, and its EnvoyFilter has no priority.
    pub(super) is_relative: bool,
    /// An earlier patch of a filter of this name is for one version of the proxy only.
    pub(super) other_version: bool,
}

/// The patches of all EnvoyFilters, up to the first of each without `patch`.
pub(super) fn patches(context: &Context<'_>) -> Vec<Patch> {
    let mut of_a_version: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for filter in &context.resources.envoy_filters {
        let spec = context.node(&filter.spec_origin()).map(|node| node.to_json()).unwrap_or_default();
        let priority = spec.get("priority").and_then(Value::as_i64).unwrap_or_default();
        let written = spec.get("configPatches").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (at, patch) in written.take_while(|(_, patch)| patch.get("patch").is_some()) {
            let text = |path: &str| patch.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
            let name = filter_name(patch);
            let (apply_to, operation) = (text("/applyTo"), text("/patch/operation"));
            let is_relative = match operation.as_str() {
                "INSERT_BEFORE" | "INSERT_AFTER" => true,
                "REPLACE" => replaces(&apply_to),
                "REMOVE" => removes(&apply_to),
                _ => false,
            };
            found.push(Patch {
                origin: filter.spec_origin().key("configPatches").index(at),
                is_relative: is_relative && priority == 0,
                other_version: of_a_version.contains(&name),
                apply_to,
                operation,
            });
            if !text("/match/proxy/proxyVersion").is_empty() {
                of_a_version.push(name);
            }
        }
    }
    found
}

/// The name of the filter that a patch writes, or else that it looks for.
fn filter_name(patch: &Value) -> String {
    let Some(value) = patch.pointer("/patch/value").filter(|value| value.is_object()) else { return String::new() };
    let name = value.get("name").or_else(|| patch.pointer("/match/listener/filterChain/filter/name"));
    name.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Whether `REPLACE` works on this.
pub(super) fn replaces(apply_to: &str) -> bool {
    matches!(apply_to, "NETWORK_FILTER" | "HTTP_FILTER" | "VIRTUAL_HOST")
}

/// Whether `REMOVE` works on this.
pub(super) fn removes(apply_to: &str) -> bool {
    !matches!(apply_to, "ROUTE_CONFIGURATION" | "HTTP_ROUTE")
}

/// A finding about the operation of a patch.
pub(super) fn report(rule: &Rule, patch: &Patch, message: String, help: &str) -> Diagnostic {
    let place = Location::Value(patch.origin.key("patch").key("operation"));
    Diagnostic::new(rule.severity, rule.name, place, message).help(help)
}
