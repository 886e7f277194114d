//! TLS servers of one port that wait for the same server name.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, NamespacedHost};
use crate::lint::Context;
use crate::lint::sockets::{Opened, by_port};
use crate::resource::istio::gateway::ServerTlsMode;

declare_rule! {
    /// ## What it does
    /// Reports hosts of TLS servers on one port and address of the same routers that come to the same server name (SNI):
    /// the same host twice, also with another namespace before it (`one/web.example.com`, `two/web.example.com`) or in
    /// another case.
    /// ## Why is this bad
    /// Where the hosts are written alike, Istio leaves out the later server with all its hosts. Where only the server
    /// name is the same, Istio sends both, and Envoy refuses the whole port for it.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https-one, protocol: HTTPS}
    ///     hosts: [one/web.example.com]
    ///     tls: {mode: SIMPLE, credentialName: one}
    ///   - port: {number: 443, name: https-two, protocol: HTTPS}
    ///     hosts: [two/web.example.com]
    ///     tls: {mode: SIMPLE, credentialName: two}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [one/web.example.com, two/web.example.com]
    ///     tls: {mode: SIMPLE, credentialName: web}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/gateway/#Server>
    pub(super) RULE = { name: "duplicate-server-name", codes: [], severity: Error, check: check };
}

/// A host of a server by its index.
type Host<'m> = (Opened<'m>, usize);

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (_, servers) in by_port(context.mesh) {
        let mut written: IndexMap<(&str, Cow<'_, str>), Host<'_>> = IndexMap::new();
        let mut names: IndexMap<(&str, Cow<'_, str>), Host<'_>> = IndexMap::new();
        for server in servers.into_iter().filter(|server| server.tls().is_some()) {
            let bind = server.server.bind.as_str();
            let hosts = || server.server.hosts.iter().enumerate();
            let earlier = hosts().find_map(|(at, host)| Some((at, *written.get(&(bind, spelt(host, &server)))?)));
            if let Some((at, first)) = earlier {
                // The server is left out; of two Gateways another rule says it.
                if first.0.gateway.origin == server.gateway.origin {
                    found.push(report((server, at), first, &LEFT_OUT));
                }
                continue;
            }
            for (at, host) in hosts() {
                written.insert((bind, spelt(host, &server)), (server, at));
                let name = (bind, lowercase(host));
                match names.get(&name) {
                    Some(first) if first.0.origin != server.origin && terminates(&first.0) && terminates(&server) => {
                        found.push(report((server, at), *first, &REFUSED));
                    }
                    Some(_) => {}
                    None => {
                        names.insert(name, (server, at));
                    }
                }
            }
        }
    }
}

/// The host as Istio compares it: with the namespace's own name for `.`, and none for any
/// (`istio: pilot/pkg/model/gateway.go: sanitizeServerHostNamespace`).
fn spelt<'h>(host: &'h NamespacedHost, server: &Opened<'_>) -> Cow<'h, str> {
    match host.namespace.as_deref() {
        Some(".") => Cow::Owned(format!("{}/{}", server.gateway.namespace, host.host)),
        None | Some("*") => Cow::Borrowed(host.host.as_str()),
        Some(_) => Cow::Owned(host.to_string()),
    }
}

/// The host as a TLS server waits for it.
fn lowercase(host: &NamespacedHost) -> Cow<'_, str> {
    let name = host.host.as_str();
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    }
}

/// Passed through, the names are those of the VirtualServices.
fn terminates(server: &Opened<'_>) -> bool {
    let passes = |mode| matches!(mode, ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough);
    server.tls().is_some_and(|tls| !passes(tls.mode))
}

/// What becomes of it, and what to do.
struct Outcome {
    label: &'static str,
    help: &'static str,
}

const LEFT_OUT: Outcome = Outcome {
    label: "Istio leaves this server out, with all its hosts",
    help: "serve a host by one server of the port only",
};

const REFUSED: Outcome = Outcome {
    label: "Envoy refuses the port: two filter chains wait for one server name",
    help: "TLS knows no namespaces and no case: list both in one server, or use another port or host",
};

fn report((server, at): Host<'_>, (first, first_at): Host<'_>, outcome: &Outcome) -> Diagnostic {
    let place = |server: &Opened<'_>, at: usize| Location::Value(server.origin.key("hosts").index(at));
    let name = server.server.hosts.get(at).map(lowercase).unwrap_or_default();
    let message = match &*name {
        "*" => "another TLS server of this port takes every server name as well".to_owned(),
        _ => format!("another TLS server of this port waits for server name `{name}` as well"),
    };
    Diagnostic::new(RULE.severity, RULE.name, place(&server, at), message)
        .labelled(outcome.label)
        .related(place(&first, first_at), "the other server")
        .help(outcome.help)
}
