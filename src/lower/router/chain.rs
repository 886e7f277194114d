//! Filter chains of a gateway's servers.

use std::collections::{BTreeMap, BTreeSet};

use super::hosts::{HostIndex, Met};
use super::passthrough;
use super::server::Server;
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location, Origin, Origins};
use crate::ir::listener::{FilterChain, FilterChainMatch, NetworkFilter};
use crate::ir::tls::DownstreamTls;
use crate::lower::connection_manager;
use crate::lower::defaults;
use crate::lower::tcp::{self, ListenPort};
use crate::lower::tls;
use crate::mesh::Rule;
use crate::resource::istio::gateway::ServerTlsMode;
use crate::resource::istio::virtual_service::{RouteDestination, TlsRoute};

/// A filter chain before it is matched.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// What the user wrote that made it.
    pub(super) origins: Origins,
    /// SNI; `*` takes all, and so do none.
    pub(super) server_names: Vec<String>,
    /// ALPN.
    pub(super) application_protocols: Vec<String>,
    /// TLS that is ended.
    pub(super) tls: Option<DownstreamTls>,
    /// Network filters in order.
    pub(super) filters: Vec<NetworkFilter>,
}

impl Chain {
    /// Whether the ClientHello has to be read (`istio: core.buildGatewayListener`).
    pub(super) fn reads_client_hello(&self) -> bool {
        !self.server_names.is_empty() || self.tls.as_ref().is_some_and(|tls| !tls.common.alpn_protocols.is_empty())
    }

    /// With its match (`istio: filterChainOpts.toFilterChainMatch`).
    pub(super) fn into_filter_chain(self) -> FilterChain {
        let takes_any_name = self.server_names.iter().any(|name| name == "*");
        let mut server_names = if takes_any_name { Vec::new() } else { self.server_names };
        server_names.sort();
        let narrows = !server_names.is_empty() || !self.application_protocols.is_empty();
        let matches = FilterChainMatch {
            server_names,
            application_protocols: self.application_protocols,
            ..FilterChainMatch::default()
        };
        FilterChain {
            origins: self.origins,
            name: String::new(),
            matches: narrows.then_some(matches),
            tls: self.tls,
            transport_socket_connect_timeout: Some(defaults::GATEWAY_HANDSHAKE_TIMEOUT),
            filters: self.filters,
            config_path: None,
        }
    }
}

/// What chains of one proxy share, and what they have taken.
#[derive(Debug)]
pub(super) struct Chains<'a> {
    /// For HTTP.
    pub(super) http: connection_manager::Shared<'a>,
    /// For bytes.
    pub(super) tcp: tcp::Shared<'a>,
    /// VirtualServices by gateway.
    pub(super) virtual_services: &'a BTreeMap<&'a str, HostIndex<'a>>,
    /// Server names of TLS routes, by port and host, with the address and the route that has it.
    pub(super) taken_names: BTreeMap<u32, BTreeMap<HostPattern, (String, Origin)>>,
}

impl<'a> Chains<'a> {
    /// The chain of all plain HTTP servers of a group: they share a route configuration.
    pub(super) fn plain_http(&self, servers: &[&Server<'_>], route_name: &str, listener: &str) -> Option<Chain> {
        let first = servers.first()?;
        let stat_prefix = format!("outbound_{listener};");
        let manager = connection_manager::for_gateway(&self.http, first.protocol, stat_prefix, route_name.to_owned());
        Some(Chain {
            origins: servers.iter().flat_map(|server| server.origins()).collect(),
            server_names: Vec::new(),
            application_protocols: Vec::new(),
            tls: None,
            filters: vec![NetworkFilter::HttpConnectionManager(Box::new(manager))],
        })
    }

    /// The chains of any other server (`istio: buildGatewayTCPBasedFilterChains`).
    pub(super) fn of_server(
        &mut self,
        server: &Server<'_>,
        listen_port: u32,
        listener: &str,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Chain> {
        if server.terminates_https() {
            return vec![self.https(server, listener, diagnostics)];
        }
        match server.tls().map(|tls| tls.mode) {
            Some(ServerTlsMode::AutoPassthrough) => passthrough::chains(&self.tcp, server),
            Some(ServerTlsMode::Passthrough) => self.by_server_name(server, listen_port, diagnostics),
            None
            | Some(
                ServerTlsMode::Simple
                | ServerTlsMode::Mutual
                | ServerTlsMode::OptionalMutual
                | ServerTlsMode::IstioMutual,
            ) => self.bytes(server, diagnostics).into_iter().collect(),
        }
    }

    fn https(&self, server: &Server<'_>, listener: &str, diagnostics: &mut Diagnostics) -> Chain {
        let stat_prefix = match server.spec.name.as_str() {
            "" => format!("outbound_{listener};"),
            name => name.to_owned(),
        };
        let route_name = server.route_name.clone();
        let manager = connection_manager::for_gateway(&self.http, server.protocol, stat_prefix, route_name);
        Chain {
            origins: server.origins(),
            server_names: server.server_names(),
            application_protocols: Vec::new(),
            tls: self.terminated(server, diagnostics),
            filters: vec![NetworkFilter::HttpConnectionManager(Box::new(manager))],
        }
    }

    fn terminated(&self, server: &Server<'_>, diagnostics: &mut Diagnostics) -> Option<DownstreamTls> {
        let is_tcp = !server.protocol.is_http() && server.protocol != crate::base::Protocol::Https;
        let (tls, found) = tls::downstream(self.http.view, server.tls()?, is_tcp, &server.origin.key("tls"));
        diagnostics.extend(found);
        Some(tls)
    }

    /// The one chain of a server whose bytes all go the way of the first TCP route that fits
    /// (`istio: buildGatewayNetworkFiltersFromTCPRoutes`).
    fn bytes(&self, server: &Server<'_>, diagnostics: &mut Diagnostics) -> Option<Chain> {
        let istio_mutual = server.tls().is_some_and(|tls| tls.mode == ServerTlsMode::IstioMutual);
        let port = port_of(server, istio_mutual);
        let met = self.met(server);
        let routed = met.iter().find_map(|met| {
            let fits = |rule: &&Rule<crate::resource::istio::virtual_service::TcpRoute>| {
                let any_match = rule.spec.matches.is_empty()
                    || rule.spec.matches.iter().any(|matches| applies(server, matches.port, &matches.gateways));
                any_match && !rule.spec.route.is_empty()
            };
            Some((met, met.virtual_service.tcp.iter().find(fits)?))
        });
        let Some((met, rule)) = routed else {
            diagnostics.push(unrouted(server));
            return None;
        };
        let origin = rule.origins.first().unwrap_or(&met.virtual_service.origin);
        let filters = tcp::route_filters(&self.tcp, met.virtual_service, &rule.spec.route, origin, port, diagnostics);
        let tls = server.tls().is_some();
        (!filters.is_empty()).then(|| Chain {
            origins: self.origins(&rule.origins, &rule.spec.route, server),
            server_names: if tls { server.server_names() } else { Vec::new() },
            application_protocols: Vec::new(),
            tls: self.terminated(server, diagnostics),
            filters,
        })
    }

    /// A chain for each match of a TLS route (`istio: buildGatewayNetworkFiltersFromTLSRoutes`).
    fn by_server_name(&mut self, server: &Server<'_>, listen_port: u32, diagnostics: &mut Diagnostics) -> Vec<Chain> {
        let port = port_of(server, false);
        let mut chains = Vec::new();
        for met in self.met(server) {
            for rule in met.virtual_service.tls.iter().filter(|rule| !rule.spec.route.is_empty()) {
                let origin = rule.origins.first().unwrap_or(&met.virtual_service.origin).clone();
                for (at, matches) in rule.spec.matches.iter().enumerate() {
                    let match_origin = origin.key("match").index(at);
                    let fits = applies(server, matches.port, &matches.gateways);
                    if !fits || !self.take(server, listen_port, rule, at, &match_origin, diagnostics) {
                        continue;
                    }
                    let filters = tcp::route_filters(
                        &self.tcp,
                        met.virtual_service,
                        &rule.spec.route,
                        &origin,
                        port,
                        diagnostics,
                    );
                    if filters.is_empty() {
                        continue;
                    }
                    let written: Origins = [match_origin].into_iter().chain(rule.origins.iter().cloned()).collect();
                    chains.push(Chain {
                        origins: self.origins(&written, &rule.spec.route, server),
                        server_names: matches.sni_hosts.iter().map(|host| host.as_str().to_owned()).collect(),
                        application_protocols: Vec::new(),
                        tls: None,
                        filters,
                    });
                }
            }
        }
        if chains.is_empty() {
            diagnostics.push(unrouted(server));
        }
        chains
    }

    /// Takes the server names of a match for it; a match with a name that is taken is left out, as
    /// Envoy refuses two chains with one match (`istio: model.CheckDuplicates`).
    fn take(
        &mut self,
        server: &Server<'_>,
        listen_port: u32,
        rule: &Rule<TlsRoute>,
        at: usize,
        origin: &Origin,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let names = rule.spec.matches.get(at).map_or(&[][..], |matches| &matches.sni_hosts);
        let taken = self.taken_names.entry(listen_port).or_default();
        let bind = server.spec.bind.as_str();
        let clash = names.iter().enumerate().find_map(|(at, name)| {
            let (theirs, first) = taken.get(name)?;
            (theirs == bind).then(|| (at, name, first.clone()))
        });
        if let Some((name_at, name, first)) = clash {
            let location = Location::Value(origin.key("sniHosts").index(name_at));
            let message =
                format!("the server name `{name}` on port {listen_port} is routed already, this match is left out");
            diagnostics.push(
                Diagnostic::error("duplicate-sni-host", location, message)
                    .related(Location::Value(first), "this match comes first"),
            );
            return false;
        }
        taken.extend(names.iter().map(|name| (name.clone(), (bind.to_owned(), origin.clone()))));
        true
    }

    /// A route of bytes: what is written of it, what it reads of its destinations, and the server at the end.
    fn origins(&self, written: &Origins, routes: &[RouteDestination], server: &Server<'_>) -> Origins {
        let destinations = tcp::route_origins(&self.tcp, routes);
        written.iter().cloned().chain(destinations).chain(server.origins()).collect()
    }

    fn met<'s>(&self, server: &'s Server<'_>) -> Vec<Met<'s>>
    where
        'a: 's,
    {
        let index = self.virtual_services.get(server.gateway_key.as_str());
        index.map(|index| index.met(&server.hosts)).unwrap_or_default()
    }
}

/// Whether a match holds for a server: its port and its gateways (`istio: core.l4SingleMatch`; what
/// else a match says is for sidecars).
fn applies(server: &Server<'_>, port: Option<crate::base::Port>, gateways: &[String]) -> bool {
    let port_fits = port.is_none_or(|port| port.number() == server.number);
    let gateways: BTreeSet<&str> = gateways.iter().map(String::as_str).collect();
    port_fits && (gateways.is_empty() || gateways.contains(server.gateway_key.as_str()))
}

fn unrouted(server: &Server<'_>) -> Diagnostic {
    let kind = if server.passes_tls_through() { "tls" } else { "tcp" };
    let message = format!(
        "no `{kind}` route of a VirtualService is bound to port {} of the Gateway `{}`: it is not opened for this server",
        server.number, server.gateway_key
    );
    Diagnostic::warning("unrouted-server", Location::Value(server.origin.clone()), message)
}

/// The port of a server, as its routes see it.
fn port_of<'a>(server: &Server<'a>, metadata_exchange: bool) -> ListenPort<'a> {
    let name = server.spec.port.as_ref().map_or("", |port| port.name.as_str());
    ListenPort { number: server.number, name, protocol: server.protocol, metadata_exchange }
}
