//! A part of a patch that the message of Envoy does not have.

use super::declare_rule;
use crate::base::likeness::{certain, suggestion};
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::envoy::json::{Misfit, Unfit};
use crate::lint::Context;
use crate::lint::patch_values::{self, field};

declare_rule! {
    /// ## What it does
    /// Reports fields in the `value` of an EnvoyFilter that the message of Envoy does not have, and those that are there by
    /// both of their names (`stat_prefix` and `statPrefix`).
    /// ## Why is this bad
    /// istiod drops them, with a warning only: the patch does less than it says.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: timeouts}
    /// spec:
    ///   workloadSelector: {labels: {app: web}}
    ///   configPatches:
    ///   - applyTo: CLUSTER
    ///     match: {context: SIDECAR_OUTBOUND}
    ///     patch: {operation: MERGE, value: {conect_timeout: 5s}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: timeouts}
    /// spec:
    ///   workloadSelector: {labels: {app: web}}
    ///   configPatches:
    ///   - applyTo: CLUSTER
    ///     match: {context: SIDECAR_OUTBOUND}
    ///     patch: {operation: MERGE, value: {connect_timeout: 5s}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/envoy-filter/#EnvoyFilter-Patch>
    pub(super) RULE = { name: "envoy-filter-part-dropped", codes: ["IST0133"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    found.0.extend(patch_values::all(context).into_iter().filter_map(report));
}

fn report(Misfit { at, what }: Misfit) -> Option<Diagnostic> {
    let new = |place: Location, message: String| {
        Diagnostic::new(RULE.severity, RULE.name, place, message).labelled("istiod drops it")
    };
    let name = field(&at);
    Some(match what {
        Unfit::Field { message, known } => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            new(Location::Key(at), format!("Envoy's message `{message}` has no field `{name}`"))
                .help(suggestion(&name, &known, "fields"))
                .fix(certain(&name, &known))
        }
        Unfit::Twice => new(Location::Key(at), format!("`{name}` is there by its other name as well, which counts"))
            .help("remove one of them"),
        Unfit::Type { .. }
        | Unfit::Value { .. }
        | Unfit::Message { .. }
        | Unfit::Untyped
        | Unfit::Excluded { .. }
        | Unfit::Unconfigured { .. } => return None,
    })
}
