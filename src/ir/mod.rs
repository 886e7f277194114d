//! One proxy, decided: listeners, filter chains, virtual hosts, routes in order, clusters,
//! endpoints and secrets, as plain data.
//!
//! The stage `lower` makes it, `envoy` turns it into protos one to one. It knows nothing of
//! Istio, Gateway API or Kubernetes kinds, and it is not serializable. Every object that has
//! a name in Envoy carries the [`Origins`](crate::base::Origins) of what the user wrote.

pub mod cluster;
pub mod endpoint;
pub mod http;
pub mod listener;
pub mod name;
pub mod route;
pub mod secret;
pub mod tls;

pub use cluster::Cluster;
pub use endpoint::LoadAssignment;
pub use listener::{FilterChain, Listener};
pub use route::{Route, RouteConfiguration, VirtualHost};
pub use secret::Secret;

/// The configuration of one proxy. A router is a type without an inbound side: what the types
/// do not hold cannot be emitted.
#[derive(Clone, Debug)]
pub enum ProxyConfig {
    /// A gateway.
    Router(Outbound),
    /// A workload's sidecar.
    Sidecar(Outbound, Inbound),
}

/// What a proxy does for traffic that leaves it towards services.
#[derive(Clone, Debug, Default)]
pub struct Outbound {
    /// Listeners; Envoy's direction `OUTBOUND`.
    pub listeners: Vec<Listener>,
    /// Route configurations that listeners name with [`route::Source::Rds`].
    pub route_configurations: Vec<RouteConfiguration>,
    /// Clusters.
    pub clusters: Vec<Cluster>,
    /// Endpoints of the clusters with [`cluster::Discovery::Eds`].
    pub load_assignments: Vec<LoadAssignment>,
    /// Certificates that transport sockets name and the control plane serves.
    pub secrets: Vec<Secret>,
}

/// What a sidecar does for traffic to its own workload.
#[derive(Clone, Debug, Default)]
pub struct Inbound {
    /// Listeners; Envoy's direction `INBOUND`.
    pub listeners: Vec<Listener>,
    /// Clusters, one a port of the workload, and the passthrough ones.
    pub clusters: Vec<Cluster>,
}

/// Envoy's `core.v3.TrafficDirection`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficDirection {
    /// Towards the workload.
    Inbound,
    /// Away from the workload, or through a gateway.
    Outbound,
}

impl ProxyConfig {
    /// The outbound side, which every proxy has.
    pub fn outbound(&self) -> &Outbound {
        match self {
            Self::Router(outbound) | Self::Sidecar(outbound, _) => outbound,
        }
    }

    /// Every listener with its direction.
    pub fn listeners(&self) -> impl Iterator<Item = (TrafficDirection, &Listener)> {
        let inbound = self.inbound().map_or(&[][..], |inbound| &inbound.listeners);
        let outbound = self.outbound().listeners.iter().map(|listener| (TrafficDirection::Outbound, listener));
        outbound.chain(inbound.iter().map(|listener| (TrafficDirection::Inbound, listener)))
    }

    /// Every cluster.
    pub fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        let inbound = self.inbound().map_or(&[][..], |inbound| &inbound.clusters);
        self.outbound().clusters.iter().chain(inbound)
    }

    /// Every listener, to change it.
    pub fn listeners_mut(&mut self) -> impl Iterator<Item = &mut Listener> {
        let (outbound, inbound) = self.sides_mut();
        outbound.listeners.iter_mut().chain(inbound.into_iter().flat_map(|inbound| &mut inbound.listeners))
    }

    /// Every cluster, to change it.
    pub fn clusters_mut(&mut self) -> impl Iterator<Item = &mut Cluster> {
        let (outbound, inbound) = self.sides_mut();
        outbound.clusters.iter_mut().chain(inbound.into_iter().flat_map(|inbound| &mut inbound.clusters))
    }

    /// Both sides, to change them; the inbound one where there is one.
    pub fn sides_mut(&mut self) -> (&mut Outbound, Option<&mut Inbound>) {
        match self {
            Self::Router(outbound) => (outbound, None),
            Self::Sidecar(outbound, inbound) => (outbound, Some(inbound)),
        }
    }

    fn inbound(&self) -> Option<&Inbound> {
        match self {
            Self::Router(_) => None,
            Self::Sidecar(_, inbound) => Some(inbound),
        }
    }
}

/// Where Envoy listens or connects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// An IP address, or a DNS name where the cluster resolves it, with a port.
    Socket {
        /// The IP or name.
        address: String,
        /// The port.
        port: u32,
    },
    /// A Unix domain socket.
    Pipe(String),
    /// An internal listener of the same Envoy.
    Internal {
        /// The listener's name.
        listener: String,
        /// Tells endpoints of one listener apart.
        endpoint: String,
    },
}

/// A place in the world, for locality load balancing; empty parts are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locality {
    /// As `eu-west-1`.
    pub region: String,
    /// As `eu-west-1a`.
    pub zone: String,
    /// As `rack-1`.
    pub sub_zone: String,
}

/// Envoy's `type.v3.FractionalPercent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FractionalPercent {
    /// How many of the denominator.
    pub numerator: u32,
    /// Of how many.
    pub denominator: Denominator,
}

/// The denominators that Istio writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denominator {
    /// Percent; the default, not written.
    Hundred,
    /// A millionth, for fractions of a percent.
    Million,
}

/// How a text is matched; Envoy's `type.matcher.v3.StringMatcher`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringMatch {
    /// The whole text.
    Exact(String),
    /// Its beginning.
    Prefix(String),
    /// Its end.
    Suffix(String),
    /// Somewhere in it.
    Contains(String),
    /// The whole text by an RE2 expression.
    Regex(String),
}
