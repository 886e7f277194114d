//! `istio.alpn`: offers Istio's own ALPN names to upstreams in the mesh.

use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter;

use super::named;
use crate::envoy::any::pack;
use crate::envoy::istio_types::alpn::{AlpnOverride, FilterConfig, Protocol};

/// The filter (`istio: xdsfilters.Alpn`). A stock Envoy does not know it.
pub fn on_listener() -> HttpFilter {
    let names = |protocol: Protocol, names: [&str; 3]| AlpnOverride {
        upstream_protocol: protocol.into(),
        alpn_override: names.map(str::to_owned).to_vec(),
    };
    let config = FilterConfig {
        alpn_override: vec![
            names(Protocol::Http10, ["istio-http/1.0", "istio", "http/1.0"]),
            names(Protocol::Http11, ["istio-http/1.1", "istio", "http/1.1"]),
            names(Protocol::Http2, ["istio-h2", "istio", "h2"]),
        ],
    };
    named("istio.alpn", pack(&config))
}
