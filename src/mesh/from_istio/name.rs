//! Short names of hosts and gateways.

use std::net::IpAddr;

use crate::base::HostPattern;

/// The host a name means in a namespace: a name without a dot is a Service there
/// (`istio: model.ResolveShortnameToFQDN`).
pub(super) fn host(written: &HostPattern, namespace: &str, domain: &str) -> HostPattern {
    let text = written.as_str();
    let complete = text.is_empty() || text == "*" || text.contains('.') || text.parse::<IpAddr>().is_ok();
    if complete { written.clone() } else { HostPattern::new(format!("{text}.{namespace}.svc.{domain}")) }
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
            None => format!("{namespace}/{written}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_without_dots_are_services_of_the_namespace() {
        let of = |text: &str| host(&text.into(), "shop", "cluster.local").to_string();
        assert_eq!(of("web"), "web.shop.svc.cluster.local");
        assert_eq!(of("web.other"), "web.other");
        assert_eq!(of("*"), "*");
        assert_eq!(of("::1"), "::1");
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
