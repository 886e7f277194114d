//! A server whose port another server has with a protocol that does not go with it.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Protocol, Severity};
use crate::lint::Context;
use crate::lint::sockets::{Opened, by_port};

declare_rule! {
    /// ## What it does
    /// Reports servers on one port and address of the same routers whose protocols do not go together: plain HTTP goes
    /// with HTTP (in all its versions), TLS with TLS, and TCP with nothing, not even with TCP.
    /// ## Why is this bad
    /// Istio keeps the first of them (in a Gateway the upper one, of several Gateways the oldest) and leaves the other
    /// out, with a line in its log only.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.com]}
    ///   - {port: {number: 80, name: tcp, protocol: TCP}, hosts: ["*"]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.com]}
    ///   - {port: {number: 80, name: grpc, protocol: GRPC}, hosts: [api.example.com]}
    ///   - {port: {number: 9000, name: tcp, protocol: TCP}, hosts: ["*"]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/gateway/#Server>
    pub(super) RULE = { name: "server-lost-on-port", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for ((_, number), servers) in by_port(context.mesh) {
        // By address: the first server without TLS, which decides for all that follow.
        let mut plain: BTreeMap<&str, Opened<'_>> = BTreeMap::new();
        for server in servers {
            let bind = server.server.bind.as_str();
            match plain.get(bind) {
                Some(first) if !go_together(first.protocol(), server.protocol()) => {
                    found.push(report(number, first, &server));
                }
                Some(_) => {}
                None if server.server.tls.is_some() && server.protocol().is_tls() => {}
                None => {
                    plain.insert(bind, server);
                }
            }
        }
    }
}

/// `istio: pilot/pkg/model/gateway.go: canMergeProtocols`; what is no protocol is reported elsewhere.
fn go_together(first: Protocol, later: Protocol) -> bool {
    (first.is_http() && later.is_http()) || first.is_unsupported() || later.is_unsupported()
}

fn report(number: u32, first: &Opened<'_>, later: &Opened<'_>) -> Diagnostic {
    let same = first.gateway.origin == later.gateway.origin;
    let (own, other) = (later.protocol(), first.protocol());
    let message = match same {
        true => format!("port `{number}` is already {other}, so this {own} server is left out"),
        false => format!(
            "Gateway `{}` has port `{number}` as {other}, so only one of it and this {own} server counts",
            first.gateway.key()
        ),
    };
    // TLS before plain HTTP of another Gateway goes together after all, and which is older is not in the files.
    let severity = match !same && own.is_tls() {
        true => Severity::Warning,
        false => RULE.severity,
    };
    Diagnostic::new(severity, RULE.name, Location::Value(later.origin.key("port")), message)
        .labelled("nothing of this server is configured")
        .related(Location::Value(first.origin.key("port")), format!("this server makes the port {other}"))
        .help("give each protocol a port of its own; several TLS servers, and several HTTP servers, may share one")
}
