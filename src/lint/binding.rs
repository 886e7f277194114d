//! Which servers of a Gateway have the routes of a VirtualService, and what routes a server takes.

use std::collections::BTreeMap;

use crate::base::{NamespacedHost, Origin, Protocol};
use crate::mesh::{Gateway, Mesh, VirtualService};
use crate::resource::istio::gateway::{Server, ServerTlsMode};

/// The lists of routes of a VirtualService.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RouteKind {
    /// `http`.
    Http,
    /// `tls`.
    Tls,
    /// `tcp`.
    Tcp,
}

impl RouteKind {
    /// Its key in a VirtualService.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tls => "tls",
            Self::Tcp => "tcp",
        }
    }
}

/// The list of routes that a server takes; `None` where it takes none, or its protocol is unknown
/// (`istio: pilot/pkg/networking/core/gateway.go: BuildListeners`).
pub(super) fn taken(server: &Server) -> Option<RouteKind> {
    let protocol = Protocol::parse(&server.port.as_ref()?.protocol);
    let mode = server.tls.as_ref().map(|tls| tls.mode).unwrap_or_default();
    if protocol.is_http() {
        return Some(RouteKind::Http);
    }
    match (protocol.is_tls(), mode) {
        (true, ServerTlsMode::Passthrough) => server.tls.as_ref().map(|_| RouteKind::Tls),
        (true, ServerTlsMode::AutoPassthrough) => None,
        (true, _) if protocol == Protocol::Https => Some(RouteKind::Http),
        _ => protocol.is_tcp().then_some(RouteKind::Tcp),
    }
}

/// The Gateways of the input by `namespace/name`.
pub(super) struct Gateways<'m>(BTreeMap<String, &'m Gateway>);

impl<'m> Gateways<'m> {
    pub(super) fn new(mesh: &'m Mesh) -> Self {
        Self(mesh.gateways.iter().map(|gateway| (gateway.key(), gateway)).collect())
    }

    /// The Gateways that have the VirtualService; `None` where it is (also) for sidecars, or names a Gateway that
    /// is not in the input.
    pub(super) fn only(&self, service: &VirtualService) -> Option<Vec<&'m Gateway>> {
        service.gateways.iter().map(|key| self.0.get(key).copied()).collect()
    }
}

/// The servers of Gateways, with the place of each.
pub(super) fn servers<'m>(gateways: &[&'m Gateway]) -> Vec<(&'m Gateway, &'m Server, &'m Origin)> {
    let servers = gateways
        .iter()
        .flat_map(|it| it.spec.servers.iter().zip(&it.server_origins).map(|(server, at)| (*it, server, at)));
    servers.collect()
}

/// Whether a server has a host of the VirtualService, and takes VirtualServices of its namespace.
pub(super) fn binds(gateway: &Gateway, server: &Server, service: &VirtualService) -> bool {
    let has = |host: &NamespacedHost| service.hosts.iter().any(|own| own.matches(&host.host));
    server.hosts.iter().any(|host| admits(gateway, host, service) && has(host))
}

/// Whether a host of a server takes VirtualServices of this namespace.
pub(super) fn admits(gateway: &Gateway, host: &NamespacedHost, service: &VirtualService) -> bool {
    match host.namespace.as_deref() {
        Some(".") => service.namespace == gateway.namespace,
        Some("*") | None => true,
        Some(namespace) => service.namespace == namespace,
    }
}
