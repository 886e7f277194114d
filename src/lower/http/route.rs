//! The routes of one VirtualService on one listener.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::action::{direct_response, forward, redirect};
use super::headers::header_changes;
use super::policy::{cors_policy, fault};
use super::route_match::route_match;
use crate::base::Origins;
use crate::ir;
use crate::lower::destination;
use crate::lower::destination_rule::DestinationRules;
use crate::lower::precedence::takes_every_request;
use crate::mesh::{Rule, Service, VirtualService};
use crate::proxy::ProxyView;
use crate::resource::istio::virtual_service::{Destination, HttpMatchRequest, HttpRoute};

/// Where routes are made for.
#[derive(Clone, Copy, Debug)]
pub struct RouteContext<'a> {
    /// Who asks, and what it sees.
    pub view: &'a ProxyView<'a>,
    /// Its destination rules.
    pub destination_rules: &'a DestinationRules<'a>,
    /// The port of the server (for a sidecar: of the service).
    pub listen_port: u32,
    /// The gateways (`namespace/name` or `mesh`) that the listener stands for.
    pub gateways: &'a BTreeSet<&'a str>,
    /// Whether the listener ends TLS.
    pub tls: bool,
    /// Whether the original authority is appended to `x-forwarded-host` on rewrites.
    pub append_x_forwarded_host: bool,
    /// For a sidecar the services of the listener by hostname, which a destination without a port is
    /// looked up in; `None` is all that the proxy sees.
    pub reachable: Option<&'a BTreeMap<String, &'a Service>>,
}

impl<'a> RouteContext<'a> {
    /// The service a hostname stands for, where the proxy sees one.
    pub(super) fn service(&self, hostname: &str) -> Option<&'a Service> {
        self.view.services_by_host.get(hostname).copied()
    }

    /// The cluster of a destination: its own port, else the only one of its service, else the
    /// listener's (`istio: route.GetDestinationCluster`). An alias stands for its target.
    pub(super) fn cluster(&self, destination: &Destination) -> String {
        let host = destination.host.as_str();
        match self.reachable {
            None => destination::cluster_name(destination, self.service(host), self.listen_port),
            Some(services) => destination::sidecar_cluster_name(destination, services.get(host), self.listen_port),
        }
    }
}

/// The routes that a VirtualService gives a listener, in order: one a match, up to and with the
/// first that takes everything (`istio: route.BuildHTTPRoutesForVirtualService`).
pub fn routes(context: &RouteContext<'_>, virtual_service: &VirtualService) -> Vec<ir::Route> {
    let mut routes = Vec::with_capacity(virtual_service.http.len());
    for rule in &virtual_service.http {
        if rule.spec.matches.is_empty() {
            routes.push(route(context, virtual_service, rule, None));
            return routes;
        }
        for (at, request) in rule.spec.matches.iter().enumerate() {
            if !applies(context, request) {
                continue;
            }
            let route = route(context, virtual_service, rule, Some((at, request)));
            let ends = takes_every_request(&route);
            routes.push(route);
            if ends {
                return routes;
            }
        }
    }
    routes
}

/// Whether a match can hold on this listener: its port, and either its gateways or its source
/// (`istio: route.sourceMatchHTTP`).
fn applies(context: &RouteContext<'_>, request: &HttpMatchRequest) -> bool {
    if request.port.is_some_and(|port| port.number() != context.listen_port) {
        return false;
    }
    if !request.gateways.is_empty() {
        return request.gateways.iter().any(|gateway| context.gateways.contains(gateway.as_str()));
    }
    let proxy = context.view.proxy;
    let metadata_namespace = proxy.metadata.get("NAMESPACE").and_then(serde_json::Value::as_str).unwrap_or_default();
    request.source_labels.subset_of(&proxy.labels)
        && (request.source_namespace.is_empty() || request.source_namespace == metadata_namespace)
}

fn route(
    context: &RouteContext<'_>,
    virtual_service: &VirtualService,
    rule: &Rule<HttpRoute>,
    request: Option<(usize, &HttpMatchRequest)>,
) -> ir::Route {
    let spec = &*rule.spec;
    let request_name = request.map_or("", |(_, request)| request.name.as_str());
    let headers = spec.headers.as_ref().map(header_changes).unwrap_or_default();
    let mut route = ir::Route {
        origins: origins(rule, request.map(|(at, _)| at)),
        name: if request_name.is_empty() { spec.name.clone() } else { format!("{}.{request_name}", spec.name) },
        matches: route_match(virtual_service.semantics, request.map(|(_, request)| request)),
        action: ir::route::Action::NonForwarding,
        config_path: Some(Arc::clone(&virtual_service.config_path)),
        decorator: None,
        request_headers: headers.request,
        response_headers: headers.response,
        cors: spec.cors_policy.as_deref().map(cors_policy).map(Box::new),
        fault: spec.fault.as_deref().and_then(fault).map(Box::new),
        stat_prefix: request.map(|(_, request)| request.stat_prefix.clone()).filter(|prefix| !prefix.is_empty()),
    };
    route.action = if let Some(wanted) = &spec.redirect {
        ir::route::Action::Redirect(redirect(wanted, context))
    } else if let Some(wanted) = &spec.direct_response {
        ir::route::Action::DirectResponse(direct_response(wanted))
    } else {
        let forward = forward(context, spec, headers.authority, &mut route);
        ir::route::Action::Forward(Box::new(forward))
    };
    let destinations = spec.route.iter().filter_map(|route| route.destination.as_ref());
    let mirrors = spec.mirrors.iter().filter_map(|mirror| mirror.destination.as_ref());
    for destination in destinations.chain(&spec.mirror).chain(mirrors) {
        let service = context.service(destination.host.as_str());
        route.origins.extend(service.into_iter().flat_map(|service| destination::origins(destination, service)));
    }
    route.decorator = Some(operation(&route, &virtual_service.name, context.listen_port));
    route
}

fn origins(rule: &Rule<HttpRoute>, at: Option<usize>) -> Origins {
    let of_match = at.and_then(|at| rule.match_origins.get(at)).into_iter().flatten();
    of_match.chain(&rule.origins).cloned().collect()
}

/// The span's name: `host:port/path` of the only cluster, else `virtual service:port/path`
/// (`istio: route.GetRouteOperation`).
fn operation(route: &ir::Route, virtual_service: &str, listen_port: u32) -> String {
    use ir::route::{Action, Clusters, PathMatch};
    let (path, end) = match &route.matches.path {
        PathMatch::Prefix(prefix) => (prefix.as_str(), "*"),
        PathMatch::Exact(path) | PathMatch::Regex(path) => (path.as_str(), ""),
        PathMatch::PathSeparatedPrefix(_) => ("/*", ""),
    };
    if let Action::Forward(forward) = &route.action
        && let Clusters::Single(cluster) = &forward.clusters
    {
        let mut parts = cluster.split('|');
        if let [Some(_), Some(port), Some(_), Some(host), None] = std::array::from_fn(|_| parts.next()) {
            return [host, ":", port, path, end].concat();
        }
    }
    format!("{virtual_service}:{listen_port}{path}{end}")
}
