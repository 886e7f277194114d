//! Two Gateways of the same routers with the same certificate.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::Gateway;
use crate::resource::istio::gateway::ServerTls;

declare_rule! {
    /// ## What it does
    /// Reports Gateways of the same routers whose servers use the same certificate.
    /// ## Why is this bad
    /// Browsers reuse an HTTP/2 connection for all hosts of its certificate. A connection that was
    /// opened for a host of one Gateway then carries requests for the other's, and these get 404.
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

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let gateways = &context.mesh.gateways;
    for gateway in gateways {
        let others = gateways
            .iter()
            .filter(|other| other.origin != gateway.origin && gateway.spec.selector.subset_of(&other.spec.selector));
        for other in others {
            found.0.extend(shared(gateway, other));
        }
    }
}

fn shared(gateway: &Gateway, other: &Gateway) -> Option<Diagnostic> {
    let servers = gateway.spec.servers.iter().zip(&gateway.server_origins);
    let (tls, origin, place) =
        servers.filter_map(|(server, origin)| Some((server.tls.as_ref()?, origin))).find_map(|(tls, origin)| {
            let mut theirs = other.spec.servers.iter().zip(&other.server_origins);
            let (_, place) = theirs.find(|(server, _)| server.tls.as_ref().is_some_and(|it| same(tls, it)))?;
            Some((tls, origin, place))
        })?;
    let key = if tls.credential_name.is_empty() { "serverCertificate" } else { "credentialName" };
    let message = format!("Gateway `{}` has the same certificate for the same routers", other.key());
    let place = Location::Value(place.key("tls").key(key));
    Some(
        Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.key("tls").key(key)), message)
            .labelled("requests over a reused HTTP/2 connection may get 404")
            .related(place, "used here as well")
            .help("serve all hosts of a certificate by one server of one Gateway"),
    )
}

fn same(one: &ServerTls, other: &ServerTls) -> bool {
    let files = |tls: &ServerTls| !tls.server_certificate.is_empty() && !tls.private_key.is_empty();
    match (one.credential_name.as_str(), other.credential_name.as_str()) {
        ("", "") => {
            files(one) && one.server_certificate == other.server_certificate && one.private_key == other.private_key
        }
        (one, other) => one == other,
    }
}
