//! What one proxy sees.

use std::collections::BTreeMap;

use super::Proxy;
use crate::mesh::{DestinationRule, Gateway, Mesh, Service, VirtualService};

/// What istiod lets one proxy see of the mesh. Borrows from the [`Mesh`].
#[derive(Clone, Debug)]
pub struct ProxyView<'m> {
    /// Who sees.
    pub proxy: &'m Proxy,
    /// What there is.
    pub mesh: &'m Mesh,
    /// Visible services in Istio's order; of several with one hostname, the one Istio prefers.
    pub services: Vec<&'m Service>,
    /// The same by hostname.
    pub services_by_host: BTreeMap<&'m str, &'m Service>,
    /// Gateways whose selector takes this proxy, in Istio's order; empty for a sidecar.
    pub gateways: Vec<&'m Gateway>,
    /// Visible VirtualServices by the gateway (`namespace/name` or `mesh`) they are bound to, in Istio's order.
    pub virtual_services: BTreeMap<&'m str, Vec<&'m VirtualService>>,
    /// Visible DestinationRules, in Istio's order, for `lower` to merge and look up.
    pub destination_rules: Vec<&'m DestinationRule>,
}
