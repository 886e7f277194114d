//! What the proxy of a workload may reach: the hosts of its Sidecar, listener by listener.

use std::collections::{BTreeMap, BTreeSet};

use super::Proxy;
use crate::base::{HostPattern, NamespacedHost};
use crate::mesh::{Mesh, Registry, Service, Sidecar, VirtualService};
use crate::resource::istio::sidecar::EgressListener;
use crate::resource::istio::virtual_service::Destination;

/// What is reached through one egress listener of a Sidecar, or through the only one that a
/// workload without a Sidecar has (`istio: model.IstioEgressListenerWrapper`).
#[derive(Clone, Debug, Default)]
pub struct Egress<'m> {
    /// The listener as written; `None` takes every port of everything visible.
    pub listener: Option<&'m EgressListener>,
    /// Services in Istio's order; several with one hostname where a ServiceEntry has several addresses.
    pub services: Vec<&'m Service>,
    /// VirtualServices for `mesh`, in Istio's order.
    pub virtual_services: Vec<&'m VirtualService>,
}

impl Egress<'_> {
    /// The port that the listener is for; `None` is all.
    pub fn port(&self) -> Option<u32> {
        self.listener?.port.as_ref().map(|port| port.number.map_or(0, |number| number.number()))
    }
}

/// The Sidecar of a workload: of its namespace the first that selects it, those with a selector
/// first; else the one without a selector of the root namespace (`istio: PushContext.getSidecarScope`).
pub(super) fn sidecar<'m>(mesh: &'m Mesh, proxy: &Proxy) -> Option<&'m Sidecar> {
    let own = || mesh.sidecars.iter().filter(|sidecar| sidecar.namespace == proxy.namespace);
    let selected = own().find(|sidecar| {
        sidecar.spec.workload_selector.as_ref().is_some_and(|selector| selector.labels.selects(&proxy.labels))
    });
    let of_all = |sidecar: &&Sidecar| sidecar.spec.workload_selector.is_none();
    let root = || mesh.sidecars.iter().filter(|sidecar| sidecar.namespace == mesh.config.root_namespace).find(of_all);
    selected.or_else(|| own().find(of_all)).or_else(root)
}

/// The egress listeners of a workload, from what its namespace sees.
pub(super) fn egress<'m>(
    proxy: &Proxy,
    sidecar: Option<&'m Sidecar>,
    services: &[&'m Service],
    virtual_services: &[&'m VirtualService],
) -> Vec<Egress<'m>> {
    let written = sidecar.map_or(&[][..], |sidecar| &sidecar.spec.egress);
    if written.is_empty() {
        let services = one_namespace_a_host(services.to_vec(), &proxy.namespace);
        return vec![Egress { listener: None, services, virtual_services: virtual_services.to_vec() }];
    }
    let of_listener = |listener: &'m EgressListener| {
        let imports = Imports::new(&listener.hosts, &proxy.namespace);
        let mut imported: Vec<&Service> = services.iter().copied().filter(|it| imports.service(it)).collect();
        if let Some(port) = matched_port(listener) {
            imported.retain(|service| service.port(port).is_some());
        }
        Egress {
            listener: Some(listener),
            services: one_namespace_a_host(imported, &proxy.namespace),
            virtual_services: virtual_services.iter().copied().filter(|it| imports.virtual_service(it)).collect(),
        }
    };
    written.iter().map(of_listener).collect()
}

/// The port that services must have to be reached through a listener; an explicit proxy and a
/// Unix socket take any (`istio: needsPortMatch`).
fn matched_port(listener: &EgressListener) -> Option<u32> {
    let port = listener.port.as_ref()?;
    let is_proxy = crate::base::Protocol::parse(&port.protocol) == crate::base::Protocol::HttpProxy;
    port.number.map(|number| number.number()).filter(|number| *number != 0 && !is_proxy)
}

/// Of services with one hostname in several namespaces only those of one stay: of the proxy's own,
/// else of the first one that Kubernetes has, else of the first (`istio: selectServices`).
fn one_namespace_a_host<'m>(services: Vec<&'m Service>, own: &str) -> Vec<&'m Service> {
    let mut chosen: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
    for service in &services {
        let found = (service.namespace.as_str(), service.registry == Registry::Kubernetes);
        let known = chosen.entry(&service.hostname).or_insert(found);
        let preferred = !known.1 && found.1 && (found.0 == own || known.0 != own);
        if found.0 == own || preferred {
            *known = found;
        }
    }
    let stays =
        |service: &&Service| chosen.get(service.hostname.as_str()).is_some_and(|(it, _)| *it == service.namespace);
    services.into_iter().filter(stays).collect()
}

/// Hosts that are imported from a namespace.
#[derive(Debug, Default)]
struct Hosts<'m> {
    imported: Vec<&'m HostPattern>,
    excluded: Vec<&'m HostPattern>,
}

/// The hosts of a listener by namespace; `*` is all.
struct Imports<'m>(BTreeMap<&'m str, Hosts<'m>>);

impl<'m> Imports<'m> {
    fn new(hosts: &'m [NamespacedHost], own: &'m str) -> Self {
        let mut by_namespace: BTreeMap<&str, Hosts<'_>> = BTreeMap::new();
        for host in hosts {
            let Some(written) = host.namespace.as_deref() else { continue };
            let excluded = written.strip_prefix('~');
            let namespace = match excluded.unwrap_or(written) {
                "" if excluded.is_some() => "*",
                "." => own,
                namespace => namespace,
            };
            let hosts = by_namespace.entry(namespace).or_default();
            if excluded.is_some() { hosts.excluded.push(&host.host) } else { hosts.imported.push(&host.host) }
        }
        Self(by_namespace)
    }

    fn of(&self, namespace: &str) -> impl Iterator<Item = &Hosts<'m>> {
        [self.0.get(namespace), self.0.get("*")].into_iter().flatten()
    }

    fn excludes(&self, namespace: &str, host: &HostPattern) -> bool {
        self.of(namespace).any(|hosts| hosts.excluded.iter().any(|excluded| host.subset_of(excluded)))
    }

    fn service(&self, service: &Service) -> bool {
        let host = HostPattern::from(service.hostname.as_str());
        !self.excludes(&service.namespace, &host)
            && self.of(&service.namespace).any(|hosts| hosts.imported.iter().any(|it| host.subset_of(it)))
    }

    /// A VirtualService also where one of its hosts holds an imported one (`istio:
    /// hostClassification.VSMatches`).
    fn virtual_service(&self, service: &VirtualService) -> bool {
        service.hosts.iter().any(|host| {
            let imported = self.of(&service.namespace).any(|hosts| hosts.imported.iter().any(|it| host.matches(it)));
            imported && !self.excludes(&service.namespace, host)
        })
    }
}

/// A service that a workload reaches.
#[derive(Clone, Debug)]
pub(super) struct Imported<'m> {
    pub(super) service: &'m Service,
    /// Its ports that are reached; `None` is all.
    pub(super) ports: Option<BTreeSet<u32>>,
}

/// The services of all egress listeners: those that are imported by name, and those that
/// VirtualServices of the listener lead to (`istio: SidecarScope.collectImportedServices`).
pub(super) fn imported<'m>(mesh: &'m Mesh, proxy: &Proxy, egress: &[Egress<'m>]) -> Vec<Imported<'m>> {
    let mut imported = Vec::new();
    for egress in egress {
        let matched = egress.listener.and_then(matched_port);
        let only = |port: u32| BTreeSet::from([port]);
        imported.extend(egress.services.iter().map(|service| Imported { service, ports: matched.map(only) }));
        for virtual_service in &egress.virtual_services {
            for (host, ports) in destinations(virtual_service, &proxy.namespace) {
                let Some(service) = best(mesh, host, &proxy.namespace) else { continue };
                let wanted = matched.map_or(ports, only);
                let found = service.ports.iter().map(|port| port.port).filter(|port| wanted.contains(port)).collect();
                match wanted.contains(&0) {
                    true => imported.push(Imported { service, ports: None }),
                    false if BTreeSet::is_empty(&found) => {}
                    false => imported.push(Imported { service, ports: Some(found) }),
                }
            }
        }
    }
    imported
}

/// The hosts that a VirtualService leads to, with their ports; 0 is whichever is listened on. HTTP
/// rules that are for other namespaces do not count
/// (`istio: virtualServiceDestinationsFilteredBySourceNamespace`).
fn destinations<'m>(virtual_service: &'m VirtualService, own: &str) -> BTreeMap<&'m str, BTreeSet<u32>> {
    let mut found: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    let mut add = |destination: &'m Destination| {
        let port = destination.port.as_ref().and_then(|port| port.number).map_or(0, |number| number.number());
        found.entry(destination.host.as_str()).or_default().insert(port);
    };
    for rule in &virtual_service.http {
        let named = rule.spec.matches.iter().map(|it| it.source_namespace.as_str()).filter(|it| !it.is_empty());
        let named: Vec<&str> = named.collect();
        if !named.is_empty() && !named.contains(&own) {
            continue;
        }
        rule.spec.route.iter().filter_map(|route| route.destination.as_ref()).for_each(&mut add);
        rule.spec.mirror.iter().for_each(&mut add);
        rule.spec.mirrors.iter().filter_map(|mirror| mirror.destination.as_ref()).for_each(&mut add);
    }
    let tcp = virtual_service.tcp.iter().flat_map(|rule| &rule.spec.route);
    let routes = tcp.chain(virtual_service.tls.iter().flat_map(|rule| &rule.spec.route));
    routes.filter_map(|route| route.destination.as_ref()).for_each(&mut add);
    found
}

/// The service that a hostname means to a namespace: its own, else one of Kubernetes that it sees,
/// else the oldest that it sees (`istio: pickBestVisibleNamespace`).
fn best<'m>(mesh: &'m Mesh, hostname: &str, own: &str) -> Option<&'m Service> {
    let of_own = || mesh.services_with_host(hostname).filter(|service| service.namespace == own);
    let visible = || mesh.services_with_host(hostname).filter(|service| service.visibility.includes(own));
    let is_kubernetes = |service: &&Service| service.registry == Registry::Kubernetes;
    of_own()
        .find(is_kubernetes)
        .or_else(|| of_own().next())
        .or_else(|| visible().find(is_kubernetes))
        .or_else(|| visible().next())
}
