//! What `lower` made, as facts.
//!
//! Only what it copies from the user, or joins by name, is gathered: ports, redirects and TLS
//! versions are enumerations there, and equal filter chains are taken out before the output.

use super::facts::{Facts, Listener, Rewrite, Socket, Text, Use};
use crate::base::Origins;
use crate::ir;
use crate::ir::listener::{Binding, NetworkFilter, TcpClusters, Transport};
use crate::ir::route::{Action, Clusters, Forward, HeaderChanges, PathRewrite, Redirect, RedirectPath, Source};

/// The facts of one proxy.
pub(super) fn facts(config: &ir::ProxyConfig) -> Facts<'_> {
    let mut facts = Facts::default();
    facts.clusters.defined.extend(config.clusters().map(|cluster| text(&cluster.name, &cluster.origins)));
    for (_, one) in config.listeners() {
        listener(one, &mut facts);
    }
    for configuration in &config.outbound().route_configurations {
        facts.route_configurations.defined.push(text(&configuration.name, &configuration.origins));
        routes(configuration, &mut facts);
    }
    facts
}

fn text<'a>(text: &'a str, origins: &Origins) -> Text<'a> {
    Text { text, place: origins.first().cloned() }
}

fn listener<'a>(listener: &'a ir::Listener, facts: &mut Facts<'a>) {
    let place = listener.origins.first().cloned();
    let socket = |address: &'a ir::Address| match address {
        ir::Address::Socket { address, port } if listener.binding != Binding::Captured => Some(Socket {
            address,
            port: u64::from(*port),
            udp: listener.transport == Transport::Quic,
            reuse: true,
            place: place.clone(),
        }),
        _ => None,
    };
    facts.listeners.push(Listener {
        name: &listener.name,
        sockets: listener.addresses.iter().filter_map(socket).collect(),
        chains: Vec::new(),
        place: place.clone(),
    });
    for chain in listener.filter_chains.iter().chain(&listener.default_filter_chain) {
        let place = chain.origins.first().or(listener.origins.first()).cloned();
        for filter in &chain.filters {
            match filter {
                NetworkFilter::HttpConnectionManager(manager) => match &manager.routes {
                    Source::Inline(configuration) => routes(configuration, facts),
                    Source::Rds(name) => {
                        let place = place.clone();
                        facts.route_configurations.used.push(Use { name, by: "the listener", place });
                    }
                },
                NetworkFilter::TcpProxy(proxy) => {
                    let mut named = |name: &'a String| {
                        facts.clusters.used.push(Use { name, by: "the TCP proxy", place: place.clone() });
                    };
                    match &proxy.clusters {
                        TcpClusters::Single(name) => named(name),
                        TcpClusters::Weighted(clusters) => clusters.iter().for_each(|(name, _)| named(name)),
                    }
                }
                NetworkFilter::MongoProxy { .. }
                | NetworkFilter::SniCluster
                | NetworkFilter::MetadataExchange
                | NetworkFilter::Refuse
                | NetworkFilter::SniDynamicForwardProxy { .. } => {}
            }
        }
    }
}

fn routes<'a>(configuration: &'a ir::RouteConfiguration, facts: &mut Facts<'a>) {
    let mut domains = Vec::new();
    for host in &configuration.virtual_hosts {
        domains.extend(host.domains.iter().map(|domain| text(domain, &host.origins)));
        for route in &host.routes {
            let origins = if route.origins.is_empty() { &host.origins } else { &route.origins };
            headers(&route.request_headers, origins, facts);
            headers(&route.response_headers, origins, facts);
            match &route.action {
                Action::Forward(forward) => self::forward(forward, origins, facts),
                Action::Redirect(Redirect { path: Some(RedirectPath::Regex { pattern, substitution }), .. }) => {
                    facts.rewrites.push(Rewrite { pattern, substitution, place: origins.first().cloned() });
                }
                Action::Redirect(_) | Action::DirectResponse(_) | Action::NonForwarding => {}
            }
        }
    }
    facts.domains.push(domains);
}

fn forward<'a>(forward: &'a Forward, origins: &Origins, facts: &mut Facts<'a>) {
    let use_of = |name: &'a str, by: &'static str| Use { name, by, place: origins.first().cloned() };
    match &forward.clusters {
        Clusters::Single(name) => facts.clusters.used.push(use_of(name, "the route")),
        Clusters::Weighted(clusters) => {
            for cluster in clusters {
                facts.clusters.used.push(use_of(&cluster.name, "the weighted cluster"));
                headers(&cluster.request_headers, origins, facts);
                headers(&cluster.response_headers, origins, facts);
            }
        }
        Clusters::Header(name) => facts.headers.push(text(name, origins)),
    }
    for mirror in &forward.mirrors {
        facts.clusters.used.push(use_of(&mirror.cluster, "the mirror"));
    }
    if let Some(retry) = &forward.retry {
        facts.retries.push(text(&retry.retry_on, origins));
    }
    if let Some(PathRewrite::Regex { pattern, substitution }) = &forward.path_rewrite {
        facts.rewrites.push(Rewrite { pattern, substitution, place: origins.first().cloned() });
    }
}

fn headers<'a>(HeaderChanges { add, remove }: &'a HeaderChanges, origins: &Origins, facts: &mut Facts<'a>) {
    facts.headers.extend(add.iter().map(|header| text(&header.name, origins)));
    facts.headers.extend(remove.iter().map(|name| text(name, origins)));
}
