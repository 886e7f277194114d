//! Short names → hostnames and gateways.

use std::net::IpAddr;

use crate::base::HostPattern;

/// The hostname that a host stands for: a name without a dot is a Service of `namespace`.
/// Wildcards, addresses and names with a dot are taken as written
/// (`pilot/pkg/model/config.go: ResolveShortnameToFQDN`).
pub(super) fn hostname(host: HostPattern, namespace: &str, domain: &str) -> HostPattern {
    let text = host.as_str();
    // Every address has a dot or a colon.
    let is_address = || text.contains(':') && text.parse::<IpAddr>().is_ok();
    if text.is_empty() || text == "*" || text.contains('.') || is_address() {
        return host;
    }
    [text, ".", namespace, ".svc.", domain].concat().into()
}

/// The gateway a name means in a namespace, as `namespace/name`; `mesh` stays. `name.namespace…`
/// is the old form (`istio: model.resolveGatewayName`).
pub(super) fn gateway(written: &str, namespace: &str) -> String {
    if written == "mesh" {
        return written.to_owned();
    }
    match written.split_once('/') {
        Some((".", name)) => format!("{namespace}/{name}"),
        Some(_) => written.to_owned(),
        None => match written.split_once('.') {
            Some((name, rest)) => format!("{}/{name}", rest.split('.').next().unwrap_or_default()),
            None => [namespace, "/", written].concat(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_without_a_dot_are_completed() {
        let resolved = |host: &str| hostname(host.into(), "shop", "cluster.local").to_string();
        assert_eq!(resolved("web"), "web.shop.svc.cluster.local");
        assert_eq!(resolved("web.other"), "web.other");
        assert_eq!(resolved("*"), "*");
        assert_eq!(resolved("*.example.com"), "*.example.com");
        assert_eq!(resolved("fd00::1"), "fd00::1");
        assert_eq!(resolved(""), "");
    }

    #[test]
    fn gateways() {
        let of = |text: &str| gateway(text, "shop");
        assert_eq!(of("public"), "shop/public");
        assert_eq!(of("./public"), "shop/public");
        assert_eq!(of("edge/public"), "edge/public");
        assert_eq!(of("public.edge.svc.cluster.local"), "edge/public");
        assert_eq!(of("mesh"), "mesh");
    }
}
