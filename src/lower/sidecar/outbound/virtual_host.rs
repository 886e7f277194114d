//! Virtual hosts of a port: services with the routes of their VirtualServices, or a default one.

use std::collections::{BTreeMap, BTreeSet};

use super::Shared;
use super::domain::{bracketed, domains};
use super::unknown::forward;
use crate::base::{HostPattern, Origins};
use crate::ir::{Route, VirtualHost, name, route as ir_route};
use crate::lower::defaults;
use crate::lower::http::{self, RouteContext};
use crate::mesh::{Resolution, Service, ServicePort, VirtualService};
use crate::proxy::Egress;

/// Services and other hosts with the same routes on a port (`istio: route.VirtualHostWrapper`).
struct Group<'m> {
    port: u32,
    services: Vec<&'m Service>,
    /// Hosts of a VirtualService that are no services.
    hosts: Vec<HostPattern>,
    routes: Vec<Route>,
    origins: Origins,
}

/// Services by hostname in lower case.
type Services<'m> = BTreeMap<String, &'m Service>;

/// The virtual hosts of a port; 0 is all ports (`istio: core.BuildSidecarOutboundVirtualHosts`).
pub(super) fn virtual_hosts(shared: &Shared<'_>, egress: &Egress<'_>, port: u32) -> Vec<VirtualHost> {
    let services = services(egress, port);
    let mut virtual_services: Vec<&VirtualService> = egress.virtual_services.clone();
    // Port 80 also serves hosts that are no services.
    if port != 80 {
        virtual_services.retain(|it| it.hosts.iter().any(|host| names_a_service(host, &services)));
    }
    let groups = groups(shared, egress, &services, &virtual_services, port);
    let mut draft = Draft { shared, listen_port: port, ..Draft::new(shared, &groups) };
    for group in groups.iter().filter(|group| !group.routes.is_empty()) {
        for host in &group.hosts {
            draft.add(group, &host.as_str().to_ascii_lowercase(), None);
        }
        for service in &group.services {
            draft.add(group, &service.hostname, Some(service));
        }
    }
    draft.finish()
}

/// The services that a port leads to; of several with one hostname the last.
fn services<'m>(egress: &Egress<'m>, port: u32) -> Services<'m> {
    let mut services = Services::new();
    for service in egress.services.iter().copied() {
        if port == 0 {
            services.insert(service.hostname.clone(), service);
        } else if service.port(port).is_some() {
            services.insert(service.hostname.to_ascii_lowercase(), service);
        }
    }
    services
}

/// The ports of a service that count on a listener.
fn ports(service: &Service, listen_port: u32) -> impl Iterator<Item = &ServicePort> {
    let mut ports: Vec<&ServicePort> = service.ports.iter().collect();
    if listen_port != 0 {
        ports = service.port(listen_port).into_iter().collect();
    }
    ports.into_iter().filter(|port| port.protocol.is_http_or_sniffed())
}

fn lower(host: &HostPattern) -> HostPattern {
    HostPattern::from(host.as_str().to_ascii_lowercase())
}

/// Whether a VirtualService's host takes a service, or a service with a wildcard takes it
/// (`istio: core.selectVirtualServices`).
fn names_a_service(host: &HostPattern, services: &Services<'_>) -> bool {
    let host = lower(host);
    let matches = |name: &String| host.matches(&HostPattern::from(name.as_str()));
    services.contains_key(host.as_str())
        || services.keys().any(|name| (host.is_wildcard() || name.starts_with('*')) && matches(name))
}

fn groups<'m>(
    shared: &Shared<'_>,
    egress: &Egress<'m>,
    services: &Services<'m>,
    virtual_services: &[&VirtualService],
    port: u32,
) -> Vec<Group<'m>> {
    let most_specific = most_specific(egress);
    let gateways = BTreeSet::from(["mesh"]);
    let context = RouteContext {
        view: shared.tcp.view,
        destination_rules: shared.tcp.destination_rules,
        listen_port: port,
        gateways: &gateways,
        tls: false,
        append_x_forwarded_host: shared.tcp.settings.headers.x_forwarded_host,
        reachable: Some(services),
    };
    let mut groups: Vec<Group<'m>> = Vec::new();
    for virtual_service in virtual_services {
        let routes = http::routes(&context, virtual_service);
        if routes.is_empty() {
            continue;
        }
        let (hosts, found) = hosts_and_services(virtual_service, services, &most_specific);
        let mut by_port: BTreeMap<u32, Vec<&Service>> = BTreeMap::new();
        for service in found {
            for port in ports(service, port) {
                by_port.entry(port.port).or_default().push(service);
            }
        }
        if by_port.is_empty() && port == 80 {
            by_port.insert(80, Vec::new());
        }
        groups.extend(by_port.into_iter().map(|(port, services)| Group {
            port,
            services,
            hosts: hosts.clone(),
            routes: routes.clone(),
            origins: vec![virtual_service.origin.clone()],
        }));
    }
    let routed: BTreeSet<&str> =
        groups.iter().flat_map(|group| group.services.iter().map(|service| service.hostname.as_str())).collect();
    let others = services.values().copied().filter(|service| !routed.contains(service.hostname.as_str()));
    let mut defaults = Vec::new();
    // An alias is a domain of the service that it stands for.
    for service in others.filter(|service| service.resolution != Resolution::Alias) {
        for port in ports(service, port) {
            defaults.push(Group {
                port: port.port,
                services: vec![service],
                hosts: Vec::new(),
                routes: vec![default_route(&context, service, port.port)],
                origins: Vec::new(),
            });
        }
    }
    groups.extend(defaults);
    groups
}

/// The route of a service without a VirtualService (`istio: route.buildSidecarVirtualHostForService`).
fn default_route(context: &RouteContext<'_>, service: &Service, port: u32) -> Route {
    let mut action = forward(&name::outbound_cluster(port, "", &service.hostname), false);
    if let ir_route::Action::Forward(forward) = &mut action {
        forward.retry = http::retry_policy(context.view.mesh.config.default_http_retry_policy.as_ref(), false);
        let hash = http::service_hash(context, service, port).and_then(http::hash_policy);
        forward.hash_policies = hash.into_iter().collect();
    }
    Route {
        origins: vec![service.origin.clone()],
        decorator: Some(format!("{}/*", name::virtual_host(&service.hostname, port))),
        ..Route::for_everything(defaults::DEFAULT_ROUTE, action)
    }
}

/// The VirtualService whose host is the most specific for each service of a listener, by hostname
/// (`istio: model.computeWildcardHostVirtualServiceIndex`).
fn most_specific<'m>(egress: &Egress<'m>) -> BTreeMap<&'m str, &'m VirtualService> {
    let mut exact: BTreeMap<&str, &VirtualService> = BTreeMap::new();
    let mut wildcards: Vec<(&HostPattern, &VirtualService)> = Vec::new();
    for virtual_service in egress.virtual_services.iter().copied() {
        for host in &virtual_service.hosts {
            if host.is_wildcard() {
                wildcards.push((host, virtual_service));
            } else {
                exact.entry(host.as_str()).or_insert(virtual_service);
            }
        }
    }
    // The longest suffix first; of equal ones the first in Istio's order.
    wildcards.sort_by_key(|(host, _)| std::cmp::Reverse(host.as_str().len()));
    let of_service = |service: &&'m Service| {
        let hostname = HostPattern::from(service.hostname.as_str());
        let by_suffix = || wildcards.iter().find(|(host, _)| hostname.subset_of(host)).map(|(_, it)| *it);
        let found = exact.get(service.hostname.as_str()).copied().or_else(by_suffix)?;
        Some((service.hostname.as_str(), found))
    };
    egress.services.iter().filter_map(of_service).collect()
}

/// The hosts of a VirtualService that are no services, and the services that it routes
/// (`istio: route.separateVSHostsAndServices`).
fn hosts_and_services<'m>(
    virtual_service: &VirtualService,
    services: &Services<'m>,
    most_specific: &BTreeMap<&str, &VirtualService>,
) -> (Vec<HostPattern>, Vec<&'m Service>) {
    let mut hosts = Vec::new();
    let mut found = Vec::new();
    let (wildcards, exact): (Vec<_>, Vec<_>) = virtual_service.hosts.iter().partition(|host| host.is_wildcard());
    for host in exact {
        match services.get(lower(host).as_str()) {
            Some(service) => found.push(*service),
            None => hosts.push(host.clone()),
        }
    }
    let is_it = |other: &&VirtualService| {
        (&other.namespace, &other.name) == (&virtual_service.namespace, &virtual_service.name)
    };
    for host in wildcards {
        let host = lower(host);
        let mut matched =
            services.iter().filter(|(name, _)| HostPattern::from(name.as_str()).matches(&host)).peekable();
        if matched.peek().is_none() {
            hosts.push(host);
            continue;
        }
        let own = matched.filter(|(name, _)| most_specific.get(name.as_str()).is_some_and(&is_it));
        found.extend(own.map(|(_, service)| *service));
    }
    (hosts, found)
}

/// Virtual hosts while they are made: no name and no domain comes twice.
struct Draft<'a> {
    shared: &'a Shared<'a>,
    listen_port: u32,
    names: BTreeSet<String>,
    taken: BTreeSet<String>,
    /// Hostnames of services, with and without their port: no shorter name of another may be one.
    hostnames: BTreeSet<String>,
    hosts: BTreeMap<u32, Vec<VirtualHost>>,
}

impl<'a> Draft<'a> {
    fn new(shared: &'a Shared<'a>, groups: &[Group<'_>]) -> Self {
        let of_group = |group: &Group<'_>| -> Vec<String> {
            let of = |it: &&Service| [it.hostname.clone(), name::virtual_host(&it.hostname, group.port)];
            group.services.iter().flat_map(of).collect()
        };
        Self {
            shared,
            listen_port: 0,
            names: BTreeSet::new(),
            taken: BTreeSet::new(),
            hostnames: groups.iter().flat_map(of_group).collect(),
            hosts: BTreeMap::new(),
        }
    }

    fn add(&mut self, group: &Group<'_>, host: &str, service: Option<&Service>) {
        let name = name::virtual_host(host, group.port);
        if !self.names.insert(name.clone()) {
            return;
        }
        let with_port = (self.listen_port == 0).then_some(group.port);
        let (wanted, cut) = match service {
            None => (vec![bracketed(host)], Vec::new()),
            Some(service) => domains(service, with_port, self.shared.tcp.view.proxy),
        };
        let mut domains = Vec::new();
        for domain in wanted {
            let key = domain.to_ascii_lowercase();
            let is_another = cut.contains(&domain) && self.hostnames.contains(&domain);
            if !is_another && self.taken.insert(key) {
                domains.push(domain);
            }
        }
        if domains.is_empty() {
            return;
        }
        let origins = group.origins.iter().cloned().chain(service.map(|service| service.origin.clone())).collect();
        self.hosts.entry(group.port).or_default().push(VirtualHost {
            origins,
            name,
            domains,
            routes: group.routes.clone(),
            require_tls: false,
            include_request_attempt_count: self.shared.tcp.settings.headers.attempt_count,
        });
    }

    /// The hosts of the port; of all ports only port 80 may go without in a domain (`istio:
    /// core.mergeAllVirtualHosts`).
    fn finish(mut self) -> Vec<VirtualHost> {
        if self.listen_port != 0 {
            return self.hosts.remove(&self.listen_port).unwrap_or_default();
        }
        let mut all = Vec::new();
        for (port, mut hosts) in self.hosts {
            if port != 80 {
                hosts.iter_mut().for_each(|host| host.domains.retain(|domain| domain.contains(':')));
            }
            all.extend(hosts.into_iter().filter(|host| !host.domains.is_empty()));
        }
        all
    }
}
