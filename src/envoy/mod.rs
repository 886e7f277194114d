//! From decided configuration to Envoy's protos, and from those to text.
//!
//! Infallible, and without knowledge of proxy kinds, Kubernetes or Istio kinds.
//!
//! The proto `envoy.a.b.v3.Message` is `envoy_types::pb::envoy::a::b::v3::Message`; `match` and `type`
//! are raw identifiers there (`path::r#match`, `xds::r#type`), acronyms are lowered (`HTTPFault` is
//! `HttpFault`), and `google.protobuf` is envoy-types' own module, not prost-types.

pub mod any;
pub mod istio_types;
pub mod json;
pub mod typed_struct;
pub mod yaml;
