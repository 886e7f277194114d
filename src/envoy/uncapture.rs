//! Changes of the IR for a sidecar that no traffic is redirected to: no iptables, no istio-cni.

use std::collections::BTreeSet;

use crate::base::{Diagnostic, Diagnostics, Location};
use crate::ir::cluster::{Discovery, LbPolicy};
use crate::ir::endpoint::{Endpoint, EndpointMetadata, LocalityEndpoints};
use crate::ir::listener::{Binding, FilterChain, Listener, ListenerFilter, ListenerFilterKind, PortPredicate};
use crate::ir::{self, Address, Cluster, name};

/// Where a sidecar listens that no traffic is redirected to, and where its application does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// For the application: the side towards services.
    pub outbound: String,
    /// For others: the workload's own ports.
    pub inbound: String,
    /// Where the application itself listens.
    pub application: String,
}

/// `config` with sockets of its own in place of redirected traffic. Nothing of a router is
/// redirected, so it stays as it is.
///
/// - Towards services each listener binds its port at `outbound`, a loopback address of its own
///   stays. Of several that want one port the first is opened, those for any address first; a
///   warning names the others. `virtualOutbound` is gone.
/// - In place of `virtualInbound` each port of the workload is bound at `inbound`, with the filter
///   chains of that port. Its cluster leads to the same port at `application`.
///
/// What is only known by its original destination (passthrough) does not arrive.
pub fn uncapture(mut config: ir::ProxyConfig, places: &Places) -> (ir::ProxyConfig, Diagnostics) {
    let (outbound, Some(inbound)) = config.sides_mut() else { return (config, Diagnostics::default()) };
    let listeners = std::mem::take(&mut inbound.listeners);
    inbound.listeners = listeners.into_iter().flat_map(|listener| of_each_port(listener, &places.inbound)).collect();
    for cluster in &mut inbound.clusters {
        lead_to_application(cluster, &places.application);
    }
    let mut taken: BTreeSet<Address> = inbound.listeners.iter().flat_map(|it| it.addresses.clone()).collect();
    let mut listeners = std::mem::take(&mut outbound.listeners);
    listeners.retain(|listener| !listener.use_original_dst);
    listeners.sort_by_key(precedence);
    let mut closed = Vec::new();
    for mut listener in listeners {
        if listener.binding == Binding::Captured {
            listener.addresses.iter_mut().for_each(|address| bind(address, &places.outbound));
            listener.addresses.dedup();
            listener.binding = Binding::Default;
        }
        if listener.addresses.iter().any(|address| taken.contains(address)) {
            closed.push(listener);
            continue;
        }
        taken.extend(listener.addresses.iter().cloned());
        outbound.listeners.push(listener);
    }
    let diagnostics = report(&closed);
    (config, diagnostics)
}

/// Sockets that the user asked for come first, then listeners for any address: most services share these.
fn precedence(listener: &Listener) -> u8 {
    let any = |address: &Address| matches!(address, Address::Socket { address, .. } if is_any(address));
    match listener.binding {
        Binding::Default | Binding::Bound => 0,
        Binding::Captured if listener.addresses.iter().any(any) => 1,
        Binding::Captured => 2,
    }
}

fn is_any(address: &str) -> bool {
    address == "0.0.0.0" || address == "::"
}

fn bind(address: &mut Address, to: &str) {
    let Address::Socket { address: ip, .. } = address else { return };
    let loopback = ip.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !loopback {
        to.clone_into(ip);
    }
}

/// The listener itself, or for one of redirected traffic a listener for each port that its chains name.
fn of_each_port(listener: Listener, address: &str) -> Vec<Listener> {
    let restores = |filter: &ListenerFilter| filter.kind == ListenerFilterKind::OriginalDst;
    if !listener.listener_filters.iter().any(restores) {
        return vec![listener];
    }
    let port_of = |chain: &FilterChain| chain.matches.as_ref().and_then(|matches| matches.destination_port);
    let own = |port: &u32| {
        listener.addresses.iter().any(|address| matches!(address, Address::Socket { port: own, .. } if own == port))
    };
    let ports: BTreeSet<u32> = listener.filter_chains.iter().filter_map(port_of).filter(|port| !own(port)).collect();
    let of_port = |port: u32| {
        let chains = listener.filter_chains.iter().filter(|chain| port_of(chain) == Some(port)).cloned();
        let chains: Vec<FilterChain> = chains.map(any_port).collect();
        let mut origins: Vec<_> = chains.iter().flat_map(|chain| chain.origins.iter().cloned()).collect();
        origins.sort();
        origins.dedup();
        let inspects = |filter: &&ListenerFilter| match filter.kind {
            ListenerFilterKind::OriginalDst | ListenerFilterKind::OriginalSrc => false,
            ListenerFilterKind::TlsInspector
            | ListenerFilterKind::HttpInspector
            | ListenerFilterKind::ProxyProtocol => !filter.disabled.as_ref().is_some_and(|off| holds(off, port)),
        };
        let kept = listener.listener_filters.iter().filter(inspects);
        Listener {
            origins,
            name: name::listener(address, port),
            addresses: vec![Address::Socket { address: address.to_owned(), port }],
            listener_filters: kept.map(|filter| ListenerFilter { kind: filter.kind, disabled: None }).collect(),
            filter_chains: chains,
            transparent: false,
            ..listener.clone()
        }
    };
    ports.into_iter().map(of_port).collect()
}

fn any_port(mut chain: FilterChain) -> FilterChain {
    if let Some(matches) = &mut chain.matches {
        matches.destination_port = None;
    }
    chain
}

fn holds(predicate: &PortPredicate, port: u32) -> bool {
    match predicate {
        PortPredicate::Port(only) => *only == port,
        PortPredicate::AnyOf(any) => any.iter().any(|one| holds(one, port)),
        PortPredicate::Not(other) => !holds(other, port),
    }
}

/// A cluster of a port that leads where the connection was going leads to the application instead.
fn lead_to_application(cluster: &mut Cluster, application: &str) {
    let port = cluster.name.strip_prefix("inbound|").and_then(|rest| rest.split('|').next()?.parse().ok());
    let (Some(port), Discovery::OriginalDst { .. }) = (port, &cluster.discovery) else { return };
    let endpoint = Endpoint {
        origins: cluster.origins.clone(),
        address: Address::Socket { address: application.to_owned(), port },
        additional_addresses: Vec::new(),
        health: None,
        load_balancing_weight: None,
        metadata: EndpointMetadata::default(),
    };
    cluster.discovery = Discovery::Static(vec![LocalityEndpoints {
        locality: None,
        endpoints: vec![endpoint],
        load_balancing_weight: None,
        priority: 0,
    }]);
    if cluster.load_balancing.policy == Some(LbPolicy::ClusterProvided) {
        cluster.load_balancing.policy = None;
    }
    cluster.source_addresses.clear();
}

fn report(closed: &[Listener]) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let Some(first) = closed.first() else { return diagnostics };
    let names: Vec<String> = closed.iter().map(|listener| format!("`{}`", listener.name)).collect();
    let message = format!(
        "without redirected traffic other listeners have the ports of these, which are left out: {}",
        names.join(", ")
    );
    let location = first.origins.first().cloned().map_or(Location::Nowhere, Location::Value);
    let help = "reach these services by another port, or bind one with an egress listener of a Sidecar";
    diagnostics.push(Diagnostic::warning("port-not-opened", location, message).help(help));
    diagnostics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::fixtures::{cluster, filter_chain, listener};
    use crate::ir::listener::FilterChainMatch;

    fn socket(address: &str, port: u32) -> Address {
        Address::Socket { address: address.into(), port }
    }

    fn places() -> Places {
        let text = str::to_owned;
        Places { outbound: text("127.0.0.1"), inbound: text("127.1.0.5"), application: text("127.0.0.1") }
    }

    fn at(name: &str, addresses: &[Address], binding: Binding) -> Listener {
        let chain = filter_chain(name, None);
        Listener { name: name.into(), addresses: addresses.to_vec(), binding, ..listener(chain) }
    }

    fn sockets(listeners: &[Listener]) -> Vec<(&str, &Address)> {
        let all = listeners.iter();
        all.flat_map(|listener| listener.addresses.iter().map(|address| (listener.name.as_str(), address))).collect()
    }

    #[test]
    fn listeners_of_services_bind_their_ports() {
        let virtual_outbound =
            Listener { use_original_dst: true, ..at("virtualOutbound", &[socket("0.0.0.0", 15001)], Binding::Default) };
        let outbound = ir::Outbound {
            listeners: vec![
                virtual_outbound,
                at("10.0.0.1_80", &[socket("10.0.0.1", 80)], Binding::Captured),
                at("10.0.0.1_90", &[socket("10.0.0.1", 90)], Binding::Captured),
                at("0.0.0.0_80", &[socket("0.0.0.0", 80)], Binding::Captured),
                at("127.0.0.9_80", &[socket("127.0.0.9", 80)], Binding::Captured),
            ],
            ..Default::default()
        };
        let (config, found) = uncapture(ir::ProxyConfig::Sidecar(outbound, ir::Inbound::default()), &places());
        let expected = [
            ("0.0.0.0_80", &socket("127.0.0.1", 80)),
            ("10.0.0.1_90", &socket("127.0.0.1", 90)),
            ("127.0.0.9_80", &socket("127.0.0.9", 80)),
        ];
        assert_eq!(sockets(&config.outbound().listeners), expected);
        assert!(config.outbound().listeners.iter().all(|listener| listener.binding == Binding::Default));
        let messages: Vec<_> = found.0.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages.len(), 1);
        assert!(messages.iter().all(|message| message.ends_with("left out: `10.0.0.1_80`")), "{messages:?}");
    }

    #[test]
    fn each_port_of_the_workload_has_a_listener_that_leads_to_the_application() {
        let chain = |port: Option<u32>, name: &str| {
            let matches = FilterChainMatch { destination_port: port, ..FilterChainMatch::default() };
            FilterChain { matches: Some(matches), ..filter_chain(name, None) }
        };
        let filter = |kind, disabled| ListenerFilter { kind, disabled };
        let virtual_inbound = Listener {
            listener_filters: vec![
                filter(ListenerFilterKind::OriginalDst, None),
                filter(ListenerFilterKind::TlsInspector, Some(PortPredicate::Port(15006))),
                filter(ListenerFilterKind::HttpInspector, Some(PortPredicate::Port(8080))),
            ],
            filter_chains: vec![
                chain(Some(15006), "black hole"),
                chain(None, "passthrough"),
                chain(Some(8080), "web"),
                chain(Some(9090), "metrics"),
            ],
            ..at("virtualInbound", &[socket("0.0.0.0", 15006)], Binding::Default)
        };
        let original = Discovery::OriginalDst { port_override: None, cleanup_interval: None };
        let mut of_port = Cluster { discovery: original.clone(), ..cluster("inbound|8080||") };
        of_port.load_balancing.policy = Some(LbPolicy::ClusterProvided);
        let passthrough = Cluster { discovery: original, ..cluster("InboundPassthroughCluster") };
        let inbound = ir::Inbound { listeners: vec![virtual_inbound], clusters: vec![of_port, passthrough] };
        let (config, found) = uncapture(ir::ProxyConfig::Sidecar(ir::Outbound::default(), inbound), &places());
        assert_eq!(found, Diagnostics::default());
        let ir::ProxyConfig::Sidecar(_, inbound) = config else { panic!("it stays a sidecar") };
        let (web, metrics) = (socket("127.1.0.5", 8080), socket("127.1.0.5", 9090));
        assert_eq!(sockets(&inbound.listeners), [("127.1.0.5_8080", &web), ("127.1.0.5_9090", &metrics)]);
        let kinds: Vec<Vec<_>> = inbound
            .listeners
            .iter()
            .map(|listener| listener.listener_filters.iter().map(|filter| filter.kind).collect())
            .collect();
        let (tls, http) = (ListenerFilterKind::TlsInspector, ListenerFilterKind::HttpInspector);
        assert_eq!(kinds, [vec![tls], vec![tls, http]]);
        let ports = inbound.listeners.iter().flat_map(|listener| &listener.filter_chains);
        assert!(ports.filter_map(|chain| chain.matches.as_ref()).all(|matches| matches.destination_port.is_none()));
        let [of_port, passthrough] = inbound.clusters.as_slice() else { panic!("two clusters") };
        let Discovery::Static(localities) = &of_port.discovery else { panic!("it is static") };
        let addresses: Vec<_> = localities.iter().flat_map(|it| &it.endpoints).map(|it| &it.address).collect();
        assert_eq!(addresses, [&socket("127.0.0.1", 8080)]);
        assert_eq!(of_port.load_balancing.policy, None);
        assert!(matches!(passthrough.discovery, Discovery::OriginalDst { .. }));
    }
}
