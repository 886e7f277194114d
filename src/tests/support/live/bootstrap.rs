//! A bootstrap with a server of the test behind each cluster.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Map, Value, json};

/// Clusters that stay as they are: nobody is behind them.
const NOBODY: &str = "BlackHoleCluster";

/// A server of the test.
pub(super) struct Behind {
    /// The cluster.
    pub(super) cluster: String,
    /// The endpoint whose place it takes, as `10.0.0.1:80`; of those that Envoy finds itself there is none.
    pub(super) endpoint: String,
    /// Where it has to listen.
    pub(super) address: SocketAddr,
}

/// The bootstrap with a server behind each cluster, or behind each endpoint of it, from `first` on. Of a cluster nothing
/// stays but its name and whether it has endpoints: how it is reached, by TLS or HTTP/2, is not what is asked.
pub(super) fn with_servers(
    mut bootstrap: Value,
    first: SocketAddr,
    each_endpoint: bool,
) -> Result<(Value, Vec<Behind>), String> {
    let clusters = bootstrap.pointer_mut("/static_resources/clusters").and_then(Value::as_array_mut);
    let mut servers = Vec::new();
    for cluster in clusters.ok_or("a bootstrap without clusters")? {
        let name = text(cluster, "name").to_owned();
        let replaced = if name == NOBODY { Vec::new() } else { endpoints(cluster) };
        let mut placed = Vec::new();
        for (was, hostname) in replaced.into_iter().take(if each_endpoint { usize::MAX } else { 1 }) {
            let address = nth(first, servers.len())?;
            let socket = json!({"address": address.ip().to_string(), "port_value": address.port()});
            let mut endpoint = json!({"address": {"socket_address": socket}});
            if let (Some(hostname), Some(fields)) = (hostname, endpoint.as_object_mut()) {
                fields.insert("hostname".to_owned(), hostname.into());
            }
            placed.push(json!({"endpoint": endpoint}));
            servers.push(Behind { cluster: name.clone(), endpoint: was, address });
        }
        let endpoints = if placed.is_empty() { json!([]) } else { json!([{"lb_endpoints": placed}]) };
        *cluster = json!({
            "name": name, "type": "STATIC", "connect_timeout": "5s",
            "load_assignment": {"cluster_name": name, "endpoints": endpoints},
        });
    }
    Ok((bootstrap, servers))
}

/// The addresses that Envoy will listen on.
pub(super) fn listeners(bootstrap: &Value) -> Vec<SocketAddr> {
    let empty = Vec::new();
    let all = bootstrap.pointer("/static_resources/listeners").and_then(Value::as_array).unwrap_or(&empty);
    let bound = all.iter().filter(|listener| listener.get("bind_to_port") != Some(&Value::Bool(false)));
    bound.filter_map(|listener| socket(listener.pointer("/address/socket_address")?)).collect()
}

/// The endpoints of a cluster, each with its hostname if it has one: Envoy resolves it by itself in the clusters that find
/// endpoints by DNS. One that is found only as requests come is nameless.
fn endpoints(cluster: &Value) -> Vec<(String, Option<String>)> {
    let kind = text(cluster, "type");
    let by_name = kind.ends_with("_DNS") || cluster.get("cluster_type").is_some();
    let localities = cluster.pointer("/load_assignment/endpoints").and_then(Value::as_array).into_iter().flatten();
    let members = localities.filter_map(|locality| locality.get("lb_endpoints")?.as_array()).flatten();
    let one = |member: &Value| {
        let socket = member.pointer("/endpoint/address/socket_address").unwrap_or(&Value::Null);
        let (address, port) = (text(socket, "address"), socket.get("port_value").unwrap_or(&Value::Null));
        let hostname = by_name && address.parse::<IpAddr>().is_err() && !address.is_empty();
        (format!("{address}:{port}"), hostname.then(|| address.to_owned()))
    };
    let mut found: Vec<_> = members.map(one).collect();
    if found.is_empty() && (kind == "ORIGINAL_DST" || by_name) {
        found.push((String::new(), None));
    }
    found
}

fn socket(address: &Value) -> Option<SocketAddr> {
    let port = u16::try_from(address.get("port_value")?.as_u64()?).ok()?;
    Some(SocketAddr::new(text(address, "address").parse().ok()?, port))
}

/// The address of a server: 200 in a /24, and then the next /24.
fn nth(first: SocketAddr, number: usize) -> Result<SocketAddr, String> {
    let IpAddr::V4(ip) = first.ip() else { return Err(format!("{first}: no IPv4 address")) };
    let [a, b, c, d] = ip.octets();
    let step = |octet: u8, by: usize| u8::try_from(usize::from(octet) + by).map_err(|_| "too many clusters".to_owned());
    let ip = [a, b, step(c, number / 200)?, step(d, number % 200)?];
    Ok(SocketAddr::new(ip.into(), first.port()))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.as_object().and_then(|fields: &Map<String, Value>| fields.get(key)?.as_str()).unwrap_or_default()
}
