//! Two hosts with one address and one TCP port.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::declare_rule;
use crate::base::{Address, Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::mesh::{Registry, Service, Visibility};

declare_rule! {
    /// ## What it does
    /// Reports ServiceEntries of different hosts that have the same address, or the same range of addresses, and the same
    /// TCP port. A range within another one is no fault: the smaller one counts for its addresses.
    /// ## Why is this bad
    /// A TCP connection carries no host: the sidecar tells services apart by address and port. Both are the same here,
    /// so all connections go to one of the two.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [one.example.com]
    ///   addresses: [10.1.1.1]
    ///   resolution: DNS
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web-two, namespace: default}
    /// spec:
    ///   hosts: [two.example.com]
    ///   addresses: [10.1.1.1]
    ///   resolution: DNS
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    /// ```
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [one.example.com]
    ///   addresses: [10.0.0.0/8]
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web-two, namespace: default}
    /// spec:
    ///   hosts: [two.example.com]
    ///   addresses: [10.0.0.1/8]
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [one.example.com]
    ///   addresses: [10.1.1.1]
    ///   resolution: DNS
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web-two, namespace: default}
    /// spec:
    ///   hosts: [two.example.com]
    ///   addresses: [10.1.1.2]
    ///   resolution: DNS
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry>
    pub(super) RULE = { name: "entries-share-address", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut first: BTreeMap<(IpNet, u32), &Service> = BTreeMap::new();
    let entries = context.mesh.services.iter().filter(|service| service.registry == Registry::External);
    for service in entries.filter(|service| service.visibility == Visibility::Public) {
        for port in service.ports.iter().filter(|port| port.protocol.is_tcp() && !port.protocol.is_tls()) {
            for address in &service.addresses {
                // However it is written: `10.1.1.1` is `10.1.1.1/32`, and `10.0.0.1/8` is `10.0.0.0/8`.
                let Some(range) = Address(address.to_string()).range().map(|range| range.trunc()) else { continue };
                match first.get(&(range, port.port)) {
                    Some(other) if other.hostname != service.hostname => {
                        let shared = format!("{address}:{}", port.port);
                        found.push(report(other, &shared, service.port_origin(port)));
                    }
                    Some(_) => {}
                    None => {
                        first.insert((range, port.port), service);
                    }
                }
            }
        }
    }
}

fn report(other: &Service, shared: &str, place: crate::base::Origin) -> Diagnostic {
    let message = format!("`{}` has `{shared}` as well, and a TCP connection says no host", other.hostname);
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
        .labelled("connections to the two are not told apart")
        .related(Location::Value(other.origin.clone()), "the other host")
        .help("give each host an address or a port of its own")
}
