//! A port whose number says another protocol than its field.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Hosts, Location, Protocol};
use crate::lint::Context;
use crate::lint::policies::{policies, tls_settings};
use crate::resource::istio::destination_rule::ClientTlsMode;
use crate::resource::istio::service_entry::Location as MeshLocation;

declare_rule! {
    /// ## What it does
    /// Reports ports of ServiceEntries outside the mesh with number 443 and an HTTP protocol, where no DestinationRule
    /// sets up TLS, and with number 80 and protocol HTTPS or TLS.
    /// ## Why is this bad
    /// On 443 servers expect TLS, and answer plain HTTP with 400 or close the connection. On 80 they expect plain HTTP.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   resolution: DNS
    ///   ports: [{number: 443, name: http, protocol: HTTP}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   resolution: DNS
    ///   ports: [{number: 443, name: https, protocol: HTTPS}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/common-problems/network-issues/#sending-https-to-an-http-port>
    pub(super) RULE = { name: "port-number-against-protocol", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut secured: Hosts<'_, ()> = Hosts::default();
    for (rule, policy, origin) in policies(context) {
        if tls_settings(policy, &origin).iter().any(|(tls, ..)| tls.mode != ClientTlsMode::Disable) {
            secured.add(&rule.host, ());
        }
    }
    for entry in context.resources.service_entries.iter().filter(|it| it.spec.location == MeshLocation::MeshExternal) {
        let is_secured = entry.spec.hosts.iter().any(|host| secured.meeting(host).next().is_some());
        for (at, port) in entry.spec.ports.iter().enumerate() {
            let number = port.number.map(|number| number.number());
            let target = port.target_port.map(|port| port.number()).or(number);
            let protocol = Protocol::parse(&port.protocol);
            let (message, help) = match number {
                Some(443) if protocol.is_http() && target == number && !is_secured => (
                    format!("port 443 is for TLS, and is declared as {protocol}"),
                    "if clients speak TLS, the protocol is HTTPS or TLS; if the sidecar should, add a DestinationRule",
                ),
                Some(80) if protocol.is_tls() && target == number => {
                    (format!("port 80 is for plain HTTP, and is declared as {protocol}"), "set protocol HTTP")
                }
                _ => continue,
            };
            let place = Location::Value(entry.spec_origin().key("ports").index(at).key("protocol"));
            found.push(Diagnostic::new(RULE.severity, RULE.name, place, message).help(help));
        }
    }
}
