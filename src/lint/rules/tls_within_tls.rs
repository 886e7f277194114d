//! TLS around what is TLS already.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::policies::{policies, tls_settings};
use crate::mesh::{Service, ServicePort};
use crate::resource::istio::destination_rule::{ClientTlsMode, PortTrafficPolicy};

declare_rule! {
    /// ## What it does
    /// Reports TLS mode SIMPLE or MUTUAL for a port with protocol HTTPS or TLS, where no `http` route of the input goes
    /// to the host.
    /// ## Why is this bad
    /// On such a port clients speak TLS themselves. The sidecar puts a second TLS around it, which the server does not
    /// expect.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   resolution: DNS
    ///   ports: [{number: 443, name: https, protocol: HTTPS}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
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
    /// <https://istio.io/latest/docs/ops/common-problems/network-issues/#double-tls>
    pub(super) RULE = { name: "tls-within-tls", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let routed = routed(context);
    for (rule, policy, origin) in policies(context) {
        if routed.contains(rule.host.as_str()) {
            continue;
        }
        let of_port = |number: u32| {
            let is_port =
                |it: &&PortTrafficPolicy| it.port.and_then(|it| it.number).is_some_and(|it| it.number() == number);
            policy.port_level_settings.iter().any(|it| is_port(&it))
        };
        for (tls, number, place) in tls_settings(policy, &origin) {
            if !matches!(tls.mode, ClientTlsMode::Simple | ClientTlsMode::Mutual) {
                continue;
            }
            let takes = |port: &ServicePort| match number {
                Some(number) => port.port == number,
                None => !of_port(port.port),
            };
            let services = context.mesh.services_with_host(rule.host.as_str());
            let mut ports = services.flat_map(|service| service.ports.iter().map(move |port| (service, port)));
            if let Some((service, port)) = ports.find(|(_, port)| port.protocol.is_tls() && takes(port)) {
                found.push(report(service, port, Location::Value(place)));
            }
        }
    }
}

/// The hosts that `http` routes go to: there Istio speaks HTTP, whatever the port says.
fn routed<'m>(context: &Context<'m>) -> BTreeSet<&'m str> {
    let routes = context.mesh.virtual_services.iter().flat_map(|service| &service.http);
    let destinations = routes.flat_map(|rule| {
        let mirrors = rule.spec.mirrors.iter().filter_map(|it| it.destination.as_ref()).chain(&rule.spec.mirror);
        rule.spec.route.iter().filter_map(|it| it.destination.as_ref()).chain(mirrors)
    });
    destinations.map(|destination| destination.host.as_str()).collect()
}

fn report(service: &Service, port: &ServicePort, place: Location) -> Diagnostic {
    let message = format!(
        "clients of port `{}` of `{}` speak TLS themselves, so this is TLS within TLS",
        port.port, service.hostname
    );
    Diagnostic::new(RULE.severity, RULE.name, place, message)
        .related(Location::Value(service.port_origin(port)), format!("the port has protocol {}", port.protocol))
        .help("make the port HTTP (with `targetPort: 443`), or leave TLS to the clients")
}
