//! YAML in, what the gateway does and what is said of it out.

use crate::base::{Diagnostics, Severity};
use crate::ir::listener::NetworkFilter;
use crate::ir::{self, Listener, Outbound};
use crate::mesh::fixture::mesh;
use crate::proxy::{Proxy, view};

/// Lowers a router in `edge` with the label `app: gw`.
fn lowered(text: &str, metadata: serde_json::Value) -> (Outbound, Diagnostics) {
    let mesh = mesh(text);
    let mut all = serde_json::json!({"NAMESPACE": "edge", "LABELS": {"app": "gw"}});
    if let (Some(all), Some(more)) = (all.as_object_mut(), metadata.as_object()) {
        all.extend(more.clone());
    }
    let node = "router~10.0.0.9~gw-1.edge~edge.svc.cluster.local".parse().expect("a node id");
    let proxy = Proxy::new(node, all);
    super::lower(&view(&mesh, &proxy))
}

/// A Gateway in `edge`; servers are given as YAML flow.
fn gateway(name: &str, servers: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: {name}, namespace: edge}}\n\
         spec: {{selector: {{app: gw}}, servers: [{servers}]}}\n"
    )
}

/// A VirtualService in `edge`; what follows `hosts` and `gateways` is given as YAML flow.
fn virtual_service(name: &str, hosts: &str, gateway: &str, rest: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, namespace: edge}}\n\
         spec: {{hosts: [{hosts}], gateways: [{gateway}], {rest}}}\n"
    )
}

const HTTP: &str = "http: [{route: [{destination: {host: shop.edge.svc.cluster.local, port: {number: 80}}}]}]";
const SERVICE: &str = "---\napiVersion: v1\nkind: Service\nmetadata: {name: gw, namespace: edge}\n\
    spec: {selector: {app: gw}, clusterIP: 10.0.0.1, ports: [{name: http, port: 80, targetPort: 8080}]}\n";

/// What [`HTTP`] leads to.
const SHOP: &str = "---\napiVersion: v1\nkind: Service\nmetadata: {name: shop, namespace: edge}\n\
    spec: {clusterIP: 10.0.0.2, ports: [{name: http, port: 80}]}\n";

fn codes(diagnostics: &Diagnostics) -> Vec<&'static str> {
    diagnostics.0.iter().map(|diagnostic| diagnostic.code).collect()
}

fn names(listeners: &[Listener]) -> Vec<&str> {
    listeners.iter().map(|listener| listener.name.as_str()).collect()
}

fn domains(outbound: &Outbound) -> Vec<(&str, Vec<&str>)> {
    let hosts = outbound.route_configurations.iter().flat_map(|route| &route.virtual_hosts);
    hosts.map(|host| (host.name.as_str(), host.domains.iter().map(String::as_str).collect())).collect()
}

#[test]
fn a_service_translates_the_port_and_names_stay() {
    let server = "{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}";
    let text = gateway("g", server) + SERVICE + SHOP + &virtual_service("v", "a.example.com", "g", HTTP);
    let (outbound, diagnostics) = lowered(&text, serde_json::json!({}));
    assert_eq!(codes(&diagnostics), [""; 0]);
    assert_eq!(names(&outbound.listeners), ["0.0.0.0_8080"]);
    assert_eq!(outbound.route_configurations[0].name, "http.8080");
    assert_eq!(domains(&outbound), [("a.example.com:80", vec!["a.example.com"])]);
    // The port of the Service, and the server.
    assert_eq!(outbound.listeners[0].origins.len(), 2);
}

#[test]
fn privileged_ports_are_not_opened_for_unprivileged_pods() {
    let text = gateway("g", "{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}");
    let (outbound, diagnostics) = lowered(&text, serde_json::json!({"UNPRIVILEGED_POD": "true"}));
    assert_eq!(names(&outbound.listeners), [""; 0]);
    assert_eq!(codes(&diagnostics), ["privileged-port"]);
}

#[test]
fn of_two_protocols_on_a_port_the_first_stays() {
    let text = gateway("a", "{port: {number: 8000, name: http, protocol: HTTP}, hosts: ['*']}")
        + &gateway("b", "{port: {number: 8000, name: tcp, protocol: TCP}, hosts: ['*']}");
    let (outbound, diagnostics) = lowered(&text, serde_json::json!({}));
    assert_eq!(codes(&diagnostics), ["server-conflict"]);
    assert_eq!(diagnostics.0[0].severity, Severity::Error);
    assert_eq!(diagnostics.0[0].related.len(), 1);
    assert_eq!(names(&outbound.listeners), ["0.0.0.0_8000"]);
}

#[test]
fn a_host_with_tls_belongs_to_one_server() {
    let tls = |name: &str| {
        format!(
            "{{port: {{number: 443, name: {name}, protocol: HTTPS}}, hosts: [a.example.com], \
             tls: {{mode: SIMPLE, serverCertificate: /c, privateKey: /k}}}}"
        )
    };
    let (outbound, diagnostics) =
        lowered(&gateway("g", &format!("{}, {}", tls("one"), tls("two"))), serde_json::json!({}));
    assert_eq!(codes(&diagnostics), ["duplicate-tls-host"]);
    assert_eq!(outbound.listeners[0].filter_chains.len(), 1);
    let matches = outbound.listeners[0].filter_chains[0].matches.as_ref();
    assert_eq!(matches.map(|matches| matches.server_names.clone()), Some(vec!["a.example.com".to_owned()]));
}

#[test]
fn hosts_with_the_same_routes_share_a_virtual_host() {
    let text = gateway("g", "{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}")
        + &virtual_service("v", "a.example.com, B.example.com", "g", HTTP)
        + &virtual_service("w", "c.example.com", "g", HTTP);
    let (outbound, _) = lowered(&text, serde_json::json!({}));
    let expected =
        [("a.example.com:80", vec!["a.example.com", "b.example.com"]), ("c.example.com:80", vec!["c.example.com"])];
    assert_eq!(domains(&outbound), expected);
}

#[test]
fn routes_of_one_host_are_merged_with_the_catch_all_last() {
    let narrow = HTTP.replace("[{route", "[{match: [{uri: {prefix: /a}}], route");
    let text = gateway("g", "{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}")
        + &virtual_service("a", "a.example.com", "g", HTTP)
        + &virtual_service("b", "a.example.com", "g", &narrow);
    let (outbound, _) = lowered(&text, serde_json::json!({}));
    let routes = &outbound.route_configurations[0].virtual_hosts[0].routes;
    let paths: Vec<_> = routes.iter().map(|route| &route.matches.path).collect();
    let prefix = |path: &str| ir::route::PathMatch::Prefix(path.to_owned());
    assert_eq!(paths, [&prefix("/a"), &prefix("/")]);
}

#[test]
fn redirects_hold_for_hosts_without_routes() {
    let server = "{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.example.com, b.example.com], \
                  tls: {httpsRedirect: true}}";
    let text = gateway("g", server) + &virtual_service("v", "a.example.com", "g", HTTP);
    let (outbound, _) = lowered(&text, serde_json::json!({}));
    let hosts = &outbound.route_configurations[0].virtual_hosts;
    let redirects: Vec<_> = hosts.iter().map(|host| (host.require_tls, host.routes.len())).collect();
    assert_eq!(redirects, [(true, 1), (true, 0)]);
}

#[test]
fn without_a_virtual_service_everything_is_404() {
    let text = gateway("g", "{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.example.com]}");
    let (outbound, _) = lowered(&text, serde_json::json!({}));
    assert_eq!(domains(&outbound), [("blackhole:80", vec!["*"])]);
}

#[test]
fn tls_is_routed_by_server_name() {
    let route = "[{destination: {host: db.edge.svc.cluster.local, port: {number: 443}}, weight: 1}, \
                  {destination: {host: db.edge.svc.cluster.local, port: {number: 444}}, weight: 3}]";
    let tls = format!(
        "tls: [{{match: [{{sniHosts: [a.example.com]}}], route: {route}}}, \
         {{match: [{{sniHosts: [a.example.com]}}], route: {route}}}]"
    );
    let server = "{port: {number: 443, name: tls, protocol: TLS}, hosts: ['*'], tls: {mode: PASSTHROUGH}}";
    let text = gateway("g", server) + &virtual_service("v", "a.example.com", "g", &tls);
    let (outbound, diagnostics) = lowered(&text, serde_json::json!({}));
    assert_eq!(codes(&diagnostics), ["duplicate-sni-host"]);
    let [chain] = outbound.listeners[0].filter_chains.as_slice() else { panic!("one chain") };
    assert!(chain.tls.is_none());
    let [NetworkFilter::TcpProxy(proxy)] = chain.filters.as_slice() else { panic!("one filter") };
    assert_eq!(proxy.stat_prefix, "v.edge");
    assert!(matches!(&proxy.clusters, ir::listener::TcpClusters::Weighted(clusters)
        if clusters[1] == ("outbound|444||db.edge.svc.cluster.local".to_owned(), 3)));
}

#[test]
fn a_tcp_server_without_route_is_not_opened() {
    let text = gateway("g", "{port: {number: 9000, name: tcp, protocol: TCP}, hosts: ['*']}");
    let (outbound, diagnostics) = lowered(&text, serde_json::json!({}));
    assert_eq!(names(&outbound.listeners), [""; 0]);
    assert_eq!(codes(&diagnostics), ["unrouted-server"]);
}

#[test]
fn missing_and_foreign_credentials_are_reported() {
    let tls = |name: &str, credential: &str| {
        format!(
            "{{port: {{number: 443, name: {name}, protocol: HTTPS}}, hosts: [{name}.example.com], \
             tls: {{mode: SIMPLE, credentialName: {credential}}}}}"
        )
    };
    let servers = [tls("a", "gone"), tls("b", "kubernetes://other/cert")].join(", ");
    let (outbound, diagnostics) = lowered(&gateway("g", &servers), serde_json::json!({}));
    assert!(outbound.secrets.is_empty());
    assert_eq!(codes(&diagnostics), ["missing-credential", "credential-in-other-namespace"]);
}

#[test]
fn settings_without_effect_are_reported() {
    let server = "{port: {number: 443, name: tls, protocol: TLS}, hosts: ['*'], defaultEndpoint: '127.0.0.1:80', \
                  tls: {mode: PASSTHROUGH, minProtocolVersion: TLSV1_3}}";
    let (_, diagnostics) = lowered(&gateway("g", server), serde_json::json!({}));
    assert_eq!(codes(&diagnostics), ["unsupported-field", "ignored-field", "unrouted-server"]);
}
