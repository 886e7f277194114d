//! A ServiceEntry whose TCP port has no address of its own.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Protocol};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports TCP ports (also of databases, and with no protocol) of a ServiceEntry without `addresses`, where Istio
    /// does not allocate addresses.
    /// ## Why is this bad
    /// TCP has no host name, so the address is all a sidecar can go by: without one, it takes all
    /// traffic on the port, whatever its destination.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: db}
    /// spec:
    ///   hosts: [db.example.com]
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    ///   resolution: DNS
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: db}
    /// spec:
    ///   hosts: [db.example.com]
    ///   addresses: [10.1.2.3]
    ///   ports: [{number: 5432, name: tcp, protocol: TCP}]
    ///   resolution: DNS
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0134/>
    pub(super) RULE = { name: "service-entry-without-address", codes: ["IST0134"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let metadata = context.mesh.config.default_config.proxy_metadata.as_ref();
    let on = |key: &str| metadata.and_then(|it| it.get(key)).is_some_and(|value| value == "true");
    if on("ISTIO_META_DNS_CAPTURE") && (on("ISTIO_META_DNS_AUTO_ALLOCATE") || on("PILOT_ENABLE_IP_AUTOALLOCATE")) {
        return;
    }
    for entry in &context.resources.service_entries {
        if !entry.spec.addresses.is_empty() || !entry.status.addresses.is_empty() {
            continue;
        }
        for (at, port) in entry.spec.ports.iter().enumerate() {
            let protocol = Protocol::parse(&port.protocol);
            if port.protocol.is_empty() || (protocol.is_tcp() && !protocol.is_tls()) {
                let place = Location::Value(entry.spec_origin().key("ports").index(at));
                let message = format!("ServiceEntry `{}` has a TCP port and no `addresses`", entry.name());
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, place, message)
                        .labelled("a sidecar takes all traffic on this port for it")
                        .help("set `addresses`, or say the protocol where it is HTTP or TLS"),
                );
            }
        }
    }
}
