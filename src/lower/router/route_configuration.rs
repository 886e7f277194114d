//! Route configurations of a gateway: virtual hosts from servers and VirtualServices.

use std::collections::{BTreeMap, BTreeSet};

use super::hosts::{HostIndex, Met};
use super::merge::Merged;
use super::server::Server;
use crate::base::{HostPattern, Origins};
use crate::ir::{self, Route, RouteConfiguration, VirtualHost, name};
use crate::lower::destination_rule::DestinationRules;
use crate::lower::http::{self, RouteContext};
use crate::lower::settings::Settings;
use crate::lower::{defaults, precedence};
use crate::mesh::Semantics;
use crate::proxy::ProxyView;

/// What route configurations of one proxy share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared<'a> {
    /// Who asks, and what it sees.
    pub(super) view: &'a ProxyView<'a>,
    /// Its settings.
    pub(super) settings: &'a Settings<'a>,
    /// Its DestinationRules.
    pub(super) destination_rules: &'a DestinationRules<'a>,
    /// VirtualServices by gateway.
    pub(super) virtual_services: &'a BTreeMap<&'a str, HostIndex<'a>>,
}

/// The route configurations of the merged Gateways, by name (`istio: core.buildGatewayHTTPRouteConfig`).
pub(super) fn route_configurations(shared: &Shared<'_>, merged: &Merged<'_>) -> Vec<RouteConfiguration> {
    let of_route = |(name, servers): (&String, &Vec<usize>)| {
        let servers: Vec<&Server<'_>> = servers.iter().filter_map(|at| merged.servers.get(*at)).collect();
        route_configuration(shared, name, &servers)
    };
    merged.routes.iter().map(of_route).collect()
}

fn route_configuration(shared: &Shared<'_>, name: &str, servers: &[&Server<'_>]) -> RouteConfiguration {
    let mut draft = Draft::default();
    for server in servers.iter().copied() {
        for met in shared
            .virtual_services
            .get(server.gateway_key.as_str())
            .map(|index| index.met(&server.hosts))
            .into_iter()
            .flatten()
        {
            draft.add(shared, server, &met);
        }
        if server.redirects_to_https() {
            draft.redirect(server);
        }
    }
    let attempt_count = shared.settings.headers.attempt_count;
    let mut virtual_hosts = match draft.hosts.is_empty() {
        true => vec![black_hole(servers)],
        false => draft.virtual_hosts(attempt_count),
    };
    precedence::sort_virtual_hosts(&mut virtual_hosts);
    RouteConfiguration {
        origins: servers.iter().flat_map(|server| server.origins()).collect(),
        name: name.to_owned(),
        virtual_hosts,
        // Routes may name clusters that come later (`ValidateClusters: false`).
        validate_clusters: Some(false),
        max_direct_response_body_size_bytes: Some(defaults::MAX_DIRECT_RESPONSE_BODY),
        ignore_port_in_host_matching: true,
    }
}

/// Answers 404 to everything, where no VirtualService has a host of the servers.
fn black_hole(servers: &[&Server<'_>]) -> VirtualHost {
    let port = servers.first().map_or(0, |server| server.number);
    VirtualHost {
        origins: servers.iter().map(|server| server.origin.clone()).collect(),
        name: name::virtual_host("blackhole", port),
        domains: vec!["*".to_owned()],
        routes: Vec::new(),
        require_tls: false,
        include_request_attempt_count: false,
    }
}

/// Virtual hosts while they are made.
#[derive(Debug, Default)]
struct Draft<'a> {
    /// Lists of routes, one for each gateway and VirtualService: servers of one gateway share it, made for
    /// the first of them.
    lists: Vec<Vec<Route>>,
    /// The lists of a gateway's VirtualServices, by their places in its index: where they are made, which, and `None`
    /// where a VirtualService has no routes there.
    by_gateway: BTreeMap<&'a str, Vec<Option<Option<usize>>>>,
    hosts: BTreeMap<String, DraftHost>,
}

#[derive(Debug)]
struct DraftHost {
    origins: Origins,
    /// The port of the server that made it, which is in its name.
    port: u32,
    /// Indexes into [`Draft::lists`], in order.
    lists: Vec<usize>,
    require_tls: bool,
}

impl<'a> Draft<'a> {
    /// Adds the routes of a VirtualService to the hosts that it and the server both take.
    fn add(&mut self, shared: &Shared<'a>, server: &'a Server<'_>, met: &Met<'a>) {
        let Some(list) = self.list(shared, server, met) else {
            return;
        };
        for &(host, at) in &met.hosts {
            let origin = match met.virtual_service.semantics {
                Semantics::Istio => met.virtual_service.host_origin(at),
                // The rule of the Ingress, which has the host.
                Semantics::Ingress => met.virtual_service.origin.clone(),
            };
            let draft = self.host(host, server.number);
            draft.origins.extend([origin, server.origin.clone()]);
            draft.lists.push(list);
            draft.require_tls |= server.redirects_to_https();
        }
    }

    /// Every host of a server that redirects does so, also where no VirtualService has it.
    fn redirect(&mut self, server: &Server<'_>) {
        for (at, host) in server.hosts.iter().enumerate() {
            // With its namespace, as Istio has it: such a domain is never asked for.
            let draft = self.host(&HostPattern::from(host.to_string()), server.number);
            draft.require_tls = true;
            if draft.lists.is_empty() {
                draft.origins.push(server.origin.key("hosts").index(at));
            }
        }
    }

    fn host(&mut self, host: &HostPattern, port: u32) -> &mut DraftHost {
        // Envoy compares domains with the lower-case authority.
        self.hosts.entry(host.as_str().to_ascii_lowercase()).or_insert_with(|| DraftHost {
            origins: Vec::new(),
            port,
            lists: Vec::new(),
            require_tls: false,
        })
    }

    /// The routes of a VirtualService for a gateway; `None` where it has none here.
    fn list(&mut self, shared: &Shared<'_>, server: &'a Server<'_>, met: &Met<'_>) -> Option<usize> {
        let known = self.by_gateway.entry(&server.gateway_key).or_default();
        if let Some(Some(known)) = known.get(met.at) {
            return *known;
        }
        let gateways = BTreeSet::from([server.gateway_key.as_str()]);
        let context = RouteContext {
            view: shared.view,
            destination_rules: shared.destination_rules,
            listen_port: server.number,
            gateways: &gateways,
            tls: server.tls().is_some(),
            append_x_forwarded_host: shared.settings.headers.x_forwarded_host,
            reachable: None,
        };
        let routes = http::routes(&context, met.virtual_service);
        let index = (!routes.is_empty()).then_some(self.lists.len());
        if index.is_some() {
            self.lists.push(routes);
        }
        if known.len() <= met.at {
            known.resize(met.at + 1, None);
        }
        known[met.at] = Some(index);
        index
    }

    /// Hosts with the same routes become domains of one virtual host, which has the name of the most
    /// specific of them (`istio: core.collapseDuplicateRoutes`).
    fn virtual_hosts(self, include_request_attempt_count: bool) -> Vec<VirtualHost> {
        let mut hosts: Vec<(HostPattern, DraftHost)> =
            self.hosts.into_iter().map(|(host, draft)| (host.into(), draft)).collect();
        hosts.sort_by(|(a, _), (b, _)| a.specificity(b));
        let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut made: Vec<(Vec<usize>, VirtualHost)> = Vec::new();
        for (host, draft) in hosts {
            let same = known.get(&draft.lists).and_then(|at| made.get_mut(*at));
            match same.filter(|(_, first)| first.require_tls == draft.require_tls) {
                Some((_, first)) => {
                    first.domains.push(host.as_str().to_owned());
                    first.origins.extend(draft.origins);
                }
                None => {
                    known.insert(draft.lists.clone(), made.len());
                    let virtual_host = ir::VirtualHost {
                        origins: draft.origins,
                        name: name::virtual_host(host.as_str(), draft.port),
                        domains: vec![host.as_str().to_owned()],
                        routes: Vec::new(),
                        require_tls: draft.require_tls,
                        include_request_attempt_count,
                    };
                    made.push((draft.lists, virtual_host));
                }
            }
        }
        with_routes(made, self.lists)
    }
}

/// The virtual hosts with the routes of their lists. The last that has a list takes it, those before get copies.
fn with_routes(made: Vec<(Vec<usize>, VirtualHost)>, mut lists: Vec<Vec<Route>>) -> Vec<VirtualHost> {
    let mut left = vec![0_usize; lists.len()];
    for list in made.iter().flat_map(|(lists, _)| lists) {
        left[*list] += 1;
    }
    let mut take = |list: &usize| {
        let (Some(left), Some(routes)) = (left.get_mut(*list), lists.get_mut(*list)) else { return Vec::new() };
        *left -= 1;
        if *left == 0 { std::mem::take(routes) } else { routes.clone() }
    };
    let filled = made.into_iter().map(|(lists, host)| {
        let mut routes = Vec::with_capacity(lists.len());
        lists.iter().for_each(|list| routes.append(&mut take(list)));
        precedence::sort_routes(&mut routes);
        VirtualHost { routes, ..host }
    });
    filled.collect()
}
