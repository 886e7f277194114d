//! Filter chains of connections that are no HTTP: by TLS and TCP routes, else to the service.

use std::collections::BTreeSet;

use super::Shared;
use super::address::{UNSPECIFIED, UNSPECIFIED_V6, primary, wildcards};
use super::chain::Chain;
use super::domain::alternatives;
use crate::base::{Address, Diagnostics, HostPattern, Labels, Origins, Port, Protocol};
use crate::ir::cluster::{DnsCache, DnsLookupFamily};
use crate::ir::listener::NetworkFilter;
use crate::ir::name;
use crate::lower::settings::text;
use crate::lower::tcp::{self, ListenPort, Single, Tunnels, single_filters};
use crate::mesh::{Registry, Resolution, Service, VirtualService};
use crate::resource::istio::virtual_service::{L4MatchAttributes, TlsMatchAttributes};

/// Where chains are made for.
#[derive(Clone, Debug)]
pub(super) struct Place<'a, 'm> {
    /// The service.
    pub(super) service: &'m Service,
    /// The port that is listened on.
    pub(super) port: u32,
    /// Its name.
    pub(super) port_name: &'m str,
    /// What is spoken there.
    pub(super) protocol: Protocol,
    /// The first address that is bound.
    pub(super) bind: &'a str,
    /// Ranges of the service, where it is not told apart by the address.
    pub(super) ranges: Vec<String>,
}

/// The chains of a service's port (`istio: core.buildSidecarOutboundTCPListenerOpts`).
pub(super) fn chains<'m>(
    shared: &Shared<'_>,
    place: &Place<'_, 'm>,
    virtual_services: &[&'m VirtualService],
    diagnostics: &mut Diagnostics,
) -> Vec<Chain<'m>> {
    let hostname = HostPattern::from(place.service.hostname.as_str());
    let of_host = virtual_services.iter().copied().filter(|it| it.hosts.iter().any(|host| host.matches(&hostname)));
    let of_host: Vec<&VirtualService> = of_host.collect();
    let mut draft = Draft { shared, place, ranges: place.ranges.clone(), chains: Vec::new(), diagnostics };
    if place.protocol.is_tls() {
        draft.tls(&of_host)
    } else {
        draft.tcp(&of_host)
    }
    draft.chains
}

struct Draft<'d, 'a, 'm> {
    shared: &'d Shared<'d>,
    place: &'d Place<'a, 'm>,
    /// Ranges of the service; those of a TLS match stay for what comes after it, as in Istio.
    ranges: Vec<String>,
    chains: Vec<Chain<'m>>,
    diagnostics: &'d mut Diagnostics,
}

impl<'m> Draft<'_, '_, 'm> {
    fn listen(&self) -> ListenPort<'m> {
        let Place { port: number, port_name: name, protocol, .. } = *self.place;
        ListenPort { number, name, protocol, metadata_exchange: false }
    }

    /// A chain for each match of TLS routes, else one for the service (`istio:
    /// core.buildSidecarOutboundTLSFilterChainOpts`). Of matches with one condition the first counts.
    fn tls(&mut self, virtual_services: &[&VirtualService]) {
        let mut handled: BTreeSet<(Vec<&str>, Vec<&str>)> = BTreeSet::new();
        let mut matched = false;
        for virtual_service in virtual_services {
            for rule in virtual_service.tls.iter().filter(|rule| !rule.spec.route.is_empty()) {
                let origin = rule.origins.first().unwrap_or(&virtual_service.origin);
                for (at, matches) in rule.spec.matches.iter().enumerate() {
                    if !applies(self.shared, self.place.port, &Conditions::from(matches)) {
                        continue;
                    }
                    if !matches.destination_subnets.is_empty() && self.place.port > 0 {
                        self.ranges = texts(&matches.destination_subnets);
                    }
                    let names = matches.sni_hosts.iter().map(HostPattern::as_str).collect();
                    let subnets = matches.destination_subnets.iter().map(Address::as_str).collect();
                    if !handled.insert((names, subnets)) {
                        continue;
                    }
                    let filters = tcp::route_filters(
                        &self.shared.tcp,
                        virtual_service,
                        &rule.spec.route,
                        origin,
                        self.listen(),
                        self.diagnostics,
                    );
                    if filters.is_empty() {
                        continue;
                    }
                    matched = true;
                    let origins = [origin.key("match").index(at)].into_iter().chain(rule.origins.iter().cloned());
                    let origins = origins.chain([self.place.service.origin.clone()]).collect();
                    self.chains.push(Chain {
                        config_path: Some(virtual_service.config_path.to_string()),
                        server_names: matches.sni_hosts.iter().map(|host| host.as_str().to_owned()).collect(),
                        ..Chain::bytes(filters, self.ranges.clone(), origins)
                    });
                }
            }
        }
        if !matched {
            let server_names = self.server_names();
            let chain = self.to_service();
            self.chains.push(Chain { server_names, ..chain });
        }
    }

    /// The names that tell a service from others on the listener, where its address does not.
    fn server_names(&self) -> Vec<String> {
        let Place { service, bind, .. } = *self.place;
        let proxy = self.shared.tcp.view.proxy;
        let wildcard = wildcards(proxy).into_iter().next().unwrap_or_default();
        let mut address = primary(service, proxy);
        if address.contains('/') {
            address.clear();
        }
        let v6_only = !proxy.families().0;
        if service.registry == Registry::External && v6_only && address == UNSPECIFIED {
            address = UNSPECIFIED_V6.to_owned();
        }
        let apart = self.ranges.is_empty()
            && !address.is_empty()
            && (address != wildcard || bind != wildcard)
            && !resolves_names(service);
        if apart {
            return Vec::new();
        }
        let of_alias = |(_, hostname): &(String, String)| {
            let mut names = vec![hostname.clone()];
            names.extend(alternatives(hostname, None, &proxy.node.dns_domain));
            names
        };
        [service.hostname.clone()].into_iter().chain(service.aliases.iter().flat_map(of_alias)).collect()
    }

    /// The first TCP route that takes every destination ends the list; those with subnets come
    /// before, and the service after them (`istio: core.buildSidecarOutboundTCPFilterChainOpts`).
    fn tcp(&mut self, virtual_services: &[&VirtualService]) {
        let mut shadowed = false;
        for virtual_service in virtual_services {
            for rule in virtual_service.tcp.iter().filter(|rule| !rule.spec.route.is_empty()) {
                let spec = &rule.spec;
                let fitting = || {
                    let fits = |it: &&L4MatchAttributes| applies(self.shared, self.place.port, &Conditions::from(*it));
                    spec.matches.iter().filter(fits)
                };
                let ends = spec.matches.is_empty()
                    || fitting().any(|it| it.destination_subnets.is_empty() || self.place.port == 0);
                let subnets: Vec<String> = fitting().flat_map(|it| texts(&it.destination_subnets)).collect();
                if !ends && subnets.is_empty() {
                    continue;
                }
                let origin = rule.origins.first().unwrap_or(&virtual_service.origin);
                let port = self.listen();
                let filters =
                    tcp::route_filters(&self.shared.tcp, virtual_service, &spec.route, origin, port, self.diagnostics);
                let origins: Origins =
                    rule.origins.iter().cloned().chain([self.place.service.origin.clone()]).collect();
                if ends {
                    let chain = Chain::bytes(filters, self.ranges.clone(), origins);
                    self.chains.push(Chain { config_path: Some(virtual_service.config_path.to_string()), ..chain });
                    return;
                }
                let same: BTreeSet<&String> = subnets.iter().collect();
                shadowed |= same == self.ranges.iter().collect();
                self.chains.push(Chain::bytes(filters, subnets, origins));
            }
        }
        if !shadowed {
            let chain = self.to_service();
            self.chains.push(chain);
        }
    }

    /// To the service itself: at its only port, else at the one that is listened on.
    fn to_service(&self) -> Chain<'m> {
        let Place { service, port, .. } = *self.place;
        let shared = &self.shared.tcp;
        let port = match &service.ports[..] {
            [only] => only.port,
            _ => port,
        };
        let cluster = name::outbound_cluster(port, "", &service.hostname);
        // Istio fills in no name here.
        let stat_prefix = shared.stat_prefix(Some(service), "", (port, ""), &cluster);
        let rule = shared.destination_rules.lookup(service);
        let single = Single { cluster: &cluster, stat_prefix: &stat_prefix, subset: "", rule, tunnels: Tunnels::Taken };
        let mut filters = single_filters(shared, &single, self.listen());
        if resolves_names(service) {
            filters.insert(0, self.name_resolver());
        }
        let mut origins = vec![service.origin.clone()];
        origins.extend(rule.into_iter().flat_map(|rule| rule.origins()));
        Chain::bytes(filters, self.ranges.clone(), origins)
    }

    /// Resolves the server name that a client asks for (`istio: core.buildSNIDFPFilter`).
    fn name_resolver(&self) -> NetworkFilter {
        let family = dns_family(self.shared);
        let name = name::dns_cache(&self.place.service.hostname);
        NetworkFilter::SniDynamicForwardProxy {
            port: self.place.port,
            dns_cache: DnsCache { name, family, max_hosts: None },
        }
    }
}

/// Whether a service stands for every name under its own, each resolved when it is asked for.
pub(super) fn resolves_names(service: &Service) -> bool {
    service.hostname.starts_with('*') && service.resolution == Resolution::DynamicDns
}

/// Which DNS answers the proxy takes (`istio: util.SelectDNSLookupFamily`).
pub(super) fn dns_family(shared: &Shared<'_>) -> DnsLookupFamily {
    if shared.tcp.view.proxy.families().0 { DnsLookupFamily::V4Only } else { DnsLookupFamily::V6Only }
}

fn texts(addresses: &[Address]) -> Vec<String> {
    addresses.iter().map(|address| address.as_str().to_owned()).collect()
}

/// What can be said of a match before any connection comes.
struct Conditions<'s> {
    gateways: &'s [String],
    port: Option<Port>,
    source_labels: &'s Labels,
    source_namespace: &'s str,
}

impl<'s> From<&'s TlsMatchAttributes> for Conditions<'s> {
    fn from(matches: &'s TlsMatchAttributes) -> Self {
        Self {
            gateways: &matches.gateways,
            port: matches.port,
            source_labels: &matches.source_labels,
            source_namespace: &matches.source_namespace,
        }
    }
}

impl<'s> From<&'s L4MatchAttributes> for Conditions<'s> {
    fn from(matches: &'s L4MatchAttributes) -> Self {
        Self {
            gateways: &matches.gateways,
            port: matches.port,
            source_labels: &matches.source_labels,
            source_namespace: &matches.source_namespace,
        }
    }
}

/// Whether a match holds for the proxy on a port (`istio: core.matchTLS`, `core.matchTCP`).
fn applies(shared: &Shared<'_>, port: u32, matches: &Conditions<'_>) -> bool {
    let proxy = shared.tcp.view.proxy;
    let namespace = text(proxy, "NAMESPACE").unwrap_or_default();
    (matches.gateways.is_empty() || matches.gateways.iter().any(|gateway| gateway == "mesh"))
        && matches.port.is_none_or(|wanted| wanted.number() == port)
        && matches.source_labels.subset_of(&proxy.labels)
        && (matches.source_namespace.is_empty() || matches.source_namespace == namespace)
}
