//! YAML in, what the workload's proxy does for outgoing connections out.

use crate::ir::listener::{Listener, ListenerFilterKind, NetworkFilter, TcpClusters};
use crate::ir::{Outbound, ProxyConfig};
use crate::mesh::fixture::mesh;
use crate::proxy::{Proxy, view};

/// Lowers a sidecar in `shop`.
fn lowered(text: &str) -> Outbound {
    let mesh = mesh(text);
    let node = "sidecar~10.1.0.9~web-1.shop~shop.svc.cluster.local".parse().expect("a node id");
    let metadata = serde_json::json!({"NAMESPACE": "shop", "CLUSTER_ID": "Kubernetes", "LABELS": {"app": "web"}});
    let proxy = Proxy::new(node, metadata);
    match crate::lower::lower(&view(&mesh, &proxy)) {
        (ProxyConfig::Sidecar(outbound, _), _) => outbound,
        (other, _) => panic!("no sidecar: {other:?}"),
    }
}

/// A Service; ports are given as YAML flow.
fn service(name: &str, namespace: &str, ip: &str, ports: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec: {{clusterIP: {ip}, ports: [{ports}]}}\n"
    )
}

fn names(outbound: &Outbound) -> Vec<&str> {
    outbound.listeners.iter().map(|listener| listener.name.as_str()).collect()
}

fn listener<'o>(outbound: &'o Outbound, name: &str) -> &'o Listener {
    outbound.listeners.iter().find(|listener| listener.name == name).expect("a listener")
}

/// The cluster of the last filter of the default chain.
fn default_cluster(listener: &Listener) -> &str {
    let filters = listener.default_filter_chain.as_ref().map(|chain| &chain.filters[..]);
    match filters.and_then(<[_]>::last) {
        Some(NetworkFilter::TcpProxy(proxy)) => match &proxy.clusters {
            TcpClusters::Single(cluster) => cluster,
            TcpClusters::Weighted(_) => "several",
        },
        _ => "none",
    }
}

const HTTP: &str = "{name: http, port: 80}";
const TCP: &str = "{name: tcp, port: 80}";

#[test]
fn http_shares_a_port_and_bytes_go_by_address() {
    let text = service("a", "shop", "10.0.0.1", HTTP)
        + &service("b", "shop", "10.0.0.2", HTTP)
        + &service("c", "shop", "10.0.0.3", TCP);
    let outbound = lowered(&text);
    assert_eq!(names(&outbound), ["0.0.0.0_80", "10.0.0.3_80", "virtualOutbound"]);
    let http = listener(&outbound, "0.0.0.0_80");
    assert_eq!(http.listener_filters.iter().map(|it| it.kind).collect::<Vec<_>>(), [ListenerFilterKind::HttpInspector]);
    assert_eq!(default_cluster(http), "PassthroughCluster");
    let hosts: Vec<&str> = outbound.route_configurations[0].virtual_hosts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(hosts, ["a.shop.svc.cluster.local:80", "b.shop.svc.cluster.local:80", "allow_any"]);
}

#[test]
fn sniffed_ports_have_routes_of_their_own() {
    let outbound = lowered(&service("a", "shop", "10.0.0.1", "{name: any, port: 9000}"));
    assert_eq!(names(&outbound), ["10.0.0.1_9000", "virtualOutbound"]);
    assert_eq!(default_cluster(&outbound.listeners[0]), "outbound|9000||a.shop.svc.cluster.local");
    let routes = &outbound.route_configurations[0];
    assert_eq!(routes.name, "a.shop.svc.cluster.local:9000");
    assert_eq!(routes.virtual_hosts.iter().map(|host| host.domains.concat()).collect::<Vec<_>>(), ["*"]);
}

#[test]
fn bytes_join_http_on_every_address() {
    let entry = "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e, namespace: shop}\n\
        spec: {hosts: [db.example.com], addresses: [10.9.0.0/16], resolution: NONE,\n  \
        ports: [{number: 80, name: tcp, protocol: TCP}]}\n";
    let outbound = lowered(&(service("a", "shop", "10.0.0.1", HTTP) + entry));
    assert_eq!(names(&outbound), ["0.0.0.0_80", "virtualOutbound"]);
    let ranges = outbound.listeners[0].filter_chains.iter().flat_map(|chain| &chain.matches);
    let ranges: Vec<&str> = ranges.flat_map(|it| &it.prefix_ranges).map(|range| range.address.as_str()).collect();
    assert_eq!(ranges, ["10.9.0.0"]);
}

#[test]
fn a_sidecar_narrows_what_is_reached() {
    let sidecar = "---\napiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: shop}\n\
        spec: {egress: [{hosts: ['./*']}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}\n";
    let services =
        service("a", "shop", "10.0.0.1", HTTP) + &service("b", "other", "10.0.0.2", "{name: http, port: 81}");
    let outbound = lowered(&(services + sidecar));
    assert_eq!(names(&outbound), ["0.0.0.0_80", "virtualOutbound"]);
    assert_eq!(default_cluster(&outbound.listeners[0]), "BlackHoleCluster");
    assert!(!outbound.clusters.iter().any(|cluster| cluster.name.contains("b.other")));
}
