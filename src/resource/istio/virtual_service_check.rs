//! What istiod refuses of a VirtualService (`pkg/config/validation: ValidateVirtualService`).

use std::net::IpAddr;

use super::VirtualService;
use super::http_route_check;
use super::virtual_service::{Destination, L4MatchAttributes, RouteDestination, TlsMatchAttributes, TlsRoute};
use crate::base::{Address, Diagnostics, HostPattern, Labels, Location, Origin};
use crate::resource::Object;
use crate::resource::check::{self, ExportRule, doubt, fault, fqdn_fault, is_label, wildcard_domain_fault};

/// Checks one object by itself.
pub(in crate::resource) fn check(object: &Object<VirtualService>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let VirtualService { hosts, gateways, http, tls, tcp, export_to } = &object.spec;
    if hosts.is_empty() {
        check_delegate(&spec, &object.spec, out);
    }
    check_gateways(&spec.key("gateways"), gateways, out);
    let binding = Binding::of(&object.spec);
    check_hosts(&spec.key("hosts"), &object.spec, binding, out);
    if http.is_empty() && tls.is_empty() && tcp.is_empty() {
        out.push(fault("missing-routes", &spec, "a VirtualService needs `http`, `tls` or `tcp` routes"));
    }
    for (index, route) in http.iter().enumerate() {
        http_route_check::check(&spec.key("http").index(index), route, hosts.is_empty(), binding, out);
    }
    for (index, route) in tls.iter().enumerate() {
        check_tls_route(&spec.key("tls").index(index), route, hosts, out);
    }
    for (index, route) in tcp.iter().enumerate() {
        let at = spec.key("tcp").index(index);
        for (index, conditions) in route.matches.iter().enumerate() {
            check_tcp_match(&at.key("match").index(index), conditions, out);
        }
        check_destinations(&at, &route.route, out);
    }
    check::export_to(&spec, object.namespace(), export_to, ExportRule::Usual, out);
}

/// Which proxies a VirtualService is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// Sidecars, perhaps gateways too.
    Mesh,
    /// Gateways only.
    Gateways,
}

impl Binding {
    /// By its gateways; none means the mesh.
    fn of(spec: &VirtualService) -> Self {
        if spec.gateways.is_empty() || spec.gateways.iter().any(|gateway| gateway == "mesh") {
            Self::Mesh
        } else {
            Self::Gateways
        }
    }
}

fn check_delegate(spec: &Origin, virtual_service: &VirtualService, out: &mut Diagnostics) {
    let parts = [
        (!virtual_service.gateways.is_empty(), "gateways"),
        (!virtual_service.tls.is_empty(), "tls"),
        (!virtual_service.tcp.is_empty(), "tcp"),
    ];
    for (_, key) in parts.into_iter().filter(|(written, _)| *written) {
        let message = format!("a VirtualService without hosts is a delegate and has no `{key}`");
        out.push(fault("delegate-with-extras", &spec.key(key), message).help("add `hosts`, or remove it"));
    }
}

/// Gateways are named `namespace/name`, or `name` (`validateGatewayNames`).
pub(super) fn check_gateways(at: &Origin, gateways: &[String], out: &mut Diagnostics) {
    for (index, gateway) in gateways.iter().enumerate() {
        let at = at.index(index);
        let Some((namespace, name)) = gateway.split_once('/') else {
            if let Some(why) = fqdn_fault(gateway) {
                out.push(fault(
                    "malformed-gateway-name",
                    &at,
                    format!("`{gateway}` is not the name of a Gateway: {why}"),
                ));
            } else if let Some((name, rest)) = gateway.split_once('.') {
                let namespace = rest.split('.').next().unwrap_or_default();
                let message = format!("`{gateway}` is the old way to name a Gateway");
                out.push(doubt("old-gateway-name", &at, message).help(format!("write `{namespace}/{name}`")));
            }
            continue;
        };
        // `.` is the VirtualService's own namespace, which the webhook does not take.
        if !is_label(namespace) || !is_label(name) {
            let message = format!("`{gateway}` is not the name of a Gateway");
            out.push(fault("malformed-gateway-name", &at, message).help("write `namespace/name`"));
        }
    }
}

fn check_hosts(at: &Origin, spec: &VirtualService, binding: Binding, out: &mut Diagnostics) {
    let mut all_valid = true;
    for (index, host) in spec.hosts.iter().enumerate() {
        let place = at.index(index);
        let generated = binding == Binding::Gateways && has_sni(spec) && host.as_str().starts_with("outbound_.");
        if let Some(why) = wildcard_domain_fault(host.as_str()) {
            if generated || host.as_str().parse::<IpAddr>().is_ok() {
                continue;
            }
            all_valid = false;
            out.push(fault("malformed-host", &place, format!("`{host}` is not a host: {why}")));
        } else if binding == Binding::Mesh && host.is_any() {
            all_valid = false;
            let message = "a VirtualService for the mesh cannot be for every host";
            let help = "name hosts, or set `gateways` (without `mesh`)";
            out.push(fault("wildcard-host-in-mesh", &place, message).help(help));
        }
    }
    if !all_valid {
        return;
    }
    for (index, host) in spec.hosts.iter().enumerate() {
        let earlier = spec.hosts.iter().take(index).position(|other| host.matches(other));
        if let Some(first) = earlier {
            let message = match host == &spec.hosts[first] {
                true => format!("host `{host}` is listed twice"),
                false => format!("hosts `{host}` and `{}` overlap", spec.hosts[first]),
            };
            let first = Location::Value(at.index(first));
            out.push(fault("duplicate-host", &at.index(index), message).related(first, "the other").help("keep one"));
        }
    }
}

fn has_sni(spec: &VirtualService) -> bool {
    spec.tls.iter().flat_map(|route| &route.matches).any(|conditions| !conditions.sni_hosts.is_empty())
}

fn check_tls_route(at: &Origin, route: &TlsRoute, hosts: &[HostPattern], out: &mut Diagnostics) {
    if route.matches.is_empty() {
        out.push(fault("missing-match", at, "a route of TLS needs `match` with `sniHosts`"));
    }
    for (index, conditions) in route.matches.iter().enumerate() {
        check_tls_match(&at.key("match").index(index), conditions, hosts, out);
    }
    check_destinations(at, &route.route, out);
}

fn check_tls_match(at: &Origin, conditions: &TlsMatchAttributes, hosts: &[HostPattern], out: &mut Diagnostics) {
    let TlsMatchAttributes { sni_hosts, destination_subnets, port: _, source_labels, gateways, source_namespace: _ } =
        conditions;
    if sni_hosts.is_empty() {
        out.push(fault("missing-sni-hosts", at, "a match of TLS needs `sniHosts`"));
    }
    for (index, host) in sni_hosts.iter().enumerate() {
        let place = at.key("sniHosts").index(index);
        let generated = host.as_str().starts_with("outbound_.");
        match wildcard_domain_fault(host.as_str()).filter(|_| !generated) {
            Some(_) if host.as_str().parse::<IpAddr>().is_ok() => {
                let message = format!("`{host}` is an address: clients send host names as SNI only");
                out.push(doubt("address-as-sni", &place, message));
            }
            Some(why) => out.push(fault("malformed-host", &place, format!("`{host}` is not a host: {why}"))),
            None if !hosts.iter().any(|of| host.subset_of(of)) => {
                let message = format!("`{host}` is not within the hosts of the VirtualService");
                let hosts: Vec<_> = hosts.iter().map(|host| format!("`{host}`")).collect();
                let help = format!("its hosts are {}", hosts.join(", "));
                out.push(fault("sni-outside-hosts", &place, message).help(help));
            }
            None => {}
        }
    }
    check_connection(at, destination_subnets, source_labels, gateways, out);
}

fn check_tcp_match(at: &Origin, conditions: &L4MatchAttributes, out: &mut Diagnostics) {
    let L4MatchAttributes {
        destination_subnets,
        port: _,
        source_subnet: _,
        source_labels,
        gateways,
        source_namespace: _,
    } = conditions;
    check_connection(at, destination_subnets, source_labels, gateways, out);
}

fn check_connection(at: &Origin, subnets: &[Address], labels: &Labels, gateways: &[String], out: &mut Diagnostics) {
    for (index, subnet) in subnets.iter().enumerate() {
        if subnet.range().is_none() {
            let message = format!("`{subnet}` is not an IP address or a range such as `10.0.0.0/8`");
            out.push(fault("malformed-address", &at.key("destinationSubnets").index(index), message));
        }
    }
    check::labels(&at.key("sourceLabels"), labels, out);
    check_gateways(&at.key("gateways"), gateways, out);
}

fn check_destinations(at: &Origin, destinations: &[RouteDestination], out: &mut Diagnostics) {
    if destinations.is_empty() {
        out.push(fault("missing-route", at, "a route without destinations").help("add `route`"));
    }
    for (index, RouteDestination { destination, weight: _ }) in destinations.iter().enumerate() {
        check_required_destination(&at.key("route").index(index), destination.as_ref(), out);
    }
    check_weights(&at.key("route"), destinations.iter().map(|destination| destination.weight), out);
}

/// A destination that must be there.
pub(super) fn check_required_destination(at: &Origin, destination: Option<&Destination>, out: &mut Diagnostics) {
    match destination {
        None => out.push(fault("missing-destination", at, "`destination` is missing")),
        Some(destination) => check_destination(&at.key("destination"), destination, out),
    }
}

/// A destination (`validateDestination`).
pub(super) fn check_destination(at: &Origin, destination: &Destination, out: &mut Diagnostics) {
    let Destination { host, subset, port } = destination;
    if host.is_empty() {
        out.push(fault("missing-host", at, "a destination needs a `host`"));
    } else if host.is_any() {
        out.push(fault("malformed-host", &at.key("host"), "a destination cannot be `*`").help("name one service"));
    } else if let Some(why) = wildcard_domain_fault(host.as_str()) {
        out.push(fault("malformed-host", &at.key("host"), format!("`{host}` is not a host: {why}")));
    }
    if !subset.is_empty() && !is_label(subset) {
        let message = format!("`{subset}` cannot be the name of a subset");
        out.push(fault("malformed-subset", &at.key("subset"), message).help("lower-case letters, digits and `-`"));
    }
    if let Some(selector) = port {
        check::port_written(&at.key("port"), selector.number, out);
    }
}

/// Weights are not negative, and of several not all zero (`validateRouteDestinations`).
pub(super) fn check_weights(at: &Origin, weights: impl Iterator<Item = i32>, out: &mut Diagnostics) {
    let (mut count, mut sum) = (0, 0_i64);
    for (index, weight) in weights.enumerate() {
        count += 1;
        sum += i64::from(weight);
        if weight < 0 {
            out.push(fault(
                "negative-weight",
                &at.index(index).key("weight"),
                format!("a weight of {weight} is negative"),
            ));
        }
    }
    if count > 1 && sum == 0 {
        let message = format!("the weights of {count} destinations are all 0: none gets traffic");
        out.push(fault("zero-weights", at, message).help("give each destination a `weight`"));
    }
}
