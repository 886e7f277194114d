//! Every order that `lower` decides, a comment a rule.

use crate::ir::{Route, VirtualHost, route::PathMatch};

/// Routes of one virtual host: routes that take every request come after all others, as they would
/// shadow what VirtualServices merged later say. Otherwise the order stays: VirtualServices in
/// Istio's order (oldest first, then by name and namespace), rules in the user's
/// (`istio: route.SortVHostRoutes`).
pub fn sort_routes(routes: &mut [Route]) {
    routes.sort_by_key(takes_every_request);
}

/// Virtual hosts of one route configuration: by name. Envoy picks by domain, so that the order has
/// no meaning beyond being the same each time (`istio: util.SortVirtualHosts`).
pub fn sort_virtual_hosts(virtual_hosts: &mut [VirtualHost]) {
    virtual_hosts.sort_by(|a, b| a.name.cmp(&b.name));
}

/// Whether no request passes a route by (`istio: route.IsCatchAllRoute`).
pub fn takes_every_request(route: &Route) -> bool {
    let any_path = match &route.matches.path {
        PathMatch::Prefix(path) | PathMatch::PathSeparatedPrefix(path) => path == "/",
        PathMatch::Regex(pattern) => pattern == ".*",
        PathMatch::Exact(_) => false,
    };
    any_path
        && route.matches.headers.is_empty()
        && route.matches.query_parameters.is_empty()
        && route.matches.claims.is_empty()
}
