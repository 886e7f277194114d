//! `destination-rule-of-unknown-host`.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location, Severity};
use crate::lint::Context;
use crate::mesh::Mesh;

declare_rule! {
    /// ## What it does
    /// Reports a DestinationRule whose host is no service of the input, and takes none where it is a wildcard.
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
    let hosts: BTreeSet<String> = mesh.services_by_host.keys().map(|host| reversed(host)).collect();
    for rule in mesh.destination_rules.iter().filter(|rule| !rule.host.is_empty()) {
        let host = rule.host.as_str();
        if mesh.services_by_host.contains_key(host) || has_wider(mesh, &rule.host) || has_narrower(&hosts, &rule.host) {
            continue;
        }
        // One for a whole domain may be for services that come and go.
        let known = !mesh.services.is_empty() && !rule.host.is_wildcard();
        let severity = if known { RULE.severity } else { Severity::Note };
        let message = format!("no service in the input has host `{host}`");
        let place = Location::Value(rule.origin.key("spec").key("host"));
        found.push(
            Diagnostic::new(severity, RULE.name, place, message)
                .labelled("this DestinationRule changes nothing")
                .help("check the name; a host outside the mesh needs a ServiceEntry"),
        );
    }
}

/// Whether a service for a wildcard takes the host.
fn has_wider(mesh: &Mesh, host: &HostPattern) -> bool {
    let text = host.suffix().unwrap_or(host.as_str());
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.filter_map(|at| text.get(at..)).any(|end| mesh.services_by_host.contains_key(&format!("*{end}")))
}

/// Whether a wildcard takes the host of a service; `hosts` are written backwards.
fn has_narrower(hosts: &BTreeSet<String>, host: &HostPattern) -> bool {
    let Some(suffix) = host.suffix().map(reversed) else { return false };
    hosts.range(suffix.clone()..).next().is_some_and(|it| it.starts_with(&suffix))
}

fn reversed(host: &str) -> String {
    host.chars().rev().collect()
}
