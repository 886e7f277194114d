//! ServiceEntries → services and their endpoints (`istio: serviceregistry/serviceentry`).

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::instance::{Instance, Instances, entry_instance};
use crate::base::{Address, ExportTo, HostPattern, Labels, Origin, Protocol};
use crate::mesh::service::distribution;
use crate::mesh::site::Site;
use crate::mesh::{Endpoint, EndpointHealth, Registry, Resolution, Service, ServiceId, ServicePort, Visibility};
use crate::resource::istio::mesh_config::EntryVisibility;
use crate::resource::istio::service_entry::{self, Location};
use crate::resource::{Object, istio};

/// A ServiceEntry of the input.
type EntryObject = Object<istio::ServiceEntry, istio::ServiceEntryStatus>;

/// Endpoints by hostname and namespace, as Istio keys them.
pub(in crate::mesh) type EntryEndpoints = BTreeMap<(String, String), Vec<Endpoint>>;

/// The services of all ServiceEntries, without endpoints, and the endpoints by service. A
/// ServiceEntry makes one service for each of its hosts and, where it has addresses, for each of
/// these; entries for the same host in a namespace share endpoints.
pub(in crate::mesh) fn entry_services(
    entries: &[EntryObject],
    instances: &Instances<'_>,
    site: &Site<'_>,
) -> (Vec<Service>, EntryEndpoints) {
    let mut services = Vec::new();
    for entry in entries {
        let selected = selected(entry, instances);
        for (at, host) in entry.spec.hosts.iter().enumerate() {
            for address in addresses(&entry.spec) {
                let service = service(entry, at, host, address, site);
                let endpoints = match &selected {
                    Some(selected) => selected.iter().flat_map(|it| on_ports(it, &entry.spec.ports)).collect(),
                    None => inline_endpoints(entry, &service, site),
                };
                services.push((service, endpoints));
            }
        }
    }
    // The oldest first: of endpoints for one-at-a-time resolution only the first of a port counts.
    services.sort_by(|(a, _), (b, _)| {
        let key = |it: &Service| (it.created, it.name.clone(), it.namespace.clone(), it.object_name.clone());
        key(a).cmp(&key(b))
    });
    let mut shared = EntryEndpoints::new();
    let mut ports_with_endpoint = BTreeSet::new();
    for (service, endpoints) in &mut services {
        let key = (service.hostname.clone(), service.namespace.clone());
        for endpoint in std::mem::take(endpoints) {
            let first = ports_with_endpoint.insert((key.clone(), endpoint.cluster_port));
            if first || service.resolution != Resolution::DnsRoundRobinLb {
                shared.entry(key.clone()).or_default().push(endpoint);
            }
        }
    }
    (services.into_iter().map(|(service, _)| service).collect(), shared)
}

/// The virtual addresses, each of a service of its own; one service without where there is none.
/// A range of one address is written as the address.
fn addresses(spec: &istio::ServiceEntry) -> Vec<Option<String>> {
    if spec.addresses.is_empty() {
        return vec![None];
    }
    let text = |address: &Address| {
        if address.ip().is_some() {
            return Some(address.as_str().to_owned());
        }
        let range: IpNet = address.as_str().parse().ok()?;
        let single = range.prefix_len() == range.max_prefix_len();
        Some(if single { range.addr().to_string() } else { address.as_str().to_owned() })
    };
    spec.addresses.iter().filter_map(text).map(Some).collect()
}

/// `exportTo`, within what the mesh allows the namespace (`istio: PushContext.serviceExportTo`).
fn visibility(entry: &EntryObject, site: &Site<'_>) -> Visibility {
    let namespace = entry.namespace();
    let written = Visibility::resolve(&entry.spec.export_to, &site.config.default_service_export_to, namespace);
    let none = Labels::default();
    let labels = site.namespaces.get(namespace).unwrap_or(&none);
    let allowed = site.config.service_entry_visibility.as_ref().map(|allowed| allowed.of_namespace(labels));
    match allowed.unwrap_or_default() {
        EntryVisibility::VisibilityUnspecified | EntryVisibility::Public => written,
        EntryVisibility::Namespace if written.includes(namespace) => {
            Visibility::resolve(&[ExportTo::Own], &[], namespace)
        }
        EntryVisibility::Namespace | EntryVisibility::None => Visibility::None,
    }
}

fn service(entry: &EntryObject, at: usize, host: &HostPattern, address: Option<String>, site: &Site<'_>) -> Service {
    let Object { id: _, meta, spec, status } = entry;
    let hostname = host.as_str().to_owned();
    let distribution =
        distribution(None, &meta.annotations, site.namespace_annotations.get(entry.namespace()).copied());
    Service {
        id: ServiceId(0),
        origin: entry.spec_origin().key("hosts").index(at),
        registry: Registry::External,
        name: hostname.clone(),
        namespace: meta.namespace.clone(),
        object_name: meta.name.clone(),
        created: meta.creation_timestamp,
        ports: spec.ports.iter().filter_map(service_port).collect(),
        resolution: resolution(spec.resolution),
        mesh_external: spec.location == Location::MeshExternal,
        auto_address: auto_address(spec, status, host, &meta.labels),
        addresses: address.into_iter().collect(),
        visibility: visibility(entry, site),
        labels: meta.labels.clone(),
        annotations: meta.annotations.0.clone(),
        selector: spec.workload_selector.as_ref().map(|selector| selector.labels.clone()).unwrap_or_default(),
        subject_alt_names: spec.subject_alt_names.clone(),
        external_name: None,
        aliases: Vec::new(),
        publish_not_ready: false,
        prefer_close: distribution.same_zone,
        prefer_same_node: distribution.same_node,
        node_local: false,
        external_addresses: Vec::new(),
        endpoints: Vec::new(),
        hostname,
    }
}

fn resolution(written: service_entry::Resolution) -> Resolution {
    match written {
        service_entry::Resolution::None => Resolution::Passthrough,
        service_entry::Resolution::Static => Resolution::ClientSideLb,
        service_entry::Resolution::Dns => Resolution::DnsLb,
        service_entry::Resolution::DnsRoundRobin => Resolution::DnsRoundRobinLb,
        service_entry::Resolution::DynamicDns => Resolution::DynamicDns,
    }
}

fn service_port(port: &service_entry::ServicePort) -> Option<ServicePort> {
    Some(ServicePort {
        name: port.name.clone(),
        port: port.number?.number(),
        protocol: Protocol::parse(&port.protocol),
        target_port: port.target_port.map_or(0, |port| port.number()),
        target_port_name: String::new(),
    })
}

/// The IPv4 address that Istio's allocation controller has written to the status; used where the
/// user gives no address (`networking/serviceentry: GetHostAddressesFromConfig`).
fn auto_address(
    spec: &istio::ServiceEntry,
    status: &istio::ServiceEntryStatus,
    host: &HostPattern,
    labels: &Labels,
) -> Option<String> {
    let off =
        labels.get("networking.istio.io/enable-autoallocate-ip").is_some_and(|it| it.eq_ignore_ascii_case("false"));
    if off || !spec.addresses.is_empty() || spec.resolution == service_entry::Resolution::None {
        return None;
    }
    let of_host = status.addresses.iter().filter(|address| address.host == *host);
    let mut v4 = of_host.filter(|address| address.value.parse::<std::net::Ipv4Addr>().is_ok());
    v4.next_back().map(|address| address.value.clone())
}

/// The workloads that a ServiceEntry selects; `None` where it does not select.
fn selected<'i>(entry: &EntryObject, instances: &Instances<'i>) -> Option<Vec<&'i Instance>> {
    let selector = entry.spec.workload_selector.as_ref()?;
    let by_name = resolves_names(resolution(entry.spec.resolution));
    let selected = instances.selected(entry.namespace(), &selector.labels).into_iter();
    Some(selected.filter(|instance| by_name || !instance.by_name).collect())
}

/// The endpoints that a ServiceEntry writes itself; its host where names are resolved and it
/// writes none (`convertServiceEntryToInstances`).
fn inline_endpoints(entry: &EntryObject, service: &Service, site: &Site<'_>) -> Vec<Endpoint> {
    let spec = &entry.spec;
    if spec.endpoints.is_empty() && resolves_names(service.resolution) {
        return spec.ports.iter().filter_map(|port| host_endpoint(service, port, site)).collect();
    }
    let mut endpoints = Vec::new();
    for (at, written) in spec.endpoints.iter().enumerate() {
        let origin: Origin = entry.spec_origin().key("endpoints").index(at);
        let name = format!("{}-{at}", entry.name());
        // The name label of a workload counts, as for WorkloadEntries, only in an object's own metadata.
        let instance = entry_instance(written, written.labels.clone(), &name, entry.namespace(), origin, site);
        endpoints.extend(on_ports(&instance, &spec.ports));
    }
    endpoints
}

fn resolves_names(resolution: Resolution) -> bool {
    matches!(resolution, Resolution::DnsLb | Resolution::DnsRoundRobinLb)
}

/// The host itself as endpoint.
fn host_endpoint(service: &Service, port: &service_entry::ServicePort, site: &Site<'_>) -> Option<Endpoint> {
    let number = port.number?.number();
    Some(Endpoint {
        origins: vec![service.origin.clone()],
        addresses: vec![service.hostname.clone()],
        port: port.target_port.map_or(number, |port| port.number()),
        service_port: port.name.clone(),
        cluster_port: number,
        labels: Labels::default(),
        service_account: String::new(),
        network: String::new(),
        locality: String::new(),
        cluster: site.cluster.to_owned(),
        weight: 0,
        tls_mode: "disabled".to_owned(),
        health: EndpointHealth::Unknown,
        workload_name: service.object_name.clone(),
        namespace: service.namespace.clone(),
        hostname: String::new(),
        sub_domain: String::new(),
        node: String::new(),
    })
}

/// A workload on each port of a ServiceEntry. Its port is, in this order: none for a socket, its
/// own of that name, the service's target port, the service's port
/// (`convertWorkloadInstanceToServiceInstance`).
fn on_ports(instance: &Instance, ports: &[service_entry::ServicePort]) -> Vec<Endpoint> {
    let socket = instance.endpoint.addresses.first().is_some_and(|address| address.starts_with("unix://"));
    let on_port = |port: &service_entry::ServicePort| {
        let number = port.number?.number();
        let own = instance.ports.get(&port.name).copied();
        let target = port.target_port.map(|port| port.number());
        let target = if socket { 0 } else { own.or(target).unwrap_or(number) };
        let service_port = port.name.clone();
        Some(Endpoint { port: target, service_port, cluster_port: number, ..instance.endpoint.clone() })
    };
    ports.iter().filter_map(on_port).collect()
}
