//! From decided configuration to Envoy's protos, and from those to text.
//!
//! Infallible, and without knowledge of proxy kinds, Kubernetes or Istio kinds.

pub mod any;
pub mod istio_types;
pub mod json;
pub mod typed_struct;
pub mod yaml;
