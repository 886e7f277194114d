//! Gateways: servers for HTTP, HTTPS, TLS that passes through, and TCP.

use serde_json::{Value, json};

use super::Random;
use super::cluster::object;

/// Hosts of servers and of VirtualServices.
pub(super) const HOSTS: [&str; 8] = [
    "shop.example.com",
    "api.example.com",
    "*.example.com",
    "*.shop.example.com",
    "www.other.org",
    "*.org",
    "*",
    "UPPER.example.net",
];

/// The gateway's certificate.
pub(super) fn secret(certificate: &str, key: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web", "namespace": "istio-system"},
        "type": "kubernetes.io/tls", "data": {"tls.crt": certificate, "tls.key": key},
    })
}

/// Adds Gateways; gives their names as VirtualServices name them.
pub(super) fn add(random: &mut Random, objects: &mut Vec<Value>) -> Vec<String> {
    let count = 1 + random.below(3);
    let mut names = Vec::new();
    for at in 0..count {
        let mut servers = Vec::new();
        // The first has plain HTTP on the port that everything asks most.
        if at == 0 || random.chance(60) {
            servers.push(http(random, at));
        }
        if random.chance(35) {
            servers.push(https(random, at));
        }
        if random.chance(25) {
            servers.push(passthrough(random, at));
        }
        if at == 0 && random.chance(30) {
            servers.push(json!({"port": {"number": 9000, "name": "tcp", "protocol": "TCP"}, "hosts": ["*"]}));
        }
        if servers.is_empty() {
            servers.push(http(random, at));
        }
        let name = format!("gateway-{at}");
        let spec = json!({"selector": {"istio": "ingressgateway"}, "servers": servers});
        objects.push(object("Gateway", "default", &name, spec));
        names.push(name);
    }
    names
}

fn hosts(random: &mut Random) -> Vec<String> {
    if random.chance(35) {
        return vec!["*".to_owned()];
    }
    let chosen = random.some(&HOSTS, 4);
    chosen
        .into_iter()
        .map(|host| match random.below(8) {
            0 => format!("./{host}"),
            1 => format!("*/{host}"),
            _ => host.to_owned(),
        })
        .collect()
}

fn http(random: &mut Random, at: usize) -> Value {
    let port = random.pick(&[80, 80, 81]);
    let mut server =
        json!({"port": {"number": port, "name": format!("http-{at}"), "protocol": "HTTP"}, "hosts": hosts(random)});
    if random.chance(8) {
        server["tls"] = json!({"httpsRedirect": true});
    }
    server
}

fn https(random: &mut Random, at: usize) -> Value {
    json!({
        "port": {"number": 443, "name": format!("https-{at}"), "protocol": "HTTPS"}, "hosts": hosts(random),
        "tls": {"mode": "SIMPLE", "credentialName": "web"},
    })
}

fn passthrough(random: &mut Random, at: usize) -> Value {
    json!({
        "port": {"number": 15443, "name": format!("tls-{at}"), "protocol": "TLS"}, "hosts": hosts(random),
        "tls": {"mode": "PASSTHROUGH"},
    })
}
