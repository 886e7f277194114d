//! Gateways on one proxy, merged: which servers share a port, and which are left out as they conflict.
//!
//! Takes the Gateways that select the proxy in Istio's order, the oldest first; of two servers that
//! cannot both be, the one that comes first stays (`istio: model.mergeGateways`).

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::server::{Server, number};
use crate::base::{Diagnostic, Diagnostics, Location, NamespacedHost, Origin, Protocol};
use crate::mesh::Gateway;
use crate::proxy::{ProxyView, ServiceTarget};

/// Servers that keep their own filter chains or share one, told apart by port, protocol and address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortKey {
    /// The port the proxy listens on.
    pub number: u32,
    /// The protocol as written.
    pub protocol: String,
    /// The address to bind; empty is all.
    pub bind: String,
}

/// The servers of one [`PortKey`], as indexes into [`Merged::servers`].
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// In order.
    pub servers: Vec<usize>,
    /// The route configuration, for servers of plain HTTP.
    pub route_name: String,
}

/// All Gateways of a proxy, merged.
#[derive(Clone, Debug, Default)]
pub struct Merged<'m> {
    /// Every server, also those that are left out: nothing below names them.
    pub servers: Vec<Server<'m>>,
    /// What listens where, in the order it was first asked for.
    pub ports: IndexMap<PortKey, Group>,
    /// Servers by route configuration.
    pub routes: BTreeMap<String, Vec<usize>>,
    /// Ports that have been taken.
    taken: BTreeSet<u32>,
    /// The plain-text server group of a port, the last one where several addresses are bound.
    plain: BTreeMap<u32, PortKey>,
    /// By port, the address and the server that has a TLS host.
    tls_hosts: BTreeMap<u32, BTreeMap<NamespacedHost, (String, usize)>>,
}

/// Merges the Gateways of a view.
pub fn merge<'m>(view: &ProxyView<'m>, targets: &[ServiceTarget<'m>]) -> (Merged<'m>, Diagnostics) {
    let mut merged = Merged::default();
    let mut diagnostics = Diagnostics::default();
    for gateway in &view.gateways {
        check_names(gateway, &mut diagnostics);
        for (at, spec) in gateway.spec.servers.iter().enumerate() {
            let Some(listen_port) = listen_ports(gateway, number(spec), targets) else {
                continue;
            };
            for (port, service_port) in listen_port {
                if let Some(server) = Server::new(gateway, at, port) {
                    merged.add(Server { service_port, ..server }, port, &mut diagnostics);
                }
            }
        }
    }
    (merged, diagnostics)
}

/// A Service label that turns the translation of ports off for that Service.
const NO_TRANSLATION: &str = "experimental.istio.io/disable-gateway-port-translation";
/// Names the Services whose ports a Gateway means, where it is made from another API's object.
const GATEWAY_SERVICES: &str = "internal.istio.io/gateway-service";

/// The ports the proxy listens on for a server's port: the target port of the first Service that has
/// the port, else the port itself (`istio: model.resolvePorts`). A Gateway that names its Services
/// means exactly their ports; `None` where none of them leads to the proxy.
fn listen_ports(
    gateway: &Gateway,
    number: u32,
    targets: &[ServiceTarget<'_>],
) -> Option<BTreeMap<u32, Option<Origin>>> {
    let leads_to = |target: &&ServiceTarget<'_>| target.port.port == number;
    let origin = |target: &ServiceTarget<'_>| target.service.port_origin(target.port);
    let Some(named) = gateway.annotations.get(GATEWAY_SERVICES) else {
        let mut translating = targets.iter().filter(|target| target.service.labels.get(NO_TRANSLATION).is_none());
        let found = translating.find(leads_to).filter(|target| target.target_port != number);
        let port = found.map_or((number, None), |target| (target.target_port, Some(origin(target))));
        return Some(BTreeMap::from([port]));
    };
    let hostnames: BTreeSet<&str> = named.split(',').collect();
    let of_gateway = targets.iter().filter(|target| {
        hostnames.contains(target.service.hostname.as_str()) && target.service.namespace == gateway.namespace
    });
    let leading = of_gateway.filter(leads_to);
    let ports: BTreeMap<u32, Option<Origin>> =
        leading.map(|target| (target.target_port, Some(origin(target)))).collect();
    (!ports.is_empty()).then_some(ports)
}

/// Names of servers end up in statistics, where equal ones run together.
fn check_names(gateway: &Gateway, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let origin = |at: usize| gateway.origin.key("spec").key("servers").index(at).key("name");
    for (at, server) in gateway.spec.servers.iter().enumerate().filter(|(_, server)| !server.name.is_empty()) {
        match seen.get(server.name.as_str()) {
            None => {
                seen.insert(&server.name, at);
            }
            Some(first) => {
                let message = format!("two servers of the Gateway `{}` are named `{}`", gateway.key(), server.name);
                diagnostics.push(
                    Diagnostic::note("duplicate-server-name", Location::Value(origin(at)), message)
                        .related(Location::Value(origin(*first)), "the first one")
                        .help("name them apart: their statistics carry the same prefix"),
                );
            }
        }
    }
}

impl<'m> Merged<'m> {
    /// The servers of a group.
    pub fn group(&self, group: &Group) -> impl Iterator<Item = &Server<'m>> {
        group.servers.iter().filter_map(|at| self.servers.get(*at))
    }

    fn add(&mut self, server: Server<'m>, port: u32, diagnostics: &mut Diagnostics) {
        let index = self.servers.len();
        if server.tls().is_some() {
            if let Some((host, first)) = self.duplicate_tls_host(&server, port) {
                diagnostics.push(self.duplicate_host(&server, port, &host, first));
                return;
            }
            let known = self.tls_hosts.entry(port).or_default();
            known.extend(server.hosts.iter().map(|host| (host.clone(), (server.spec.bind.clone(), index))));
        }
        let key =
            PortKey { number: port, protocol: server.written_protocol.to_owned(), bind: server.spec.bind.clone() };
        // Also a server that is refused below stays the first with its TLS hosts, as in Istio.
        let refused = if self.taken.insert(port) {
            self.open(&server, &key, index);
            None
        } else if let Some(current) = self.plain.get(&port).cloned() {
            self.join_plain(&server, &key, current, index)
        } else if server.is_tls() {
            self.join_encrypted(&server, key, index)
        } else {
            self.open(&server, &key, index)
        };
        if let Some(refused) = refused {
            diagnostics.push(self.conflict(&server, port, refused));
        }
        self.servers.push(server);
    }

    /// The first server of a group; what the group had before has to go.
    fn open(&mut self, server: &Server<'m>, key: &PortKey, index: usize) -> Option<Refused> {
        if !server.is_tls() {
            self.plain.insert(key.number, key.clone());
        }
        if server.serves_http() {
            self.routes.insert(server.route_name.clone(), vec![index]);
        }
        self.ports.insert(key.clone(), Group { servers: vec![index], route_name: server.route_name.clone() });
        None
    }

    /// A server on a port that has a plain-text one: only HTTP joins HTTP, on the same address.
    fn join_plain(&mut self, server: &Server<'m>, key: &PortKey, current: PortKey, index: usize) -> Option<Refused> {
        if current.bind != key.bind {
            if !self.ports.contains_key(key) {
                return self.open(server, key, index);
            }
            if let Some(group) = self.ports.get_mut(key) {
                group.route_name = server.route_name.clone();
                group.servers.push(index);
            }
            self.routes.entry(server.route_name.clone()).or_default().push(index);
            return None;
        }
        let theirs = Protocol::parse(&current.protocol);
        let merges = server.protocol.is_http() && (theirs.is_http() || theirs == server.protocol);
        if !merges || server.route_name.is_empty() {
            return Some(Refused::Protocol(self.first_of(&current)));
        }
        if let Some(group) = self.ports.get_mut(&current) {
            group.servers.push(index);
        }
        self.routes.entry(server.route_name.clone()).or_default().push(index);
        None
    }

    /// A server with TLS on a port that has only such: SNI tells them apart, each with its own routes.
    fn join_encrypted(&mut self, server: &Server<'m>, key: PortKey, index: usize) -> Option<Refused> {
        if server.serves_http() {
            if let Some(first) = self.routes.get(&server.route_name).and_then(|servers| servers.first()) {
                return Some(Refused::PortName(*first));
            }
            self.routes.insert(server.route_name.clone(), vec![index]);
        }
        self.ports.entry(key).or_default().servers.push(index);
        None
    }

    fn first_of(&self, key: &PortKey) -> Option<usize> {
        self.ports.get(key)?.servers.first().copied()
    }

    fn duplicate_tls_host(&self, server: &Server<'m>, port: u32) -> Option<(NamespacedHost, usize)> {
        let known = self.tls_hosts.get(&port)?;
        server.hosts.iter().find_map(|host| {
            let (bind, first) = known.get(host)?;
            (*bind == server.spec.bind).then(|| (host.clone(), *first))
        })
    }

    fn duplicate_host(&self, server: &Server<'m>, port: u32, host: &NamespacedHost, first: usize) -> Diagnostic {
        let at = server.spec.hosts.iter().position(|written| written.host == host.host).unwrap_or_default();
        let location = Location::Value(server.origin.key("hosts").index(at));
        let message = format!(
            "the host `{host}` on port {port} is served by another server with TLS, `{}` is left out",
            named(server)
        );
        self.with_first(Diagnostic::error("duplicate-tls-host", location, message), Some(first))
            .help("Envoy tells servers with TLS apart by host: give each host to one server")
    }

    fn conflict(&self, server: &Server<'m>, port: u32, refused: Refused) -> Diagnostic {
        let location = Location::Value(server.port_origin());
        match refused {
            Refused::Protocol(first) => {
                let message = format!(
                    "port {port} speaks another protocol than {} already, `{}` is left out",
                    server.written_protocol,
                    named(server)
                );
                self.with_first(Diagnostic::error("server-conflict", location, message), first)
                    .help("give them different ports, or bind different addresses")
            }
            Refused::PortName(first) => {
                let message = format!(
                    "the port name `{}` is taken by another HTTPS server of the Gateway `{}`, this one is left out",
                    server.port_name, server.gateway_key
                );
                self.with_first(Diagnostic::error("duplicate-port-name", location, message), Some(first))
                    .help("name the ports of HTTPS servers apart: their routes are found by it")
            }
        }
    }

    fn with_first(&self, diagnostic: Diagnostic, first: Option<usize>) -> Diagnostic {
        match first.and_then(|first| self.servers.get(first)) {
            Some(first) => diagnostic.related(Location::Value(first.origin.clone()), "this server comes first"),
            None => diagnostic,
        }
    }
}

/// Why a server is left out, with the server that stays.
#[derive(Clone, Copy, Debug)]
enum Refused {
    Protocol(Option<usize>),
    PortName(usize),
}

fn named(server: &Server<'_>) -> String {
    match server.spec.name.as_str() {
        "" => format!("{}:{}", server.gateway_key, server.number),
        name => format!("{}:{name}", server.gateway_key),
    }
}
