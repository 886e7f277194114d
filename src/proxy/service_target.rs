//! Which ports of which services a proxy's own workload stands behind.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Proxy;
use crate::base::Labels;
use crate::mesh::{Mesh, Registry, Service, ServicePort, WorkloadKind};

/// A port of a service, and the port of the workload it leads to.
#[derive(Clone, Copy, Debug)]
pub struct ServiceTarget<'m> {
    /// The service.
    pub service: &'m Service,
    /// Its port.
    pub port: &'m ServicePort,
    /// The workload's port; 0 where a port is named that nothing in the input has.
    pub target_port: u32,
}

/// The service ports whose endpoints the proxy's workload is, services in Istio's order (`istio:
/// Controller.GetProxyServiceTargets` of the Kubernetes and the ServiceEntry registries). A pod of the
/// input with the proxy's address stands for it; without one the proxy's own labels do.
pub fn service_targets<'m>(proxy: &Proxy, mesh: &'m Mesh) -> Vec<ServiceTarget<'m>> {
    let own = mesh.workloads.iter().find(|workload| {
        matches!(workload.kind, WorkloadKind::Pod | WorkloadKind::WorkloadEntry)
            && workload.addresses.contains(&proxy.node.ip)
    });
    let is_pod = own.is_some_and(|workload| workload.kind == WorkloadKind::Pod);
    let (namespace, labels) = own
        .map_or((proxy.namespace.as_str(), &proxy.labels), |workload| (workload.namespace.as_str(), &workload.labels));
    let selecting: Vec<&'m Service> = mesh
        .services
        .iter()
        .filter(|service| service.registry == Registry::Kubernetes && selects(service, namespace, labels))
        .collect();
    let own_namespace = proxy.metadata.get("NAMESPACE").and_then(Value::as_str).filter(|own| !own.is_empty());
    // Where no selector takes the pod, endpoints in the proxy's namespace may name its address.
    let by_address = mesh.services.iter().filter(|service| match service.registry {
        Registry::Kubernetes => is_pod && selecting.is_empty() && service.namespace == proxy.namespace,
        Registry::External => own_namespace.is_none_or(|own| service.namespace == own),
    });
    let by_address = by_address.flat_map(|service| of_endpoints(service, proxy));
    let selected = selecting.iter().flat_map(|service| of_selected(service, proxy, is_pod));
    let mut targets: Vec<ServiceTarget<'m>> = selected.chain(by_address).collect();
    targets.sort_by_key(|target| target.service.id);
    targets
}

fn selects(service: &Service, namespace: &str, labels: &Labels) -> bool {
    service.namespace == namespace && !service.selector.is_empty() && service.selector.selects(labels)
}

fn of_selected<'m>(service: &'m Service, proxy: &Proxy, is_pod: bool) -> Vec<ServiceTarget<'m>> {
    let mut seen = BTreeSet::new();
    let mut targets = Vec::new();
    for port in &service.ports {
        let target_port = match (port.target_port, port.target_port_name.as_str()) {
            (0, "") => port.port,
            (0, name) => match (named_port(service, port, proxy, name), is_pod) {
                (Some(number), _) => number,
                // A pod without the port is no endpoint; of a proxy alone the ports are not known.
                (None, true) => continue,
                (None, false) => 0,
            },
            (number, _) => number,
        };
        if seen.insert((target_port, port.protocol)) {
            targets.push(ServiceTarget { service, port, target_port });
        }
    }
    targets
}

/// The number of a named port: of the endpoint that the proxy's workload is, else of `POD_PORTS`.
fn named_port(service: &Service, port: &ServicePort, proxy: &Proxy, name: &str) -> Option<u32> {
    let endpoint = service
        .endpoints
        .iter()
        .find(|endpoint| endpoint.service_port == port.name && endpoint.addresses.contains(&proxy.node.ip));
    endpoint.map(|endpoint| endpoint.port).or_else(|| pod_port(&proxy.metadata, name))
}

/// `POD_PORTS` is a list of container ports, or a text that holds it.
fn pod_port(metadata: &Value, name: &str) -> Option<u32> {
    let written = metadata.get("POD_PORTS")?;
    let parsed = written.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let ports = parsed.as_ref().unwrap_or(written).as_array()?;
    let found = ports.iter().find(|port| port.get("name").and_then(Value::as_str) == Some(name))?;
    found.get("containerPort")?.as_u64()?.try_into().ok()
}

fn of_endpoints<'m>(service: &'m Service, proxy: &Proxy) -> Vec<ServiceTarget<'m>> {
    let own = service.endpoints.iter().filter(|endpoint| endpoint.addresses.contains(&proxy.node.ip));
    own.filter_map(|endpoint| {
        let port = service.ports.iter().find(|port| port.name == endpoint.service_port)?;
        Some(ServiceTarget { service, port, target_port: endpoint.port })
    })
    .collect()
}
