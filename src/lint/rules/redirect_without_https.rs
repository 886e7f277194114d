//! A redirect to HTTPS of a host that nothing serves over HTTPS.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Hosts, Labels, Location, Protocol};
use crate::lint::Context;
use crate::mesh::Gateway;
use crate::resource::istio::gateway::Server;

declare_rule! {
    /// ## What it does
    /// Reports servers with `httpsRedirect` of which a host has no TLS server in any Gateway with the same
    /// selector.
    /// ## Why is this bad
    /// Requests are answered with a redirect to `https://`, where nobody listens for them. Behind a load balancer that
    /// terminates TLS and sends plain HTTP on, the redirect loops.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 80, name: http, protocol: HTTP}
    ///     hosts: [web.example.com]
    ///     tls: {httpsRedirect: true}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 80, name: http, protocol: HTTP}
    ///     hosts: [web.example.com]
    ///     tls: {httpsRedirect: true}
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: ["*.example.com"]
    ///     tls: {mode: SIMPLE, credentialName: web}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings>
    pub(super) RULE = { name: "redirect-without-https", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let redirecting = |gateway: &Gateway| gateway.spec.servers.iter().any(redirects);
    if !context.mesh.gateways.iter().any(redirecting) {
        return;
    }
    let mut secure: BTreeMap<&Labels, Hosts<'_, ()>> = BTreeMap::new();
    for gateway in &context.mesh.gateways {
        for server in gateway.spec.servers.iter().filter(|server| protocol(server).is_tls()) {
            let hosts = secure.entry(&gateway.spec.selector).or_default();
            server.hosts.iter().for_each(|host| hosts.add(&host.host, ()));
        }
    }
    let none = Hosts::default();
    for gateway in &context.mesh.gateways {
        let served = secure.get(&gateway.spec.selector).unwrap_or(&none);
        for (server, origin) in gateway.spec.servers.iter().zip(&gateway.server_origins) {
            let missing = || server.hosts.iter().position(|host| served.meeting(&host.host).next().is_none());
            if let Some(at) = redirects(server).then(missing).flatten() {
                let location = |key: &'static str| Location::Value(origin.key(key));
                let place = Location::Value(origin.key("hosts").index(at));
                found.push(report(gateway, server, at, place, location("tls")));
            }
        }
    }
}

fn redirects(server: &Server) -> bool {
    server.tls.as_ref().is_some_and(|tls| tls.https_redirect) && protocol(server).is_http()
}

fn protocol(server: &Server) -> Protocol {
    server.port.as_ref().map_or(Protocol::Unsupported, |port| Protocol::parse(&port.protocol))
}

fn report(gateway: &Gateway, server: &Server, at: usize, place: Location, tls: Location) -> Diagnostic {
    let host = server.hosts.get(at).map(|host| host.host.to_string()).unwrap_or_default();
    let shown = if host.starts_with('*') { "any host".to_owned() } else { format!("`{host}`") };
    let message = format!("requests for {shown} are redirected to HTTPS, which no server of these routers has for it");
    let url = if host.starts_with('*') { "https://…/".to_owned() } else { format!("https://{host}/") };
    Diagnostic::new(RULE.severity, RULE.name, place, message)
        .labelled(format!("a client is sent to `{url}`"))
        .related(tls, "the redirect")
        .help(format!(
            "add a server with protocol HTTPS for it to Gateway `{}`, or remove `httpsRedirect`",
            gateway.key()
        ))
}
