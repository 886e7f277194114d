//! Where a route's destination is: the name of its cluster.

use crate::base::{Origins, Port};
use crate::ir::name;
use crate::mesh::Service;
use crate::resource::istio::virtual_service::Destination;

/// The name of the cluster of a destination (`istio: route.GetDestinationCluster`): the destination's
/// port, else the only port of its service, else the port that was listened on. The cluster need not
/// exist: without a service the name is what a static cluster of the bootstrap would have to be called.
pub fn cluster_name(destination: &Destination, service: Option<&Service>, listen_port: u32) -> String {
    if destination.host.is_empty() {
        return name::UNKNOWN_SERVICE.to_owned();
    }
    let hostname = service.and_then(|service| service.external_name.as_deref()).unwrap_or(destination.host.as_str());
    let port = match (destination.port, service.map(|service| service.ports.as_slice())) {
        (Some(selector), _) => selector.number.map_or(0, Port::number),
        (None, Some([only])) => only.port,
        (None, _) => listen_port,
    };
    name::outbound_cluster(port, &destination.subset, hostname)
}

/// The same for a sidecar's HTTP listener: a service stands for its listener's port alone, so that
/// this is the port where none is written; on a listener without a port the service has all its own
/// (`istio: core.BuildSidecarOutboundVirtualHosts`, which cuts services down to the port).
pub fn sidecar_cluster_name(destination: &Destination, service: Option<&&Service>, listen_port: u32) -> String {
    match (destination.port, listen_port) {
        (None, 1..) if !destination.host.is_empty() => {
            let alias = service.and_then(|service| service.external_name.as_deref());
            name::outbound_cluster(listen_port, &destination.subset, alias.unwrap_or(destination.host.as_str()))
        }
        _ => cluster_name(destination, service.copied(), listen_port),
    }
}

/// What of its service gives the name of a destination's cluster: the ports, where the destination has
/// none, and the name that an alias stands for.
pub fn origins(destination: &Destination, service: &Service) -> Origins {
    let ports = destination.port.is_none().then(|| service.ports_origin());
    let alias = service.external_name.is_some().then(|| service.origin.key("spec").key("externalName"));
    ports.into_iter().chain(alias).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listeners_port_is_the_last_resort() {
        let mut destination = Destination { host: "a.b".into(), subset: "v1".into(), port: None };
        assert_eq!(cluster_name(&destination, None, 80), "outbound|80|v1|a.b");
        destination.port = serde_json::from_str(r#"{"number": 90}"#).ok();
        assert_eq!(cluster_name(&destination, None, 80), "outbound|90|v1|a.b");
        assert_eq!(cluster_name(&Destination::default(), None, 80), name::UNKNOWN_SERVICE);
    }
}
