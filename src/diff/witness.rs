//! Requests that the old and the new configuration answer differently.

use std::net::IpAddr;

use super::answer::{Answer, Aspect, NOT_EVALUATED, answer};
use super::change::{Shown, Witness};
use super::command;
use super::model::Side;
use super::topic::Topic;
use crate::simulate::config::listener::{FilterChain, FilterChainMatch, NetworkFilter};
use crate::simulate::{Mode, Protocol, Request, Tls};

/// So many requests are tried for one change.
const TRIED: usize = 120;

/// The port of connections that any port leads to.
const SOME_PORT: u16 = 8080;

/// Connections that the chain is made for, as far as its listener and its match say; the plainest first.
pub(super) fn connections(side: &Side, listener: usize, chain: usize) -> Vec<Request> {
    let Some(owner) = side.configuration.listeners.get(listener) else { return Vec::new() };
    let Some(chain) = owner.filter_chains.get(chain).or(owner.default_filter_chain.as_ref()) else {
        return Vec::new();
    };
    let matches = &chain.filter_chain_match;
    let socket = owner.address.socket_address.as_ref();
    let redirecting =
        owner.use_original_dst || owner.listener_filters.iter().any(|it| it.name.contains("original_dst"));
    let port = matches.destination_port.or_else(|| Some(socket?.port_value).filter(|_| !redirecting));
    let own =
        socket.and_then(|socket| socket.address.parse().ok()).filter(|address: &IpAddr| !address.is_unspecified());
    let range = matches.prefix_ranges.first().and_then(|range| range.address_prefix.parse().ok());
    let http = chain.filters.iter().any(|it| matches!(it.typed_config, NetworkFilter::HttpConnectionManager(_)));
    let tls = tls(chain);
    let alpn = if matches.application_protocols.is_empty() {
        vec!["http/1.1".to_owned()]
    } else {
        matches.application_protocols.clone()
    };
    let base = Request {
        mode: if redirecting && owner.traffic_direction == "INBOUND" { Mode::Inbound } else { Mode::Auto },
        address: range.or(own),
        port: port.unwrap_or(SOME_PORT),
        source: None,
        protocol: if http { Protocol::Http1 } else { Protocol::Tcp },
        sni: (tls != Tls::Plaintext).then(|| server_name(matches)).flatten(),
        alpn: if tls == Tls::Plaintext { Vec::new() } else { alpn },
        tls,
        method: "GET".to_owned(),
        host: String::new(),
        path: "/".to_owned(),
        headers: Vec::new(),
    };
    vec![base]
}

/// What a client has to do to get through.
fn tls(chain: &FilterChain) -> Tls {
    let matches = &chain.filter_chain_match;
    let istio = matches.application_protocols.iter().any(|name| name.starts_with("istio"));
    match chain.tls() {
        Some(tls) if tls.require_client_certificate || istio => Tls::Mutual,
        Some(_) => Tls::Simple,
        None if istio => Tls::Mutual,
        None if matches.transport_protocol == "tls" || !matches.server_names.is_empty() => Tls::Simple,
        None => Tls::Plaintext,
    }
}

fn server_name(matches: &FilterChainMatch) -> Option<String> {
    matches.server_names.first().map(|name| host_of(name))
}

/// A host that the domain takes.
pub(super) fn host_of(domain: &str) -> String {
    match (domain, domain.strip_prefix('*'), domain.strip_suffix('*')) {
        ("*", ..) => "any.example".to_owned(),
        (_, Some(end), _) => format!("any{end}"),
        // `a.*`, and `a:*` for any port.
        (_, _, Some(start)) if start.ends_with(':') => format!("{start}80"),
        (_, _, Some(start)) => format!("{start}example"),
        _ => domain.to_owned(),
    }
}

/// The plainest of `candidates` whose answers differ as `topic` does, or why there is none.
pub(super) fn find(old: &Side, new: &Side, candidates: Vec<Request>, topic: Topic) -> Witness {
    find_where(old, new, candidates, topic, &|_, _| true)
}

/// As [`find`], of those whose answers are as `holds` asks.
pub(super) fn find_where(
    old: &Side,
    new: &Side,
    mut candidates: Vec<Request>,
    topic: Topic,
    holds: &dyn Fn(&Answer, &Answer) -> bool,
) -> Witness {
    if let Some(why) = topic.unseen() {
        return Witness::None { why: why.to_owned() };
    }
    candidates.sort_by_key(cost);
    candidates.dedup();
    let mut best: Option<(u32, Shown)> = None;
    let mut tried = 0;
    for request in candidates.into_iter().take(TRIED) {
        let (before, after) = (answer(old, &request), answer(new, &request));
        if !holds(&before, &after) {
            continue;
        }
        tried += 1;
        let Some(differs) = relevant(&before, &after, topic) else { continue };
        let rank = cost(&request) + if differs.iter().all(|aspect| aspect.when().is_some()) { 1000 } else { 0 };
        if best.as_ref().is_none_or(|(other, _)| rank < *other) {
            best = Some((rank, shown(request, &before, &after, differs)));
        }
    }
    match best {
        Some((_, shown)) => Witness::Request(Box::new(shown)),
        None if tried == 0 => Witness::None { why: "no request is known that gets there".to_owned() },
        None => Witness::None { why: "the requests that get there are answered as before".to_owned() },
    }
}

/// In what the two answers differ, where that is what changes.
fn relevant(before: &Answer, after: &Answer, topic: Topic) -> Option<Vec<Aspect>> {
    let differs = before.differs(after);
    // An answer that is not evaluated says nothing.
    let known = |answer: &Answer| answer.parts.get(&Aspect::Result).is_none_or(|it| it != NOT_EVALUATED);
    if !known(before) || !known(after) {
        return None;
    }
    let shown: Vec<Aspect> = match topic.aspects() {
        Some(wanted) => differs.into_iter().filter(|aspect| wanted.contains(aspect)).collect(),
        None => differs,
    };
    (!shown.is_empty()).then_some(shown)
}

fn shown(sent: Request, before: &Answer, after: &Answer, mut differs: Vec<Aspect>) -> Shown {
    // Where the result differs, the rest only follows from it.
    if differs.contains(&Aspect::Result) {
        differs = vec![Aspect::Result];
    }
    let when = match differs.iter().find(|aspect| aspect.when().is_none()) {
        Some(Aspect::Result) if before.weighted || after.weighted => Some("over many requests"),
        Some(_) => None,
        None => differs.first().and_then(|aspect| aspect.when()),
    };
    let mut unless: Vec<String> = before.unjudged.iter().chain(&after.unjudged).cloned().collect();
    unless.sort();
    unless.dedup();
    Shown {
        request: command::text(&sent),
        old: before.text(&differs),
        new: after.text(&differs),
        differs,
        when: when.map(str::to_owned),
        unless,
        sent,
    }
}

/// The less there is to say, the plainer.
fn cost(request: &Request) -> u32 {
    let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX / 4);
    let headers: u32 = request.headers.iter().map(|(name, value)| 20 + length(name) + length(value)).sum();
    let method = if request.method == "GET" { 0 } else { 10 };
    let tls = match request.tls {
        Tls::Plaintext => 0,
        Tls::Simple => 1,
        Tls::Mutual => 2,
    };
    headers + method + tls + length(&request.path) + length(&request.host)
}
