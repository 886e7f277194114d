//! Routes of a VirtualService for sidecars that a gateway does not follow.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::mesh::{DestinationRule, Mesh, VirtualService, Workload};
use crate::resource::istio::virtual_service::Destination;

declare_rule! {
    /// ## What it does
    /// Reports a route of a VirtualService for gateways to a host without a subset, where another VirtualService, for
    /// sidecars, sends requests for the host to subsets. It is silent where all workloads of the host are in that subset.
    /// ## Why is this bad
    /// A gateway does not read the VirtualServices for sidecars: its requests go to all workloads of the host, whatever
    /// their subset.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: public, namespace: shop}
    /// spec:
    ///   hosts: [shop.example.com]
    ///   gateways: [edge/public]
    ///   http: [{route: [{destination: {host: web}}]}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: shop}
    /// spec:
    ///   hosts: [web]
    ///   http: [{route: [{destination: {host: web, subset: v1}}]}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: public, namespace: shop}
    /// spec:
    ///   hosts: [shop.example.com]
    ///   gateways: [edge/public]
    ///   http: [{route: [{destination: {host: web, subset: v1}}]}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: shop}
    /// spec:
    ///   hosts: [web]
    ///   http: [{route: [{destination: {host: web, subset: v1}}]}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0140/>
    pub(super) RULE = { name: "subset-route-not-at-gateway", codes: ["IST0140"], severity: Warning, check: check };
}

/// A route to a subset, of a VirtualService for sidecars.
struct OfSubset<'m> {
    service: &'m VirtualService,
    subset: &'m str,
    origin: Origin,
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut by_host: BTreeMap<&str, OfSubset<'_>> = BTreeMap::new();
    let is_mesh = |gateway: &String| gateway == "mesh";
    for service in context.mesh.virtual_services.iter().filter(|it| it.gateways.iter().any(is_mesh)) {
        for (origin, destination) in destinations(service).filter(|(_, it)| !it.subset.is_empty()) {
            let host = destination.host.as_str();
            if service.hosts.iter().any(|it| it.as_str() == host) {
                let subset = destination.subset.as_str();
                by_host.entry(host).or_insert(OfSubset { service, subset, origin });
            }
        }
    }
    if by_host.is_empty() {
        return;
    }
    let subsets = Subsets::new(context.mesh);
    for service in context.mesh.virtual_services.iter().filter(|it| !it.gateways.iter().all(is_mesh)) {
        for (origin, destination) in destinations(service).filter(|(_, it)| it.subset.is_empty()) {
            let host = destination.host.as_str();
            let Some(other) = by_host.get(host).filter(|it| it.service.origin != service.origin) else { continue };
            if subsets.is_whole(context.mesh, host, other.subset) {
                continue;
            }
            let other_name = format!("{}/{}", other.service.namespace, other.service.name);
            let message =
                format!("a gateway does not follow VirtualService `{other_name}`, which has `{host}` in subsets");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.key("host")), message)
                    .labelled("requests go to every workload of the host")
                    .related(Location::Value(other.origin.key("subset")), "from sidecars they go to this subset")
                    .help("name the subset here as well, or put both routes in one VirtualService for `mesh` and the gateway"),
            );
        }
    }
}

/// The destinations of HTTP routes, short names resolved.
fn destinations(service: &VirtualService) -> impl Iterator<Item = (Origin, &Destination)> {
    service.http.iter().flat_map(|rule| {
        let origin = rule.origins.first();
        let routes = rule.spec.route.iter().enumerate();
        routes.filter_map(move |(at, route)| {
            Some((origin?.key("route").index(at).key("destination"), route.destination.as_ref()?))
        })
    })
}

/// What says which workloads a subset has.
struct Subsets<'m> {
    rules: BTreeMap<&'m str, Vec<&'m DestinationRule>>,
    /// Workloads by namespace and each of their labels.
    workloads: BTreeMap<(&'m str, &'m str, &'m str), Vec<&'m Workload>>,
}

impl<'m> Subsets<'m> {
    fn new(mesh: &'m Mesh) -> Self {
        let mut subsets = Self { rules: BTreeMap::new(), workloads: BTreeMap::new() };
        for rule in &mesh.destination_rules {
            subsets.rules.entry(rule.host.as_str()).or_default().push(rule);
        }
        for workload in &mesh.workloads {
            for (key, value) in workload.labels.iter() {
                subsets.workloads.entry((workload.namespace.as_str(), key, value)).or_default().push(workload);
            }
        }
        subsets
    }

    /// Whether every workload of a host is in a subset; not where the input has none of them.
    fn is_whole(&self, mesh: &Mesh, host: &str, subset: &str) -> bool {
        let rules = self.rules.get(host).into_iter().flatten();
        let Some(subset) = rules.flat_map(|it| &it.spec.subsets).find(|it| it.name == subset) else { return false };
        let services = mesh.services_with_host(host);
        let mut workloads = services.flat_map(|service| {
            let first = service.selector.iter().next();
            let some = first.and_then(|(key, value)| self.workloads.get(&(service.namespace.as_str(), key, value)));
            some.into_iter().flatten().filter(|it| service.selector.selects(&it.labels))
        });
        let is_in = |workload: &&&Workload| subset.labels.selects(&workload.labels);
        workloads.next().is_some_and(|it| is_in(&it)) && workloads.all(|it| is_in(&it))
    }
}
