use serde_json::json;

use super::*;
use crate::ir::cluster::{Discovery, LbPolicy, LocalityLb, Transport};
use crate::mesh::Mesh;
use crate::mesh::fixture::mesh;
use crate::proxy::{Proxy, view};

/// A Service `shop` in `prod` with two ports, and a pod with a sidecar behind each of two subsets.
const SHOP: &str = r#"
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: prod}
spec:
  clusterIP: 10.96.0.1
  selector: {app: shop}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: grpc, port: 90}, {name: dns, port: 53, protocol: UDP}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: shop-1, namespace: prod, labels: {kubernetes.io/service-name: shop}}
addressType: IPv4
ports: [{name: http, port: 8080}, {name: grpc, port: 90}]
endpoints:
- {addresses: [10.0.0.1], nodeName: a, targetRef: {kind: Pod, name: v1, namespace: prod}, conditions: {ready: true}}
- {addresses: [10.0.0.2], nodeName: b, targetRef: {kind: Pod, name: v2, namespace: prod}, conditions: {ready: false, terminating: false}}
---
apiVersion: v1
kind: Pod
metadata: {name: v1, namespace: prod, labels: {app: shop, version: v1, security.istio.io/tlsMode: istio}}
spec: {nodeName: a}
status: {podIP: 10.0.0.1, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: v2, namespace: prod, labels: {app: shop, version: v2}}
spec: {nodeName: b}
status: {podIP: 10.0.0.2, phase: Running}
"#;

const ROUTER: &str = "router~10.0.0.9~gw.edge~edge.svc.cluster.local";
const SIDECAR: &str = "sidecar~10.0.0.8~web.prod~prod.svc.cluster.local";

fn lowered(node: &str, metadata: serde_json::Value, mesh: &Mesh) -> (Upstreams, Diagnostics) {
    let proxy = Proxy::new(node.parse().expect("a node id"), metadata);
    let view = view(mesh, &proxy);
    let rules = DestinationRules::new(&view);
    outbound(&view, &rules)
}

/// What a proxy gets for `SHOP` and more YAML; nothing is found wrong.
fn upstreams(node: &str, yaml: &str) -> Upstreams {
    let metadata = json!({"LABELS": {"app": "web"}});
    let (upstreams, found) = lowered(node, metadata, &mesh(&format!("{SHOP}---\n{yaml}")));
    assert_eq!(found.0, []);
    upstreams
}

fn rule(spec: &str) -> String {
    let spec = spec.replace('\n', "\n  ");
    format!(
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: shop, namespace: prod}}\n\
         spec:\n  host: shop\n  {spec}\n"
    )
}

fn names(upstreams: &Upstreams) -> Vec<&str> {
    upstreams.clusters.iter().map(|cluster| cluster.name.as_str()).collect()
}

fn cluster<'a>(upstreams: &'a Upstreams, name: &str) -> &'a ir::Cluster {
    upstreams.clusters.iter().find(|cluster| cluster.name == name).expect("the cluster")
}

/// The addresses of a cluster's endpoints.
fn endpoints<'a>(upstreams: &'a Upstreams, name: &str) -> Vec<&'a ir::endpoint::Endpoint> {
    let assignment = upstreams.load_assignments.iter().find(|assignment| assignment.cluster == name);
    assignment.expect("a load assignment").localities.iter().flat_map(|group| &group.endpoints).collect()
}

#[test]
fn one_cluster_a_port_and_subset_then_the_built_in_ones() {
    let yaml = rule("subsets: [{name: v1, labels: {version: v1}}]");
    let router = upstreams(ROUTER, &yaml);
    let shop = [
        "outbound|80||shop.prod.svc.cluster.local",
        "outbound|80|v1|shop.prod.svc.cluster.local",
        "outbound|90||shop.prod.svc.cluster.local",
        "outbound|90|v1|shop.prod.svc.cluster.local",
    ];
    assert_eq!(names(&router), [&shop[..], &["BlackHoleCluster"]].concat());
    assert_eq!(router.load_assignments.len(), 4);
    assert_eq!(endpoints(&router, shop[0]).len(), 2);
    assert_eq!(endpoints(&router, shop[1]).len(), 1);
    let sidecar = upstreams(SIDECAR, &yaml);
    assert_eq!(names(&sidecar), [&shop[..], &["BlackHoleCluster", "PassthroughCluster"]].concat());
    let subset = cluster(&router, shop[1]);
    assert_eq!(subset.metadata.subset.as_deref(), Some("v1"));
    assert!(subset.origins.iter().any(|origin| origin.path.to_string().starts_with("spec.subsets[")));
}

#[test]
fn sidecars_get_mutual_tls_by_themselves() {
    let name = "outbound|90||shop.prod.svc.cluster.local";
    let plain = upstreams(ROUTER, "");
    let Transport::AutoMtls(tls) = &cluster(&plain, name).transport else { panic!("automatic mutual TLS") };
    assert_eq!(tls.sni, "outbound_.90_._.shop.prod.svc.cluster.local");
    assert_eq!(tls.common.alpn_protocols, ["istio-peer-exchange", "istio", "h2"]);
    let modes: Vec<_> = endpoints(&plain, name).iter().map(|endpoint| endpoint.metadata.tls_mode.is_some()).collect();
    assert_eq!(modes, [true, false]);

    let disabled = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a, namespace: prod}\n\
                    spec: {mtls: {mode: DISABLE}}\n";
    let plain = upstreams(ROUTER, disabled);
    assert!(matches!(cluster(&plain, name).transport, Transport::Plain));
    assert!(endpoints(&plain, name).iter().all(|endpoint| endpoint.metadata.tls_mode.is_none()));
}

#[test]
fn tls_to_others_takes_names_from_requests() {
    let yaml = rule("trafficPolicy: {tls: {mode: SIMPLE}, proxyProtocol: {version: V2}}");
    let router = upstreams(ROUTER, &yaml);
    let cluster = cluster(&router, "outbound|80||shop.prod.svc.cluster.local");
    let Transport::ProxyProtocol(_, inner) = &cluster.transport else { panic!("PROXY protocol") };
    assert!(matches!(**inner, Transport::Tls(_)));
    let http = cluster.http.as_ref().expect("HTTP options");
    assert!(http.auto_sni && http.auto_san_validation && cluster.metadata.keep_alpn);
}

#[test]
fn a_sidecar_takes_credentials_only_from_rules_that_select_it() {
    let tls = "trafficPolicy: {tls: {mode: SIMPLE, credentialName: cert}}";
    let name = "outbound|80||shop.prod.svc.cluster.local";
    let is_tls = |node, yaml: &str| matches!(cluster(&upstreams(node, yaml), name).transport, Transport::Tls(_));
    assert!(is_tls(ROUTER, &rule(tls)));
    assert!(!is_tls(SIDECAR, &rule(tls)));
    assert!(is_tls(SIDECAR, &rule(&format!("workloadSelector: {{matchLabels: {{app: web}}}}\n{tls}"))));
}

#[test]
fn certificate_files_of_the_metadata_replace_the_workloads_own() {
    let mesh = mesh(SHOP);
    let name = "outbound|80||shop.prod.svc.cluster.local";
    let metadata = json!({"TLS_CLIENT_CERT_CHAIN": "/c", "TLS_CLIENT_KEY": "/k", "TLS_CLIENT_ROOT_CERT": "/r"});
    let (upstreams, found) = lowered(ROUTER, metadata, &mesh);
    assert_eq!(found.0, []);
    let Transport::Tls(tls) = &cluster(&upstreams, name).transport else { panic!("TLS") };
    assert_eq!(tls.common.certificates.first().map(|own| own.name.as_str()), Some("file-cert:/c~/k"));
    // Istio leaves TLS out where a file is missing, which must not go unsaid.
    let (upstreams, found) = lowered(ROUTER, json!({"TLS_CLIENT_CERT_CHAIN": "/c"}), &mesh);
    assert!(matches!(cluster(&upstreams, name).transport, Transport::Plain));
    assert_eq!(found.0.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["plaintext-mutual-tls"; 2]);
}

#[test]
fn names_are_resolved_and_those_without_endpoints_said() {
    let entry = |name: &str, host: &str, more: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{name: {name}, namespace: prod}}\n\
             spec:\n  hosts: ['{host}']\n  ports: [{{number: 443, name: tls, protocol: TLS}}]\n  {more}\n---\n"
        )
    };
    let yaml = entry("api", "api.example.com", "resolution: DNS")
        + &entry("any", "*.example.com", "resolution: DYNAMIC_DNS\n  location: MESH_EXTERNAL")
        + &entry("none", "none.example.com", "resolution: NONE");
    let router = upstreams(ROUTER, &yaml);
    let discovery =
        |upstreams: &Upstreams, host: &str| cluster(upstreams, &format!("outbound|443||{host}")).discovery.clone();
    let Discovery::Dns(dns) = discovery(&router, "api.example.com") else { panic!("DNS") };
    assert_eq!(dns.localities.len(), 1);
    let Discovery::DynamicForwardProxy { cache, .. } = discovery(&router, "*.example.com") else { panic!("dynamic") };
    assert_eq!(cache.name, "*.example.com_dfp_dns_cache");
    // A gateway has no original destination.
    assert!(matches!(discovery(&router, "none.example.com"), Discovery::Eds));
    let sidecar = upstreams(SIDECAR, &yaml);
    assert!(matches!(discovery(&sidecar, "none.example.com"), Discovery::OriginalDst { .. }));
}

#[test]
fn policies_reach_the_cluster() {
    let yaml = rule(
        "trafficPolicy:\n  loadBalancer: {simple: ROUND_ROBIN, localityLbSetting: {failoverPriority: [zone]}}\n  \
         outlierDetection: {minHealthPercent: 30}\n  retryBudget: {percent: 50}\n  \
         portLevelSettings: [{port: {number: 90}, loadBalancer: {simple: PASSTHROUGH}}]",
    );
    let router = upstreams(ROUTER, &yaml);
    let http = cluster(&router, "outbound|80||shop.prod.svc.cluster.local");
    assert_eq!(http.load_balancing.policy, Some(LbPolicy::RoundRobin));
    assert_eq!(http.load_balancing.panic_threshold, Some(30.0));
    assert_eq!(http.load_balancing.locality, LocalityLb::Weighted);
    let budget = http.circuit_breakers.and_then(|bounds| bounds.retry_budget);
    assert_eq!(budget.map(|budget| budget.percent), Some(50.0));
    // Endpoints that are not ready would be used below the threshold.
    assert_eq!(endpoints(&router, &http.name).len(), 1);
    let grpc = cluster(&router, "outbound|90||shop.prod.svc.cluster.local");
    assert!(matches!(grpc.discovery, Discovery::OriginalDst { .. }));
    assert_eq!(grpc.load_balancing.policy, Some(LbPolicy::ClusterProvided));
    assert_eq!(router.load_assignments.len(), 1);
}

#[test]
fn a_gateway_that_passes_tls_on_has_clusters_by_server_name() {
    let gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: ew, namespace: edge}\n\
        spec:\n  servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ['*.local']}]\n";
    let router = upstreams(ROUTER, gateway);
    let name = "outbound_.80_._.shop.prod.svc.cluster.local";
    assert!(matches!(cluster(&router, name).transport, Transport::Plain));
    // Only who is sent mutual TLS can be behind it.
    assert_eq!(endpoints(&router, name).len(), 1);
}

#[test]
fn other_networks_are_reached_through_their_gateways() {
    let yaml = SHOP.replace("clusterIP: 10.96.0.1", "clusterIP: 10.96.0.1\n  internalTrafficPolicy: Cluster").replace(
        "version: v1, security.istio.io/tlsMode: istio",
        "version: v1, security.istio.io/tlsMode: istio, topology.istio.io/network: far",
    );
    let gateway = "apiVersion: v1\nkind: Service\nmetadata: {name: ew, namespace: istio-system, labels: {topology.istio.io/network: far}}\n\
        spec: {type: LoadBalancer, clusterIP: 10.96.0.2, ports: [{name: tls, port: 15443}]}\n\
        status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}\n";
    let mesh = mesh(&format!("{yaml}---\n{gateway}"));
    let (upstreams, _) = lowered(ROUTER, json!({"NETWORK": "near"}), &mesh);
    let found: Vec<_> = endpoints(&upstreams, "outbound|80||shop.prod.svc.cluster.local")
        .iter()
        .map(|endpoint| endpoint.address.clone())
        .collect();
    let socket = |address: &str, port| ir::Address::Socket { address: address.to_owned(), port };
    assert_eq!(found, [socket("10.0.0.2", 8080), socket("192.0.2.1", 15443)]);
}

#[test]
fn traffic_may_stay_on_the_node() {
    let mesh = mesh(&SHOP.replace("clusterIP: 10.96.0.1", "clusterIP: 10.96.0.1\n  internalTrafficPolicy: Local"));
    let count = |node: &str| {
        let (upstreams, _) = lowered(ROUTER, json!({"NODE_NAME": node}), &mesh);
        endpoints(&upstreams, "outbound|80||shop.prod.svc.cluster.local").len()
    };
    assert_eq!((count("a"), count("c")), (1, 0));
}
