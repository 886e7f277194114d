//! Endpoints in other networks, behind their gateways ("split horizon").
//!
//! Istio docs: *Multi-primary on different networks*; `istio: model/network.go`,
//! `serviceregistry/kube/controller/network.go`, `xds/endpoints/ep_filters.go`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use super::group::Member;
use super::{TLS_MODE_ISTIO, address};
use crate::base::Labels;
use crate::ir;
use crate::ir::endpoint::EndpointMetadata;
use crate::lower::defaults;
use crate::mesh::{Endpoint, Mesh, Registry, Service};
use crate::proxy::Proxy;

/// A gateway into a network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NetworkGateway {
    address: String,
    port: u32,
    network: String,
    cluster: String,
}

/// The gateways of all networks.
#[derive(Clone, Debug, Default)]
pub struct NetworkGateways {
    by_network: BTreeMap<String, Vec<NetworkGateway>>,
    /// The same for one cluster of the network.
    by_cluster: BTreeMap<(String, String), Vec<NetworkGateway>>,
    /// Factor of all weights, so that they divide evenly among gateways.
    scale: u32,
}

impl NetworkGateways {
    /// Those of `meshNetworks` and of services with the label `topology.istio.io/network`. Names
    /// in place of addresses are left out: istiod resolves them, a compiler cannot.
    pub fn new(mesh: &Mesh) -> Self {
        let mut gateways: Vec<NetworkGateway> = Vec::new();
        for (network, written) in &mesh.networks.networks {
            for gateway in &written.gateways {
                let (Some(address), Some(port)) = (&gateway.address, gateway.port) else { continue };
                let (network, cluster) = (network.clone(), String::new());
                gateways.push(NetworkGateway { address: address.clone(), port: port.number(), network, cluster });
            }
        }
        for service in mesh.services.iter().filter(|service| service.registry == Registry::Kubernetes) {
            let Some((network, port)) = gateway_of(mesh, service) else { continue };
            let of_address = |address: &String| NetworkGateway {
                address: address.clone(),
                port,
                network: network.clone(),
                cluster: defaults::CLUSTER_ID.to_owned(),
            };
            gateways.extend(service.external_addresses.iter().map(of_address));
        }
        gateways.retain(|gateway| gateway.address.parse::<IpAddr>().is_ok());
        gateways.sort();
        gateways.dedup();
        Self::of(gateways)
    }

    fn of(gateways: Vec<NetworkGateway>) -> Self {
        let mut by_network: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let mut by_cluster: BTreeMap<(String, String), Vec<_>> = BTreeMap::new();
        for gateway in gateways {
            by_cluster.entry((gateway.network.clone(), gateway.cluster.clone())).or_default().push(gateway.clone());
            by_network.entry(gateway.network.clone()).or_default().push(gateway);
        }
        let counts = by_network.values().chain(by_cluster.values()).map(|gateways| gateways.len() as u32);
        let scale = counts.fold(1, |all, count| all / gcd(all, count) * count);
        Self { by_network, by_cluster, scale }
    }

    /// Whether there is none, so that every endpoint counts as reachable.
    pub fn is_empty(&self) -> bool {
        self.by_network.is_empty()
    }

    /// Replaces endpoints in other networks by those networks' gateways, which take over their
    /// weights; an endpoint that is not sent mutual TLS cannot be reached through one
    /// (`istio: EndpointsByNetworkFilter`).
    pub(super) fn split_horizon<'m>(&self, proxy: &Proxy, members: Vec<(&'m Endpoint, Member<'m>)>) -> Vec<Member<'m>> {
        let mut reached = Vec::with_capacity(members.len());
        let mut weights: BTreeMap<&NetworkGateway, u32> = BTreeMap::new();
        for (endpoint, mut member) in members {
            let weight = member.weight().saturating_mul(self.scale);
            let gateways = self.towards(endpoint);
            let same = endpoint.network.is_empty() || proxy.network.is_empty() || endpoint.network == proxy.network;
            // A proxy that does not know its network goes through gateways too.
            let forced = proxy.network.is_empty() && !endpoint.network.is_empty() && !gateways.is_empty();
            if !forced && (same || gateways.is_empty()) {
                if endpoint.addresses.first().is_some_and(|address| !address.is_empty()) {
                    member.endpoint.load_balancing_weight = Some(weight);
                    reached.push(member);
                }
                continue;
            }
            let usable: Vec<_> = gateways.iter().filter(|gateway| same_family(proxy, gateway)).collect();
            if member.endpoint.metadata.tls_mode.as_deref() == Some(TLS_MODE_ISTIO) {
                for gateway in &usable {
                    let share = weights.entry(gateway).or_default();
                    *share = share.saturating_add(weight / usable.len() as u32);
                }
            }
        }
        reached.extend(weights.into_iter().map(|(gateway, weight)| gateway_member(gateway, weight.max(1))));
        reached
    }

    fn towards(&self, endpoint: &Endpoint) -> &[NetworkGateway] {
        let of_cluster = self.by_cluster.get(&(endpoint.network.clone(), endpoint.cluster.clone()));
        of_cluster.or_else(|| self.by_network.get(&endpoint.network)).map_or(&[], Vec::as_slice)
    }
}

/// The network and port that a service is a gateway for (`istio: getGatewayDetails`).
fn gateway_of(mesh: &Mesh, service: &Service) -> Option<(String, u32)> {
    if let Some(network) = service.labels.get(defaults::NETWORK_LABEL).filter(|network| !network.is_empty()) {
        let written = service.labels.get("networking.istio.io/gatewayPort").and_then(|port| port.parse().ok());
        let port = written.unwrap_or(defaults::NETWORK_GATEWAY_PORT);
        return service.port(port).map(|_| (network.to_owned(), port));
    }
    let networks = mesh.networks.networks.iter();
    let own = networks.filter(|(_, network)| {
        network.endpoints.iter().any(|part| part.from_registry.as_deref() == Some(defaults::CLUSTER_ID))
    });
    own.flat_map(|(name, network)| network.gateways.iter().map(move |gateway| (name, gateway)))
        .find(|(_, gateway)| gateway.registry_service_name.as_deref() == Some(service.hostname.as_str()))
        .and_then(|(name, gateway)| Some((name.clone(), gateway.port?.number())))
}

/// Whether the proxy has an address of the gateway's family.
fn same_family(proxy: &Proxy, gateway: &NetworkGateway) -> bool {
    let is_v4 = |text: &str| text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical().is_ipv4());
    let own: Vec<bool> = proxy.addresses.iter().filter_map(|address| is_v4(address)).collect();
    own.is_empty() || is_v4(&gateway.address).is_none_or(|family| own.contains(&family))
}

fn gateway_member(gateway: &NetworkGateway, weight: u32) -> Member<'static> {
    let labels: Labels = [(defaults::NETWORK_LABEL, &gateway.network), ("topology.istio.io/cluster", &gateway.cluster)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| (label, value.clone()))
        .collect();
    let endpoint = ir::endpoint::Endpoint {
        origins: Vec::new(),
        address: address(&gateway.address, gateway.port),
        additional_addresses: Vec::new(),
        health: None,
        load_balancing_weight: Some(weight),
        metadata: EndpointMetadata {
            workload: Some(format!(";;;;{}", gateway.cluster)),
            tls_mode: Some(TLS_MODE_ISTIO.to_owned()),
            istio: Vec::new(),
        },
    };
    Member { labels: Cow::Owned(labels), endpoint }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
