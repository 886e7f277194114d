//! Names of clusters in statistics.

use crate::lower::stat_name;
use crate::mesh::{Service, ServicePort};

/// Istio marks the end of the name, so that Envoy's tag extraction can tell (`istio:
/// util.DelimitedStatsPrefix`).
pub(super) fn delimited(name: &str) -> String {
    format!("{name};")
}

/// The name of an outbound cluster: by `MeshConfig.outboundClusterStatName`, else the cluster's.
pub(super) fn outbound(pattern: &str, cluster: &str, service: &Service, port: &ServicePort, subset: &str) -> String {
    match pattern {
        "" => delimited(cluster),
        _ => delimited(&stat_name::outbound(pattern, service, subset, (port.port, &port.name), 0)),
    }
}
