//! What the user wrote that made each object of a proxy's configuration.
//!
//! The tree has the shape of `--emit xds`: the same objects in the same order. An object's
//! citations are the nodes that made it or shaped it, the closest first; the objects inside it
//! (chains of a listener, virtual hosts, routes, endpoints) have their own. An object without
//! citations is built in.

use std::collections::BTreeSet;

use serde::Serialize;

use super::route_match;
use crate::base::{Origin, Origins, SourceMap, Span};
use crate::ir;
use crate::ir::cluster::Discovery;
use crate::ir::endpoint::LocalityEndpoints;
use crate::ir::listener::NetworkFilter;
use crate::ir::route::Source;
use crate::resource::Resources;

/// One node of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    /// The resource's kind, as `VirtualService`.
    pub kind: String,
    /// Its namespace; empty for kinds without.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The file.
    pub file: String,
    /// Line of the node's first byte, from 1.
    pub line: u32,
    /// Column of the node's first byte in characters, from 1.
    pub column: u32,
    /// The node in the resource, as `spec.http[0].match[1]`; empty is all of it.
    pub path: String,
}

impl Citation {
    /// The node that `origin` names, with `span` where it is written; `None` where the origin
    /// names no resource.
    pub fn new(resources: &Resources, sources: &SourceMap, origin: &Origin, span: Span) -> Option<Self> {
        let info = resources.info(origin.resource)?;
        let file = sources.file(span.file);
        let place = file.line_column(span.start);
        Some(Self {
            kind: info.kind.name().to_owned(),
            namespace: info.namespace.clone(),
            name: info.name.clone(),
            file: file.name.to_string(),
            line: place.line,
            column: place.column,
            path: origin.path.to_string(),
        })
    }
}

/// What made a proxy's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// Its clusters.
    pub clusters: Vec<Cluster>,
    /// Its listeners.
    pub listeners: Vec<Listener>,
    /// Its route configurations.
    pub routes: Vec<RouteConfiguration>,
    /// Endpoints of its clusters.
    pub endpoints: Vec<LoadAssignment>,
    /// Its secrets.
    pub secrets: Vec<Secret>,
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// What made it.
    pub origins: Vec<Citation>,
    /// The endpoints that are written in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listener {
    /// Its name.
    pub name: String,
    /// What made it.
    pub origins: Vec<Citation>,
    /// Its filter chains, the default one last.
    pub filter_chains: Vec<FilterChain>,
}

/// A filter chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilterChain {
    /// Its name; empty where Istio gives none.
    pub name: String,
    /// The server names it takes; empty is all.
    pub server_names: Vec<String>,
    /// The application protocols it takes; empty is all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub application_protocols: Vec<String>,
    /// What made it.
    pub origins: Vec<Citation>,
    /// Route configurations that are written in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteConfiguration>,
}

/// A route configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RouteConfiguration {
    /// Its name.
    pub name: String,
    /// What made it.
    pub origins: Vec<Citation>,
    /// Its virtual hosts.
    pub virtual_hosts: Vec<VirtualHost>,
}

/// A virtual host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VirtualHost {
    /// Its name.
    pub name: String,
    /// The hosts it takes.
    pub domains: Vec<String>,
    /// What made it.
    pub origins: Vec<Citation>,
    /// Its routes, in order.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// Its name; may be empty.
    pub name: String,
    /// What it takes, as `prefix /api; header end-user exact jason`.
    #[serde(rename = "match")]
    pub matches: String,
    /// What made it.
    pub origins: Vec<Citation>,
}

/// Endpoints of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoadAssignment {
    /// The cluster's name.
    pub cluster: String,
    /// What made it.
    pub origins: Vec<Citation>,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// As `10.0.0.1:8080`, or the path of a socket.
    pub address: String,
    /// What made it.
    pub origins: Vec<Citation>,
}

/// A secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Its SDS name.
    pub name: String,
    /// What made it.
    pub origins: Vec<Citation>,
}

/// What made `config`; `cite` resolves an origin, and one that it does not know is left out.
pub fn provenance(config: &ir::ProxyConfig, cite: &dyn Fn(&Origin) -> Option<Citation>) -> Provenance {
    let walk = Walk { cite };
    let outbound = config.outbound();
    Provenance {
        clusters: config.clusters().map(|one| walk.cluster(one)).collect(),
        listeners: config.listeners().map(|(_, one)| walk.listener(one)).collect(),
        routes: outbound.route_configurations.iter().map(|one| walk.route_configuration(one)).collect(),
        endpoints: outbound.load_assignments.iter().map(|one| walk.load_assignment(one)).collect(),
        secrets: outbound.secrets.iter().map(|one| walk.secret(one)).collect(),
    }
}

struct Walk<'a> {
    cite: &'a dyn Fn(&Origin) -> Option<Citation>,
}

impl Walk<'_> {
    /// Each node once, in the order they are first named.
    fn origins(&self, origins: &Origins) -> Vec<Citation> {
        let mut seen = BTreeSet::new();
        origins.iter().filter(|origin| seen.insert(*origin)).filter_map(self.cite).collect()
    }

    fn cluster(&self, cluster: &ir::Cluster) -> Cluster {
        let localities = match &cluster.discovery {
            Discovery::Static(localities) => &localities[..],
            Discovery::Dns(dns) => &dns.localities[..],
            Discovery::Eds | Discovery::OriginalDst { .. } | Discovery::DynamicForwardProxy { .. } => &[],
        };
        Cluster {
            name: cluster.name.clone(),
            origins: self.origins(&cluster.origins),
            endpoints: self.endpoints(localities),
        }
    }

    fn listener(&self, listener: &ir::Listener) -> Listener {
        let chains = listener.filter_chains.iter().chain(&listener.default_filter_chain);
        Listener {
            name: listener.name.clone(),
            origins: self.origins(&listener.origins),
            filter_chains: chains.map(|chain| self.filter_chain(chain)).collect(),
        }
    }

    fn filter_chain(&self, chain: &ir::FilterChain) -> FilterChain {
        let inline = chain.filters.iter().filter_map(|filter| match filter {
            NetworkFilter::HttpConnectionManager(manager) => match &manager.routes {
                Source::Inline(routes) => Some(self.route_configuration(routes)),
                Source::Rds(_) => None,
            },
            _ => None,
        });
        let matches = chain.matches.clone().unwrap_or_default();
        FilterChain {
            name: chain.name.clone(),
            server_names: matches.server_names,
            application_protocols: matches.application_protocols,
            origins: self.origins(&chain.origins),
            routes: inline.collect(),
        }
    }

    fn route_configuration(&self, routes: &ir::RouteConfiguration) -> RouteConfiguration {
        RouteConfiguration {
            name: routes.name.clone(),
            origins: self.origins(&routes.origins),
            virtual_hosts: routes.virtual_hosts.iter().map(|host| self.virtual_host(host)).collect(),
        }
    }

    fn virtual_host(&self, host: &ir::VirtualHost) -> VirtualHost {
        let route = |route: &ir::Route| Route {
            name: route.name.clone(),
            matches: route_match::text(&route.matches),
            origins: self.origins(&route.origins),
        };
        VirtualHost {
            name: host.name.clone(),
            domains: host.domains.clone(),
            origins: self.origins(&host.origins),
            routes: host.routes.iter().map(route).collect(),
        }
    }

    fn load_assignment(&self, assignment: &ir::LoadAssignment) -> LoadAssignment {
        LoadAssignment {
            cluster: assignment.cluster.clone(),
            origins: self.origins(&assignment.origins),
            endpoints: self.endpoints(&assignment.localities),
        }
    }

    fn endpoints(&self, localities: &[LocalityEndpoints]) -> Vec<Endpoint> {
        let endpoints = localities.iter().flat_map(|locality| &locality.endpoints);
        let one = |endpoint: &ir::endpoint::Endpoint| Endpoint {
            address: address(&endpoint.address),
            origins: self.origins(&endpoint.origins),
        };
        endpoints.map(one).collect()
    }

    fn secret(&self, secret: &ir::Secret) -> Secret {
        Secret { name: secret.name.clone(), origins: self.origins(&secret.origins) }
    }
}

fn address(address: &ir::Address) -> String {
    match address {
        ir::Address::Socket { address, port } if address.contains(':') => format!("[{address}]:{port}"),
        ir::Address::Socket { address, port } => format!("{address}:{port}"),
        ir::Address::Pipe(path) => path.clone(),
        ir::Address::Internal { listener, endpoint } => format!("{listener}/{endpoint}"),
    }
}
