//! A server of a Gateway on one port of the proxy.

use std::collections::BTreeSet;

use crate::base::{NamespacedHost, Origin, Origins, Protocol};
use crate::ir::name;
use crate::mesh::Gateway;
use crate::resource::istio;
use crate::resource::istio::gateway::{ServerTls, ServerTlsMode};

/// A server of a Gateway on one port of the proxy.
#[derive(Clone, Debug)]
pub struct Server<'m> {
    /// Its Gateway.
    pub gateway: &'m Gateway,
    /// The Gateway as VirtualServices name it: `namespace/name`.
    pub gateway_key: String,
    /// Where it is written.
    pub origin: Origin,
    /// The port of the Service that leads to another port of the proxy, where one does.
    pub service_port: Option<Origin>,
    /// What is written.
    pub spec: &'m istio::gateway::Server,
    /// The port as written; 0 for a socket.
    pub number: u32,
    /// The port's name.
    pub port_name: &'m str,
    /// The protocol as written, which with port and address tells groups of servers apart.
    pub written_protocol: &'m str,
    /// The protocol.
    pub protocol: Protocol,
    /// Its hosts: `.` is its Gateway's namespace, `*` before a slash is gone.
    pub hosts: Vec<NamespacedHost>,
    /// The route configuration of an HTTP server, or of an HTTPS server that ends TLS; else empty.
    pub route_name: String,
}

impl<'m> Server<'m> {
    /// The server at `at` of a Gateway on a port of the proxy; `None` where it has no port.
    pub fn new(gateway: &'m Gateway, at: usize, listen_port: u32) -> Option<Self> {
        let spec = gateway.spec.servers.get(at)?;
        let port = spec.port.as_ref()?;
        let origin = gateway
            .server_origins
            .get(at)
            .cloned()
            .unwrap_or_else(|| gateway.origin.key("spec").key("servers").index(at));
        let mut server = Self {
            gateway,
            gateway_key: gateway.key(),
            origin,
            service_port: None,
            spec,
            number: number(spec),
            port_name: &port.name,
            written_protocol: &port.protocol,
            protocol: Protocol::parse(&port.protocol),
            hosts: hosts(spec, &gateway.namespace),
            route_name: String::new(),
        };
        server.route_name = server.route_configuration(listen_port);
        Some(server)
    }

    /// What made it listen where it does, the server itself last.
    pub fn origins(&self) -> Origins {
        self.service_port.iter().chain([&self.origin]).cloned().collect()
    }

    /// Its TLS settings.
    pub fn tls(&self) -> Option<&'m ServerTls> {
        self.spec.tls.as_ref()
    }

    /// Where its port is written.
    pub fn port_origin(&self) -> Origin {
        self.origin.key("port")
    }

    /// Whether TLS is left encrypted (`istio: gateway.IsPassThroughServer`).
    pub fn passes_tls_through(&self) -> bool {
        self.tls().is_some_and(|tls| matches!(tls.mode, ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough))
    }

    /// Whether it answers HTTP, perhaps inside TLS that it ends (`istio: gateway.IsHTTPServer`).
    pub fn serves_http(&self) -> bool {
        self.protocol.is_http() || (self.protocol == Protocol::Https && !self.passes_tls_through())
    }

    /// Whether it ends TLS and answers HTTP inside (`istio: gateway.IsHTTPSServerWithTLSTermination`).
    pub fn terminates_https(&self) -> bool {
        self.tls().is_some() && self.protocol == Protocol::Https && !self.passes_tls_through()
    }

    /// Whether it has TLS settings that are not a redirect of plain HTTP (`istio: gateway.IsTLSServer`).
    pub fn is_tls(&self) -> bool {
        self.tls().is_some() && !self.protocol.is_http()
    }

    /// Whether plain requests are redirected.
    pub fn redirects_to_https(&self) -> bool {
        self.tls().is_some_and(|tls| tls.https_redirect)
    }

    /// The server names of its filter chain: its hosts without namespaces, each once, in order.
    pub fn server_names(&self) -> Vec<String> {
        let names: BTreeSet<&str> = self.hosts.iter().map(|host| host.host.as_str()).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// HTTP servers of one port share a route configuration; each HTTPS server has its own (`istio:
    /// model.gatewayRDSRouteName`).
    fn route_configuration(&self, listen_port: u32) -> String {
        let bind = self.spec.bind.as_str();
        if self.protocol.is_http() {
            name::http_route(listen_port, bind)
        } else if self.protocol == Protocol::Https && !self.passes_tls_through() {
            name::https_route(self.number, self.port_name, &self.gateway.name, &self.gateway.namespace, bind)
        } else {
            String::new()
        }
    }
}

/// The port of a server as written; 0 where there is none, as for a socket.
pub fn number(server: &istio::gateway::Server) -> u32 {
    server.port.as_ref().and_then(|port| port.number).map_or(0, |number| number.number())
}

/// `./host` is the Gateway's namespace, `*/host` any, and `*/*` among the hosts takes their place
/// (`istio: model.sanitizeServerHostNamespace`).
fn hosts(server: &istio::gateway::Server, namespace: &str) -> Vec<NamespacedHost> {
    let anything = |host: &&NamespacedHost| host.namespace.as_deref() == Some("*") && host.host.is_any();
    if let Some(any) = server.hosts.iter().find(anything) {
        return vec![NamespacedHost { namespace: None, host: any.host.clone() }];
    }
    let resolved = |host: &NamespacedHost| NamespacedHost {
        namespace: match host.namespace.as_deref() {
            None | Some("*") => None,
            Some(".") => Some(namespace.to_owned()),
            Some(named) => Some(named.to_owned()),
        },
        host: host.host.clone(),
    };
    server.hosts.iter().map(resolved).collect()
}
