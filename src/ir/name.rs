//! Names that Istio gives to Envoy's objects. Nothing else formats them.

use std::fmt::Display;

/// The cluster that answers nothing (`istio: pilot/pkg/networking/util/util.go`).
pub const BLACK_HOLE_CLUSTER: &str = "BlackHoleCluster";
/// The cluster that goes where the connection was going.
pub const PASSTHROUGH_CLUSTER: &str = "PassthroughCluster";

/// `outbound|80|v1|shop.default.svc.cluster.local`; an empty subset is the whole service
/// (`istio: model.BuildSubsetKey`).
pub fn outbound_cluster(port: impl Display, subset: &str, hostname: &str) -> String {
    format!("outbound|{port}|{subset}|{hostname}")
}

/// `outbound_.80_.v1_.shop.default.svc.cluster.local`, which is also the SNI between gateways
/// (`istio: model.BuildDNSSrvSubsetKey`).
pub fn sni_dnat_cluster(port: impl Display, subset: &str, hostname: &str) -> String {
    format!("outbound_.{port}_.{subset}_.{hostname}")
}

/// `inbound|8080||` (`istio: model.BuildInboundSubsetKey`).
pub fn inbound_cluster(port: impl Display) -> String {
    format!("inbound|{port}||")
}

/// `0.0.0.0_8080` (`istio: core.getListenerName`).
pub fn listener(address: &str, port: impl Display) -> String {
    format!("{address}_{port}")
}

/// `http.8080` (`istio: model.GatewayRDSRouteName`).
pub fn http_route(port: impl Display) -> String {
    format!("http.{port}")
}

/// `https.443.web.shop.prod` (`istio: model.GatewayRDSRouteName`).
pub fn https_route(port: impl Display, port_name: &str, gateway: &str, namespace: &str) -> String {
    format!("https.{port}.{port_name}.{gateway}.{namespace}")
}

/// `shop.example.com:80` (`istio: util.DomainName`); IPv6 addresses get brackets.
pub fn virtual_host(host: &str, port: impl Display) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// `/apis/networking.istio.io/v1/namespaces/default/virtual-service/shop`, the path that
/// metadata name an Istio object by (`istio: util.BuildConfigInfoMetadata`).
pub fn config_path(group: &str, version: &str, namespace: &str, kebab_kind: &str, name: &str) -> String {
    format!("/apis/{group}/{version}/namespaces/{namespace}/{kebab_kind}/{name}")
}
