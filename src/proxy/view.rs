//! What one proxy sees.

use std::collections::{BTreeMap, BTreeSet};

use super::scope::{self, Egress};
use super::{Proxy, ProxyKind};
use crate::mesh::{DestinationRule, Gateway, Mesh, Registry, Service, Sidecar, VirtualService, Visibility};

/// What istiod lets one proxy see of the mesh. Borrows from the [`Mesh`].
#[derive(Clone, Debug)]
pub struct ProxyView<'m> {
    /// Who sees.
    pub proxy: &'m Proxy,
    /// What there is.
    pub mesh: &'m Mesh,
    /// Visible services in Istio's order; of several with one hostname, the one Istio prefers.
    pub services: Vec<&'m Service>,
    /// The same by hostname.
    pub services_by_host: BTreeMap<&'m str, &'m Service>,
    /// Gateways whose selector takes this proxy, in Istio's order; empty for a sidecar.
    pub gateways: Vec<&'m Gateway>,
    /// Visible VirtualServices by the gateway (`namespace/name` or `mesh`) they are bound to, in Istio's order.
    pub virtual_services: BTreeMap<&'m str, Vec<&'m VirtualService>>,
    /// Visible DestinationRules, in Istio's order, for `lower` to merge and look up.
    pub destination_rules: Vec<&'m DestinationRule>,
    /// The Sidecar that holds for a workload; `None` for a gateway.
    pub sidecar: Option<&'m Sidecar>,
    /// What a workload reaches, by egress listener; empty for a gateway.
    pub egress: Vec<Egress<'m>>,
    /// Ports that are reached of services of which a Sidecar imports only some, by hostname.
    pub reached_ports: BTreeMap<&'m str, BTreeSet<u32>>,
}

/// What `proxy` sees of `mesh`.
pub fn view<'m>(mesh: &'m Mesh, proxy: &'m Proxy) -> ProxyView<'m> {
    let visible = exported_services(mesh, &proxy.namespace);
    let virtual_services = virtual_services(mesh, &proxy.namespace);
    let (sidecar, egress) = match proxy.node.kind {
        ProxyKind::Router => (None, Vec::new()),
        ProxyKind::Sidecar => {
            let sidecar = scope::sidecar(mesh, proxy);
            let of_mesh = virtual_services.get("mesh").map_or(&[][..], Vec::as_slice);
            (sidecar, scope::egress(proxy, sidecar, &visible, of_mesh))
        }
    };
    let mut reached_ports = BTreeMap::new();
    let imported = match proxy.node.kind {
        ProxyKind::Router => visible,
        ProxyKind::Sidecar => {
            let imported = scope::imported(mesh, proxy, &egress);
            reached_ports = ports_by_host(&imported);
            imported.into_iter().map(|imported| imported.service).collect()
        }
    };
    let services = one_of_each_host(mesh, imported);
    ProxyView {
        proxy,
        mesh,
        services_by_host: services.iter().map(|service| (service.hostname.as_str(), *service)).collect(),
        services,
        gateways: match proxy.node.kind {
            ProxyKind::Router => gateways(mesh, proxy),
            ProxyKind::Sidecar => Vec::new(),
        },
        virtual_services,
        destination_rules: destination_rules(mesh, &proxy.namespace),
        sidecar,
        egress,
        reached_ports,
    }
}

/// Hosts of which only some ports are reached; whoever reaches a host as a whole reaches all.
fn ports_by_host<'m>(imported: &[scope::Imported<'m>]) -> BTreeMap<&'m str, BTreeSet<u32>> {
    let mut by_host: BTreeMap<&str, Option<BTreeSet<u32>>> = BTreeMap::new();
    for scope::Imported { service, ports } in imported {
        let known = by_host.entry(&service.hostname).or_insert_with(|| Some(BTreeSet::new()));
        match (known.as_mut(), ports) {
            (Some(known), Some(ports)) => known.extend(ports),
            _ => *known = None,
        }
    }
    by_host.into_iter().filter_map(|(host, ports)| Some((host, ports?))).collect()
}

impl ProxyView<'_> {
    /// Whether the proxy reaches a port of a service that it sees.
    pub fn reaches(&self, service: &Service, port: u32) -> bool {
        self.reached_ports.get(service.hostname.as_str()).is_none_or(|ports| ports.contains(&port))
    }
}

/// The services a namespace sees: those exported to it by name first, then those exported to all
/// (`istio: PushContext.servicesExportedToNamespace`).
fn exported_services<'m>(mesh: &'m Mesh, namespace: &str) -> Vec<&'m Service> {
    let named =
        |service: &&&Service| service.visibility != Visibility::Public && service.visibility.includes(namespace);
    let public = |service: &&&Service| service.visibility == Visibility::Public;
    let all: Vec<&Service> = mesh.services.iter().collect();
    all.iter().filter(named).chain(all.iter().filter(public)).copied().collect()
}

/// One service of each hostname: the first, but Kubernetes' before those of ServiceEntries, and
/// with the ports that others add to it (`istio: SidecarScope.appendSidecarServices`).
fn one_of_each_host<'m>(mesh: &'m Mesh, visible: Vec<&'m Service>) -> Vec<&'m Service> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut services: Vec<&Service> = Vec::with_capacity(visible.len());
    for service in visible {
        let place = places.get(service.hostname.as_str()).and_then(|at| services.get_mut(*at));
        match place {
            None => {
                places.insert(&service.hostname, services.len());
                services.push(service);
            }
            Some(known) => {
                if known.registry != Registry::Kubernetes && service.registry == Registry::Kubernetes {
                    *known = service;
                }
            }
        }
    }
    services.into_iter().map(|service| mesh.merged_services.get(&service.id).unwrap_or(service)).collect()
}

/// The Gateways that select a proxy, from whatever namespace (`istio: PushContext.mergeGateways`).
fn gateways<'m>(mesh: &'m Mesh, proxy: &Proxy) -> Vec<&'m Gateway> {
    mesh.gateways.iter().filter(|gateway| gateway.spec.selector.selects(&proxy.labels)).collect()
}

/// The VirtualServices a namespace sees, by gateway: those of the namespace that are private to it
/// first, then those exported to it by name, then those exported to all
/// (`istio: PushContext.VirtualServicesForGateway`).
fn virtual_services<'m>(mesh: &'m Mesh, namespace: &str) -> BTreeMap<&'m str, Vec<&'m VirtualService>> {
    let rank = |service: &VirtualService| match &service.visibility {
        Visibility::Public => Some(2),
        Visibility::None => None,
        Visibility::Namespaces(names) if !names.contains(namespace) => None,
        Visibility::Namespaces(_) if service.namespace == namespace => Some(0),
        Visibility::Namespaces(_) => Some(1),
    };
    let ranked = mesh.virtual_services.iter().filter_map(|service| Some((rank(service)?, service)));
    let mut visible: Vec<(u8, &VirtualService)> = ranked.collect();
    visible.sort_by_key(|(rank, _)| *rank);
    let mut by_gateway: BTreeMap<&str, Vec<&VirtualService>> = BTreeMap::new();
    for (_, service) in visible {
        for gateway in &service.gateways {
            by_gateway.entry(gateway).or_default().push(service);
        }
    }
    by_gateway
}

/// The DestinationRules a namespace sees: its own, and those exported to it.
fn destination_rules<'m>(mesh: &'m Mesh, namespace: &str) -> Vec<&'m DestinationRule> {
    mesh.destination_rules.iter().filter(|rule| rule.visibility.includes(namespace)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::fixture::mesh;

    const MESH: &str = "
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: other}
spec:
  selector: {istio: edge}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: inner, namespace: shop}
spec:
  selector: {istio: inner}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: squatter, namespace: aaa}
spec:
  hosts: [web.shop.svc.cluster.local, '*.example.com']
  resolution: NONE
  ports: [{number: 80, name: http, protocol: HTTP}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, creationTimestamp: '2024-01-01T00:00:00Z'}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: hidden, namespace: shop, annotations: {networking.istio.io/exportTo: '.,~'}}
spec: {clusterIP: 10.0.0.2, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: shown, namespace: shop, annotations: {networking.istio.io/exportTo: 'edge, shop'}}
spec: {clusterIP: 10.0.0.3, ports: [{name: http, port: 80}]}
";

    fn route(namespace: &str, name: &str, export_to: &str) -> String {
        format!(
            "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  hosts: [a.test]
  gateways: [other/edge]
  exportTo: [{export_to}]
  http: [{{route: [{{destination: {{host: web.shop.svc.cluster.local}}}}]}}]
"
        )
    }

    fn proxy(node: &str) -> Proxy {
        Proxy::new(node.parse().expect("a node id"), serde_json::json!({"LABELS": {"istio": "edge"}}))
    }

    #[test]
    fn services_and_gateways_of_a_router() {
        let mesh = mesh(MESH);
        let proxy = proxy("router~10.0.0.9~gw.edge~edge.svc.cluster.local");
        let view = view(&mesh, &proxy);
        let services: Vec<_> = view.services.iter().map(|it| (it.namespace.as_str(), it.hostname.as_str())).collect();
        // What is exported by name comes first, and Kubernetes keeps its hostname.
        assert_eq!(
            services,
            [
                ("shop", "shown.shop.svc.cluster.local"),
                ("aaa", "*.example.com"),
                ("shop", "web.shop.svc.cluster.local")
            ]
        );
        assert_eq!(view.gateways.iter().map(|it| it.key()).collect::<Vec<_>>(), ["other/edge"]);
        let inside = Proxy { namespace: "shop".to_owned(), ..proxy.clone() };
        let other = super::view(&mesh, &inside);
        assert!(!other.services_by_host.contains_key("hidden.shop.svc.cluster.local"));
    }

    #[test]
    fn a_sidecar_has_no_gateways() {
        let mesh = mesh(MESH);
        let proxy = proxy("sidecar~10.0.0.9~web.shop~shop.svc.cluster.local");
        assert!(view(&mesh, &proxy).gateways.is_empty());
    }

    #[test]
    fn routes_of_the_own_namespace_come_before_public_ones() {
        let routes = [
            route("edge", "public", "'*'"),
            route("shop", "named", "edge"),
            route("edge", "z-private", "."),
            route("shop", "elsewhere", "shop"),
        ];
        let mesh = mesh(&format!("{MESH}---{}", routes.join("---")));
        let proxy = proxy("router~10.0.0.9~gw.edge~edge.svc.cluster.local");
        let view = view(&mesh, &proxy);
        let names = view.virtual_services.get("other/edge").into_iter().flatten().map(|it| it.name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["z-private", "named", "public"]);
    }
}
