//! `envoy.filters.network.mongo_proxy`: statistics of the MongoDB protocol.

use envoy_types::pb::envoy::config::listener::v3::Filter;
use envoy_types::pb::envoy::extensions::filters::network::mongo_proxy::v3::MongoProxy;

use super::named;
use crate::envoy::any::pack;

/// The filter.
pub fn mongo_proxy(stat_prefix: &str) -> Filter {
    let config = MongoProxy { stat_prefix: stat_prefix.to_owned(), ..Default::default() };
    named("envoy.filters.network.mongo_proxy", pack(&config))
}
