//! `envoy.filters.network.direct_response` without a response: closes every connection at once.

use envoy_types::pb::envoy::config::listener::v3::Filter;
use envoy_types::pb::envoy::extensions::filters::network::direct_response::v3::Config;

use super::named;
use crate::envoy::any::pack;

/// The filter.
pub fn refuse() -> Filter {
    named("envoy.filters.network.direct_response", pack(&Config::default()))
}
