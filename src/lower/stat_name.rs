//! Names in statistics, by the patterns of the mesh configuration.

use crate::mesh::{Registry, Service};

/// Fills `outboundClusterStatName`, as `%SERVICE%_%SERVICE_PORT%_%SUBSET_NAME%` (`istio:
/// telemetry.BuildStatPrefix`). A service that is not of Kubernetes goes by its hostname throughout.
pub fn outbound(pattern: &str, service: &Service, subset: &str, port: u32, target_port: u32) -> String {
    let (short, name) = match service.registry {
        Registry::Kubernetes => (format!("{}.{}", service.name, service.namespace), service.name.as_str()),
        Registry::External => (service.hostname.clone(), service.hostname.as_str()),
    };
    let port_name = service.port(port).map_or("", |port| port.name.as_str());
    pattern
        .replace("%SERVICE%", &short)
        .replace("%SERVICE_NAME%", name)
        .replace("%SERVICE_FQDN%", &service.hostname)
        .replace("%SUBSET_NAME%", subset)
        .replace("%TARGET_PORT%", &target_port.to_string())
        .replace("%SERVICE_PORT%", &port.to_string())
        .replace("%SERVICE_PORT_NAME%", port_name)
}
