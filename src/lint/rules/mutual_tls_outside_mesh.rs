//! Istio's mutual TLS to a host outside the mesh.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin, Severity};
use crate::lint::Context;
use crate::lint::policies::{policies, tls_settings};
use crate::resource::istio::destination_rule::ClientTlsMode;

declare_rule! {
    /// ## What it does
    /// Reports TLS mode ISTIO_MUTUAL for a host that is outside the mesh (`location: MESH_EXTERNAL`).
    /// ## Why is this bad
    /// ISTIO_MUTUAL is TLS with Istio's own certificates, which nobody outside the mesh checks or has: the handshake
    /// fails, and requests get 503.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   location: MESH_EXTERNAL
    ///   resolution: DNS
    ///   ports: [{number: 80, name: http, protocol: HTTP}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   location: MESH_EXTERNAL
    ///   resolution: DNS
    ///   ports: [{number: 80, targetPort: 443, name: http, protocol: HTTP}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings-TLSmode>
    pub(super) RULE = { name: "mutual-tls-outside-mesh", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (rule, policy, origin) in policies(context) {
        let mutual =
            tls_settings(policy, &origin).into_iter().filter(|(tls, ..)| tls.mode == ClientTlsMode::IstioMutual);
        let mut services = context.mesh.services_with_host(rule.host.as_str());
        let Some(service) = services.next().filter(|service| service.mesh_external) else { continue };
        if !services.all(|service| service.mesh_external) {
            continue;
        }
        for (_, _, place) in mutual {
            let message = format!("`{}` is outside the mesh, where nobody has Istio's certificates", rule.host);
            // It is also where `location` is not written, which may have been forgotten.
            let location = Origin::of(service.origin.resource).key("spec").key("location");
            let severity = if context.node(&location).is_some() { RULE.severity } else { Severity::Warning };
            found.push(
                Diagnostic::new(severity, RULE.name, Location::Value(place.key("mode")), message)
                    .labelled("the handshake fails, and requests get 503")
                    .related(Location::Value(service.origin.clone()), "this host is `MESH_EXTERNAL`")
                    .help("use mode SIMPLE, or MUTUAL with a certificate that the host takes; or set `location: MESH_INTERNAL`"),
            );
        }
    }
}
