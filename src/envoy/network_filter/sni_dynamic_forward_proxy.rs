//! `envoy.filters.network.sni_dynamic_forward_proxy`: resolves the SNI.

use envoy_types::pb::envoy::config::listener::v3::Filter;
use envoy_types::pb::envoy::extensions::filters::network::sni_dynamic_forward_proxy::v3::{
    FilterConfig, filter_config,
};

use super::named;
use crate::envoy::any::pack;
use crate::envoy::http_filter::dynamic_forward_proxy::dns_cache_config;
use crate::ir::cluster::DnsCache;

/// The filter (`istio: core.buildSNIDFPFilter`).
pub fn sni_dynamic_forward_proxy(port: u32, cache: &DnsCache) -> Filter {
    let config = FilterConfig {
        dns_cache_config: Some(dns_cache_config(cache)),
        port_specifier: Some(filter_config::PortSpecifier::PortValue(port)),
        ..Default::default()
    };
    named("envoy.extensions.filters.network.sni_dynamic_forward_proxy", pack(&config))
}
