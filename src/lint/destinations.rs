//! The destinations of a VirtualService as the user wrote them, for rules about where requests go.

use crate::base::Origin;
use crate::resource::Object;
use crate::resource::istio::VirtualService;
use crate::resource::istio::virtual_service::Destination;

/// Every destination of a VirtualService with its place: of HTTP, TLS and TCP routes and of mirrors.
/// A delegate has its own.
pub(super) fn written(object: &Object<VirtualService>) -> Vec<(Origin, Option<&Destination>)> {
    let spec = &object.spec;
    let list = |key: &'static str, at: usize| object.spec_origin().key(key).index(at);
    let of_route = |origin: &Origin, at: usize| origin.key("route").index(at).key("destination");
    let mut found = Vec::new();
    for (at, rule) in spec.http.iter().enumerate() {
        let origin = list("http", at);
        found.extend(rule.route.iter().enumerate().map(|(at, it)| (of_route(&origin, at), it.destination.as_ref())));
        let mirrors = rule.mirrors.iter().enumerate();
        found.extend(
            mirrors.map(|(at, it)| (origin.key("mirrors").index(at).key("destination"), it.destination.as_ref())),
        );
        found.extend(rule.mirror.iter().map(|it| (origin.key("mirror"), Some(it))));
    }
    let tls = spec.tls.iter().enumerate().map(|(at, it)| (list("tls", at), &it.route));
    let tcp = spec.tcp.iter().enumerate().map(|(at, it)| (list("tcp", at), &it.route));
    for (origin, routes) in tls.chain(tcp) {
        found.extend(routes.iter().enumerate().map(|(at, it)| (of_route(&origin, at), it.destination.as_ref())));
    }
    found
}

/// A host's full name; a name without a dot is a Service of the namespace
/// (`istio: model.ResolveShortnameToFQDN`).
pub(super) fn full_host(domain: &str, host: &str, namespace: &str) -> String {
    if host.is_empty() || host == "*" || host.contains('.') {
        return host.to_owned();
    }
    format!("{host}.{namespace}.svc.{domain}")
}
