//! `envoy.filters.http.router`: sends requests on.

use envoy_types::pb::envoy::extensions::filters::http::router::v3::Router;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter;

use super::named;
use crate::envoy::any::pack;
use crate::ir::http::RouterFilter;

/// The filter.
pub fn on_listener(router: RouterFilter) -> HttpFilter {
    let RouterFilter { start_child_span, suppress_envoy_headers } = router;
    named("envoy.filters.http.router", pack(&config(start_child_span, suppress_envoy_headers)))
}

#[expect(deprecated, reason = "istiod writes `start_child_span`")]
fn config(start_child_span: bool, suppress_envoy_headers: bool) -> Router {
    Router { start_child_span, suppress_envoy_headers, ..Default::default() }
}
