//! A listener: its sockets and what its filter chains match.

use serde_json::Value;

use super::{define, each, fields, string};
use crate::base::Origin;
use crate::verify::facts::{Facts, Listener, Socket, Text};

/// `envoy.config.listener.v3.Listener`.
pub(super) fn listener<'a>(value: &'a Value, place: &Origin, facts: &mut Facts<'a>) {
    let is_internal = value.get("internal_listener").is_some();
    if is_internal {
        define(value, "name", place, &mut facts.internal_listeners.defined);
    }
    let bound = value.get("bind_to_port") != Some(&Value::Bool(false));
    let mut sockets = Vec::new();
    if bound && !is_internal {
        sockets.extend(socket(value, value.get("address"), place.key("address")));
        each(value, "additional_addresses", place, |one, at| {
            sockets.extend(socket(value, one.get("address"), at.key("address")));
        });
    }
    let mut chains = Vec::new();
    each(value, "filter_chains", place, |chain, at| {
        let matches = chain.get("filter_chain_match");
        chains.push((connections(matches.unwrap_or(&Value::Null)), Some(at)));
    });
    facts.listeners.push(Listener {
        name: string(value, "name").unwrap_or_default(),
        sockets,
        // A matcher chooses chains by name; what they match themselves is not read then.
        chains: if value.get("filter_chain_matcher").is_some() { Vec::new() } else { chains },
        place: Some(place.clone()),
    });
    fields::walk(value, "listener", place, facts);
}

pub(super) fn socket<'a>(listener: &'a Value, address: Option<&'a Value>, place: Origin) -> Option<Socket<'a>> {
    let socket = address?.get("socket_address")?;
    let port = socket.get("port_value")?;
    let reuse = listener.get("enable_reuse_port").or_else(|| listener.get("reuse_port"));
    Some(Socket {
        address: string(socket, "address")?,
        port: port.as_u64().or_else(|| port.as_str()?.parse().ok()).filter(|port| *port != 0)?,
        udp: socket.get("protocol").and_then(Value::as_str) == Some("UDP"),
        reuse: reuse != Some(&Value::Bool(false)),
        place: Some(place.key("socket_address")),
    })
}

/// The connections a chain takes, one text for each combination of its values: Envoy refuses two
/// chains with one in common (`envoy: FilterChainManagerImpl::addFilterChains`).
fn connections(matches: &Value) -> Vec<String> {
    const LISTS: [&str; 7] = [
        "prefix_ranges",
        "server_names",
        "application_protocols",
        "direct_source_prefix_ranges",
        "source_prefix_ranges",
        "source_ports",
        "transport_protocol",
    ];
    let one = |field: &str| matches.get(field).map_or_else(|| "*".to_owned(), ToString::to_string);
    let mut all = vec![format!("{} {}", one("destination_port"), one("source_type"))];
    for list in LISTS {
        let values: Vec<String> = match matches.get(list) {
            Some(Value::Array(values)) if !values.is_empty() => {
                values.iter().map(|value| value.to_string().to_lowercase()).collect()
            }
            Some(Value::String(text)) if !text.is_empty() => vec![text.clone()],
            _ => vec!["*".to_owned()],
        };
        all = all.iter().flat_map(|before| values.iter().map(move |value| format!("{before} {value}"))).collect();
    }
    all
}

/// The server names of a chain.
pub(super) fn server_names<'a>(matches: &'a Value, place: &Origin, facts: &mut Facts<'a>) {
    each(matches, "server_names", place, |name, at| {
        facts.server_names.extend(name.as_str().map(|text| Text { text, place: Some(at) }));
    });
}
