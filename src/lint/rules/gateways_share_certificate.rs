//! Two Gateways of the same routers with the same certificate.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::mesh::Gateway;

declare_rule! {
    /// ## What it does
    /// Reports Gateways of the same routers whose servers use the same certificate, and such servers of one Gateway and
    /// port.
    /// ## Why is this bad
    /// Browsers reuse an HTTP/2 connection for all hosts of its certificate. A connection that was
    /// opened for a host of one server then carries requests for the other's, and these get 404.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: one}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [one.example.com]
    ///     tls: {mode: SIMPLE, credentialName: wildcard}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: two}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [two.example.com]
    ///     tls: {mode: SIMPLE, credentialName: wildcard}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: both}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: ["*.example.com"]
    ///     tls: {mode: SIMPLE, credentialName: wildcard}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0138/>,
    /// <https://istio.io/latest/docs/ops/common-problems/network-issues/#404-errors-occur-when-multiple-gateways-configured-with-same-tls-certificate>
    pub(super) RULE = { name: "gateways-share-certificate", codes: ["IST0138"], severity: Warning, check: check };
}

/// Of more Gateways with one certificate than this, each names one other only.
const FEW: usize = 8;

/// What names a certificate: a credential, or the files of the certificate and its key.
type Certificate<'a> = (&'a str, &'a str, &'a str);

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut users: BTreeMap<Certificate<'_>, Vec<(&Gateway, &Origin)>> = BTreeMap::new();
    for (gateway, origin, certificate) in context.mesh.gateways.iter().flat_map(certificates) {
        let users = users.entry(certificate).or_default();
        if users.last().is_none_or(|(last, _)| last.origin != gateway.origin) {
            users.push((gateway, origin));
        }
    }
    for gateway in &context.mesh.gateways {
        found.0.extend(within(gateway));
        let mut named = BTreeSet::new();
        for (_, origin, certificate) in certificates(gateway) {
            let users = users.get(&certificate).map(Vec::as_slice).unwrap_or_default();
            let at_most = if users.len() > FEW { 1 } else { FEW };
            let others = users.iter().filter(|(other, _)| {
                other.origin != gateway.origin && gateway.spec.selector.subset_of(&other.spec.selector)
            });
            for (other, place) in others.take(at_most) {
                if named.insert(&other.origin) {
                    found.push(shared(certificate, origin, other, place));
                }
            }
        }
    }
}

/// The servers of a Gateway that have a certificate of an earlier one on their port.
fn within(gateway: &Gateway) -> Vec<Diagnostic> {
    let ports = gateway.server_origins.iter().zip(&gateway.spec.servers);
    let ports: BTreeMap<&Origin, _> =
        ports.filter_map(|(origin, server)| Some((origin, server.port.as_ref()?.number?))).collect();
    let mut first: BTreeMap<_, &Origin> = BTreeMap::new();
    let mut found = Vec::new();
    for (_, origin, certificate) in certificates(gateway) {
        match first.entry((certificate, ports.get(origin))) {
            Entry::Vacant(entry) => drop(entry.insert(origin)),
            Entry::Occupied(entry) => {
                let message = "another server of this port has the same certificate".to_owned();
                found.push(report(certificate, origin, message, entry.get()));
            }
        }
    }
    found
}

/// The servers of a Gateway that have a certificate, with their places.
fn certificates(gateway: &Gateway) -> impl Iterator<Item = (&Gateway, &Origin, Certificate<'_>)> {
    gateway.spec.servers.iter().zip(&gateway.server_origins).filter_map(move |(server, origin)| {
        let tls = server.tls.as_ref()?;
        let certificate = match tls.credential_name.as_str() {
            "" if tls.server_certificate.is_empty() || tls.private_key.is_empty() => return None,
            "" => ("", tls.server_certificate.as_str(), tls.private_key.as_str()),
            name => (name, "", ""),
        };
        Some((gateway, origin, certificate))
    })
}

fn shared(certificate: Certificate<'_>, origin: &Origin, other: &Gateway, place: &Origin) -> Diagnostic {
    let message = format!("Gateway `{}` has the same certificate for the same routers", other.key());
    report(certificate, origin, message, place)
}

fn report(certificate: Certificate<'_>, origin: &Origin, message: String, place: &Origin) -> Diagnostic {
    let key = if certificate.0.is_empty() { "serverCertificate" } else { "credentialName" };
    let place = Location::Value(place.key("tls").key(key));
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.key("tls").key(key)), message)
        .labelled("requests over a reused HTTP/2 connection may get 404")
        .related(place, "used here as well")
        .help("serve all hosts of a certificate by one server of one Gateway")
}
