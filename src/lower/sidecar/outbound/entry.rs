//! What is listened on: the ports of services, and who wins where several want the same.

use indexmap::IndexMap;

use super::Shared;
use super::address::{UNSPECIFIED, UNSPECIFIED_V6, all, localhosts, primary, wildcards};
use super::bytes::{self, Place};
use super::chain::{Chain, Http};
use crate::base::{Diagnostics, Origins, Protocol};
use crate::lower::settings::{is_on, text};
use crate::mesh::{Endpoint, Registry, Resolution, Service, ServicePort, VirtualService};
use crate::proxy::{Egress, Proxy};
use crate::resource::istio::sidecar::CaptureMode;

/// A listener while it is made.
#[derive(Clone, Debug)]
pub(super) struct Entry<'m> {
    /// Addresses; the first is in its name. A Unix socket is `unix://PATH`.
    pub(super) binds: Vec<String>,
    /// Whether a socket is opened.
    pub(super) bind_to_port: bool,
    /// Whether nothing may be added: a Sidecar asks for exactly what it has.
    pub(super) locked: bool,
    /// The port; 0 for a Unix socket.
    pub(super) port: u32,
    /// What is spoken; [`Protocol::Unsupported`] where it is told by the first bytes.
    pub(super) protocol: Protocol,
    /// Its chains.
    pub(super) chains: Vec<Chain<'m>>,
}

impl Entry<'_> {
    /// The first address.
    pub(super) fn bind(&self) -> &str {
        self.binds.first().map_or("", String::as_str)
    }
}

/// The kind of a listener (`istio: networking.ModelProtocolToListenerProtocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Http,
    Tcp,
    Sniffed,
}

fn kind(protocol: Protocol) -> Option<Kind> {
    match protocol {
        Protocol::Udp => None,
        it if it.is_http() => Some(Kind::Http),
        it if it.is_tcp() => Some(Kind::Tcp),
        _ => Some(Kind::Sniffed),
    }
}

/// Where one service is wanted to be listened for.
#[derive(Clone, Debug)]
struct Wanted<'m> {
    service: &'m Service,
    port: u32,
    port_name: &'m str,
    protocol: Protocol,
    binds: Vec<String>,
    bind_to_port: bool,
}

/// All outbound listeners of a proxy's services, in the order they were first asked for.
pub(super) fn entries<'m>(shared: &Shared<'m>, diagnostics: &mut Diagnostics) -> Vec<Entry<'m>> {
    let mut map = Map { shared, entries: IndexMap::new(), diagnostics };
    for egress in &shared.tcp.view.egress {
        map.add_listener(egress);
    }
    map.entries.into_values().collect()
}

struct Map<'d, 'm> {
    shared: &'d Shared<'m>,
    entries: IndexMap<(String, u32), Entry<'m>>,
    diagnostics: &'d mut Diagnostics,
}

impl<'m> Map<'_, 'm> {
    fn proxy(&self) -> &'m Proxy {
        self.shared.tcp.view.proxy
    }

    /// The services of one egress listener (`istio: ListenerBuilder.buildSidecarOutboundListeners`).
    fn add_listener(&mut self, egress: &Egress<'m>) {
        let listener = egress.listener;
        let bind = listener.map(|listener| listener.bind.as_str()).unwrap_or_default();
        let captured = text(self.proxy(), "INTERCEPTION_MODE") != Some("NONE");
        let own_socket = listener.is_some_and(|it| it.capture_mode == CaptureMode::None) || bind.starts_with("unix://");
        let bind_to_port = !captured || own_socket;
        let binds = match bind {
            "" if bind_to_port => localhosts(self.proxy()),
            "" => Vec::new(),
            bind => vec![bind.to_owned()],
        };
        if let Some(port) = listener.and_then(|listener| listener.port.as_ref()) {
            let number = port.number.map_or(0, |number| number.number());
            let protocol = Protocol::parse(&port.protocol);
            if self.can_bind(&binds, bind_to_port, number, protocol) {
                for service in &egress.services {
                    let binds = binds.clone();
                    let port_name = port.name.as_str();
                    let wanted = Wanted { service, port: number, port_name, protocol, binds, bind_to_port };
                    self.add(wanted, &egress.virtual_services);
                }
            }
            return;
        }
        self.entries.values_mut().for_each(|entry| entry.locked = true);
        for service in egress.services.iter().copied() {
            for port in &service.ports {
                if self.can_bind(&binds, bind_to_port, port.port, port.protocol) {
                    let wanted = Wanted {
                        service,
                        port: port.port,
                        port_name: &port.name,
                        protocol: port.protocol,
                        binds: binds.clone(),
                        bind_to_port,
                    };
                    self.add_port(wanted, port, &egress.virtual_services);
                }
            }
        }
    }

    /// Whether a port can be listened on: the proxy's own ports are taken (`istio: Proxy.CanBindToPort`).
    fn can_bind(&self, binds: &[String], bind_to_port: bool, port: u32, protocol: Protocol) -> bool {
        let proxy = self.proxy();
        if bind_to_port && (1..1024).contains(&port) && is_on(proxy, "UNPRIVILEGED_POD") {
            return false;
        }
        let everywhere = match binds.first() {
            None => protocol.is_http(),
            Some(bind) => wildcards(proxy).first() == Some(bind),
        };
        let config = &self.shared.tcp.view.mesh.config;
        let of_mesh = [config.proxy_listen_port, config.proxy_inbound_listen_port];
        let own = [
            "ENVOY_STATUS_PORT",
            "ENVOY_PROMETHEUS_PORT",
            "ENVOY_SECURE_METRICS_PORT",
            "ENVOY_SECURE_MERGED_METRICS_PORT",
        ];
        let mut of_proxy = own.iter().filter_map(|key| proxy.metadata.get(*key)?.as_u64());
        let taken =
            of_mesh.iter().any(|taken| u32::try_from(*taken) == Ok(port)) || of_proxy.any(|it| it == u64::from(port));
        !(everywhere && taken)
    }

    /// A port of a service without an address, of which each endpoint gets a listener, or of any other.
    fn add_port(&mut self, wanted: Wanted<'m>, port: &ServicePort, virtual_services: &[&'m VirtualService]) {
        let service = wanted.service;
        let by_endpoint = wanted.binds.is_empty()
            && service.resolution == Resolution::Passthrough
            && primary(service, self.proxy()) == UNSPECIFIED
            && (port.protocol.is_tcp() || port.protocol.is_unsupported());
        if !by_endpoint {
            return self.add(wanted, virtual_services);
        }
        let endpoints: Vec<&Endpoint> = service.endpoints.iter().filter(|it| serves(it, port)).collect();
        if service.registry != Registry::Kubernetes && endpoints.is_empty() && service.selector.0.is_empty() {
            return self.add(wanted, virtual_services);
        }
        for endpoint in endpoints {
            let are_addresses = endpoint.addresses.iter().all(|it| it.parse::<std::net::IpAddr>().is_ok());
            // Traffic to itself does not leave the workload.
            let is_self = endpoint.addresses.first() == self.proxy().addresses.first();
            if are_addresses && !is_self {
                let binds = endpoint.addresses.clone();
                self.add(Wanted { binds, ..wanted.clone() }, virtual_services);
            }
        }
    }

    /// Adds a service's port (`istio: ListenerBuilder.buildSidecarOutboundListener`).
    fn add(&mut self, mut wanted: Wanted<'m>, virtual_services: &[&'m VirtualService]) {
        let Some(kind) = kind(wanted.protocol) else { return };
        if wanted.service.resolution == Resolution::Alias {
            return;
        }
        let ranges = self.bind(&mut wanted, kind);
        let key = (wanted.binds.first().cloned().unwrap_or_default(), wanted.port);
        let current = self.entries.get(&key);
        if current.is_some_and(|entry| entry.locked) {
            return;
        }
        let current = current.map(|entry| entry.protocol);
        let origins = vec![wanted.service.origin.clone()];
        if wanted.protocol == Protocol::HttpProxy {
            let chains = vec![self.http(&wanted, false, origins, false)];
            self.put(key, wanted, Protocol::HttpProxy, chains);
            return;
        }
        let is_wildcard = wildcards(self.proxy()).first() == Some(&key.0);
        match kind {
            Kind::Http => {
                if current.is_some_and(|current| !current.is_tcp()) {
                    self.join(&key, &origins);
                    return;
                }
                let chains = vec![self.http(&wanted, false, origins, is_wildcard)];
                let protocol = if is_wildcard { Protocol::Unsupported } else { wanted.protocol };
                match current {
                    None => self.put(key, wanted, protocol, chains),
                    Some(current) if !clashes(wanted.protocol, current) => {
                        self.merge(&key, chains, Some(Protocol::Unsupported));
                    }
                    Some(_) => {}
                }
            }
            Kind::Tcp => {
                let chains = self.bytes(&wanted, ranges, virtual_services);
                match current {
                    None => {
                        let protocol = wanted.protocol;
                        self.put(key, wanted, protocol, chains);
                    }
                    Some(current) if clashes(wanted.protocol, current) => {}
                    Some(current) => self.merge(&key, chains, current.is_http().then_some(Protocol::Unsupported)),
                }
            }
            Kind::Sniffed => {
                let mut chains = self.bytes(&wanted, ranges, virtual_services);
                let http = |map: &Self| map.http(&wanted, true, origins.clone(), true);
                match current {
                    Some(current) if clashes(wanted.protocol, current) => {}
                    Some(current) if !current.is_http() && !current.is_tcp() => self.merge(&key, chains, None),
                    Some(current) if current.is_tcp() => {
                        chains.push(http(self));
                        self.merge(&key, chains, Some(Protocol::Unsupported));
                    }
                    None | Some(_) => {
                        chains.push(http(self));
                        let protocol = wanted.protocol;
                        self.put(key, wanted, protocol, chains);
                    }
                }
            }
        }
    }

    /// Decides the addresses of a listener; gives the ranges of a service that has such.
    fn bind(&self, wanted: &mut Wanted<'m>, kind: Kind) -> Vec<String> {
        if wanted.binds.first().is_some_and(|bind| !bind.is_empty()) {
            return Vec::new();
        }
        let proxy = self.proxy();
        if kind == Kind::Http {
            wanted.binds = wildcards(proxy);
            return Vec::new();
        }
        let service = wanted.service;
        let mut address = primary(service, proxy);
        let mut rest: Vec<String> = all(service, proxy).into_iter().skip(1).collect();
        let (has_v4, has_v6) = proxy.families();
        if service.registry == Registry::External && address == UNSPECIFIED {
            if !has_v4 {
                address = UNSPECIFIED_V6.to_owned();
            } else if has_v6 {
                rest.push(UNSPECIFIED_V6.to_owned());
            }
        }
        let addresses = [address].into_iter().chain(rest).collect::<Vec<_>>();
        match addresses.first().is_some_and(|address| address.contains('/')) {
            true => {
                wanted.binds = wildcards(proxy);
                addresses
            }
            false => {
                wanted.binds = addresses;
                Vec::new()
            }
        }
    }

    fn bytes(&mut self, wanted: &Wanted<'m>, ranges: Vec<String>, services: &[&'m VirtualService]) -> Vec<Chain<'m>> {
        let Wanted { service, port, port_name, protocol, binds, bind_to_port: _ } = wanted;
        let bind = binds.first().map_or("", String::as_str);
        let place = Place { service, port: *port, port_name, protocol: *protocol, bind, ranges };
        bytes::chains(self.shared, &place, services, self.diagnostics)
    }

    fn http(&self, wanted: &Wanted<'m>, alone: bool, origins: Origins, sniffed: bool) -> Chain<'m> {
        let http = Http { service: Some(wanted.service), protocol: wanted.protocol, alone };
        Chain::http(http, origins, sniffed)
    }

    fn put(&mut self, key: (String, u32), wanted: Wanted<'m>, protocol: Protocol, chains: Vec<Chain<'m>>) {
        let Wanted { service: _, port, port_name: _, protocol: _, binds, bind_to_port } = wanted;
        self.entries.insert(key, Entry { binds, bind_to_port, locked: false, port, protocol, chains });
    }

    /// Another HTTP service on a listener that has HTTP: its routes tell them apart.
    fn join(&mut self, key: &(String, u32), origins: &Origins) {
        let chains = self.entries.get_mut(key).into_iter().flat_map(|entry| &mut entry.chains);
        let mut of_http = chains.filter(|chain| matches!(chain.content, super::chain::Content::Http(_)));
        if let Some(chain) = of_http.next() {
            chain.origins.extend(origins.iter().cloned());
        }
    }

    /// Adds chains that match connections that no other chain does (`istio: core.mergeTCPFilterChains`).
    fn merge(&mut self, key: &(String, u32), chains: Vec<Chain<'m>>, protocol: Option<Protocol>) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        entry.protocol = protocol.unwrap_or(entry.protocol);
        for chain in chains {
            if !entry.chains.iter().any(|known| known.conflicts_with(&chain)) {
                entry.chains.push(chain);
            }
        }
    }
}

/// Whether one of two protocols on a port is one where the server speaks first, which bears no
/// other beside it (`istio: core.isConflictWithWellKnownPort`).
fn clashes(incoming: Protocol, existing: Protocol) -> bool {
    let first = |protocol| matches!(protocol, Protocol::Mongo | Protocol::Mysql);
    incoming != existing && (first(incoming) || first(existing))
}

/// Whether an endpoint is one of a port (`istio: PushContext.ServiceEndpointsByPort`).
fn serves(endpoint: &Endpoint, port: &ServicePort) -> bool {
    endpoint.service_port == port.name
}
