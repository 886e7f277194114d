//! A patch of an EnvoyFilter that is not the message that it patches.

use super::declare_rule;
use crate::base::likeness::{certain, suggestion};
use crate::base::{Change, Diagnostic, Diagnostics, Edit, Location};
use crate::envoy::json::{Misfit, Unfit};
use crate::lint::Context;
use crate::lint::patch_values::{self, field};

declare_rule! {
    /// ## What it does
    /// Reads each `value` of an EnvoyFilter as the message of Envoy that its `applyTo` names, with all messages inside,
    /// and reports values of another type, values that an enumeration does not have, messages in `@type` that Envoy does not
    /// have, a `typed_config` without `@type`, and fields of which only one may be there.
    /// ## Why is this bad
    /// istiod refuses the object. Where it was not asked, it passes the patch over.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: lua}
    /// spec:
    ///   workloadSelector: {labels: {app: web}}
    ///   configPatches:
    ///   - applyTo: HTTP_FILTER
    ///     match: {context: SIDECAR_INBOUND}
    ///     patch:
    ///       operation: INSERT_FIRST
    ///       value:
    ///         name: lua
    ///         typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaFilter}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1alpha3
    /// kind: EnvoyFilter
    /// metadata: {name: lua}
    /// spec:
    ///   workloadSelector: {labels: {app: web}}
    ///   configPatches:
    ///   - applyTo: HTTP_FILTER
    ///     match: {context: SIDECAR_INBOUND}
    ///     patch:
    ///       operation: INSERT_FIRST
    ///       value:
    ///         name: lua
    ///         typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/envoy-filter/#EnvoyFilter-Patch>,
    /// <https://protobuf.dev/programming-guides/json/>
    pub(super) RULE = { name: "envoy-filter-value-refused", codes: ["IST0106"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    found.0.extend(patch_values::all(context).into_iter().filter_map(report));
}

fn report(Misfit { at, what }: Misfit) -> Option<Diagnostic> {
    let new = |message: String| Diagnostic::new(RULE.severity, RULE.name, Location::Value(at.clone()), message);
    let edit = |change| [Edit { at: Location::Value(at.clone()), change }];
    Some(match what {
        Unfit::Type { expected, found, meant } => {
            let fault = new(format!("`{}` must be {expected}, not {found}", field(&at)));
            let is_scalar = found == "a boolean" || found.starts_with("the number");
            match (expected.as_str(), meant) {
                (_, Some(meant)) => fault.help(format!("write `{meant}`")).fix(Some(meant)),
                ("a string", _) if is_scalar => fault.help("put it in quotes").corrected(edit(Change::Quoted)),
                ("`true` or `false`", _) if ["the string `true`", "the string `false`"].contains(&found.as_str()) => {
                    fault.help("write it without quotes").corrected(edit(Change::Unquoted))
                }
                _ => fault,
            }
        }
        Unfit::Message { name, known } => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
            let fault = new(format!("Envoy has no message `{name}`"));
            match known.as_slice() {
                _ if is_old(&name) => {
                    fault.help("it is of an old version of Envoy's API: use the message of version 3")
                }
                [] => fault.help("look the name up in Envoy's documentation of the extension"),
                // Of the same package, or of the same name.
                _ if known.iter().any(|one| last(one) == last(&name)) => {
                    fault.help(suggestion(&name, &known, "messages"))
                }
                _ => fault.help(suggestion(&name, &known, "messages")).fix(certain(&name, &known).map(url)),
            }
        }
        Unfit::Excluded { other } => {
            new(format!("`{}` and `{other}` cannot both be there", field(&at))).help("remove one of them")
        }
        Unfit::Value { value, known } => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            new(format!("unknown value `{value}` for `{}`", field(&at)))
                .help(suggestion(&value, &known, "values"))
                .fix(certain(&value, &known))
        }
        Unfit::Untyped => new(format!("`{}` does not say of what type it is", field(&at))).help(
            "add `@type: type.googleapis.com/…` with the message that Envoy's documentation of the extension names",
        ),
        Unfit::Field { .. } | Unfit::Twice | Unfit::Unconfigured { .. } => return None,
    })
}

fn url(message: &str) -> String {
    format!("type.googleapis.com/{message}")
}

/// Whether a message is of version 1 or 2 of Envoy's API: `envoy.config.filter.network.ext_authz.v2.ExtAuthz`.
fn is_old(message: &str) -> bool {
    let old = |part: &str| part.starts_with("v1") || part.starts_with("v2");
    message.starts_with("envoy.") && message.split('.').any(old)
}
