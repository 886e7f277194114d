//! A subset that is defined where the proxies of the route do not look.

use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::lint::destinations::{full_host, written};
use crate::mesh::{DestinationRule, Gateway};
use crate::resource::Object;
use crate::resource::istio::VirtualService;

declare_rule! {
    /// ## What it does
    /// Reports destinations with a subset that DestinationRules of the input define, none of which the proxies with the
    /// route see: they look in their own namespace, in that of the service and in the root namespace, as far as
    /// `exportTo` lets them. The proxies are the workloads of the VirtualService's namespace (for sidecars) and those
    /// that its Gateways select.
    /// ## Why is this bad
    /// For such a proxy the subset does not exist, and requests get 503.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: prod}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: client, namespace: shop, labels: {app: client}}
    /// spec: {containers: [{name: client, image: client}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: prod}
    /// spec:
    ///   host: web.prod.svc.cluster.local
    ///   subsets: [{name: v1, labels: {version: v1}}]
    ///   exportTo: ["."]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: shop}
    /// spec:
    ///   hosts: [web.prod.svc.cluster.local]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local, subset: v1}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: prod}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: client, namespace: shop, labels: {app: client}}
    /// spec: {containers: [{name: client, image: client}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: prod}
    /// spec:
    ///   host: web.prod.svc.cluster.local
    ///   subsets: [{name: v1, labels: {version: v1}}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: shop}
    /// spec:
    ///   hosts: [web.prod.svc.cluster.local]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local, subset: v1}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/best-practices/traffic-management/#cross-namespace-configuration>
    pub(super) RULE = { name: "subset-not-seen", codes: [], severity: Warning, check: check };
}

/// DestinationRules by host and the name of a subset that they define.
type Subsets<'m> = BTreeMap<(&'m str, &'m str), Vec<&'m DestinationRule>>;

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut subsets: Subsets<'_> = BTreeMap::new();
    // A rule for a wildcard may define it as well.
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for rule in &context.mesh.destination_rules {
        for subset in &rule.spec.subsets {
            subsets.entry((rule.host.as_str(), &subset.name)).or_default().push(rule);
            if rule.host.is_wildcard() {
                open.insert(&subset.name);
            }
        }
    }
    let gateways: BTreeMap<String, &Gateway> = context.mesh.gateways.iter().map(|it| (it.key(), it)).collect();
    let populated = context.mesh.workloads.iter().map(|workload| workload.namespace.as_str()).collect();
    let objects = context.resources.virtual_services.iter().filter(|object| !object.spec.hosts.is_empty());
    for object in objects.filter(|object| is_everywhere(&object.spec)) {
        for (origin, destination) in written(object) {
            let Some(destination) = destination.filter(|it| !open.contains(it.subset.as_str())) else { continue };
            let host = full_host(&context.mesh.domain, destination.host.as_str(), object.namespace());
            let Some(rules) = subsets.get(&(host.as_str(), destination.subset.as_str())) else { continue };
            if rules.iter().any(|rule| is_for_all(context, &host, rule)) {
                continue;
            }
            let proxies = proxies(context, object, &gateways, &populated);
            let blind = proxies.into_iter().find(|it| !rules.iter().any(|rule| sees(context, &host, rule, it)));
            if let Some(namespace) = blind {
                found.0.extend(
                    rules.first().map(|rule| report(&origin.key("subset"), &destination.subset, rule, namespace)),
                );
            }
        }
    }
}

/// Whether all routes are for all gateways: of one with a match for some of them, as on the way through an egress
/// gateway, it is not said which proxies have it.
fn is_everywhere(spec: &VirtualService) -> bool {
    let http = spec.http.iter().flat_map(|rule| &rule.matches).map(|one| &one.gateways);
    let tls = spec.tls.iter().flat_map(|rule| &rule.matches).map(|one| &one.gateways);
    let tcp = spec.tcp.iter().flat_map(|rule| &rule.matches).map(|one| &one.gateways);
    http.chain(tls).chain(tcp).all(|gateways| gateways.is_empty())
}

/// Whether every proxy that looks for the host finds the rule.
fn is_for_all(context: &Context<'_>, host: &str, rule: &DestinationRule) -> bool {
    let of_service = context.mesh.services_with_host(host).any(|service| service.namespace == rule.namespace);
    let in_reach = of_service || rule.namespace == context.mesh.config.root_namespace;
    in_reach && rule.visibility == crate::mesh::Visibility::Public
}

/// `istio: pilot/pkg/model/push_context.go: destinationRule`.
fn sees(context: &Context<'_>, host: &str, rule: &DestinationRule, namespace: &str) -> bool {
    let of_service = context.mesh.services_with_host(host).any(|service| service.namespace == rule.namespace);
    let in_reach = of_service || rule.namespace == context.mesh.config.root_namespace;
    rule.namespace == namespace || (in_reach && rule.visibility.includes(namespace))
}

/// Namespaces of the proxies that have the routes for certain.
fn proxies<'m>(
    context: &Context<'m>,
    object: &'m Object<VirtualService>,
    gateways: &BTreeMap<String, &'m Gateway>,
    populated: &BTreeSet<&str>,
) -> BTreeSet<&'m str> {
    let spec = &object.spec;
    let mut namespaces = BTreeSet::new();
    let in_mesh = spec.gateways.is_empty() || spec.gateways.iter().any(|gateway| gateway == "mesh");
    if in_mesh && populated.contains(object.namespace()) {
        namespaces.insert(object.namespace());
    }
    for name in &spec.gateways {
        let key = if name.contains('/') { name.clone() } else { format!("{}/{name}", object.namespace()) };
        if let Some(gateway) = gateways.get(&key) {
            let selector = &gateway.spec.selector;
            if !selector.is_empty() {
                namespaces.extend(context.workloads(selector).map(|workload| workload.namespace.as_str()));
            }
        }
    }
    namespaces
}

fn report(place: &Origin, subset: &str, rule: &DestinationRule, namespace: &str) -> Diagnostic {
    let message = format!(
        "proxies of namespace `{namespace}` do not see DestinationRule `{}/{}`, which defines subset `{subset}`",
        rule.namespace, rule.name
    );
    let why = match rule.spec.export_to.is_empty() {
        true => Location::Value(rule.origin.key("metadata").key("name")),
        false => Location::Value(rule.origin.key("spec").key("exportTo")),
    };
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place.clone()), message)
        .labelled("their requests get 503")
        .related(why, "the rule")
        .help("put the rule in the namespace of the service, and let `exportTo` include the clients")
}
