//! The virtual host that takes a host.

use super::config::route::{RouteConfiguration, VirtualHost};

/// The virtual host, its place and the domain that takes `host`, in Envoy's order: the host itself,
/// the longest `*.example.com`, the longest `example.*`, `*`
/// (`envoy.config.route.v3.VirtualHost.domains`).
pub(super) fn choose<'a>(routes: &'a RouteConfiguration, host: &str) -> Option<(usize, &'a VirtualHost, String)> {
    let host = host.to_ascii_lowercase();
    let host = if routes.ignore_port_in_host_matching { split_port(&host).0 } else { &host };
    let mut best: Option<(Closeness, usize, &VirtualHost, &String)> = None;
    for (index, one) in routes.virtual_hosts.iter().enumerate() {
        for domain in &one.domains {
            let Some(closeness) = closeness(&domain.to_ascii_lowercase(), host) else { continue };
            if best.as_ref().is_none_or(|(other, ..)| closeness > *other) {
                best = Some((closeness, index, one, domain));
            }
        }
    }
    best.map(|(_, index, one, domain)| (index, one, domain.clone()))
}

/// The later, the closer; among wildcards the longer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Everything,
    Start(usize),
    End(usize),
    Exact,
}

/// A wildcard stands for at least one sign.
fn closeness(domain: &str, host: &str) -> Option<Closeness> {
    if domain == "*" {
        return Some(Closeness::Everything);
    }
    if let Some(end) = domain.strip_prefix('*') {
        return (host.len() > end.len() && host.ends_with(end)).then_some(Closeness::End(end.len()));
    }
    if let Some(start) = domain.strip_suffix('*') {
        return (host.len() > start.len() && host.starts_with(start)).then_some(Closeness::Start(start.len()));
    }
    (domain == host).then_some(Closeness::Exact)
}

/// A host and its port, as `a.com:80` or `[::1]:80`: whatever comes after the last `:` that is not in brackets
/// (`envoy: source/common/http/header_utility.cc`, `getPortStart`).
pub(super) fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}
