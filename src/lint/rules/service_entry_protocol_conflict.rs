//! ServiceEntries that do not agree on the protocol of a port.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::mesh::Visibility;

declare_rule! {
    /// ## What it does
    /// Reports ports of different ServiceEntries that have the same host and number and another
    /// protocol, where some namespace sees both.
    /// ## Why is this bad
    /// Istio keeps one of the protocols for the port; clients of the other one fail.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: one}
    /// spec:
    ///   hosts: [api.example.com]
    ///   ports: [{number: 8443, name: https, protocol: HTTPS}]
    ///   resolution: DNS
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: two}
    /// spec:
    ///   hosts: [api.example.com]
    ///   ports: [{number: 8443, name: http, protocol: HTTP}]
    ///   resolution: DNS
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: one}
    /// spec:
    ///   hosts: [api.example.com]
    ///   ports:
    ///   - {number: 8443, name: https, protocol: HTTPS}
    ///   - {number: 8080, name: http, protocol: HTTP}
    ///   resolution: DNS
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0177/>
    pub(super) RULE = { name: "service-entry-protocol-conflict", codes: ["IST0177", "KIA1212"], severity: Warning, check: check };
}

/// A port of a ServiceEntry.
struct Claim {
    origin: Origin,
    entry: String,
    protocol: String,
    visibility: Visibility,
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut claims: BTreeMap<(&str, u32), Vec<Claim>> = BTreeMap::new();
    let default = &context.mesh.config.default_service_export_to;
    for entry in &context.resources.service_entries {
        for host in &entry.spec.hosts {
            for (at, port) in entry.spec.ports.iter().enumerate() {
                let Some(number) = port.number else { continue };
                claims.entry((host.as_str(), number.number())).or_default().push(Claim {
                    origin: entry.spec_origin().key("ports").index(at),
                    entry: format!("{}/{}", entry.namespace(), entry.name()),
                    protocol: port.protocol.to_ascii_uppercase(),
                    visibility: Visibility::resolve(&entry.spec.export_to, default, entry.namespace()),
                });
            }
        }
    }
    for ((host, number), claims) in &claims {
        for claim in claims {
            let conflict = |other: &&Claim| {
                other.entry != claim.entry
                    && other.protocol != claim.protocol
                    && other.visibility.overlaps(&claim.visibility)
            };
            let Some(other) = claims.iter().find(conflict) else { continue };
            let message = format!(
                "port {number} of `{host}` has protocol `{}` here and `{}` in ServiceEntry `{}`",
                claim.protocol, other.protocol, other.entry
            );
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(claim.origin.key("protocol")), message)
                    .related(Location::Value(other.origin.key("protocol")), "the other protocol")
                    .help("give the port one protocol, or limit the entries with `exportTo`"),
            );
        }
    }
}
