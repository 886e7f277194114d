//! All services with their endpoints, in Istio's order, and what clients see of several with one
//! hostname.

use std::collections::BTreeMap;

use super::from_istio::{self, EntryEndpoints, Instance, Instances};
use super::from_kubernetes::{self, Pods};
use super::site::Site;
use super::{Endpoint, Registry, Resolution, Service, ServiceId};
use crate::resource::Resources;

/// The services of both registries. Endpoints belong to a hostname in a namespace, whichever
/// registry they come from (`istio: model.EndpointIndex`).
pub(super) fn linked(resources: &Resources, site: &Site<'_>) -> Vec<Service> {
    let pods = Pods::new(&resources.pods);
    let entries: Vec<Instance> =
        resources.workload_entries.iter().filter_map(|it| from_istio::workload_entry_instance(it, site)).collect();
    let serving: Vec<Instance> = pods.serving().map(|pod| from_istio::pod_instance(pod, site)).collect();
    let instances: Instances<'_> = entries.iter().chain(&serving).collect();
    let (mut services, mut endpoints) = from_istio::entry_services(&resources.service_entries, &instances, site);
    services.extend(kubernetes_services(resources, &pods, &entries, site, &mut endpoints));
    // Istio's order; of services that are equal in it those of Kubernetes come first.
    services.sort_by(|a, b| {
        let key = |it: &Service| (it.created, it.name.clone(), it.namespace.clone());
        key(a).cmp(&key(b)).then(a.registry.cmp(&b.registry)).then_with(|| a.object_name.cmp(&b.object_name))
    });
    for (at, service) in services.iter_mut().enumerate() {
        service.id = ServiceId(at as u32);
        let own = endpoints.get(&(service.hostname.clone(), service.namespace.clone()));
        service.endpoints = own.cloned().unwrap_or_default();
        let accounts = service.endpoints.iter().map(|endpoint| endpoint.service_account.clone());
        let accounts = accounts.filter(|account| !account.is_empty()).chain(service.subject_alt_names.drain(..));
        service.subject_alt_names = site.with_trust_domain_aliases(accounts.collect::<Vec<_>>().into_iter());
    }
    link_aliases(&mut services);
    services
}

/// Kubernetes' services; their endpoints are added to `endpoints`.
fn kubernetes_services(
    resources: &Resources,
    pods: &Pods<'_>,
    entries: &[Instance],
    site: &Site<'_>,
    endpoints: &mut EntryEndpoints,
) -> Vec<Service> {
    let objects = resources.services.iter().map(|object| ((object.namespace(), object.name()), object)).collect();
    let sliced = from_kubernetes::sliced_endpoints(&resources.endpoint_slices, &objects, pods, site);
    for ((namespace, name), sliced) in sliced {
        endpoints.entry((site.hostname(&name, &namespace), namespace)).or_default().extend(sliced);
    }
    let entries: Instances<'_> = entries.iter().collect();
    let services: Vec<Service> = resources.services.iter().map(|it| from_kubernetes::service(it, site)).collect();
    for service in &services {
        let selected: Vec<Endpoint> = from_kubernetes::selected_endpoints(service, &entries);
        if !selected.is_empty() {
            endpoints.entry((service.hostname.clone(), service.namespace.clone())).or_default().extend(selected);
        }
    }
    services
}

/// Services by hostname, in Istio's order.
pub(super) fn by_host(services: &[Service]) -> BTreeMap<String, Vec<ServiceId>> {
    let mut by_host: BTreeMap<String, Vec<ServiceId>> = BTreeMap::new();
    for service in services {
        by_host.entry(service.hostname.clone()).or_default().push(service.id);
    }
    by_host
}

/// For each service of a ServiceEntry that later ones with the same hostname and settings add
/// ports to: the service with all the ports (`istio: SidecarScope.appendSidecarServices`,
/// `canMergeServices`).
pub(super) fn merged(services: &[Service]) -> BTreeMap<ServiceId, Service> {
    let mut by_key: BTreeMap<(&str, &str), Vec<&Service>> = BTreeMap::new();
    for service in services.iter().filter(|service| service.registry == Registry::External) {
        by_key.entry((&service.hostname, &service.namespace)).or_default().push(service);
    }
    let mut merged = BTreeMap::new();
    for group in by_key.values().filter(|group| group.len() > 1) {
        for (at, first) in group.iter().enumerate() {
            let mut ports = first.ports.clone();
            for later in group.iter().skip(at + 1).filter(|later| mergeable(first, later)) {
                for port in &later.ports {
                    if !ports.iter().any(|known| known.port == port.port) {
                        ports.push(port.clone());
                    }
                }
            }
            if ports.len() > first.ports.len() {
                merged.insert(first.id, Service { ports, ..(*first).clone() });
            }
        }
    }
    merged
}

fn mergeable(first: &Service, later: &Service) -> bool {
    first.resolution == later.resolution
        && first.labels == later.labels
        && first.selector == later.selector
        && first.visibility == later.visibility
}

/// Tells each service which ExternalName services stand for it, over several steps; circles stand
/// for nothing (`istio: resolveServiceAliases`).
fn link_aliases(services: &mut [Service]) {
    let targets: BTreeMap<String, String> = services
        .iter()
        .filter(|service| service.resolution == Resolution::Alias)
        .filter_map(|service| Some((service.hostname.clone(), service.external_name.clone()?)))
        .collect();
    let mut aliases: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for service in services.iter().filter(|service| service.resolution == Resolution::Alias) {
        let mut target = targets.get(&service.hostname);
        // As many steps as there are aliases: whoever takes more walks in a circle.
        for _ in 0..targets.len() {
            let Some(next) = target.and_then(|target| targets.get(target)) else { break };
            target = Some(next);
        }
        if let Some(target) = target.filter(|target| !targets.contains_key(*target)) {
            let alias = (service.namespace.clone(), service.hostname.clone());
            aliases.entry(target).or_default().push(alias);
        }
    }
    aliases.values_mut().for_each(|aliases| aliases.sort());
    let aliases: BTreeMap<String, Vec<(String, String)>> =
        aliases.into_iter().map(|(target, aliases)| (target.to_owned(), aliases)).collect();
    for service in services {
        service.aliases = aliases.get(&service.hostname).cloned().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use crate::mesh::fixture::mesh;
    use crate::mesh::{Endpoint, EndpointHealth, Mesh, Resolution};

    const POD: &str = "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  clusterIP: 10.0.0.1
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {topology.kubernetes.io/region: eu, topology.kubernetes.io/zone: eu-1}}
---
apiVersion: v1
kind: Pod
metadata:
  name: web-5d-x
  namespace: shop
  generateName: web-5d-
  labels: {app: web, pod-template-hash: 5d, security.istio.io/tlsMode: istio}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d, uid: a, controller: true}]
spec:
  nodeName: n1
  serviceAccountName: seller
  containers: [{name: app, ports: [{name: http, containerPort: 8081}]}]
status: {phase: Running, podIP: 10.1.0.1, conditions: [{type: Ready, status: 'True'}]}
";

    const SLICE: &str = "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- addresses: [10.1.0.1]
  targetRef: {kind: Pod, name: web-5d-x, namespace: shop}
- addresses: [10.1.0.2]
  conditions: {ready: false, terminating: false}
- addresses: [10.1.0.3]
  targetRef: {kind: Pod, name: gone, namespace: shop}
";

    fn endpoints<'m>(mesh: &'m Mesh, host: &str) -> Vec<&'m Endpoint> {
        mesh.services_with_host(host).flat_map(|service| &service.endpoints).collect()
    }

    #[test]
    fn endpoints_are_joined_with_their_pods() {
        let mesh = mesh(&format!("{POD}---{SLICE}"));
        let endpoints = endpoints(&mesh, "web.shop.svc.cluster.local");
        let [pod, other] = endpoints[..] else { panic!("{endpoints:?}") };
        assert_eq!((pod.addresses[0].as_str(), pod.port, pod.service_port.as_str()), ("10.1.0.1", 8080, "http"));
        assert_eq!(pod.service_account, "spiffe://cluster.local/ns/shop/sa/seller");
        assert_eq!((pod.locality.as_str(), pod.tls_mode.as_str()), ("eu/eu-1/", "istio"));
        assert_eq!((pod.workload_name.as_str(), pod.health), ("web", EndpointHealth::Healthy));
        assert_eq!(pod.labels.get("topology.istio.io/cluster"), Some("Kubernetes"));
        assert_eq!((other.addresses[0].as_str(), other.health), ("10.1.0.2", EndpointHealth::Unhealthy));
        assert_eq!((other.workload_name.as_str(), other.tls_mode.as_str()), ("", "disabled"));
        assert_eq!(mesh.services[0].subject_alt_names, ["spiffe://cluster.local/ns/shop/sa/seller"]);
    }

    #[test]
    fn service_entries_select_pods_and_workload_entries() {
        let entry = "
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: legacy, namespace: shop}
spec:
  hosts: [legacy.example.com]
  addresses: [240.0.0.1, 240.1.0.0/32]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP, targetPort: 9000}]
  workloadSelector: {labels: {app: web}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: vm, namespace: shop}
spec: {address: 10.9.0.1, labels: {app: web}, serviceAccount: vm, ports: {http: 7000}, weight: 3}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: named, namespace: shop}
spec: {address: vm.example.com, labels: {app: web}}
";
        let mesh = mesh(&format!("{POD}---{entry}"));
        let services: Vec<_> = mesh.services_with_host("legacy.example.com").collect();
        let addresses: Vec<_> = services.iter().map(|service| service.addresses.join(",")).collect();
        assert_eq!(addresses, ["240.0.0.1", "240.1.0.0"]);
        let mut found: Vec<_> = services[0].endpoints.iter().map(|it| (it.addresses[0].as_str(), it.port)).collect();
        found.dedup();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [("10.1.0.1", 8081), ("10.9.0.1", 7000)]);
        let web = endpoints(&mesh, "web.shop.svc.cluster.local");
        let vm: Vec<_> = web.iter().map(|it| (it.addresses[0].as_str(), it.port, it.tls_mode.as_str())).collect();
        assert_eq!(vm, [("10.9.0.1", 7000, "istio")]);
    }

    #[test]
    fn names_are_their_own_endpoints() {
        let mesh = mesh(
            "
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: api, namespace: shop}
spec:
  hosts: [api.example.com, www.example.com]
  resolution: DNS
  ports: [{number: 443, name: tls, protocol: TLS}, {number: 80, name: http, protocol: HTTP, targetPort: 8080}]
",
        );
        let found: Vec<_> = endpoints(&mesh, "api.example.com")
            .into_iter()
            .map(|it| (it.addresses[0].as_str(), it.port, it.cluster_port))
            .collect();
        assert_eq!(found, [("api.example.com", 443, 443), ("api.example.com", 8080, 80)]);
        let external = mesh.services.iter().all(|it| it.mesh_external && it.resolution == Resolution::DnsLb);
        assert!(external && mesh.services.len() == 2);
    }

    #[test]
    fn external_names_are_aliases_over_several_steps() {
        let alias = |name: &str, target: &str| {
            format!(
                "
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{type: ExternalName, externalName: {target}, ports: [{{port: 80}}]}}
"
            )
        };
        let parts = [
            POD.to_owned(),
            alias("one", "web.shop.svc.cluster.local"),
            alias("two", "one.shop.svc.cluster.local"),
            alias("round", "about.shop.svc.cluster.local"),
            alias("about", "round.shop.svc.cluster.local"),
        ];
        let mesh = mesh(&parts.join("---"));
        let web = mesh.services_with_host("web.shop.svc.cluster.local").next().expect("the service");
        let aliases: Vec<_> = web.aliases.iter().map(|(_, host)| host.as_str()).collect();
        assert_eq!(aliases, ["one.shop.svc.cluster.local", "two.shop.svc.cluster.local"]);
    }

    #[test]
    fn entries_for_one_host_share_ports_only_with_the_same_settings() {
        let entry = |name: &str, port: u32, resolution: &str| {
            format!(
                "
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: shop}}
spec:
  hosts: [api.example.com]
  resolution: {resolution}
  ports: [{{number: {port}, name: p{port}, protocol: HTTP}}]
"
            )
        };
        let mesh = mesh(&[entry("a", 80, "DNS"), entry("b", 81, "DNS"), entry("c", 82, "NONE")].join("---"));
        let first = mesh.services.first().expect("a service");
        let merged = mesh.merged_services.get(&first.id).expect("a merged one");
        assert_eq!(merged.ports.iter().map(|port| port.port).collect::<Vec<_>>(), [80, 81]);
        assert_eq!(mesh.merged_services.len(), 1);
    }
}
