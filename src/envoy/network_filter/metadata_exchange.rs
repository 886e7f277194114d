//! `istio.metadata_exchange`: tells both sides of a TCP connection who the other is.

use envoy_types::pb::google::protobuf::Any;

use crate::envoy::typed_struct::{boolean, string, structure, typed_struct};

/// The filter's name, on listeners and on clusters.
pub const NAME: &str = "istio.metadata_exchange";

/// Its configuration (`istio: xdsfilters.TCPListenerMx`). A stock Envoy does not know it.
pub fn config() -> Any {
    let value = structure([("enable_discovery", boolean(true)), ("protocol", string("istio-peer-exchange"))]);
    typed_struct("envoy.tcp.metadataexchange.config.MetadataExchange", value)
}
