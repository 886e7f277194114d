//! Which servers of a Gateway have the routes of a VirtualService, and what routes a server takes.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::base::{HostPattern, Hosts, NamespacedHost, Origin, Protocol};
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
#[derive(Debug)]
pub(super) struct Gateways<'m>(IndexMap<String, &'m Gateway>);

impl<'m> Gateways<'m> {
    pub(super) fn new(mesh: &'m Mesh) -> Self {
        Self(mesh.gateways.iter().map(|gateway| (gateway.key(), gateway)).collect())
    }

    /// Those of the VirtualService's Gateways that are in the input.
    pub(super) fn known(&self, service: &VirtualService) -> Vec<&'m Gateway> {
        service.gateways.iter().filter_map(|key| self.0.get(key).copied()).collect()
    }

    /// The Gateways that have the VirtualService; `None` where it is (also) for sidecars, or names a Gateway that
    /// is not in the input.
    pub(super) fn only(&self, service: &VirtualService) -> Option<Vec<&'m Gateway>> {
        service.gateways.iter().map(|key| self.0.get(key).copied()).collect()
    }
}

/// A server with its Gateway and its place.
pub(super) type Bound<'m> = (&'m Gateway, &'m Server, &'m Origin);

/// The servers of each Gateway by their hosts.
#[derive(Debug)]
pub(super) struct Servers<'m>(BTreeMap<&'m Origin, Hosts<'m, (usize, &'m NamespacedHost)>>);

impl<'m> Servers<'m> {
    pub(super) fn new(mesh: &'m Mesh) -> Self {
        let by_host = |gateway: &'m Gateway| {
            let mut hosts = Hosts::default();
            for (at, server) in gateway.spec.servers.iter().enumerate() {
                server.hosts.iter().for_each(|host| hosts.add(&host.host, (at, host)));
            }
            (&gateway.origin, hosts)
        };
        Self(mesh.gateways.iter().map(by_host).collect())
    }

    /// Whether a server of these Gateways has the host, for this VirtualService.
    pub(super) fn have(&self, host: &HostPattern, service: &VirtualService, gateways: &[&Gateway]) -> bool {
        gateways.iter().any(|gateway| {
            let hosts = self.0.get(&gateway.origin);
            hosts.is_some_and(|hosts| hosts.meeting(host).any(|(_, host)| admits(gateway, host, service)))
        })
    }

    /// The servers of these Gateways that have a host of the VirtualService, and take VirtualServices of its namespace.
    pub(super) fn with_hosts_of(&self, service: &VirtualService, gateways: &[&'m Gateway]) -> Vec<Bound<'m>> {
        let mut found = Vec::new();
        for gateway in gateways {
            let Some(hosts) = self.0.get(&gateway.origin) else { continue };
            let meeting = service.hosts.iter().flat_map(|own| hosts.meeting(own));
            let admitted = meeting.filter(|(_, host)| admits(gateway, host, service)).map(|(at, _)| *at);
            let servers: BTreeSet<usize> = admitted.collect();
            found.extend(
                servers
                    .into_iter()
                    .filter_map(|at| Some((*gateway, gateway.spec.servers.get(at)?, gateway.server_origins.get(at)?))),
            );
        }
        found
    }
}

/// Whether a host of a server takes VirtualServices of this namespace.
pub(super) fn admits(gateway: &Gateway, host: &NamespacedHost, service: &VirtualService) -> bool {
    match host.namespace.as_deref() {
        Some(".") => service.namespace == gateway.namespace,
        Some("*") | None => true,
        Some(namespace) => service.namespace == namespace,
    }
}
