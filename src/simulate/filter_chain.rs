//! The filter chain that takes a connection.
//!
//! Envoy asks one question after the other, in a fixed order. The closest answer that some chain
//! has counts, and chains with any other answer are out for good: there is no way back
//! (`envoy.config.listener.v3.FilterChainMatch`, "The following order applies").

use std::net::IpAddr;

use super::config::listener::{CidrRange, FilterChain, FilterChainMatch, Listener};
use super::listener::Connection;
use super::outcome::{Fault, PassedOver};
use super::request::{Request, Tls};

/// How close a chain's answer is: `None` does not fit, 0 does not ask, more is closer.
type Closeness = Option<usize>;

type Question = fn(&FilterChainMatch, &Connection) -> Closeness;

/// What the connection has and what a chain asks for, in words.
type Sides = fn(&FilterChainMatch, &Connection) -> (String, String);

/// The questions in Envoy's order, each with what it is about.
const QUESTIONS: [(&str, Question, Sides); 9] = [
    (
        "the port",
        |it, connection| asks(it.destination_port.map(|port| port == connection.port)),
        |it, connection| {
            (connection.port.to_string(), it.destination_port.map(|it| it.to_string()).unwrap_or_default())
        },
    ),
    (
        "the address",
        |it, connection| prefix(&it.prefix_ranges, Some(connection.address)),
        |it, connection| (connection.address.to_string(), ranges(&it.prefix_ranges)),
    ),
    ("the server name (SNI)", server_name, |it, connection| {
        (connection.server_name.clone(), it.server_names.join(", "))
    }),
    (
        "the transport protocol",
        |it, connection| {
            asks((!it.transport_protocol.is_empty()).then(|| it.transport_protocol == connection.transport_protocol))
        },
        |it, connection| (connection.transport_protocol.to_owned(), it.transport_protocol.clone()),
    ),
    ("the application protocols (ALPN)", application_protocol, |it, connection| {
        (connection.application_protocols.join(", "), it.application_protocols.join(", "))
    }),
    (
        "the client's own address",
        |it, connection| prefix(&it.direct_source_prefix_ranges, connection.source),
        |it, connection| (source(connection), ranges(&it.direct_source_prefix_ranges)),
    ),
    ("where the client is", source_type, |it, connection| (source(connection), it.source_type.clone())),
    (
        "the client's address",
        |it, connection| prefix(&it.source_prefix_ranges, connection.source),
        |it, connection| (source(connection), ranges(&it.source_prefix_ranges)),
    ),
    (
        "the client's port",
        |it, _| asks((!it.source_ports.is_empty()).then_some(false)),
        |it, _| (String::new(), it.source_ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")),
    ),
];

/// The chain and its place, with those passed over.
pub(super) type Choice<'a> = (usize, &'a FilterChain, Vec<PassedOver>);

/// The chain that takes the connection; the default one comes after all others.
pub(super) fn choose<'a>(
    listener: &'a Listener,
    connection: &Connection,
) -> Result<Choice<'a>, (Fault, Vec<PassedOver>)> {
    let mut left: Vec<(usize, &FilterChain)> = listener.filter_chains.iter().enumerate().collect();
    let mut passed_over = Vec::new();
    for (about, question, sides) in QUESTIONS {
        let close: Vec<Closeness> =
            left.iter().map(|(_, chain)| question(&chain.filter_chain_match, connection)).collect();
        let best = close.iter().flatten().max().copied();
        let mut kept = Vec::new();
        for ((index, chain), closeness) in left.into_iter().zip(close) {
            if closeness.is_some() && closeness == best {
                kept.push((index, chain));
            } else {
                let why = match closeness {
                    None => {
                        let (got, wanted) = sides(&chain.filter_chain_match, connection);
                        let got = if got.is_empty() { "not known".to_owned() } else { format!("`{got}`") };
                        format!("{about} must be `{wanted}`, and is {got}")
                    }
                    Some(_) => format!("another chain names {about} more closely"),
                };
                passed_over.push(PassedOver { index, name: chain.name.clone(), why });
            }
        }
        left = kept;
    }
    passed_over.sort_by_key(|chain| chain.index);
    match (&left[..], &listener.default_filter_chain) {
        ([(index, chain)], _) => Ok((*index, chain, passed_over)),
        ([], Some(default)) => Ok((listener.filter_chains.len(), default, passed_over)),
        ([], None) => Err((Fault::NoFilterChain, passed_over)),
        (several, _) => {
            let names = several.iter().map(|(_, chain)| chain.name.clone()).collect();
            Err((Fault::SeveralFilterChains { names }, passed_over))
        }
    }
}

/// What stands in the way of the client's TLS with the chain's.
pub(super) fn handshake(chain: &FilterChain, request: &Request) -> Result<(), Fault> {
    match (chain.tls(), request.tls) {
        (None, _) | (Some(_), Tls::Mutual) => Ok(()),
        (Some(_), Tls::Plaintext) => Err(Fault::PlaintextToTls),
        (Some(tls), Tls::Simple) if tls.require_client_certificate => Err(Fault::NoClientCertificate),
        (Some(_), Tls::Simple) => Ok(()),
    }
}

fn asks(answer: Option<bool>) -> Closeness {
    match answer {
        None => Some(0),
        Some(true) => Some(1),
        Some(false) => None,
    }
}

fn ranges(ranges: &[CidrRange]) -> String {
    let text = |range: &CidrRange| format!("{}/{}", range.address_prefix, range.prefix_len);
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn source(connection: &Connection) -> String {
    connection.source.map(|address| address.to_string()).unwrap_or_default()
}

/// The longest prefix counts; a chain without any takes every address.
fn prefix(ranges: &[CidrRange], address: Option<IpAddr>) -> Closeness {
    if ranges.is_empty() {
        return Some(0);
    }
    let address = address?;
    let fits = |range: &&CidrRange| range.takes(address);
    ranges.iter().filter(fits).map(|range| usize::from(range.prefix_len)).max()
}

/// The name itself, then the longest `*.` domain above it.
fn server_name(matches: &FilterChainMatch, connection: &Connection) -> Closeness {
    if matches.server_names.is_empty() {
        return Some(0);
    }
    let name = &connection.server_name;
    let fits = |pattern: &String| {
        // Envoy 1.40 takes names in any case.
        let pattern = pattern.to_ascii_lowercase();
        if pattern == *name {
            return Some(usize::MAX);
        }
        let domain = pattern.strip_prefix('*').filter(|domain| domain.starts_with('.'))?;
        let label = name.strip_suffix(domain)?;
        (!label.is_empty()).then_some(domain.len())
    };
    matches.server_names.iter().filter_map(fits).max()
}

/// The client's first protocol that any chain names counts.
fn application_protocol(matches: &FilterChainMatch, connection: &Connection) -> Closeness {
    if matches.application_protocols.is_empty() {
        return Some(0);
    }
    let offered = &connection.application_protocols;
    let place = offered.iter().position(|offer| matches.application_protocols.contains(offer))?;
    Some(offered.len() - place)
}

fn source_type(matches: &FilterChainMatch, connection: &Connection) -> Closeness {
    let local = connection.source.is_some_and(|source| source.is_loopback() || source == connection.address);
    match matches.source_type.as_str() {
        "" | "ANY" => Some(0),
        "SAME_IP_OR_LOOPBACK" => asks(Some(local)),
        _ => asks(Some(!local)),
    }
}
