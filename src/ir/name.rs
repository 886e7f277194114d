//! Names that Istio gives to Envoy's objects. Nothing else formats them.

use std::fmt::Display;

/// The cluster that answers nothing (`istio: pilot/pkg/networking/util/util.go`).
pub const BLACK_HOLE_CLUSTER: &str = "BlackHoleCluster";
/// The cluster that goes where the connection to the workload was going.
pub const INBOUND_PASSTHROUGH_CLUSTER: &str = "InboundPassthroughCluster";
/// The cluster that goes where the connection was going.
pub const PASSTHROUGH_CLUSTER: &str = "PassthroughCluster";

/// `outbound|80|v1|shop.default.svc.cluster.local`; an empty subset is the whole service
/// (`istio: model.BuildSubsetKey`).
pub fn outbound_cluster(port: impl Display, subset: &str, hostname: &str) -> String {
    ["outbound|", &port.to_string(), "|", subset, "|", hostname].concat()
}

/// `outbound_.80_.v1_.shop.default.svc.cluster.local`, which is also the SNI between gateways
/// (`istio: model.BuildDNSSrvSubsetKey`).
pub fn sni_dnat_cluster(port: impl Display, subset: &str, hostname: &str) -> String {
    ["outbound_.", &port.to_string(), "_.", subset, "_.", hostname].concat()
}

/// `*.example.com_dfp_dns_cache` (`istio: model.BuildDNSCacheName`).
pub fn dns_cache(hostname: &str) -> String {
    format!("{hostname}_dfp_dns_cache")
}

/// `inbound|8080||` (`istio: model.BuildInboundSubsetKey`).
pub fn inbound_cluster(port: impl Display) -> String {
    format!("inbound|{port}||")
}

/// `0.0.0.0_8080` (`istio: core.getListenerName`).
pub fn listener(address: &str, port: impl Display) -> String {
    format!("{address}_{port}")
}

/// `http.8080`, or `http.8080.10.0.0.1` for servers that bind an address (`istio: model.gatewayRDSRouteName`).
pub fn http_route(port: impl Display, bind: &str) -> String {
    if bind.is_empty() { format!("http.{port}") } else { format!("http.{port}.{bind}") }
}

/// `https.443.web.shop.prod`, with the address at the end where one is bound (`istio: model.gatewayRDSRouteName`).
pub fn https_route(port: impl Display, port_name: &str, gateway: &str, namespace: &str, bind: &str) -> String {
    let name = format!("https.{port}.{port_name}.{gateway}.{namespace}");
    if bind.is_empty() { name } else { format!("{name}.{bind}") }
}

/// `shop.example.com:80` (`istio: util.DomainName`); IPv6 addresses get brackets.
pub fn virtual_host(host: &str, port: impl Display) -> String {
    let port = port.to_string();
    match host.contains(':') && !host.starts_with('[') {
        true => ["[", host, "]:", &port].concat(),
        false => [host, ":", &port].concat(),
    }
}

/// `/apis/networking.istio.io/v1/namespaces/default/virtual-service/shop`, the path that
/// metadata name an Istio object by (`istio: util.BuildConfigInfoMetadata`).
pub fn config_path(group: &str, version: &str, namespace: &str, kebab_kind: &str, name: &str) -> String {
    format!("/apis/{group}/{version}/namespaces/{namespace}/{kebab_kind}/{name}")
}

/// What the name of an outbound cluster says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboundCluster<'a> {
    /// The service's port.
    pub port: u16,
    /// The subset; empty is the whole service.
    pub subset: &'a str,
    /// The service's hostname.
    pub hostname: &'a str,
}

impl<'a> OutboundCluster<'a> {
    /// Reads what [`outbound_cluster`] and [`sni_dnat_cluster`] write; `None` for other names.
    pub fn parse(name: &'a str) -> Option<Self> {
        let (rest, separator) = match name.strip_prefix("outbound|") {
            Some(rest) => (rest, "|"),
            None => (name.strip_prefix("outbound_.")?, "_."),
        };
        let (port, rest) = rest.split_once(separator)?;
        let (subset, hostname) = rest.split_once(separator)?;
        Some(Self { port: port.parse().ok()?, subset, hostname })
    }
}

/// The cluster of a destination without a host (`istio: route.GetDestinationCluster`); it never exists.
pub const UNKNOWN_SERVICE: &str = "UnknownService";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outbound_cluster_names_are_read_back() {
        let parsed = OutboundCluster { port: 80, subset: "v1", hostname: "shop.prod.svc.cluster.local" };
        for name in [outbound_cluster(80, "v1", parsed.hostname), sni_dnat_cluster(80, "v1", parsed.hostname)] {
            assert_eq!(OutboundCluster::parse(&name), Some(parsed), "{name}");
        }
        let whole = OutboundCluster { subset: "", ..parsed };
        for name in [outbound_cluster(80, "", parsed.hostname), "outbound_.80_._.shop.prod.svc.cluster.local".into()] {
            assert_eq!(OutboundCluster::parse(&name), Some(whole), "{name}");
        }
        assert_eq!(OutboundCluster::parse("inbound|80||"), None);
        assert_eq!(OutboundCluster::parse(BLACK_HOLE_CLUSTER), None);
    }
}
