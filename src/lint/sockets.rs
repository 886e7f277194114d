//! The servers that meet on one port of the same routers.

use std::collections::BTreeMap;

use crate::base::{Labels, Origin, Protocol};
use crate::mesh::{Gateway, Mesh};
use crate::resource::istio::gateway::{Server, ServerTls};

/// A server with the Gateway it is of, and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened<'m> {
    pub(super) gateway: &'m Gateway,
    pub(super) server: &'m Server,
    pub(super) origin: &'m Origin,
}

impl<'m> Opened<'m> {
    /// What it speaks.
    pub(super) fn protocol(&self) -> Protocol {
        self.server.port.as_ref().map_or(Protocol::Unsupported, |port| Protocol::parse(&port.protocol))
    }

    /// Its TLS, where it is not a plain port.
    pub(super) fn tls(&self) -> Option<&'m ServerTls> {
        self.server.tls.as_ref().filter(|_| self.protocol().is_tls())
    }
}

/// The servers of all Gateways by selector and port number, in the order in which Istio merges them. Gateways with
/// one selector are on the same routers; whether others meet is not known from files alone
/// (`istio: pilot/pkg/model/gateway.go: mergeGateways`).
pub(super) fn by_port(mesh: &Mesh) -> BTreeMap<(&Labels, u32), Vec<Opened<'_>>> {
    let mut ports: BTreeMap<(&Labels, u32), Vec<Opened<'_>>> = BTreeMap::new();
    for gateway in mesh.gateways.iter().filter(|gateway| !gateway.spec.selector.is_empty()) {
        for (server, origin) in gateway.spec.servers.iter().zip(&gateway.server_origins) {
            if let Some(number) = server.port.as_ref().and_then(|port| port.number) {
                let here = ports.entry((&gateway.spec.selector, number.number())).or_default();
                here.push(Opened { gateway, server, origin });
            }
        }
    }
    ports
}
