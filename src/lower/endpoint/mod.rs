//! The endpoints of a cluster, as one proxy sees them.
//!
//! Takes a service's endpoints and gives Envoy's groups: those of the port and the subset, in the
//! proxy's view of networks, ready, grouped by place, ranked by locality load balancing
//! (`istio: xds/endpoints/endpoint_builder.go`, `ep_filters.go`, `mtls_checker.go`).

mod cluster_local;
mod group;
mod locality;
mod network;
mod peer_authentication;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use cluster_local::ClusterLocalHosts;
use group::{Group, Member};
pub use locality::{Client, LocalitySetting, split as split_locality};
pub use network::NetworkGateways;
pub use peer_authentication::PeerAuthentications;

use super::defaults;
use super::destination_rule::{MergedRule, Written};
use super::settings::text;
use super::traffic_policy::{Policy, endpoint_tls_mode};
use crate::base::{Origin, Origins};
use crate::ir;
use crate::ir::Locality;
use crate::ir::endpoint::{EndpointMetadata, Health, LocalityEndpoints};
use crate::mesh::{Endpoint, EndpointHealth, Service, ServicePort};
use crate::proxy::ProxyView;
use crate::resource::istio::destination_rule::{ClientTlsMode, Subset};
use crate::resource::istio::gateway::{Server, ServerTlsMode};
use crate::resource::istio::peer_authentication::MutualTlsMode;

/// `tlsMode` of an endpoint that speaks Istio's mutual TLS (`istio: model.IstioMutualTLSModeLabel`).
const TLS_MODE_ISTIO: &str = "istio";

/// What is the same for all clusters of one proxy.
#[derive(Clone, Debug)]
pub struct EndpointView<'m> {
    view: &'m ProxyView<'m>,
    /// Whether workloads take mutual TLS.
    pub authentication: PeerAuthentications<'m>,
    /// How other networks are reached.
    networks: NetworkGateways,
    /// Services that are not for other clusters.
    cluster_local: ClusterLocalHosts,
    /// The networks the proxy asks for; `None` is all.
    requested: Option<BTreeSet<String>>,
    locality: Locality,
}

/// What one cluster takes its endpoints from.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a, 'm> {
    /// The service.
    pub service: &'m Service,
    /// Its port.
    pub port: &'m ServicePort,
    /// The rule that holds for it.
    pub rule: Option<&'a MergedRule<'m>>,
    /// The subset; `None` is the whole service.
    pub subset: Option<&'a Written<'m, Subset>>,
    /// Which endpoints may be in it.
    pub peers: Peers,
}

/// Which endpoints may be in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    /// All.
    All,
    /// Those that are sent mutual TLS, as the proxy passes TLS on that it cannot look into.
    MutualTlsOnly,
}

impl Selection<'_, '_> {
    /// The workloads whose names a client checks in its mutual TLS to the service.
    pub fn identity_origins(&self) -> impl Iterator<Item = Origin> {
        let named = self.service.endpoints.iter().filter(|endpoint| !endpoint.service_account.is_empty());
        named.flat_map(|endpoint| endpoint.origins.iter().cloned())
    }

    /// What makes a cluster of it: the service's port and host, the subset, the policy of the host, and the
    /// rules as whole objects, as metadata name them.
    pub fn origins(&self) -> Origins {
        let mut origins = vec![self.service.port_origin(self.port)];
        // A Service is its host; a ServiceEntry has several.
        origins.extend(Some(&self.service.origin).filter(|origin| origin.path.parent().is_some()).cloned());
        origins.extend(self.subset.map(|subset| subset.origin.clone()));
        let rule = self.rule.into_iter();
        origins.extend(rule.clone().flat_map(|rule| &rule.traffic_policy).map(|policy| policy.origin.clone()));
        origins.extend(rule.flat_map(MergedRule::origins));
        origins
    }
}

impl<'m> EndpointView<'m> {
    /// Prepares what the clusters of the proxy share.
    pub fn new(view: &'m ProxyView<'m>) -> Self {
        Self {
            view,
            authentication: PeerAuthentications::new(view.mesh),
            networks: NetworkGateways::new(view.mesh),
            cluster_local: ClusterLocalHosts::new(view.mesh),
            requested: requested_networks(&view.proxy.metadata),
            locality: split_locality(&view.proxy.locality),
        }
    }

    /// What makes a cluster of a selection; of those for TLS that is passed on, the servers that do so too.
    pub fn origins(&self, selection: Selection<'_, 'm>) -> Origins {
        let passing =
            |server: &Server| server.tls.as_ref().is_some_and(|tls| tls.mode == ServerTlsMode::AutoPassthrough);
        let servers = self.view.gateways.iter().flat_map(|gateway| {
            let servers = gateway.server_origins.iter().zip(&gateway.spec.servers);
            servers.filter(|(_, server)| passing(server)).map(|(origin, _)| origin.clone())
        });
        let mut origins = Origins::new();
        if selection.peers == Peers::MutualTlsOnly {
            origins.extend(servers);
        }
        origins.extend(selection.origins());
        origins
    }

    /// The load assignment of a cluster with endpoint discovery; a service without endpoints has
    /// one without groups (`istio: BuildClusterLoadAssignment`).
    pub fn load_assignment(&self, cluster: String, selection: Selection<'_, 'm>) -> ir::LoadAssignment {
        // Names are for clusters that resolve them.
        let endpoints = by_port_name(selection).filter(|endpoint| is_socket_or_ip(endpoint));
        let mut groups = self.groups(selection, endpoints);
        let policy = self.policy(selection);
        if let Some(setting) = self.locality_setting(selection, policy) {
            setting.apply(&mut groups, self.client(), policy.outlier_detection.is_some());
        }
        let mut origins = self.origins(selection);
        if selection.peers == Peers::MutualTlsOnly {
            // Those that do not speak it leave a group behind, if only an empty one.
            origins.extend(by_port_name(selection).flat_map(|endpoint| endpoint.origins.iter().cloned()));
        }
        ir::LoadAssignment {
            origins,
            cluster,
            localities: groups.into_iter().map(LocalityEndpoints::from).collect(),
            overprovisioning_factor: None,
        }
    }

    /// The endpoints a cluster holds itself, as names to resolve. `has_outlier_detection` is the
    /// cluster's (`istio: FromServiceEndpoints`, `LBSettings.ApplyToCluster`).
    pub fn inline(
        &self,
        selection: Selection<'_, 'm>,
        setting: Option<&LocalitySetting<'_>>,
        has_outlier_detection: bool,
    ) -> Vec<LocalityEndpoints> {
        let mut groups = self.groups(selection, by_port(selection));
        if let Some(setting) = setting {
            setting.apply(&mut groups, self.client(), has_outlier_detection);
        }
        groups.into_iter().map(LocalityEndpoints::from).collect()
    }

    /// The locality setting for a selection under a policy.
    pub fn locality_setting(&self, selection: Selection<'_, 'm>, policy: Policy<'m>) -> Option<LocalitySetting<'m>> {
        LocalitySetting::effective(&self.view.mesh.config, policy.load_balancer, selection.service)
    }

    fn client(&self) -> Client<'_> {
        Client { locality: &self.locality, labels: &self.view.proxy.labels }
    }

    /// What the rule says; the mesh's default policy does not count here.
    fn policy(&self, selection: Selection<'_, 'm>) -> Policy<'m> {
        let port = selection.port.port;
        let policy = Policy::of_rule(selection.rule, port);
        selection.subset.map_or(policy, |subset| policy.for_subset(subset.value, port))
    }

    /// Groups by place, in the order of the places' names (`istio: EndpointBuilder.generate`).
    fn groups(&self, selection: Selection<'_, 'm>, endpoints: impl Iterator<Item = &'m Endpoint>) -> Vec<Group<'m>> {
        let tls = TlsOfEndpoints::of(selection);
        let with_unhealthy = self.takes_unhealthy(selection);
        let mut places: BTreeMap<&str, Vec<(&Endpoint, Member<'m>)>> = BTreeMap::new();
        for endpoint in endpoints.filter(|endpoint| self.takes(selection.service, endpoint, with_unhealthy)) {
            let member = member(endpoint, self.speaks_mutual_tls(tls, endpoint));
            places.entry(&endpoint.locality).or_default().push((endpoint, member));
        }
        let proxy = &self.view.proxy;
        let groups = places.into_iter().map(|(place, members)| {
            let place = split_locality(place);
            match self.networks.is_empty() {
                true => Group::of(place, members.into_iter().map(|(_, member)| member).collect()),
                false => {
                    let members = self.networks.split_horizon(proxy, members);
                    Group::of(place, Vec::new()).with_members(members)
                }
            }
        });
        match selection.peers {
            Peers::All => groups.collect(),
            Peers::MutualTlsOnly => groups.map(only_mutual_tls).collect(),
        }
    }

    /// Whether the proxy may use an endpoint (`istio: filterIstioEndpoint`).
    fn takes(&self, service: &Service, endpoint: &Endpoint, with_unhealthy: bool) -> bool {
        let proxy = self.view.proxy;
        let visible = match &self.requested {
            Some(networks) => endpoint.network.is_empty() || networks.contains(&endpoint.network),
            None => true,
        };
        // A proxy that does not know its cluster is taken to be in the only one.
        let elsewhere = !proxy.cluster_id.is_empty() && endpoint.cluster != proxy.cluster_id;
        let node = text(proxy, "NODE_NAME").unwrap_or_default();
        let near = !service.node_local || !elsewhere && endpoint.node == node;
        let reachable = near && !(elsewhere && self.cluster_local.contains(service));
        let sticky = service.labels.get(defaults::PERSISTENT_SESSION_LABEL).is_some_and(|label| !label.is_empty());
        visible
            && reachable
            && match health(endpoint) {
                EndpointHealth::Unknown | EndpointHealth::Healthy => true,
                EndpointHealth::Unhealthy => with_unhealthy,
                EndpointHealth::Draining => sticky,
                EndpointHealth::Terminating => false,
            }
    }

    /// Endpoints that are not ready are sent so that Envoy knows how many there are, unless a rule
    /// lets Envoy use them when few are ready (`istio: supportsUnhealthyEndpoints`).
    fn takes_unhealthy(&self, selection: Selection<'_, 'm>) -> bool {
        let outlier = self.policy(selection).outlier_detection;
        prefers_near(selection.service) || outlier.is_none_or(|outlier| outlier.min_health_percent <= 0)
    }

    /// Whether the proxy sends mutual TLS to an endpoint (`istio: checkMtlsEnabled`).
    fn speaks_mutual_tls(&self, tls: TlsOfEndpoints, endpoint: &Endpoint) -> bool {
        match tls {
            TlsOfEndpoints::Always => true,
            TlsOfEndpoints::Never => false,
            TlsOfEndpoints::AsTheyTake => {
                let mode = || self.authentication.of_workload(&endpoint.namespace, &endpoint.labels, endpoint.port);
                endpoint.tls_mode == TLS_MODE_ISTIO && mode() != MutualTlsMode::Disable
            }
        }
    }
}

/// What a DestinationRule decides about Istio's mutual TLS to endpoints.
#[derive(Clone, Copy)]
enum TlsOfEndpoints {
    Always,
    Never,
    AsTheyTake,
}

impl TlsOfEndpoints {
    fn of(selection: Selection<'_, '_>) -> Self {
        let subset = selection.subset.map_or("", |subset| &subset.value.name);
        match selection.rule.and_then(|rule| endpoint_tls_mode(rule, subset, selection.port.port)) {
            Some(ClientTlsMode::IstioMutual) => Self::Always,
            Some(ClientTlsMode::Disable | ClientTlsMode::Simple | ClientTlsMode::Mutual) => Self::Never,
            None => Self::AsTheyTake,
        }
    }
}

/// Whether a service's `trafficDistribution` decides about places, which needs to know how many
/// endpoints are ready (`istio: ForcesSupportUnhealthyEndpoints`).
pub fn prefers_near(service: &Service) -> bool {
    service.prefer_close || service.prefer_same_node
}

/// The endpoints of the port and the subset, as endpoint discovery goes by: the port's name.
fn by_port_name<'m>(selection: Selection<'_, 'm>) -> impl Iterator<Item = &'m Endpoint> {
    let endpoints = selection.service.endpoints.iter();
    of_subset(selection, endpoints.filter(move |endpoint| endpoint.service_port == selection.port.name))
}

/// The endpoints of the port and the subset, as clusters go by that hold endpoints themselves: by
/// number where a ServiceEntry made the endpoint, else by name
/// (`istio: EndpointShards.CopyEndpoints`).
pub fn by_port<'m>(selection: Selection<'_, 'm>) -> impl Iterator<Item = &'m Endpoint> {
    let port = selection.port;
    let of_port = move |endpoint: &&Endpoint| match endpoint.cluster_port {
        0 => endpoint.service_port == port.name,
        number => number == port.port,
    };
    of_subset(selection, selection.service.endpoints.iter().filter(of_port))
}

fn of_subset<'m>(
    selection: Selection<'_, 'm>,
    endpoints: impl Iterator<Item = &'m Endpoint>,
) -> impl Iterator<Item = &'m Endpoint> {
    let labels = selection.subset.map(|subset| &subset.value.labels);
    endpoints.filter(move |endpoint| labels.is_none_or(|labels| labels.selects(&endpoint.labels)))
}

/// Whether endpoint discovery can carry the address: an IP, a Unix socket, or none, which stands
/// for the network's gateway.
fn is_socket_or_ip(endpoint: &Endpoint) -> bool {
    let address = endpoint.addresses.first().map_or("", String::as_str);
    address.is_empty() || endpoint.port == 0 || address.parse::<std::net::IpAddr>().is_ok()
}

fn health(endpoint: &Endpoint) -> EndpointHealth {
    let draining = endpoint.labels.get(defaults::DRAINING_LABEL).is_some_and(|label| !label.is_empty());
    if draining { EndpointHealth::Draining } else { endpoint.health }
}

fn member(endpoint: &Endpoint, mutual_tls: bool) -> Member<'_> {
    let mut addresses = endpoint.addresses.iter();
    let health = match health(endpoint) {
        EndpointHealth::Unknown => None,
        EndpointHealth::Healthy => Some(Health::Healthy),
        EndpointHealth::Unhealthy => Some(Health::Unhealthy),
        EndpointHealth::Draining | EndpointHealth::Terminating => Some(Health::Draining),
    };
    let endpoint_ir = ir::endpoint::Endpoint {
        origins: endpoint.origins.clone(),
        address: address(addresses.next().map_or("", String::as_str), endpoint.port),
        // Istio sends the first address only, as dual stack is off by default.
        additional_addresses: Vec::new(),
        health,
        load_balancing_weight: Some(endpoint.weight.max(1)),
        metadata: EndpointMetadata {
            workload: Some(workload(endpoint)),
            tls_mode: (mutual_tls && endpoint.tls_mode == TLS_MODE_ISTIO).then(|| TLS_MODE_ISTIO.to_owned()),
            istio: Vec::new(),
        },
    };
    Member { labels: Cow::Borrowed(&endpoint.labels), endpoint: endpoint_ir }
}

/// `name;namespace;canonical service;canonical revision;cluster`, for telemetry
/// (`istio: util.AppendLbEndpointMetadata`, `labels.CanonicalService`).
fn workload(endpoint: &Endpoint) -> String {
    let first = |keys: [&str; 3]| keys.into_iter().find_map(|key| endpoint.labels.get(key));
    let service = first(["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"]);
    let revision = first(["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"]);
    // The default is left out.
    let revision = revision.filter(|revision| *revision != "latest").unwrap_or_default();
    let Endpoint { workload_name: name, namespace, cluster, .. } = endpoint;
    format!("{name};{namespace};{};{revision};{cluster}", service.unwrap_or(name))
}

/// An address with its port; port 0 is a Unix socket (`istio: util.BuildAddress`).
fn address(text: &str, port: u32) -> ir::Address {
    match text.strip_prefix("unix://") {
        Some(path) => ir::Address::Pipe(path.to_owned()),
        None if port == 0 => ir::Address::Pipe(text.to_owned()),
        None => ir::Address::Socket { address: text.to_owned(), port },
    }
}

fn only_mutual_tls(group: Group<'_>) -> Group<'_> {
    let place = Group { members: Vec::new(), locality: group.locality, weight: None, priority: group.priority };
    let speaks = |member: &Member<'_>| member.endpoint.metadata.tls_mode.as_deref() == Some(TLS_MODE_ISTIO);
    place.with_members(group.members.into_iter().filter(speaks).collect())
}

/// `REQUESTED_NETWORK_VIEW` of the node metadata, a list or names with commas.
fn requested_networks(metadata: &serde_json::Value) -> Option<BTreeSet<String>> {
    let requested = match metadata.get("REQUESTED_NETWORK_VIEW")? {
        serde_json::Value::String(text) => text.split(',').map(str::to_owned).collect(),
        serde_json::Value::Array(names) => {
            names.iter().filter_map(serde_json::Value::as_str).map(str::to_owned).collect::<BTreeSet<_>>()
        }
        _ => BTreeSet::new(),
    };
    let requested: BTreeSet<String> = requested.into_iter().filter(|name| !name.is_empty()).collect();
    (!requested.is_empty()).then_some(requested)
}
