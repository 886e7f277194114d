//! The names that clients call a service by.

use std::net::IpAddr;

use super::address::{UNSPECIFIED, all};
use crate::ir::name;
use crate::mesh::{Registry, Resolution, Service};
use crate::proxy::Proxy;

/// Domains of a service, and those among them that are made by cutting its hostname
/// (`istio: core.generateVirtualHostDomains`). With `port` each comes with it, too.
pub(super) fn domains(service: &Service, port: Option<u32>, proxy: &Proxy) -> (Vec<String>, Vec<String>) {
    let mut domains = Vec::new();
    let mut cut = Vec::new();
    let aliases = service.aliases.iter().map(|(_, hostname)| hostname);
    for hostname in [&service.hostname].into_iter().chain(aliases) {
        let alternatives = alternatives(hostname, port, &proxy.node.dns_domain);
        push(&mut domains, hostname, port);
        domains.extend(alternatives.iter().cloned());
        cut.extend(alternatives);
    }
    if service.resolution == Resolution::Passthrough && service.registry == Registry::Kubernetes {
        // Pods of a headless service have names under its own.
        let wildcards: Vec<String> = domains.iter().map(|domain| format!("*.{domain}")).collect();
        domains.extend(wildcards);
    }
    for address in all(service, proxy).iter().filter(|address| *address != UNSPECIFIED) {
        push(&mut domains, address, port);
    }
    (domains, cut)
}

fn push(domains: &mut Vec<String>, domain: &str, port: Option<u32>) {
    domains.push(bracketed(domain));
    domains.extend(port.map(|port| name::virtual_host(domain, port)));
}

/// IPv6 addresses get brackets (`istio: util.IPv6Compliant`).
pub(super) fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

/// Other names of a hostname: with the dot of the DNS root, and cut down to what a client in the
/// proxy's domain may leave out (`istio: core.GenerateAltVirtualHosts`).
pub(super) fn alternatives(hostname: &str, port: Option<u32>, proxy_domain: &str) -> Vec<String> {
    let mut names = Vec::new();
    let absolute = format!("{hostname}.");
    if hostname.parse::<IpAddr>().is_err() {
        names.push(absolute.clone());
    }
    names.extend(port.map(|port| name::virtual_host(&absolute, port)));
    if let Some((namespace, cluster)) = proxy_domain.split_once(".svc.") {
        if hostname.ends_with(&format!(".svc.{cluster}")) {
            for name in of_kubernetes(hostname, namespace) {
                push(&mut names, &name, port);
            }
        }
        return names;
    }
    let own: Vec<&str> = hostname.split('.').collect();
    let theirs: Vec<&str> = proxy_domain.split('.').collect();
    let shared = own.iter().rev().zip(theirs.iter().rev()).take_while(|(a, b)| a == b).count();
    let (unique, common) = own.split_at(own.len() - shared);
    let Some(first) = common.first() else { return names };
    let unique_name = unique.join(".");
    push(&mut names, &unique_name, port);
    if unique.len() == 2 {
        push(&mut names, &format!("{unique_name}.{first}"), port);
    }
    names
}

/// `shop`, `shop.prod.svc` and `shop.prod`; the first only within the namespace (`istio:
/// core.generateAltVirtualHostsForKubernetesService`).
fn of_kubernetes(hostname: &str, namespace: &str) -> Vec<String> {
    let Some((local, _)) = hostname.split_once(".svc.") else { return Vec::new() };
    let Some((short, of)) = local.split_once('.') else { return Vec::new() };
    let mut names = vec![format!("{local}.svc"), local.to_owned()];
    if of == namespace {
        names.insert(0, short.to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_by_where_the_client_is() {
        let of = |hostname| alternatives(hostname, None, "prod.svc.cluster.local").join(" ");
        assert_eq!(of("a.prod.svc.cluster.local"), "a.prod.svc.cluster.local. a a.prod.svc a.prod");
        assert_eq!(of("a.test.svc.cluster.local"), "a.test.svc.cluster.local. a.test.svc a.test");
        assert_eq!((of("a.example.com").as_str(), of("10.0.0.1").as_str()), ("a.example.com.", ""));
        assert_eq!(alternatives("a.local.net", Some(80), "local.net").join(" "), "a.local.net. a.local.net.:80 a a:80");
    }
}
