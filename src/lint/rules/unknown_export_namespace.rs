//! An `exportTo` that names a namespace that is not there.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, ExportTo, Location};
use crate::lint::{Context, known};

declare_rule! {
    /// ## What it does
    /// Reports a namespace in `exportTo` of a VirtualService, DestinationRule or ServiceEntry that the input does not have,
    /// where it holds Namespaces.
    /// ## Why is this bad
    /// Nobody sees the object there. Often it is a typing error.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: shop}
    /// spec: {host: web, exportTo: [shpo]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: shop}
    /// spec: {host: web, exportTo: [shop]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "unknown-export-namespace", codes: ["KIA0005"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let Some(known) = known::namespaces(context) else { return };
    let resources = context.resources;
    let services = resources.virtual_services.iter().map(|it| (it.spec_origin(), &it.spec.export_to));
    let rules = resources.destination_rules.iter().map(|it| (it.spec_origin(), &it.spec.export_to));
    let entries = resources.service_entries.iter().map(|it| (it.spec_origin(), &it.spec.export_to));
    for (origin, export_to) in services.chain(rules).chain(entries) {
        for (at, to) in export_to.iter().enumerate() {
            let ExportTo::Namespace(name) = to else { continue };
            if !known.contains(name.as_str()) {
                let place = Location::Value(origin.key("exportTo").index(at));
                let message = format!("no Namespace in the input is `{name}`");
                found.push(Diagnostic::new(RULE.severity, RULE.name, place, message).help("check the name"));
            }
        }
    }
}
