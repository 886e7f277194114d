//! `destination-rule-of-unknown-host`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Severity};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports a DestinationRule whose host is no service of the input. Patterns are not checked.
    /// ## Why is this bad
    /// It changes nothing. Often it is a typing error.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: shop}
    /// spec: {host: wbe.shop.svc.cluster.local}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: shop}
    /// spec: {host: web.shop.svc.cluster.local}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0174/>
    pub(super) RULE = { name: "destination-rule-of-unknown-host", codes: ["IST0174", "KIA0202"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mesh = context.mesh;
    for rule in mesh.destination_rules.iter().filter(|rule| !rule.host.is_wildcard() && !rule.host.is_empty()) {
        let host = rule.host.as_str();
        let mut patterns = mesh.services_by_host.keys().filter(|it| it.starts_with('*'));
        if mesh.services_with_host(host).next().is_some() || patterns.any(|it| rule.host.subset_of(&it.as_str().into()))
        {
            continue;
        }
        let severity = if mesh.services.is_empty() { Severity::Note } else { RULE.severity };
        let message = format!("no service in the input has host `{host}`");
        let place = Location::Value(rule.origin.key("spec").key("host"));
        found.push(
            Diagnostic::new(severity, RULE.name, place, message)
                .labelled("this DestinationRule changes nothing")
                .help("check the name; a host outside the mesh needs a ServiceEntry"),
        );
    }
}
