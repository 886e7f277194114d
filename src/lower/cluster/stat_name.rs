//! Names of clusters in statistics.

use crate::mesh::{Registry, Service, ServicePort};

/// Istio marks the end of the name, so that Envoy's tag extraction can tell (`istio:
/// util.DelimitedStatsPrefix`).
pub(super) fn delimited(name: &str) -> String {
    format!("{name};")
}

/// The name of an outbound cluster: by `MeshConfig.outboundClusterStatName`, else the cluster's
/// (`istio: telemetry.BuildStatPrefix`).
pub(super) fn outbound(pattern: &str, cluster: &str, service: &Service, port: &ServicePort, subset: &str) -> String {
    if pattern.is_empty() {
        return delimited(cluster);
    }
    let kubernetes = service.registry == Registry::Kubernetes;
    let short = if kubernetes { format!("{}.{}", service.name, service.namespace) } else { service.hostname.clone() };
    let bare = if kubernetes { &service.name } else { &service.hostname };
    let filled = pattern
        .replace("%SERVICE%", &short)
        .replace("%SERVICE_NAME%", bare)
        .replace("%SERVICE_FQDN%", &service.hostname)
        .replace("%SUBSET_NAME%", subset)
        .replace("%TARGET_PORT%", "0")
        .replace("%SERVICE_PORT%", &port.port.to_string())
        .replace("%SERVICE_PORT_NAME%", &port.name);
    delimited(&filled)
}
