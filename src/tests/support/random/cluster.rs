//! The services that routes lead to, and the gateway's own pod.

use serde_json::{Value, json};

use super::Random;

/// A destination: host, ports and subsets.
pub(super) struct Destination {
    pub(super) host: &'static str,
    pub(super) ports: &'static [u16],
    pub(super) subsets: &'static [&'static str],
}

/// What routes may name. The last two are not there, or have no endpoint.
pub(super) const DESTINATIONS: [Destination; 7] = [
    Destination { host: "reviews", ports: &[9080], subsets: &["v1", "v2", "v3"] },
    Destination { host: "cart.shop.svc.cluster.local", ports: &[80, 7000], subsets: &[] },
    Destination { host: "httpbin.default.svc.cluster.local", ports: &[8000], subsets: &[] },
    Destination { host: "inner.mesh", ports: &[80, 8443], subsets: &["v1", "v2"] },
    Destination { host: "www.outside.org", ports: &[80], subsets: &[] },
    Destination { host: "empty.example.org", ports: &[80], subsets: &[] },
    Destination { host: "missing.default.svc.cluster.local", ports: &[80], subsets: &[] },
];

/// The cluster.
pub(super) fn objects(random: &mut Random) -> Vec<Value> {
    let mut objects = Vec::new();
    let gateway =
        [("http2", 80, 8080), ("http3", 81, 8081), ("https", 443, 8443), ("tls", 15443, 15443), ("tcp", 9000, 9000)];
    service(&mut objects, "istio-system", "istio-ingressgateway", &gateway);
    pod(
        &mut objects,
        "istio-system",
        "gateway-1",
        "127.1.0.9",
        json!({"app": "istio-ingressgateway", "istio": "ingressgateway"}),
    );
    slice(&mut objects, "istio-system", "istio-ingressgateway", &gateway, &[("gateway-1", "127.1.0.9")]);
    service(&mut objects, "default", "reviews", &[("http", 9080, 9080)]);
    let pods = [("reviews-1", "127.1.1.1", "v1"), ("reviews-2", "127.1.1.2", "v2"), ("reviews-3", "127.1.1.3", "v3")];
    for (name, ip, version) in pods {
        pod(&mut objects, "default", name, ip, json!({"app": "reviews", "version": version}));
    }
    slice(&mut objects, "default", "reviews", &[("http", 9080, 9080)], &pods.map(|(name, ip, _)| (name, ip)));
    for (namespace, name, ip, ports) in [
        ("shop", "cart", "127.1.1.4", &[("http", 80, 8080), ("grpc", 7000, 7000)][..]),
        ("default", "httpbin", "127.1.1.5", &[("http", 8000, 8000)][..]),
    ] {
        service(&mut objects, namespace, name, ports);
        pod(&mut objects, namespace, &format!("{name}-1"), ip, json!({"app": name}));
        slice(&mut objects, namespace, name, ports, &[(&format!("{name}-1"), ip)]);
    }
    entries(random, &mut objects);
    objects
}

/// The pod that calls the services.
pub(super) fn client(objects: &mut Vec<Value>) {
    pod(objects, "default", "client-1", "127.1.0.9", json!({"app": "client", "version": "v1"}));
}

fn entries(random: &mut Random, objects: &mut Vec<Value>) {
    let mut entry = |name: &str, spec: Value| objects.push(object("ServiceEntry", "default", name, spec));
    entry(
        "inner",
        json!({
            "hosts": ["inner.mesh"], "location": "MESH_INTERNAL", "resolution": "STATIC",
            "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}, {"number": 8443, "name": "tls", "protocol": "TLS"}],
            "endpoints": [{"address": "10.9.0.1", "labels": {"version": "v1"}}, {"address": "10.9.0.2", "labels": {"version": "v2"}}],
        }),
    );
    let outside = json!({
        "hosts": ["www.outside.org"], "location": "MESH_EXTERNAL", "resolution": "DNS",
        "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}],
    });
    entry("outside", outside);
    entry(
        "empty",
        json!({
            "hosts": ["empty.example.org"], "location": "MESH_EXTERNAL", "resolution": "STATIC",
            "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}],
        }),
    );
    let subsets = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({"name": name, "labels": {"version": name}})).collect()
    };
    let mut rule = |name: &str, mut spec: Value| {
        if random.chance(25) {
            spec["trafficPolicy"] = json!({"tls": {"mode": "SIMPLE"}});
        }
        objects.push(object("DestinationRule", "default", name, spec));
    };
    rule("reviews", json!({"host": "reviews", "subsets": subsets(&["v1", "v2", "v3"])}));
    rule("inner", json!({"host": "inner.mesh", "subsets": subsets(&["v1", "v2"])}));
}

/// An object of `networking.istio.io/v1`.
pub(super) fn object(kind: &str, namespace: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1", "kind": kind,
        "metadata": {"name": name, "namespace": namespace}, "spec": spec,
    })
}

type Ports<'a> = &'a [(&'a str, u16, u16)];

fn service(objects: &mut Vec<Value>, namespace: &str, name: &str, ports: Ports<'_>) {
    let ports: Vec<Value> =
        ports.iter().map(|(name, port, target)| json!({"name": name, "port": port, "targetPort": target})).collect();
    objects.push(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": ports},
    }));
}

fn pod(objects: &mut Vec<Value>, namespace: &str, name: &str, ip: &str, labels: Value) {
    objects.push(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"serviceAccountName": "default", "containers": [{"name": "main", "image": "example.com/main"}]},
        "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "conditions": [{"type": "Ready", "status": "True"}]},
    }));
}

fn slice(objects: &mut Vec<Value>, namespace: &str, service: &str, ports: Ports<'_>, pods: &[(&str, &str)]) {
    let ports: Vec<Value> = ports.iter().map(|(name, _, target)| json!({"name": name, "port": target})).collect();
    let endpoint = |(name, ip): &(&str, &str)| {
        json!({
            "addresses": [ip], "conditions": {"ready": true},
            "targetRef": {"kind": "Pod", "name": name, "namespace": namespace},
        })
    };
    objects.push(json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": format!("{service}-1"), "namespace": namespace, "labels": {"kubernetes.io/service-name": service}},
        "ports": ports, "endpoints": pods.iter().map(endpoint).collect::<Vec<_>>(),
    }));
}
