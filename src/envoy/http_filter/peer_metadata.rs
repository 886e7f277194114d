//! `istio.metadata_exchange`: tells both sides of a connection who the other is.

use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter;

use super::named;
use crate::envoy::typed_struct::{boolean, list, object, structure, typed_struct};
use crate::ir::http::PeerMetadata;

/// The filter (`istio: xdsfilters.SidecarOutboundMetadataFilter`). A stock Envoy does not know it.
pub fn on_listener(metadata: PeerMetadata) -> HttpFilter {
    let (discovery, propagation, skip_external_clusters) = match metadata {
        PeerMetadata::Outbound { skip_external_clusters } => {
            ("upstream_discovery", "upstream_propagation", skip_external_clusters)
        }
        PeerMetadata::Inbound { skip_external_clusters } => {
            ("downstream_discovery", "downstream_propagation", skip_external_clusters)
        }
    };
    let headers = if skip_external_clusters { object([("skip_external_clusters", boolean(true))]) } else { object([]) };
    let config = structure([
        (discovery, list([object([("istio_headers", object([]))]), object([("workload_discovery", object([]))])])),
        (propagation, list([object([("istio_headers", headers)])])),
    ]);
    named("istio.metadata_exchange", typed_struct("io.istio.http.peer_metadata.Config", config))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;

    #[test]
    fn outbound_as_istiod_writes_it() {
        let filter = on_listener(PeerMetadata::Outbound { skip_external_clusters: true });
        assert_eq!(
            to_value(&filter),
            json!({
                "name": "istio.metadata_exchange",
                "typed_config": {
                    "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
                    "type_url": "type.googleapis.com/io.istio.http.peer_metadata.Config",
                    "value": {
                        "upstream_discovery": [{"istio_headers": {}}, {"workload_discovery": {}}],
                        "upstream_propagation": [{"istio_headers": {"skip_external_clusters": true}}]
                    }
                }
            })
        );
    }
}
