//! Services (`serviceregistry/kube: ConvertService`).

use crate::base::{ExportTo, Labels, Protocol};
use crate::mesh::from_istio::Instances;
use crate::mesh::service::distribution;
use crate::mesh::site::Site;
use crate::mesh::{Endpoint, Registry, Resolution, Service, ServiceId, ServicePort, Visibility};
use crate::resource::kubernetes::IntOrString;
use crate::resource::kubernetes::service::{ServiceType, Transport};
use crate::resource::{Object, kubernetes};

/// A Service of the input.
pub(in crate::mesh) type ServiceObject = Object<kubernetes::Service, kubernetes::ServiceStatus>;

/// The service a Service stands for, without endpoints.
pub(in crate::mesh) fn service(object: &ServiceObject, site: &Site<'_>) -> Service {
    let Object { id: _, meta, spec, status } = object;
    let external_name = Some(spec.external_name.clone())
        .filter(|name| spec.service_type == ServiceType::ExternalName && !name.is_empty());
    let headless = spec.cluster_ip == "None";
    let resolution = match () {
        () if headless => Resolution::Passthrough,
        () if external_name.is_some() => Resolution::Alias,
        () => Resolution::ClientSideLb,
    };
    let addresses = match () {
        () if headless || spec.cluster_ip.is_empty() => Vec::new(),
        () if spec.cluster_ips.len() > 1 => spec.cluster_ips.clone(),
        () => vec![spec.cluster_ip.clone()],
    };
    let mut external_addresses = Vec::new();
    if spec.service_type == ServiceType::LoadBalancer {
        let at = status.load_balancer.ingress.iter();
        let at = at.map(|ingress| if ingress.ip.is_empty() { &ingress.hostname } else { &ingress.ip });
        external_addresses.extend(at.filter(|address| !address.is_empty()).cloned());
    }
    external_addresses.extend(spec.external_ips.iter().cloned());
    let distribution = distribution(
        spec.traffic_distribution.as_deref(),
        &meta.annotations,
        site.namespace_annotations.get(object.namespace()).copied(),
    );
    Service {
        id: ServiceId(0),
        origin: object.origin(),
        registry: Registry::Kubernetes,
        hostname: site.hostname(object.name(), object.namespace()),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        object_name: meta.name.clone(),
        created: meta.creation_timestamp,
        ports: spec.ports.iter().filter_map(service_port).collect(),
        resolution,
        mesh_external: external_name.is_some(),
        addresses,
        auto_address: None,
        visibility: visibility(&meta.annotations, object.namespace(), site),
        labels: meta.labels.clone(),
        annotations: meta.annotations.0.clone(),
        selector: spec.selector.clone(),
        subject_alt_names: accounts(&meta.annotations, object.namespace(), site),
        external_name,
        aliases: Vec::new(),
        publish_not_ready: spec.publish_not_ready_addresses,
        prefer_close: distribution.same_zone,
        prefer_same_node: distribution.same_node,
        node_local: spec.internal_traffic_policy.as_deref() == Some("Local"),
        external_addresses,
        endpoints: Vec::new(),
    }
}

fn service_port(port: &kubernetes::service::ServicePort) -> Option<ServicePort> {
    let number = port.port?.number();
    let (target_port, target_port_name) = match port.target() {
        Some(IntOrString::Int(number)) => (number, String::new()),
        Some(IntOrString::String(name)) => (0, name),
        None => (0, String::new()),
    };
    let protocol = protocol(number, &port.name, port.protocol, port.app_protocol.as_deref());
    Some(ServicePort { name: port.name.clone(), port: number, protocol, target_port, target_port_name })
}

/// What a port speaks: by `appProtocol`, else by its name up to the first `-`, else TCP on ports
/// whose protocols do not survive detection (`pkg/config/kube: ConvertProtocol`).
fn protocol(number: u32, name: &str, transport: Transport, app_protocol: Option<&str>) -> Protocol {
    if transport == Transport::Udp {
        return Protocol::Udp;
    }
    let name = match app_protocol {
        Some("kubernetes.io/h2c") => return Protocol::Http2,
        Some("kubernetes.io/ws") => return Protocol::Http,
        Some("kubernetes.io/wss") => return Protocol::Https,
        Some(app_protocol) => app_protocol,
        None => name,
    };
    if name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("grpc-web")) {
        return Protocol::GrpcWeb;
    }
    match Protocol::parse(name.split('-').next().unwrap_or_default()) {
        Protocol::Unsupported if matches!(number, 25 | 53 | 3306 | 27017) => Protocol::Tcp,
        protocol => protocol,
    }
}

fn visibility(annotations: &Labels, namespace: &str, site: &Site<'_>) -> Visibility {
    let written = annotations.get("networking.istio.io/exportTo").unwrap_or_default();
    let export_to: Vec<ExportTo> = match written {
        "" => Vec::new(),
        written => written.split(',').map(|element| ExportTo::from(element.trim().to_owned())).collect(),
    };
    Visibility::resolve(&export_to, &site.config.default_service_export_to, namespace)
}

/// Service accounts that annotations name.
fn accounts(annotations: &Labels, namespace: &str, site: &Site<'_>) -> Vec<String> {
    let list = |key: &str| annotations.get(key).filter(|list| !list.is_empty()).into_iter().flat_map(|l| l.split(','));
    let canonical = list("alpha.istio.io/canonical-serviceaccounts").map(str::to_owned);
    let kubernetes =
        list("alpha.istio.io/kubernetes-serviceaccounts").map(|account| site.spiffe_id(namespace, account));
    canonical.chain(kubernetes).collect()
}

/// WorkloadEntries that a Service selects, which istiod adds to its pods
/// (`kube/controller: serviceInstancesFromWorkloadInstances`).
pub(in crate::mesh) fn selected_endpoints(service: &Service, entries: &Instances<'_>) -> Vec<Endpoint> {
    let selectable =
        service.resolution == Resolution::ClientSideLb && !service.mesh_external && !service.selector.is_empty();
    if !selectable {
        return Vec::new();
    }
    let mut endpoints = Vec::new();
    let selected = entries.selected(&service.namespace, &service.selector);
    for instance in selected.into_iter().filter(|instance| !instance.by_name) {
        endpoints.extend(service.ports.iter().filter_map(|port| {
            let number = match (port.target_port, port.target_port_name.as_str()) {
                (0, "") => Some(port.port),
                // A port of the Service's name has the WorkloadEntry's number.
                (number, "") => Some(instance.ports.get(&port.name).copied().unwrap_or(number)),
                (_, name) => instance.ports.get(name).copied(),
            }?;
            Some(Endpoint { port: number, service_port: port.name.clone(), ..instance.endpoint.clone() })
        }));
    }
    endpoints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_of_ports() {
        let of = |number, name, app| protocol(number, name, Transport::Tcp, app);
        assert_eq!(of(80, "http-web", None), Protocol::Http);
        assert_eq!(of(80, "GRPC-Web-x", None), Protocol::GrpcWeb);
        assert_eq!(of(80, "web", None), Protocol::Unsupported);
        assert_eq!(of(3306, "db", None), Protocol::Tcp);
        assert_eq!(of(80, "tcp-x", Some("kubernetes.io/h2c")), Protocol::Http2);
        assert_eq!(of(80, "http", Some("mine.example.com/x")), Protocol::Unsupported);
        assert_eq!(protocol(53, "http", Transport::Udp, None), Protocol::Udp);
    }
}
