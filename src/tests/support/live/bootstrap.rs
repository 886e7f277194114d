//! A bootstrap with a server of the test behind each cluster.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Map, Value, json};

/// Clusters that stay as they are: nobody is behind them.
const NOBODY: &str = "BlackHoleCluster";

/// The bootstrap, and where the server of each cluster has to listen; the first at `first`. Of a cluster nothing stays
/// but its name and whether it has endpoints: how it is reached, by TLS or HTTP/2, is not what is asked.
pub(super) fn with_servers(
    mut bootstrap: Value,
    first: SocketAddr,
) -> Result<(Value, Vec<(String, SocketAddr)>), String> {
    let clusters = bootstrap.pointer_mut("/static_resources/clusters").and_then(Value::as_array_mut);
    let mut servers = Vec::new();
    for cluster in clusters.ok_or("a bootstrap without clusters")? {
        let name = text(cluster, "name").to_owned();
        let address = nth(first, servers.len())?;
        let endpoint = endpoint(cluster).filter(|_| name != NOBODY);
        let endpoints = match endpoint {
            None => json!([]),
            Some(hostname) => {
                let socket = json!({"address": address.ip().to_string(), "port_value": address.port()});
                let mut endpoint = json!({"address": {"socket_address": socket}});
                if let (Some(hostname), Some(fields)) = (hostname, endpoint.as_object_mut()) {
                    fields.insert("hostname".to_owned(), hostname.into());
                }
                servers.push((name.clone(), address));
                json!([{"lb_endpoints": [{"endpoint": endpoint}]}])
            }
        };
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

/// Whether a cluster has an endpoint, and the endpoint's hostname if it has one: Envoy resolves it by itself in the
/// clusters that find endpoints by DNS.
fn endpoint(cluster: &Value) -> Option<Option<String>> {
    let kind = text(cluster, "type");
    let endpoint = cluster
        .pointer("/load_assignment/endpoints")
        .and_then(Value::as_array)
        .and_then(|localities| localities.iter().find_map(|locality| locality.pointer("/lb_endpoints/0/endpoint")));
    let by_name = kind.ends_with("_DNS") || cluster.get("cluster_type").is_some();
    match endpoint {
        Some(endpoint) => {
            let address = endpoint.pointer("/address/socket_address/address").and_then(Value::as_str);
            Some(address.filter(|address| by_name && address.parse::<IpAddr>().is_err()).map(str::to_owned))
        }
        None => (kind == "ORIGINAL_DST" || by_name).then_some(None),
    }
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
