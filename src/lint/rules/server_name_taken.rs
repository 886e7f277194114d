//! A server name of a `tls` route that is taken already.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Hosts, Location, Origin};
use crate::lint::Context;
use crate::lint::binding::{RouteKind, admits, taken};
use crate::lint::sockets::{Opened, by_port};
use crate::mesh::{Semantics, VirtualService, Visibility};
use crate::resource::istio::virtual_service::TlsMatchAttributes;

declare_rule! {
    /// ## What it does
    /// Reports `tls` matches for a server that passes TLS through of which a name is taken on the port: by an earlier
    /// `tls` match, or by a server that terminates TLS.
    /// ## Why is this bad
    /// Of two matches with one name Istio leaves out the later one, with all its names and a line in its log only.
    /// Where a server terminates TLS for the name, Istio sends both, and Envoy refuses the whole port.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: tls, protocol: TLS}
    ///     hosts: ["*.example.com"]
    ///     tls: {mode: PASSTHROUGH}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: one}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   gateways: [edge]
    ///   tls:
    ///   - match: [{sniHosts: [web.example.com]}]
    ///     route: [{destination: {host: one.prod.svc.cluster.local}}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: two}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [edge]
    ///   tls:
    ///   - match: [{sniHosts: [web.example.com]}]
    ///     route: [{destination: {host: two.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: tls, protocol: TLS}
    ///     hosts: ["*.example.com"]
    ///     tls: {mode: PASSTHROUGH}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: one}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   gateways: [edge]
    ///   tls:
    ///   - match: [{sniHosts: [web.example.com]}]
    ///     route: [{destination: {host: one.prod.svc.cluster.local}}]
    ///   - match: [{sniHosts: [api.example.com]}]
    ///     route: [{destination: {host: two.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#TLSMatchAttributes>
    pub(super) RULE = { name: "server-name-taken", codes: [], severity: Error, check: check };
}

/// The VirtualServices with `tls` routes of a Gateway by host, each with its place in Istio's order.
type Routed<'m> = BTreeMap<&'m str, Hosts<'m, (usize, &'m VirtualService)>>;

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut routed: Routed<'_> = BTreeMap::new();
    let services = context.mesh.virtual_services.iter().enumerate();
    // Which routers see one that is not for all is not looked at.
    let services = services.filter(|(_, it)| it.semantics == Semantics::Istio && it.visibility == Visibility::Public);
    for (at, service) in services.filter(|(_, it)| !it.tls.is_empty()) {
        for gateway in &service.gateways {
            let hosts = routed.entry(gateway).or_default();
            service.hosts.iter().for_each(|host| hosts.add(host, (at, service)));
        }
    }
    if routed.is_empty() {
        return;
    }
    for ((_, number), servers) in by_port(context.mesh) {
        check_port(number, &servers, &routed, found);
    }
}

fn check_port(number: u32, servers: &[Opened<'_>], routed: &Routed<'_>, found: &mut Diagnostics) {
    let mut terminated: BTreeMap<(&str, String), Origin> = BTreeMap::new();
    for server in servers.iter().filter(|it| it.tls().is_some() && taken(it.server) != Some(RouteKind::Tls)) {
        for (at, host) in server.server.hosts.iter().enumerate() {
            let name = (server.server.bind.as_str(), host.host.as_str().to_ascii_lowercase());
            terminated.entry(name).or_insert_with(|| server.origin.key("hosts").index(at));
        }
    }
    let mut names: BTreeMap<(&str, &str), Origin> = BTreeMap::new();
    for server in servers.iter().filter(|it| it.tls().is_some() && taken(it.server) == Some(RouteKind::Tls)) {
        let bind = server.server.bind.as_str();
        for (one, origin) in matches(server, number, routed) {
            let place = |at: usize| origin.key("sniHosts").index(at);
            let hosts = || one.sni_hosts.iter().enumerate();
            let other = hosts().find_map(|(at, name)| Some((at, names.get(&(bind, name.as_str()))?)));
            // A server with the same routes as another one has them once; that is no fault of the match.
            if let Some((at, other)) = other {
                if *other != place(at) {
                    let message = format!(
                        "server name `{}` is taken by an earlier match",
                        one.sni_hosts.get(at).map(ToString::to_string).unwrap_or_default()
                    );
                    found.push(report(place(at), message, "Istio leaves this match out", other));
                }
                continue;
            }
            for (at, name) in hosts() {
                names.insert((bind, name.as_str()), place(at));
                if let Some(other) = terminated.get(&(bind, name.as_str().to_ascii_lowercase())) {
                    let message = format!("server name `{name}` is that of a server which terminates TLS");
                    let label = "Envoy refuses the port: two filter chains wait for one server name";
                    found.push(report(place(at), message, label, other));
                }
            }
        }
    }
}

/// The matches that hold on the server, in Istio's order
/// (`istio: pilot/pkg/networking/core/gateway.go: buildGatewayNetworkFiltersFromTLSRoutes`).
fn matches<'m>(server: &Opened<'m>, number: u32, routed: &Routed<'m>) -> Vec<(&'m TlsMatchAttributes, &'m Origin)> {
    let key = server.gateway.key();
    let Some(hosts) = routed.get(key.as_str()) else { return Vec::new() };
    let meeting = server.server.hosts.iter().flat_map(|host| {
        let meeting = hosts.meeting(&host.host);
        meeting.filter(move |(_, service)| admits(server.gateway, host, service))
    });
    let services: BTreeMap<usize, &VirtualService> = meeting.copied().collect();
    let rules = services.into_values().flat_map(|service| &service.tls);
    let matches = rules.flat_map(|rule| {
        let matches = rule.spec.matches.iter().zip(&rule.match_origins);
        matches.filter_map(|(one, origins)| Some((one, origins.first()?)))
    });
    let fits = |one: &TlsMatchAttributes| {
        one.port.is_none_or(|port| port.number() == number) && (one.gateways.is_empty() || one.gateways.contains(&key))
    };
    matches.filter(|(one, _)| fits(one)).collect()
}

fn report(place: Origin, message: String, label: &str, other: &Origin) -> Diagnostic {
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
        .labelled(label)
        .related(Location::Value(other.clone()), "taken here")
        .help("route a server name on a port once")
}
