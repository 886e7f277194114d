//! Services whose endpoints are only for clients of the same cluster.

use crate::base::HostPattern;
use crate::mesh::{Mesh, Service};

/// Hosts, the most specific first, and whether they are for their own cluster only.
#[derive(Clone, Debug)]
pub(super) struct ClusterLocalHosts(Vec<(HostPattern, bool)>);

impl ClusterLocalHosts {
    /// `MeshConfig.serviceSettings`, and what belongs to a cluster in any case: `kube-system`, the
    /// API server, istiod; each unless a setting says otherwise
    /// (`istio: model/cluster_local.go: onMeshUpdated`).
    pub(super) fn new(mesh: &Mesh) -> Self {
        let settings = || mesh.config.service_settings.iter();
        let mut hosts: Vec<(HostPattern, bool)> = Vec::new();
        for written in settings() {
            let local = written.settings.cluster_local;
            for host in &written.hosts {
                // Of the same host twice the last counts.
                hosts.retain(|(known, _)| known != host);
                hosts.push((host.clone(), local));
            }
        }
        let opened: Vec<&HostPattern> =
            settings().filter(|written| !written.settings.cluster_local).flat_map(|written| &written.hosts).collect();
        for default in defaults(mesh) {
            let overridden = opened.iter().any(|host| **host == default || host.subset_of(&default));
            if !overridden && !hosts.iter().any(|(host, _)| *host == default) {
                hosts.push((default, true));
            }
        }
        hosts.sort_by(|(a, _), (b, _)| a.specificity(b));
        Self(hosts)
    }

    /// Whether a service is for its own cluster only.
    pub(super) fn contains(&self, service: &Service) -> bool {
        let hostname = HostPattern::from(service.hostname.as_str());
        self.0.iter().find(|(host, _)| hostname.subset_of(host)).is_some_and(|(_, local)| *local)
    }
}

fn defaults(mesh: &Mesh) -> [HostPattern; 3] {
    let domain = &mesh.domain;
    let address = mesh.config.default_config.discovery_address.as_deref().unwrap_or_default();
    let istiod = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let istiod = if istiod.ends_with(domain.as_str()) { istiod.to_owned() } else { format!("{istiod}.{domain}") };
    let kubernetes = format!("kubernetes.default.svc.{domain}");
    [format!("*.kube-system.svc.{domain}").into(), kubernetes.into(), istiod.into()]
}
