//! Servers with `AUTO_PASSTHROUGH`: every service by its SNI, for gateways between networks.

use std::collections::BTreeSet;

use super::chain::Chain;
use super::server::Server;
use crate::base::{HostPattern, Origins, Protocol};
use crate::ir::name;
use crate::lower::defaults;
use crate::lower::tcp::{ListenPort, Shared, Single, Tunnels, single_filters};
use crate::mesh::{Service, ServicePort};

/// A chain for each service, port and subset that a server's hosts take (`istio:
/// core.builtAutoPassthroughFilterChains`). The ALPN of Istio's proxies is required, so that what
/// passes ends in mutual TLS at the workload.
pub(super) fn chains(shared: &Shared<'_>, server: &Server<'_>) -> Vec<Chain> {
    let hosts: BTreeSet<HostPattern> = server.hosts.iter().map(|host| host.host.clone()).collect();
    let hosts: Vec<HostPattern> = hosts.into_iter().collect();
    let mut chains = Vec::new();
    let internal = shared.view.services.iter().copied().filter(|service| !service.mesh_external);
    for service in internal {
        let hostname = HostPattern::from(service.hostname.as_str());
        if !hosts.iter().any(|host| hostname.subset_of(host)) {
            continue;
        }
        for port in service.ports.iter().filter(|port| port.protocol != Protocol::Udp) {
            of_port(shared, server, service, port, &mut chains);
        }
    }
    chains
}

fn of_port(shared: &Shared<'_>, server: &Server<'_>, service: &Service, port: &ServicePort, chains: &mut Vec<Chain>) {
    let rule = shared.destination_rules.lookup(service);
    let mut of_subset = |subset: &str, mut origins: Origins| {
        let cluster = name::sni_dnat_cluster(port.port, subset, &service.hostname);
        let stat_prefix = shared.stat_prefix(Some(service), subset, (port.port, &port.name), &cluster);
        let single = Single { cluster: &cluster, stat_prefix: &stat_prefix, subset, rule, tunnels: Tunnels::Skipped };
        let listen =
            ListenPort { number: port.port, name: &port.name, protocol: port.protocol, metadata_exchange: false };
        let filters = single_filters(shared, &single, listen);
        origins.extend(rule.into_iter().flat_map(|rule| rule.policy_origins(subset)));
        origins.extend(server.origins());
        chains.push(Chain {
            origins,
            server_names: vec![cluster],
            application_protocols: defaults::ALPN_MESH.iter().map(|protocol| (*protocol).to_owned()).collect(),
            tls: None,
            filters,
        });
    };
    of_subset("", vec![service.port_origin(port)]);
    for subset in rule.into_iter().flat_map(|rule| &rule.subsets) {
        of_subset(&subset.value.name, vec![subset.origin.clone(), service.port_origin(port)]);
    }
}
