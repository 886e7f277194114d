//! Filter chains for the same connections: Envoy refuses a listener with them, and a bootstrap as a whole.

use std::collections::BTreeSet;

use crate::base::{Diagnostic, Diagnostics, Location};
use crate::ir;
use crate::ir::listener::{Cidr, FilterChainMatch};

/// `config` with the first of the filter chains that take the same connections. istiod sends them
/// all (two Gateways with an HTTPS server for every host on one port), and its proxies refuse the
/// listener; a static configuration must not fail as a whole for it.
pub fn without_duplicate_chains(mut config: ir::ProxyConfig) -> (ir::ProxyConfig, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    for listener in config.listeners_mut() {
        let name = &listener.name;
        let mut taken = BTreeSet::new();
        let mut free = Vec::with_capacity(listener.filter_chains.len());
        for chain in &listener.filter_chains {
            let connections = connections(chain.matches.as_ref());
            free.push(connections.iter().all(|one| !taken.contains(one)));
            if free.last() == Some(&true) {
                taken.extend(connections);
            } else {
                diagnostics.push(duplicate(name, chain));
            }
        }
        let mut free = free.into_iter();
        listener.filter_chains.retain(|_| free.next() == Some(true));
    }
    (config, diagnostics)
}

/// A match of single values, where there are any: what Envoy's matcher tree has for a chain. Names differ most.
type Connection<'a> = (Option<&'a str>, Option<&'a str>, Option<u32>, Option<&'a Cidr>, Option<&'a Cidr>, &'a str);

/// The connections a chain takes.
fn connections(matches: Option<&FilterChainMatch>) -> Vec<Connection<'_>> {
    let Some(matches) = matches else { return vec![(None, None, None, None, None, "")] };
    let FilterChainMatch {
        destination_port,
        prefix_ranges,
        source_prefix_ranges,
        server_names,
        transport_protocol,
        application_protocols,
    } = matches;
    let mut connections = Vec::new();
    for name in singles(server_names) {
        for protocol in singles(application_protocols) {
            for range in singles(prefix_ranges) {
                for source in singles(source_prefix_ranges) {
                    let (name, protocol) = (name.map(String::as_str), protocol.map(String::as_str));
                    connections.push((name, protocol, *destination_port, range, source, transport_protocol.as_str()));
                }
            }
        }
    }
    connections
}

/// Each value alone; no value, which takes any, is one too.
fn singles<T>(values: &[T]) -> impl Iterator<Item = Option<&T>> {
    let any = values.is_empty().then_some(None);
    values.iter().map(Some).chain(any)
}

fn duplicate(listener: &str, chain: &ir::FilterChain) -> Diagnostic {
    let location = chain.origins.first().cloned().map_or(Location::Nowhere, Location::Value);
    let message = format!("the listener `{listener}` already has a filter chain for these connections");
    Diagnostic::warning("duplicate-filter-chain", location, message)
        .labelled("left out")
        .help("give the servers different hosts or ports: in a cluster Envoy refuses the whole listener")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::fixtures::{filter_chain, listener};

    fn kept(matches: [Option<FilterChainMatch>; 2]) -> (usize, Diagnostics) {
        let chains = matches.map(|matches| ir::FilterChain { matches, ..filter_chain("http.80", None) });
        let [first, second] = chains;
        let mut both = listener(first);
        both.filter_chains.push(second);
        let config = ir::Outbound { listeners: vec![both], ..Default::default() };
        let (config, diagnostics) = without_duplicate_chains(ir::ProxyConfig::Router(config));
        (config.outbound().listeners.iter().map(|listener| listener.filter_chains.len()).sum(), diagnostics)
    }

    fn server_names(names: &[&str]) -> Option<FilterChainMatch> {
        let server_names = names.iter().map(|name| (*name).to_owned()).collect();
        Some(FilterChainMatch { server_names, ..Default::default() })
    }

    #[test]
    fn the_first_of_two_for_all_connections_stays() {
        let (chains, diagnostics) = kept([None, Some(FilterChainMatch::default())]);
        assert_eq!(chains, 1);
        assert_eq!(
            diagnostics.0.iter().map(|diagnostic| diagnostic.message.as_str()).collect::<Vec<_>>(),
            ["the listener `0.0.0.0_8080` already has a filter chain for these connections"]
        );
    }

    #[test]
    fn one_server_name_in_common_is_enough() {
        assert_eq!(kept([server_names(&["a", "b"]), server_names(&["b", "c"])]).0, 1);
        assert_eq!(kept([server_names(&["a"]), server_names(&["*.a"])]), (2, Diagnostics::default()));
        assert_eq!(kept([server_names(&["a"]), None]).0, 2);
    }
}
