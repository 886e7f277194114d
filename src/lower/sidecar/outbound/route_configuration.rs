//! Route configurations that outbound listeners name: of a port, of one service's port, of a
//! socket, or of the explicit proxy.

use std::collections::BTreeMap;

use super::Shared;
use super::unknown;
use super::virtual_host::virtual_hosts;
use crate::base::Protocol;
use crate::ir::listener::NetworkFilter;
use crate::ir::route::Source;
use crate::ir::{Listener, RouteConfiguration, VirtualHost};
use crate::lower::{defaults, precedence};
use crate::proxy::Egress;

/// The route configurations that listeners name, in the order they are first named.
pub(super) fn route_configurations(shared: &Shared<'_>, listeners: &[Listener]) -> Vec<RouteConfiguration> {
    let mut names: Vec<&str> = Vec::new();
    let chains = listeners.iter().flat_map(|it| it.filter_chains.iter().chain(&it.default_filter_chain));
    for filter in chains.flat_map(|chain| &chain.filters) {
        if let NetworkFilter::HttpConnectionManager(manager) = filter
            && let Source::Rds(name) = &manager.routes
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
    // Hosts of a port are the same for all the services on it that have a listener of their own.
    let mut of_ports: BTreeMap<u32, Vec<VirtualHost>> = BTreeMap::new();
    names.into_iter().map(|name| route_configuration(shared, name, &mut of_ports)).collect()
}

fn route_configuration(
    shared: &Shared<'_>,
    name: &str,
    of_ports: &mut BTreeMap<u32, Vec<VirtualHost>>,
) -> RouteConfiguration {
    let is_socket = name.starts_with("unix://");
    let service_port = name.rsplit_once(':').filter(|_| !is_socket);
    let port = service_port.map_or(name, |(_, port)| port).parse().unwrap_or_default();
    let mut virtual_hosts = match service_port {
        Some((hostname, _)) => {
            let all = of_ports.entry(port).or_insert_with(|| of_port(shared, name, port));
            of_service(all, hostname, name)
        }
        None => of_port(shared, name, port),
    };
    precedence::sort_virtual_hosts(&mut virtual_hosts);
    if service_port.is_none() {
        virtual_hosts.push(unknown::virtual_host(shared));
    }
    RouteConfiguration {
        origins: virtual_hosts.iter().flat_map(|host| host.origins.iter().cloned()).collect(),
        name: name.to_owned(),
        virtual_hosts,
        validate_clusters: Some(false),
        max_direct_response_body_size_bytes: Some(defaults::MAX_DIRECT_RESPONSE_BODY),
        ignore_port_in_host_matching: true,
    }
}

/// The hosts of a port; 0 is every port (`istio: core.BuildSidecarOutboundVirtualHosts`).
fn of_port(shared: &Shared<'_>, name: &str, port: u32) -> Vec<VirtualHost> {
    match egress(shared, name, port) {
        None => Vec::new(),
        Some(egress) => {
            let of_proxy = egress.listener.and_then(|listener| listener.port.as_ref());
            let is_proxy = of_proxy.is_some_and(|port| Protocol::parse(&port.protocol) == Protocol::HttpProxy);
            virtual_hosts(shared, egress, if is_proxy { 0 } else { port })
        }
    }
}

/// The egress listener that routes are for: the one of the port or the socket, or the one of all ports
/// (`istio: SidecarScope.GetEgressListenerForRDS`).
fn egress<'a>(shared: &Shared<'a>, name: &str, port: u32) -> Option<&'a Egress<'a>> {
    shared.tcp.view.egress.iter().find(|egress| match egress.port() {
        None => true,
        Some(0) => port == 0 && egress.listener.is_some_and(|listener| listener.bind == name),
        Some(number) => number == port,
    })
}

/// The hosts of one service; the only one takes every request (`istio: core.getVirtualHostsForSniffedServicePort`).
fn of_service(all: &[VirtualHost], hostname: &str, name: &str) -> Vec<VirtualHost> {
    let is_it = |host: &&VirtualHost| host.domains.iter().any(|domain| domain == hostname || domain == name);
    let mut hosts: Vec<VirtualHost> = all.iter().filter(is_it).cloned().collect();
    if let [only] = &mut hosts[..] {
        only.domains = vec!["*".to_owned()];
    }
    hosts
}
