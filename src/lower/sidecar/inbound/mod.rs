//! The side of a sidecar towards its own workload: `virtualInbound`, which takes what is redirected
//! to the proxy, listeners of the Sidecar that bind a port themselves, and the workload's ports as
//! clusters.

mod chain;
mod cluster;
mod http;
mod listener;
mod port;

use super::Shared;
use crate::base::Diagnostics;
use crate::ir;
use crate::lower::endpoint::PeerAuthentications;
use crate::lower::settings::text;
use crate::proxy::{Proxy, ProxyView, service_targets};
use crate::resource::istio::sidecar::IngressListener;

/// How traffic reaches the proxy (`INTERCEPTION_MODE` of its metadata).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interception {
    /// It is redirected.
    Redirect,
    /// It is redirected, and keeps the client's address.
    Tproxy,
    /// Not at all: the proxy binds what it listens on.
    None,
}

impl Interception {
    fn of(proxy: &Proxy) -> Self {
        match text(proxy, "INTERCEPTION_MODE") {
            Some("TPROXY") => Self::Tproxy,
            Some("NONE") => Self::None,
            _ => Self::Redirect,
        }
    }
}

/// The inbound listeners of the workload's Sidecar, which take the place of its services' ports.
fn ingress<'m>(view: &ProxyView<'m>) -> &'m [IngressListener] {
    view.sidecar.map_or(&[], |sidecar| &sidecar.spec.ingress)
}

/// Lowers the inbound side (`istio: ListenerBuilder.buildInboundListeners`, `core.buildInboundClusters`).
pub fn lower(shared: &Shared<'_>) -> (ir::Inbound, Diagnostics) {
    let Shared { view, destination_rules, .. } = *shared;
    let targets = service_targets(view.proxy, view.mesh);
    let (ports, diagnostics) = port::ports(view, &targets);
    let authentication = PeerAuthentications::new(view.mesh);
    let chains = chain::Chains { shared, authentication: &authentication };
    let listeners = listener::listeners(&chains, &ports, &targets);
    let clusters = super::super::cluster::inbound(view, destination_rules, &cluster::ports(view, &targets));
    (ir::Inbound { listeners, clusters }, diagnostics)
}
