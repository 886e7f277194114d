//! What a stock Envoy does not know is taken out of the IR, and said.

use crate::ir;
use crate::ir::cluster::Transport;
use crate::ir::http::{HttpConnectionManager, HttpFilter};
use crate::ir::listener::NetworkFilter;
use crate::ir::tls::CommonTls;

/// An Istio extension that was in the configuration and is not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Its name in Envoy's configuration.
    pub name: &'static str,
    /// In which role.
    pub role: &'static str,
    /// Why it can go, or what goes with it.
    pub reason: &'static str,
    /// How many there were.
    pub count: usize,
}

/// Every extension that [`stock`] takes out; `docs/` lists them.
pub const EXTENSIONS: [Dropped; 5] = [
    Dropped {
        name: "istio.metadata_exchange",
        role: "HTTP filter",
        reason: "io.istio.http.peer_metadata is Istio's; telemetry loses the peer's labels, routing loses nothing",
        count: 0,
    },
    Dropped {
        name: "istio.metadata_exchange",
        role: "network filter",
        reason: "envoy.tcp.metadataexchange is Istio's; telemetry loses the peer's labels, routing loses nothing",
        count: 0,
    },
    Dropped {
        name: "istio.metadata_exchange",
        role: "cluster filter",
        reason: "envoy.tcp.metadataexchange is Istio's; telemetry loses the peer's labels, routing loses nothing",
        count: 0,
    },
    Dropped {
        name: "istio.alpn",
        role: "HTTP filter",
        reason: "Istio's; upstreams in the mesh are offered the ALPN of the transport socket alone",
        count: 0,
    },
    Dropped {
        name: "istio-peer-exchange",
        role: "ALPN protocol",
        reason: "a peer that picked it would exchange metadata, which needs istio.metadata_exchange on this side",
        count: 0,
    },
];

/// `config` as a stock Envoy loads it, and what it lost.
pub fn stock(mut config: ir::ProxyConfig) -> (ir::ProxyConfig, Vec<Dropped>) {
    let mut dropped = EXTENSIONS;
    let [peer_metadata, network_mx, cluster_mx, alpn_filter, alpn] = &mut dropped;
    for listener in config.listeners_mut() {
        for chain in listener.filter_chains.iter_mut().chain(&mut listener.default_filter_chain) {
            network_mx.count += removed(&mut chain.filters, |filter| matches!(filter, NetworkFilter::MetadataExchange));
            for manager in chain.filters.iter_mut().filter_map(connection_manager) {
                peer_metadata.count +=
                    removed(&mut manager.filters, |filter| matches!(filter, HttpFilter::PeerMetadata(_)));
                alpn_filter.count += removed(&mut manager.filters, |filter| matches!(filter, HttpFilter::IstioAlpn));
            }
            alpn.count += chain.tls.as_mut().map_or(0, |tls| without_peer_exchange(&mut tls.common));
        }
    }
    for cluster in config.clusters_mut() {
        cluster_mx.count += usize::from(std::mem::take(&mut cluster.metadata_exchange));
        alpn.count += upstream_tls(&mut cluster.transport).map_or(0, without_peer_exchange);
    }
    (config, dropped.into_iter().filter(|dropped| dropped.count > 0).collect())
}

fn connection_manager(filter: &mut NetworkFilter) -> Option<&mut HttpConnectionManager> {
    match filter {
        NetworkFilter::HttpConnectionManager(manager) => Some(manager),
        NetworkFilter::TcpProxy(_)
        | NetworkFilter::MongoProxy { .. }
        | NetworkFilter::SniCluster
        | NetworkFilter::MetadataExchange
        | NetworkFilter::Refuse
        | NetworkFilter::SniDynamicForwardProxy { .. } => None,
    }
}

fn upstream_tls(transport: &mut Transport) -> Option<&mut CommonTls> {
    match transport {
        Transport::Plain => None,
        Transport::Tls(tls) | Transport::AutoMtls(tls) => Some(&mut tls.common),
        Transport::ProxyProtocol(_, inner) => upstream_tls(inner),
    }
}

fn without_peer_exchange(common: &mut CommonTls) -> usize {
    removed(&mut common.alpn_protocols, |protocol| protocol == "istio-peer-exchange")
}

/// Takes out what `unwanted` says, and counts it.
fn removed<T>(values: &mut Vec<T>, unwanted: impl Fn(&T) -> bool) -> usize {
    let before = values.len();
    values.retain(|value| !unwanted(value));
    before - values.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_extension() {
        let page = include_str!("../../docs/stock-envoy.md");
        for Dropped { name, role, reason, count: _ } in EXTENSIONS {
            let row = page.lines().map(|line| line.replace('`', ""));
            let expected = format!("| {name} | {role} | {reason} |");
            assert!(row.into_iter().any(|row| row == expected), "docs/stock-envoy.md has no row `{expected}`");
        }
    }
}
