//! What a workload's proxy does for connections that leave it: listeners for the ports of services,
//! one that takes what no other does, and their routes (`istio: core.buildSidecarOutboundListeners`).

mod address;
mod bytes;
mod chain;
mod domain;
mod entry;
mod http;
mod listener;
mod route_configuration;
mod unknown;
mod virtual_host;

use crate::base::Diagnostics;
use crate::ir;
use crate::ir::http::Tracing;
use crate::lower::{cluster, secret, tcp};

/// What everything outbound of one proxy shares.
#[derive(Clone, Copy, Debug)]
struct Shared<'a> {
    /// For bytes; also who asks, its settings and rules.
    tcp: tcp::Shared<'a>,
    /// For HTTP.
    tracing: &'a Option<Tracing>,
    /// What becomes of connections and requests to unknown destinations.
    unknown: &'a unknown::Policy,
}

/// Lowers the outbound side of a workload's proxy.
pub fn lower(sidecar: &super::Shared<'_>) -> (ir::Outbound, Diagnostics) {
    let super::Shared { view, settings, tracing, logs, destination_rules } = *sidecar;
    let mut diagnostics = Diagnostics::default();
    let unknown = unknown::Policy::new(view);
    let tcp = tcp::Shared { view, settings, destination_rules, access_logs: &logs.traffic };
    let shared = Shared { tcp, tracing, unknown: &unknown };

    let mut listeners = Vec::new();
    // A mesh without a port for outgoing connections has no such listeners at all.
    if let Some(port) = u32::try_from(view.mesh.config.proxy_listen_port).ok().filter(|port| *port > 0) {
        let entries = entry::entries(&shared, &mut diagnostics);
        listeners.extend(entries.into_iter().map(|entry| listener::listener(&shared, &entry)));
        listeners.extend(http::explicit_proxy(&shared));
        listeners.extend(unknown::virtual_outbound(&shared, port, &logs.listener));
    }
    let route_configurations = route_configuration::route_configurations(&shared, &listeners);
    let (upstreams, found) = cluster::outbound(view, destination_rules);
    diagnostics.extend(found);
    let cluster::Upstreams { clusters, load_assignments } = upstreams;
    let (secrets, found) = secret::secrets(view, cluster::secret_references(&clusters));
    diagnostics.extend(found);
    (ir::Outbound { listeners, route_configurations, clusters, load_assignments, secrets }, diagnostics)
}

#[cfg(test)]
mod tests;
