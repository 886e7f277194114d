//! Gateways.

use std::sync::Arc;

use crate::mesh::Gateway;
use crate::resource::{Object, istio};

/// Links all Gateways, in Istio's order.
pub(in crate::mesh) fn gateways(objects: &[Object<istio::Gateway>]) -> Vec<Gateway> {
    objects.iter().map(gateway).collect()
}

fn gateway(object: &Object<istio::Gateway>) -> Gateway {
    let servers = object.spec_origin().key("servers");
    Gateway {
        origin: object.origin(),
        name: object.meta.name.clone(),
        namespace: object.meta.namespace.clone(),
        created: object.meta.creation_timestamp,
        annotations: object.meta.annotations.0.clone(),
        spec: Arc::new(object.spec.clone()),
        server_origins: (0..object.spec.servers.len()).map(|at| servers.index(at)).collect(),
    }
}
