//! The listener that takes a connection, and what its listener filters learn of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::config::listener::{Address, Listener, Predicate};
use super::outcome::Fault;
use super::request::{Mode, Protocol, Request, Tls};

/// Where a client that names no address is taken to connect to: TEST-NET-3 of RFC 5737, which no
/// listener has.
const ANYWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));

/// What is known of a connection after the listener filters.
pub(super) struct Connection {
    /// Where the client connected to.
    pub address: IpAddr,
    /// The port there.
    pub port: u16,
    /// The client's address.
    pub source: Option<IpAddr>,
    /// In lower case; empty where there is none or nothing read it.
    pub server_name: String,
    /// `tls` or `raw_buffer`.
    pub transport_protocol: &'static str,
    /// What the client offers, the best first.
    pub application_protocols: Vec<String>,
}

/// A connection at its listener.
pub(super) struct Arrival<'a> {
    /// The listener's place.
    pub index: usize,
    /// The listener.
    pub listener: &'a Listener,
    /// The connection.
    pub connection: Connection,
    /// Listener filters that are not judged.
    pub unjudged: Vec<String>,
}

/// The listener for the request, after its listener filters.
pub(super) fn arrive<'a>(listeners: &'a [Listener], request: &Request) -> Result<Arrival<'a>, Fault> {
    let (index, listener) = choose(listeners, request).ok_or(Fault::NoListener)?;
    let connection = inspect(listener, request);
    const JUDGED: [&str; 3] = ["TlsInspector", "HttpInspector", "OriginalDst"];
    let unjudged = listener.listener_filters.iter().filter(|filter| !JUDGED.iter().any(|it| is(filter, it)));
    let unjudged = unjudged.map(|filter| filter.name.clone()).collect();
    Ok(Arrival { index, listener, connection, unjudged })
}

fn choose<'a>(listeners: &'a [Listener], request: &Request) -> Option<(usize, &'a Listener)> {
    let redirecting = |direction: &str| {
        let takes = |listener: &&Listener| listener.traffic_direction == direction && restores_destination(listener);
        listeners.iter().position(|listener| takes(&listener))
    };
    let index = match request.mode {
        Mode::Inbound => redirecting("INBOUND"),
        Mode::Outbound => redirecting("OUTBOUND").map(|entry| destination(listeners, request).unwrap_or(entry)),
        Mode::Auto => match redirecting("OUTBOUND") {
            Some(entry) => Some(destination(listeners, request).unwrap_or(entry)),
            None => bound(listeners, request),
        },
        Mode::Gateway => bound(listeners, request),
    }?;
    Some((index, listeners.get(index)?))
}

fn restores_destination(listener: &Listener) -> bool {
    listener.use_original_dst || listener.listener_filters.iter().any(|filter| is(filter, "OriginalDst"))
}

/// A listener with a socket of its own: the address itself before all addresses
/// (`envoy: source/common/listener_manager/connection_handler_impl.cc`, `getBalancedHandlerByAddress`).
fn bound(listeners: &[Listener], request: &Request) -> Option<usize> {
    let on_port = |listener: &Listener| {
        listener.bind_to_port != Some(false) && addresses(listener).any(|(_, port)| port == request.port)
    };
    let found = by_address(listeners, request, &|listener| listener.bind_to_port != Some(false));
    let any = || request.address.is_none().then(|| listeners.iter().position(on_port)).flatten();
    found.or_else(any)
}

/// The listener of the original destination, which has no socket.
fn destination(listeners: &[Listener], request: &Request) -> Option<usize> {
    by_address(listeners, request, &|_| true)
}

fn by_address(listeners: &[Listener], request: &Request, takes: &dyn Fn(&Listener) -> bool) -> Option<usize> {
    let find = |wanted: &dyn Fn(IpAddr) -> bool| {
        listeners.iter().position(|listener| {
            takes(listener) && addresses(listener).any(|(address, port)| port == request.port && wanted(address))
        })
    };
    let exact = request.address.and_then(|wanted| find(&|address| address == wanted));
    let wanted = request.address.unwrap_or(ANYWHERE);
    // Istio writes 0.0.0.0 also for what IPv6 reaches, and adds `::` as a further address where
    // the proxy has both; so the own family comes first, and the other one last.
    let family: [IpAddr; 2] = match wanted {
        IpAddr::V4(_) => [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
        IpAddr::V6(_) => [Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()],
    };
    exact.or_else(|| family.iter().find_map(|all| find(&|address| address == *all)))
}

fn addresses(listener: &Listener) -> impl Iterator<Item = (IpAddr, u16)> {
    let parsed = |address: &Address| {
        let address = address.socket_address.as_ref()?;
        Some((address.address.parse().ok()?, address.port_value))
    };
    let further = listener.additional_addresses.iter().map(|further| &further.address);
    std::iter::once(&listener.address).chain(further).filter_map(parsed)
}

fn inspect(listener: &Listener, request: &Request) -> Connection {
    let mut connection = Connection {
        address: request.address.unwrap_or(ANYWHERE),
        port: request.port,
        source: request.source,
        server_name: String::new(),
        transport_protocol: "raw_buffer",
        application_protocols: Vec::new(),
    };
    let tls = request.tls != Tls::Plaintext;
    // Envoy 1.40 adds no TLS inspector by itself: without one TLS counts as `raw_buffer`.
    if tls && enabled(listener, "TlsInspector", request.port) {
        connection.transport_protocol = "tls";
        connection.server_name = request.sni.as_deref().unwrap_or_default().to_ascii_lowercase();
        connection.application_protocols.clone_from(&request.alpn);
    }
    if !tls && enabled(listener, "HttpInspector", request.port) {
        let protocol = match request.protocol {
            Protocol::Http1 => Some("http/1.1"),
            Protocol::Http2 => Some("h2c"),
            Protocol::Tcp => None,
        };
        connection.application_protocols.extend(protocol.map(str::to_owned));
    }
    connection
}

fn enabled(listener: &Listener, message: &str, port: u16) -> bool {
    let filter = listener.listener_filters.iter().find(|filter| is(filter, message));
    filter.is_some_and(|filter| !filter.filter_disabled.as_ref().is_some_and(|predicate| holds(predicate, port)))
}

fn is(filter: &super::config::listener::ListenerFilter, message: &str) -> bool {
    let kind = filter.typed_config.get("@type").and_then(serde_json::Value::as_str);
    kind.and_then(|kind| kind.rsplit('.').next()) == Some(message)
}

fn holds(predicate: &Predicate, port: u16) -> bool {
    let Predicate { or_match, and_match, not_match, any_match, destination_port_range } = predicate;
    let port_value = i32::from(port);
    *any_match
        || or_match.as_ref().is_some_and(|any| any.rules.iter().any(|rule| holds(rule, port)))
        || and_match.as_ref().is_some_and(|all| all.rules.iter().all(|rule| holds(rule, port)))
        || not_match.as_ref().is_some_and(|rule| !holds(rule, port))
        || destination_port_range.as_ref().is_some_and(|range| (range.start..range.end).contains(&port_value))
}
