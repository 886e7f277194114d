//! Addresses of services as one proxy sees them, and the addresses it listens on itself.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::lower::defaults;
use crate::lower::settings::is_on;
use crate::mesh::{Registry, Service};
use crate::proxy::Proxy;

/// Istio's address of a service without one.
pub(super) const UNSPECIFIED: &str = "0.0.0.0";
/// The same for proxies with IPv6 alone.
pub(super) const UNSPECIFIED_V6: &str = "::";

/// The addresses that mean all of the proxy's, of each family it has (`istio: core.getWildcardsAndLocalHost`).
pub(super) fn wildcards(proxy: &Proxy) -> Vec<String> {
    of_families(proxy, UNSPECIFIED, UNSPECIFIED_V6)
}

/// The proxy's loopback addresses.
pub(super) fn localhosts(proxy: &Proxy) -> Vec<String> {
    of_families(proxy, "127.0.0.1", "::1")
}

fn of_families(proxy: &Proxy, v4: &str, v6: &str) -> Vec<String> {
    let (has_v4, has_v6) = proxy.families();
    [(has_v4, v4), (has_v6, v6)].into_iter().filter(|(has, _)| *has).map(|(_, address)| address.to_owned()).collect()
}

/// The address a service is reached at; [`UNSPECIFIED`] for none (`istio: Service.GetAddressForProxy`).
pub(super) fn primary(service: &Service, proxy: &Proxy) -> String {
    if let Some(first) = cluster_addresses(service, proxy).into_iter().next() {
        return first;
    }
    default_address(service, proxy)
}

/// All addresses a service is reached at, the [`primary`] one first (`istio: Service.GetAllAddressesForProxy`).
pub(super) fn all(service: &Service, proxy: &Proxy) -> Vec<String> {
    let found = cluster_addresses(service, proxy);
    if !found.is_empty() {
        return found;
    }
    let default = default_address(service, proxy);
    match is_kubernetes(service) && !service.addresses.is_empty() {
        // A cluster IP of a family that the proxy has not cannot be reached.
        true => of_the_proxys_families(&[default], proxy),
        false => vec![default],
    }
}

fn is_kubernetes(service: &Service) -> bool {
    service.registry == Registry::Kubernetes
}

/// Cluster IPs of the proxy's own cluster.
fn cluster_addresses(service: &Service, proxy: &Proxy) -> Vec<String> {
    match is_kubernetes(service) && proxy.cluster_id == defaults::CLUSTER_ID {
        true => of_the_proxys_families(&service.addresses, proxy),
        false => Vec::new(),
    }
}

/// The address of a ServiceEntry, or the one allocated to it where the proxy resolves names to these.
fn default_address(service: &Service, proxy: &Proxy) -> String {
    let allocated = service.auto_address.as_ref().filter(|_| is_on(proxy, "DNS_CAPTURE") && proxy.families().0);
    let written = service.addresses.first().or(allocated);
    written.cloned().unwrap_or_else(|| UNSPECIFIED.to_owned())
}

/// Addresses of the families that the proxy has; where it has both, of the family of the first
/// (`istio: network.FilterAddressesByIPFamily`).
fn of_the_proxys_families(addresses: &[String], proxy: &Proxy) -> Vec<String> {
    let (has_v4, has_v6) = proxy.families();
    let of = |wanted: bool| -> Vec<String> {
        addresses.iter().filter(|address| is_v4(address) == Some(wanted)).cloned().collect()
    };
    let first = addresses.first().and_then(|address| is_v4(address));
    let v4 = if has_v4 { of(true) } else { Vec::new() };
    let v6 = if has_v6 { of(false) } else { Vec::new() };
    match first {
        Some(first) if has_v4 && has_v6 => {
            if first {
                v4
            } else {
                v6
            }
        }
        _ if v4.is_empty() => v6,
        _ => v4,
    }
}

fn is_v4(address: &str) -> Option<bool> {
    let ip = address.parse::<IpAddr>().map(|ip| ip.is_ipv4());
    ip.ok().or_else(|| address.parse::<IpNet>().ok().map(|range| range.addr().is_ipv4()))
}
