use crate::base::{FileId, Location};
use crate::mesh::fixture::linked;
use crate::mesh::{LinkOptions, link};
use crate::resource::{DecodeOptions, decode};
use crate::yaml;

const SERVICES: &str = "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {host: '*.shop.svc.cluster.local', subsets: [{name: v1, labels: {version: v1}}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec:
  selector: {istio: edge}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ['*.example.com', shop.test, ./own.test, other/other.test, '*/any.test', a.b.wild.test]
";

/// Code and place of each finding for a VirtualService of `shop` with this `spec`.
fn findings(spec: &str) -> Vec<String> {
    let service = format!(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
    );
    let (_, found) = linked(&format!("{SERVICES}---\n{service}"));
    let text = |location: &Location| match location {
        Location::Value(origin) => origin.path.to_string(),
        other => panic!("{other:?}"),
    };
    found.0.iter().map(|found| format!("{} {}", found.code, text(&found.label.location))).collect()
}

fn hosts(hosts: &str) -> Vec<String> {
    findings(&format!(
        "{{gateways: [edge/public], hosts: [{hosts}], http: [{{route: [{{destination: {{host: web}}}}]}}]}}"
    ))
}

fn destination(destination: &str) -> Vec<String> {
    findings(&format!("{{hosts: [web], http: [{{route: [{{destination: {destination}}}]}}]}}"))
}

#[test]
fn gateways_must_be_in_the_input() {
    let spec = |gateway: &str| {
        format!("{{hosts: [shop.test], gateways: [{gateway}], http: [{{route: [{{destination: {{host: web}}}}]}}]}}")
    };
    assert_eq!(findings(&spec("edge/public")), [""; 0]);
    let unbound = "host-not-in-gateway spec.hosts";
    assert_eq!(findings(&spec("public")), ["unknown-gateway spec.gateways[0]", unbound]);
    assert_eq!(findings(&spec("mesh")), [""; 0]);
    assert_eq!(findings(&spec("mesh, edge/none")), ["unknown-gateway spec.gateways[1]", unbound]);
}

#[test]
fn hosts_are_served_exactly_or_by_suffix() {
    let unserved = |at: usize| format!("host-not-in-gateway spec.hosts[{at}]");
    assert_eq!(hosts("shop.test, dev.example.com, a.dev.example.com, any.test"), [""; 0]);
    assert_eq!(hosts("example.com, newexample.com, x.shop.test"), [unserved(0), unserved(1), unserved(2)]);
    // A wildcard is served where it is wider or narrower than the server's host.
    for wildcard in ["'*.dev.example.com'", "'*.com'", "'*.wild.test'", "'*'"] {
        assert_eq!(hosts(wildcard), [""; 0]);
    }
    assert_eq!(hosts("'*.example.org', '*.c.wild.test'"), [unserved(0), unserved(1)]);
}

#[test]
fn a_gateway_that_serves_no_host_is_named_in_vain() {
    let spec = |gateways: &str| {
        let route = "http: [{route: [{destination: {host: web}}]}]";
        format!("{{hosts: [shop.test, a.test], gateways: [{gateways}], {route}}}")
    };
    let other = "
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: other, namespace: edge}
spec: {selector: {istio: edge}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.test]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: api, namespace: edge}
spec: {listeners: [{name: http, port: 80, protocol: HTTP, hostname: '*.b.test'}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: all, namespace: edge}
spec: {listeners: [{name: http, port: 80, protocol: HTTP}]}";
    let found = |gateways: &str| {
        let spec = spec(gateways);
        findings(&format!("{spec}{other}"))
    };
    assert_eq!(found("edge/public, edge/other"), [""; 0]);
    assert_eq!(findings(&spec("edge/public")), ["host-not-in-gateway spec.hosts[1]"]);
    assert_eq!(found("edge/api"), ["host-not-in-gateway spec.gateways[0]"]);
    assert_eq!(found("edge/all"), [""; 0]);
    let spec =
        "{hosts: [shop.test], gateways: [edge/public, edge/other], http: [{route: [{destination: {host: web}}]}]}";
    assert_eq!(findings(&format!("{spec}{other}")), ["host-not-in-gateway spec.gateways[1]"]);
}

#[test]
fn servers_may_ask_for_a_namespace() {
    let own = "host-not-in-gateway spec.hosts[0]";
    assert_eq!(hosts("own.test"), [own]);
    assert_eq!(hosts("other.test"), [own]);
}

#[test]
fn a_host_of_the_mesh_need_not_be_served_where_sidecars_take_it() {
    let spec =
        "{hosts: [web, shop.test], gateways: [mesh, edge/public], http: [{route: [{destination: {host: web}}]}]}";
    assert_eq!(findings(spec), [""; 0]);
    let spec = "{hosts: [web], gateways: [edge/public], http: [{route: [{destination: {host: web}}]}]}";
    assert_eq!(findings(spec), ["host-not-in-gateway spec.hosts[0]"]);
}

#[test]
fn routers_must_see_the_routes() {
    let pod = "
apiVersion: v1
kind: Pod
metadata: {name: gw, namespace: edge, labels: {istio: edge}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [shop.test]
  gateways: [edge/public]
  exportTo: [EXPORT]
  http: [{route: [{destination: {host: web}}]}]
";
    let codes = |export: &str| -> Vec<&str> {
        let (_, found) = linked(&format!("{SERVICES}---{}", pod.replace("EXPORT", export)));
        found.0.iter().map(|found| found.code).collect()
    };
    assert_eq!(codes("."), ["not-exported-to-gateway"]);
    assert_eq!(codes("edge"), [""; 0]);
}

#[test]
fn destinations_must_exist_where_the_input_could_know() {
    let at = |code: &str, path: &str| vec![format!("{code} spec.http[0].route[0].destination.{path}")];
    let none: Vec<String> = Vec::new();
    assert_eq!(destination("{host: web, port: {number: 80}, subset: v1}"), none);
    assert_eq!(destination("{host: wep}"), at("unknown-destination-host", "host"));
    assert_eq!(destination("{host: web.shop}"), at("unknown-destination-host", "host"));
    assert_eq!(destination("{host: web.elsewhere.svc.cluster.local}"), none);
    assert_eq!(destination("{host: api.example.com}"), at("unknown-destination-host", "host"));
    assert_eq!(destination("{host: web, port: {number: 81}}"), at("unknown-destination-port", "port.number"));
    assert_eq!(destination("{host: web, subset: v2}"), at("unknown-subset", "subset"));
}

#[test]
fn a_delegates_destination_is_reported_once() {
    let text = "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: part, namespace: shop}
spec: {http: [{route: [{destination: {host: wep}}]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: whole, namespace: shop}
spec:
  hosts: [a.test]
  http:
  - {match: [{uri: {prefix: /a}}], delegate: {name: part}}
  - {match: [{uri: {prefix: /b}}], delegate: {name: part}}
  - {match: [{uri: {prefix: /c}}], delegate: {name: none}}
";
    let (mesh, found) = linked(&format!("{SERVICES}---{text}"));
    let codes: Vec<_> = found.0.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["unknown-delegate", "unknown-destination-host"]);
    assert_eq!(mesh.virtual_services.iter().map(|it| it.http.len()).collect::<Vec<_>>(), [2]);
}

#[test]
fn what_is_no_name_or_host_is_not_looked_for() {
    let codes = |spec: &str| -> Vec<&str> {
        let service =
            "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web, namespace: shop}";
        let text = format!("{SERVICES}{service}\nspec: {spec}\n");
        let (documents, _) = yaml::parse(FileId(0), &text);
        let (resources, mut found) = decode(&documents, &DecodeOptions::default());
        found.extend(link(&resources, LinkOptions::default()).1);
        found.0.iter().map(|found| found.code).collect()
    };
    for name in ["edge/no_ne", "edge/public/a", "/", "no_ne"] {
        let spec = format!("{{hosts: [shop.test], gateways: [{name}], http: [{{redirect: {{uri: /}}}}]}}");
        assert_eq!(codes(&spec), ["malformed-gateway-name"], "{name}");
    }
    let destinations = [
        ("{host: '*'}", "malformed-host"),
        ("{host: we_b}", "malformed-host"),
        ("{host: ''}", "missing-host"),
        ("{host: web, subset: v_2}", "malformed-subset"),
    ];
    for (destination, code) in destinations {
        let spec = format!("{{hosts: [shop.test], http: [{{route: [{{destination: {destination}}}]}}]}}");
        assert_eq!(codes(&spec), [code], "{destination}");
    }
}
