//! Names in statistics, by the patterns of the mesh configuration.

use crate::mesh::{Registry, Service};

/// What a service is called in statistics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// `%SERVICE%`.
    pub short: String,
    /// `%SERVICE_NAME%`.
    pub name: String,
    /// `%SERVICE_FQDN%`.
    pub hostname: String,
}

impl Names {
    /// A service that is not of Kubernetes goes by its hostname throughout.
    pub fn of(service: &Service) -> Self {
        match service.registry {
            Registry::Kubernetes => Self {
                short: format!("{}.{}", service.name, service.namespace),
                name: service.name.clone(),
                hostname: service.hostname.clone(),
            },
            Registry::External => Self::of_host(&service.hostname),
        }
    }

    /// What is only known by a hostname.
    pub fn of_host(hostname: &str) -> Self {
        Self { short: hostname.to_owned(), name: hostname.to_owned(), hostname: hostname.to_owned() }
    }
}

/// Fills `outboundClusterStatName`, as `%SERVICE%_%SERVICE_PORT%_%SUBSET_NAME%` (`istio:
/// telemetry.BuildStatPrefix`).
pub fn outbound(pattern: &str, service: &Service, subset: &str, port: (u32, &str), target_port: u32) -> String {
    fill(pattern, &Names::of(service), subset, port, Some(target_port))
}

/// Fills a pattern; without a target port its place stays as it is (`istio:
/// telemetry.BuildInboundStatPrefix`).
pub fn fill(pattern: &str, names: &Names, subset: &str, port: (u32, &str), target_port: Option<u32>) -> String {
    let filled = pattern
        .replace("%SERVICE%", &names.short)
        .replace("%SERVICE_NAME%", &names.name)
        .replace("%SERVICE_FQDN%", &names.hostname)
        .replace("%SUBSET_NAME%", subset);
    let filled = match target_port {
        Some(target_port) => filled.replace("%TARGET_PORT%", &target_port.to_string()),
        None => filled,
    };
    filled.replace("%SERVICE_PORT%", &port.0.to_string()).replace("%SERVICE_PORT_NAME%", port.1)
}
