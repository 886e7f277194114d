//! `envoy.config.route.v3.VirtualHost`.

use envoy_types::pb::envoy::config::route::v3 as route;

use super::json::Object;
use super::route::{Encoder, route};
use crate::ir;

/// A virtual host.
pub fn virtual_host(host: &ir::VirtualHost) -> route::VirtualHost {
    route::VirtualHost { routes: host.routes.iter().map(route).collect(), ..without_routes(host) }
}

/// Writes the members of a virtual host, of which one route at a time is a message.
pub fn write(object: &mut Object<'_, '_>, host: &ir::VirtualHost) {
    object.fields_around(&without_routes(host), "routes", |object| {
        let mut encoder = Encoder::default();
        object.encoded::<route::Route, _>("routes", &host.routes, |route, bytes| encoder.append(route, bytes));
    });
}

fn without_routes(host: &ir::VirtualHost) -> route::VirtualHost {
    use route::virtual_host::TlsRequirementType;
    let ir::VirtualHost { origins: _, name, domains, routes: _, require_tls, include_request_attempt_count } = host;
    route::VirtualHost {
        name: name.clone(),
        domains: domains.clone(),
        require_tls: if *require_tls { TlsRequirementType::All } else { TlsRequirementType::None }.into(),
        include_request_attempt_count: *include_request_attempt_count,
        ..Default::default()
    }
}
