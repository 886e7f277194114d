//! Settings of HTTP for a host that has no port of HTTP.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::policies::policies;
use crate::resource::istio::destination_rule::TrafficPolicy;

declare_rule! {
    /// ## What it does
    /// Reports `connectionPool.http` (without `http1MaxPendingRequests`) and `consistentHash` by header, cookie or query parameter in a DestinationRule for
    /// a host whose ports all have a protocol that is not HTTP.
    /// ## Why is this bad
    /// For connections that are not read as HTTP these settings have no effect.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [db.example.com]
    ///   addresses: [10.0.0.1]
    ///   resolution: DNS
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: db.example.com
    ///   trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 10}}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [db.example.com]
    ///   addresses: [10.0.0.1]
    ///   resolution: DNS
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: db.example.com
    ///   trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings-HTTPSettings>
    pub(super) RULE = { name: "http-settings-of-tcp-host", codes: [], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (rule, policy, origin) in policies(context) {
        let keys = http_settings(policy);
        if keys.is_empty() {
            continue;
        }
        let services: Vec<_> = context.mesh.services_with_host(rule.host.as_str()).collect();
        let mut ports = services.iter().flat_map(|service| service.ports.iter().map(move |port| (service, port)));
        // A TLS port may have HTTP behind TLS that Istio makes, or terminates at a gateway.
        let Some((service, port)) = ports.next() else { continue };
        let is_plain = |protocol: crate::base::Protocol| protocol.is_tcp() && !protocol.is_tls();
        if !is_plain(port.protocol) || !ports.all(|(_, port)| is_plain(port.protocol)) {
            continue;
        }
        for [first, second] in keys {
            let message = format!("`{}` has no port of HTTP, so `{second}` has no effect", rule.host);
            let place = Location::Key(origin.key(first).key(second));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .related(Location::Value(service.port_origin(port)), format!("a port of {}", port.protocol))
                    .help("use `connectionPool.tcp` or `consistentHash.useSourceIp`, or declare the port as HTTP"),
            );
        }
    }
}

fn http_settings(policy: &TrafficPolicy) -> Vec<[&'static str; 2]> {
    let pool = policy.connection_pool.as_ref().and_then(|pool| pool.http.as_ref());
    // How many may wait counts for connections as well.
    let pool = pool.filter(|http| http.http1_max_pending_requests == 0);
    let balancer = policy.load_balancer.as_ref().and_then(|balancer| balancer.consistent_hash.as_ref());
    let hash = balancer.is_some_and(|hash| {
        hash.http_header_name.is_some() || hash.http_cookie.is_some() || hash.http_query_parameter_name.is_some()
    });
    let fields = [(pool.is_some(), ["connectionPool", "http"]), (hash, ["loadBalancer", "consistentHash"])];
    fields.into_iter().filter(|(written, _)| *written).map(|(_, keys)| keys).collect()
}
