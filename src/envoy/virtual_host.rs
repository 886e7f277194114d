//! `envoy.config.route.v3.VirtualHost`.

use envoy_types::pb::envoy::config::route::v3 as route;

use super::route::route;
use crate::ir;

/// A virtual host.
pub fn virtual_host(host: &ir::VirtualHost) -> route::VirtualHost {
    use route::virtual_host::TlsRequirementType;
    let ir::VirtualHost { origins: _, name, domains, routes, require_tls, include_request_attempt_count } = host;
    route::VirtualHost {
        name: name.clone(),
        domains: domains.clone(),
        routes: routes.iter().map(route).collect(),
        require_tls: if *require_tls { TlsRequirementType::All } else { TlsRequirementType::None }.into(),
        include_request_attempt_count: *include_request_attempt_count,
        ..Default::default()
    }
}
