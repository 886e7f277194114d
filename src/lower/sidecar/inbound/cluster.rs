//! The workload's ports as clusters.

use std::collections::{BTreeMap, BTreeSet};

use super::{Interception, ingress};
use crate::base::{Origin, Protocol};
use crate::ir::Address;
use crate::lower::cluster::InboundPort;
use crate::lower::stat_name::Names;
use crate::mesh::Service;
use crate::proxy::{Proxy, ProxyView, ServiceTarget};
use crate::resource::istio::destination_rule::ConnectionPoolSettings;
use crate::resource::istio::mesh_config::InboundTrafficPolicyMode;
use crate::resource::istio::sidecar::IngressListener;

/// The ports of the Sidecar, or else those of the workload's services, by number (`istio:
/// core.buildInboundClusters`).
pub(super) fn ports<'m>(view: &ProxyView<'m>, targets: &[ServiceTarget<'m>]) -> Vec<InboundPort<'m>> {
    let written = ingress(view);
    if !written.is_empty() {
        let made = written.iter().enumerate();
        return made.filter_map(|(at, listener)| of_sidecar(view, targets, listener, at)).collect();
    }
    if Interception::of(view.proxy) == Interception::None {
        return Vec::new();
    }
    let mut by_port: BTreeMap<u32, Vec<ServiceTarget<'m>>> = BTreeMap::new();
    for target in targets {
        by_port.entry(target.target_port).or_default().push(*target);
    }
    by_port.into_values().filter_map(|targets| of_services(view, &targets)).collect()
}

/// The first service decides; the others are named in the metadata where their port is the same.
fn of_services<'m>(view: &ProxyView<'m>, targets: &[ServiceTarget<'m>]) -> Option<InboundPort<'m>> {
    let ServiceTarget { service, port, target_port } = *targets.first()?;
    let mut hosts = BTreeSet::new();
    let described = targets.iter().filter(|target| target.port.port == port.port).map(|target| target.service);
    let described = described.filter(|service| hosts.insert(service.hostname.as_str())).collect();
    let localhost = view.mesh.config.inbound_traffic_policy.mode == InboundTrafficPolicyMode::Localhost;
    Some(InboundPort {
        number: target_port,
        origins: targets.iter().map(origin).collect(),
        address: localhost
            .then(|| Address::Socket { address: loopback(view.proxy, false).to_owned(), port: target_port }),
        protocol: port.protocol,
        service: Some(service),
        service_port: (port.port, &port.name),
        described,
        names: Names::of(service),
        pool: pool(view, target_port),
    })
}

fn of_sidecar<'m>(
    view: &ProxyView<'m>,
    targets: &[ServiceTarget<'m>],
    listener: &'m IngressListener,
    at: usize,
) -> Option<InboundPort<'m>> {
    let sidecar = view.sidecar?;
    let port = listener.port.as_ref()?;
    let number = port.number?.number();
    let address = endpoint(view.proxy, &listener.default_endpoint).ok()?;
    let service: Option<&Service> =
        targets.iter().find(|target| target.target_port == number).map(|target| target.service);
    Some(InboundPort {
        number,
        origins: vec![sidecar.origin.key("spec").key("ingress").index(at)],
        address,
        protocol: Protocol::parse(&port.protocol),
        service,
        service_port: (number, &port.name),
        described: service.into_iter().collect(),
        names: match service {
            Some(service) => Names::of(service),
            None => Names::of_host(&format!("{}.{}", sidecar.name, sidecar.namespace)),
        },
        pool: pool(view, number),
    })
}

/// A `defaultEndpoint` that is none has no cluster.
struct NoEndpoint;

/// Where a `defaultEndpoint` leads: `None` is where the connection was going. Unspecified addresses
/// stand for the proxy's own, loopback ones for that of a family it has.
fn endpoint(proxy: &Proxy, written: &str) -> Result<Option<Address>, NoEndpoint> {
    if written.is_empty() {
        return Ok(None);
    }
    if let Some(path) = written.strip_prefix("unix://") {
        return Ok(Some(Address::Pipe(path.to_owned())));
    }
    let (host, port) = written.rsplit_once(':').ok_or(NoEndpoint)?;
    let port: u32 = port.parse().map_err(|_| NoEndpoint)?;
    let own = |v6: bool| {
        let of_family = |address: &&String| address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_ipv6() == v6);
        proxy.addresses.iter().find(of_family).cloned()
    };
    let address = match host.trim_start_matches('[').trim_end_matches(']') {
        "0.0.0.0" => own(false).unwrap_or_else(|| "127.0.0.1".to_owned()),
        "::" => own(true).unwrap_or_else(|| "::1".to_owned()),
        "127.0.0.1" => loopback(proxy, false).to_owned(),
        "::1" => loopback(proxy, true).to_owned(),
        _ => return Ok(None),
    };
    Ok(Some(Address::Socket { address, port }))
}

/// The loopback address of a family that the proxy has, of the preferred one where it has both.
fn loopback(proxy: &Proxy, prefers_v6: bool) -> &'static str {
    match (proxy.families(), prefers_v6) {
        ((true, true), true) | ((false, _), _) => "::1",
        ((true, _), _) => "127.0.0.1",
    }
}

/// The limits that the Sidecar sets, for the port or for all (`istio: SidecarScope.InboundConnectionPoolForPort`).
fn pool<'m>(view: &ProxyView<'m>, number: u32) -> Option<&'m ConnectionPoolSettings> {
    let spec = &view.sidecar?.spec;
    let of_port = spec.ingress.iter().filter(|listener| {
        listener.port.as_ref().and_then(|port| port.number).is_some_and(|port| port.number() == number)
    });
    of_port.filter_map(|listener| listener.connection_pool.as_ref()).next().or(spec.inbound_connection_pool.as_ref())
}

fn origin(target: &ServiceTarget<'_>) -> Origin {
    let at = target.service.ports.iter().position(|port| port == target.port).unwrap_or_default();
    Origin::of(target.service.origin.resource).key("spec").key("ports").index(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_follow_the_addresses_of_the_proxy() {
        let proxy = |id: &str| Proxy::new(id.parse().expect("a node id"), serde_json::Value::Null);
        let v4 = proxy("sidecar~10.0.0.1~a.b~b.svc.cluster.local");
        let to = |written: &str| endpoint(&v4, written).unwrap_or(None);
        let socket = |address: &str| Some(Address::Socket { address: address.to_owned(), port: 80 });
        assert_eq!(to("0.0.0.0:80"), socket("10.0.0.1"));
        assert_eq!(to("[::1]:80"), socket("127.0.0.1"));
        assert_eq!(to("unix:///run/app.sock"), Some(Address::Pipe("/run/app.sock".to_owned())));
        assert_eq!((to(":80"), to("")), (None, None));
        assert!(endpoint(&v4, "127.0.0.1").is_err());
    }
}
