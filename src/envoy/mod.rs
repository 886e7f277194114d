//! From decided configuration to Envoy's protos, and from those to text.
//!
//! Infallible, and without knowledge of proxy kinds, Kubernetes or Istio kinds.
//!
//! The proto `envoy.a.b.v3.Message` is `envoy_types::pb::envoy::a::b::v3::Message`; `match` and `type`
//! are raw identifiers there (`path::r#match`, `xds::r#type`), acronyms are lowered (`HTTPFault` is
//! `HttpFault`), and `google.protobuf` is envoy-types' own module, not prost-types.

pub mod bootstrap;
pub mod xds;

pub mod duplicate_chains;
pub mod identity;
pub mod local;
pub mod static_secrets;
pub mod stock;
pub mod uncapture;

pub mod access_log;
pub mod any;
pub mod cluster;
pub mod core;
pub mod discovery;
pub mod filter_chain;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod http_connection_manager;
pub mod http_filter;
pub mod http_protocol_options;
pub mod istio_types;
pub mod json;
pub mod listener;
pub mod load_assignment;
pub mod network_filter;
pub mod route;
pub mod route_configuration;
pub mod route_match;
pub mod secret;
pub mod tracing;
pub mod transport_socket;
pub mod typed_struct;
pub mod upstream_http_protocol_options;
pub mod virtual_host;
pub mod yaml;
