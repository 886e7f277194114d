//! A condition on the client that a gateway does not look at.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::resource::istio::VirtualService;

declare_rule! {
    /// ## What it does
    /// Reports `sourceLabels` and `sourceNamespace` of `http` matches which name `gateways`, of `http` matches in
    /// VirtualServices for Gateways alone, and (with `destinationSubnets`) of `tls` and `tcp` matches in those.
    /// ## Why is this bad
    /// An `http` match that names `gateways` is not asked for its client: it holds for every one. Without, a router
    /// compares its own labels with `sourceLabels`, not those of who calls. For connections a router looks at the port
    /// alone.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [mesh, edge]
    ///   http:
    ///   - match: [{gateways: [mesh], sourceLabels: {app: tester}}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{sourceLabels: {app: tester}}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest>
    pub(super) RULE = { name: "client-condition-on-gateway", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.virtual_services {
        let spec = &object.spec;
        let of_gateways = !spec.gateways.is_empty() && spec.gateways.iter().all(|gateway| gateway != "mesh");
        check_http(spec, &object.spec_origin().key("http"), of_gateways, found);
        if of_gateways {
            check_connections(spec, &object.spec_origin(), found);
        }
    }
}

/// `istio: pilot/pkg/networking/core/route/route.go: sourceMatchHTTP`.
fn check_http(spec: &VirtualService, http: &Origin, of_gateways: bool, found: &mut Diagnostics) {
    for (at, route) in spec.http.iter().enumerate() {
        for (one, conditions) in route.matches.iter().enumerate() {
            let place = http.index(at).key("match").index(one);
            let labels = (!conditions.source_labels.is_empty()).then_some("sourceLabels");
            let namespace = (!conditions.source_namespace.is_empty()).then_some("sourceNamespace");
            for key in labels.into_iter().chain(namespace) {
                if !conditions.gateways.is_empty() {
                    let message = format!("`{key}` has no effect in a match that names `gateways`");
                    let finding = ignored(place.key(key), message, "this match holds whoever calls");
                    found.push(
                        finding.related(Location::Key(place.key("gateways")), "named here").help(
                            "leave `gateways` out of this match; one without them holds for sidecars and routers",
                        ),
                    );
                } else if of_gateways {
                    let message =
                        format!("on a gateway `{key}` is compared with the router itself, not with the client");
                    found.push(ignored(place.key(key), message, "this says nothing about who calls").help(
                        "match what the request brings, as `headers`; a gateway does not know its client's labels",
                    ));
                }
            }
        }
    }
}

/// `istio: pilot/pkg/networking/core/gateway.go: l4SingleMatch`.
fn check_connections(spec: &VirtualService, origin: &Origin, found: &mut Diagnostics) {
    let tls = spec.tls.iter().enumerate().flat_map(|(at, route)| {
        let matches = origin.key("tls").index(at).key("match");
        route.matches.iter().enumerate().map(move |(at, one)| {
            (matches.index(at), &one.destination_subnets, &one.source_labels, &one.source_namespace)
        })
    });
    let tcp = spec.tcp.iter().enumerate().flat_map(|(at, route)| {
        let matches = origin.key("tcp").index(at).key("match");
        route.matches.iter().enumerate().map(move |(at, one)| {
            (matches.index(at), &one.destination_subnets, &one.source_labels, &one.source_namespace)
        })
    });
    for (place, subnets, labels, namespace) in tls.chain(tcp) {
        let written = [
            (!subnets.is_empty(), "destinationSubnets"),
            (!labels.is_empty(), "sourceLabels"),
            (!namespace.is_empty(), "sourceNamespace"),
        ];
        for (_, key) in written.into_iter().filter(|(written, _)| *written) {
            let message = format!("a gateway does not look at `{key}`");
            let finding = ignored(place.key(key), message, "this match holds without it");
            found.push(finding.help("use `port`, or `sniHosts` of `tls` routes, to tell connections apart"));
        }
    }
}

fn ignored(place: Origin, message: String, label: &str) -> Diagnostic {
    Diagnostic::new(RULE.severity, RULE.name, Location::Key(place), message).labelled(label)
}
