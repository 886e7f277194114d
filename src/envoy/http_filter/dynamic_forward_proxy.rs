//! `envoy.filters.http.dynamic_forward_proxy`: resolves the request's host before it is sent on.

use envoy_types::pb::envoy::extensions::common::dynamic_forward_proxy::v3::DnsCacheConfig;
use envoy_types::pb::envoy::extensions::filters::http::dynamic_forward_proxy::v3::{FilterConfig, filter_config};
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter;

use super::named;
use crate::envoy::any::pack;
use crate::envoy::cluster::dns_lookup_family;
use crate::envoy::core::uint32;
use crate::ir::cluster::DnsCache;

/// The filter.
pub fn on_listener(cache: &DnsCache) -> HttpFilter {
    let config = FilterConfig {
        implementation_specifier: Some(filter_config::ImplementationSpecifier::DnsCacheConfig(dns_cache_config(cache))),
        ..Default::default()
    };
    named("envoy.filters.http.dynamic_forward_proxy", pack(&config))
}

/// The cache that the filters and the cluster share: all must say the same of it.
pub fn dns_cache_config(cache: &DnsCache) -> DnsCacheConfig {
    let DnsCache { name, family, max_hosts } = cache;
    DnsCacheConfig {
        name: name.clone(),
        dns_lookup_family: dns_lookup_family(*family).into(),
        max_hosts: max_hosts.map(uint32),
        ..Default::default()
    }
}
