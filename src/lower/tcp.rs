//! Routes of connections: the network filters of a TCP or TLS route.

use crate::base::{Diagnostic, Diagnostics, Location, Origin, Origins, Protocol};
use crate::ir::listener::{AccessLog, NetworkFilter, TcpClusters, TcpProxy, Tunneling};
use crate::ir::name;
use crate::lower::destination;
use crate::lower::destination_rule::{DestinationRules, MergedRule};
use crate::lower::settings::Settings;
use crate::lower::stat_name;
use crate::lower::time::std_duration;
use crate::mesh::{Service, VirtualService};
use crate::proxy::ProxyView;
use crate::resource::istio::destination_rule::{ConnectionPoolSettings, TunnelSettings};
use crate::resource::istio::virtual_service::RouteDestination;

/// What TCP filters of one proxy share.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a> {
    /// Who asks, and what it sees.
    pub view: &'a ProxyView<'a>,
    /// Its settings.
    pub settings: &'a Settings<'a>,
    /// Its DestinationRules.
    pub destination_rules: &'a DestinationRules<'a>,
    /// Its logs of connections.
    pub access_logs: &'a [AccessLog],
}

/// The port of the listener or service that connections come to.
#[derive(Clone, Copy, Debug)]
pub struct ListenPort<'a> {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: &'a str,
    /// What is spoken there.
    pub protocol: Protocol,
    /// Whether Istio's metadata exchange comes first, where the proxy ends Istio's mutual TLS.
    pub metadata_exchange: bool,
}

/// Whether the tunnel of a DestinationRule is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tunnels {
    /// It is.
    Taken,
    /// It is not: bytes that pass through gateways are tunnelled by the gateway at the end.
    Skipped,
}

/// One destination that all bytes go to.
#[derive(Clone, Copy, Debug)]
pub struct Single<'a> {
    /// Its cluster.
    pub cluster: &'a str,
    /// Prefix of its statistics.
    pub stat_prefix: &'a str,
    /// The subset; empty is the whole service.
    pub subset: &'a str,
    /// The rule of its service.
    pub rule: Option<&'a MergedRule<'a>>,
    /// Whether its tunnel is taken.
    pub tunnels: Tunnels,
}

/// The filters of a route's destinations (`istio: ListenerBuilder.buildOutboundNetworkFilters`).
/// Empty where no destination has a share: istiod has no answer to that. The fault is reported at `origin`.
pub fn route_filters(
    shared: &Shared<'_>,
    virtual_service: &VirtualService,
    routes: &[RouteDestination],
    origin: &Origin,
    port: ListenPort<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<NetworkFilter> {
    let first = routes.first().and_then(|route| route.destination.as_ref());
    let service = first.and_then(|destination| shared.service(destination.host.as_str()));
    let rule = service.and_then(|service| shared.destination_rules.lookup(service));
    if let ([_], Some(destination)) = (routes, first) {
        let cluster = destination::cluster_name(destination, service, port.number);
        let stat_prefix = shared.stat_prefix(service, &destination.subset, (port.number, port.name), &cluster);
        let single = Single {
            cluster: &cluster,
            stat_prefix: &stat_prefix,
            subset: &destination.subset,
            rule,
            tunnels: Tunnels::Taken,
        };
        return single_filters(shared, &single, port);
    }
    let clusters: Vec<(String, u32)> = routes
        .iter()
        .filter_map(|route| {
            let destination = route.destination.as_ref()?;
            let weight = u32::try_from(route.weight).ok().filter(|weight| *weight > 0)?;
            let service = shared.service(destination.host.as_str());
            Some((destination::cluster_name(destination, service, port.number), weight))
        })
        .collect();
    if clusters.is_empty() {
        let message = format!("no destination of the route of `{}` has a share", virtual_service.name);
        let location = Location::Value(origin.key("route"));
        diagnostics.push(
            Diagnostic::error("no-weighted-destination", location, message).help("give one of them a `weight` above 0"),
        );
        return Vec::new();
    }
    let stat_prefix = format!("{}.{}", virtual_service.name, virtual_service.namespace);
    let proxy = shared.tcp_proxy(stat_prefix, TcpClusters::Weighted(clusters), rule, "", Tunnels::Taken);
    filters(proxy, port)
}

/// What of services and their rules [`route_filters`] reads.
pub fn route_origins(shared: &Shared<'_>, routes: &[RouteDestination]) -> Origins {
    let mut origins = Origins::new();
    for (at, destination) in routes.iter().enumerate().filter_map(|(at, route)| Some((at, route.destination.as_ref()?)))
    {
        let Some(service) = shared.service(destination.host.as_str()) else {
            continue;
        };
        origins.extend(destination::origins(destination, service));
        // Of several destinations the first one's host decides.
        let rule = shared.destination_rules.lookup(service).filter(|_| at == 0);
        let subset = if routes.len() == 1 { destination.subset.as_str() } else { "" };
        origins.extend(rule.into_iter().flat_map(|rule| rule.policy_origins(subset)));
    }
    origins
}

/// The filters of one destination (`istio: buildOutboundNetworkFiltersWithSingleDestination`).
pub fn single_filters(shared: &Shared<'_>, single: &Single<'_>, port: ListenPort<'_>) -> Vec<NetworkFilter> {
    let clusters = TcpClusters::Single(single.cluster.to_owned());
    let Single { cluster: _, stat_prefix, subset, rule, tunnels } = *single;
    filters(shared.tcp_proxy(stat_prefix.to_owned(), clusters, rule, subset, tunnels), port)
}

/// Metadata exchange first, so that what follows knows the peer; the protocol's own filter before
/// the one that ends the chain (`istio: buildCompleteNetworkFilters, buildNetworkFiltersStack`).
fn filters(proxy: TcpProxy, port: ListenPort<'_>) -> Vec<NetworkFilter> {
    let mut filters = Vec::new();
    if port.metadata_exchange {
        filters.push(NetworkFilter::MetadataExchange);
    }
    if port.protocol == Protocol::Mongo {
        filters.push(NetworkFilter::MongoProxy { stat_prefix: proxy.stat_prefix.clone() });
    }
    filters.push(NetworkFilter::TcpProxy(Box::new(proxy)));
    filters
}

impl<'a> Shared<'a> {
    /// The service of a hostname.
    pub fn service(&self, hostname: &str) -> Option<&'a Service> {
        self.view.services_by_host.get(hostname).copied()
    }

    /// The prefix of the statistics of a cluster, for a port with this name: by the mesh's pattern where there is one
    /// (`istio: telemetry.BuildStatPrefix`), else the cluster's name.
    pub fn stat_prefix(&self, service: Option<&Service>, subset: &str, port: (u32, &str), cluster: &str) -> String {
        let pattern = self.view.mesh.config.outbound_cluster_stat_name.as_str();
        match service {
            Some(service) if !pattern.is_empty() => stat_name::outbound(pattern, service, subset, port, 0),
            _ => cluster.to_owned(),
        }
    }

    fn tcp_proxy(
        &self,
        stat_prefix: String,
        clusters: TcpClusters,
        rule: Option<&MergedRule<'_>>,
        subset: &str,
        tunnels: Tunnels,
    ) -> TcpProxy {
        let pool = rule.and_then(|rule| rule.traffic_policy.as_ref()?.value.connection_pool.as_ref());
        let tcp = pool.and_then(|ConnectionPoolSettings { tcp, http: _ }| tcp.as_ref());
        let idle_timeout = tcp.and_then(|tcp| tcp.idle_timeout).or(self.settings.idle_timeout);
        let tunnel = rule.filter(|_| tunnels == Tunnels::Taken).and_then(|rule| tunnel(rule, subset));
        TcpProxy {
            stat_prefix,
            clusters,
            idle_timeout: idle_timeout.map(std_duration),
            max_downstream_connection_duration: tcp.and_then(|tcp| tcp.max_connection_duration).map(std_duration),
            access_logs: self.access_logs.to_vec(),
            hash_source_ip: rule.is_some_and(|rule| hashes_source_ip(rule, subset)),
            tunneling: tunnel.map(tunneling),
        }
    }
}

/// A subset has only its own tunnel, not its host's (`istio: tunnelingconfig.Apply`).
fn tunnel<'m>(rule: &MergedRule<'m>, subset: &str) -> Option<&'m TunnelSettings> {
    let policy = match subset {
        "" => rule.traffic_policy.as_ref().map(|policy| policy.value),
        name => rule.subset(name).and_then(|subset| subset.value.traffic_policy.as_ref()),
    };
    policy?.tunnel.as_ref()
}

fn tunneling(settings: &TunnelSettings) -> Tunneling {
    let port = settings.target_port.map_or(0, |port| port.number());
    Tunneling { hostname: name::virtual_host(&settings.target_host, port), use_post: settings.protocol == "POST" }
}

/// A subset's load balancer takes the place of its host's (`istio: core.maybeSetHashPolicy`).
fn hashes_source_ip(rule: &MergedRule<'_>, subset: &str) -> bool {
    let of_subset = rule.subset(subset).and_then(|subset| subset.value.traffic_policy.as_ref()?.load_balancer.as_ref());
    let of_host = || rule.traffic_policy.as_ref()?.value.load_balancer.as_ref();
    let balancer = of_subset.or_else(of_host);
    balancer.and_then(|balancer| balancer.consistent_hash.as_ref()?.use_source_ip).unwrap_or(false)
}
