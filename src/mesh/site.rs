//! What linking needs to know about the mesh as a whole: names, identities, networks, places.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::base::Labels;
use crate::resource::istio::MeshConfig;
use crate::resource::istio::mesh_config::MeshNetworks;

/// Labels by which Istio says where a workload is.
pub(super) mod topology {
    pub(in crate::mesh) const REGION: &str = "topology.kubernetes.io/region";
    pub(in crate::mesh) const ZONE: &str = "topology.kubernetes.io/zone";
    pub(in crate::mesh) const SUBZONE: &str = "topology.istio.io/subzone";
    pub(in crate::mesh) const CLUSTER: &str = "topology.istio.io/cluster";
    pub(in crate::mesh) const NETWORK: &str = "topology.istio.io/network";
    pub(in crate::mesh) const LOCALITY: &str = "topology.istio.io/locality";
    pub(in crate::mesh) const NODE: &str = "kubernetes.io/hostname";
}

/// The mesh as a whole, while it is being linked.
pub(super) struct Site<'r> {
    pub(super) domain: &'r str,
    pub(super) cluster: &'r str,
    pub(super) config: &'r MeshConfig,
    pub(super) networks: &'r MeshNetworks,
    pub(super) namespaces: &'r BTreeMap<String, Labels>,
    pub(super) namespace_annotations: BTreeMap<&'r str, &'r Labels>,
    pub(super) node_localities: &'r BTreeMap<String, String>,
}

impl Site<'_> {
    /// The hostname of a Kubernetes Service.
    pub(super) fn hostname(&self, name: &str, namespace: &str) -> String {
        [name, ".", namespace, ".svc.", self.domain].concat()
    }

    /// The SPIFFE id of a service account (`spiffe.MustGenSpiffeURI`).
    pub(super) fn spiffe_id(&self, namespace: &str, account: &str) -> String {
        let trust_domain = match self.config.trust_domain.as_str() {
            "" => "cluster.local".to_owned(),
            trust_domain => trust_domain.replace('@', "."),
        };
        format!("spiffe://{trust_domain}/ns/{namespace}/sa/{account}")
    }

    /// SPIFFE ids, also in the trust domains that count as the same, sorted
    /// (`spiffe.ExpandWithTrustDomains`).
    pub(super) fn with_trust_domain_aliases(&self, accounts: impl Iterator<Item = String>) -> Vec<String> {
        let mut all: Vec<String> = accounts.collect();
        let aliases = &self.config.trust_domain_aliases;
        let expanded: Vec<String> = all
            .iter()
            .filter_map(|id| id.strip_prefix("spiffe://")?.split_once('/'))
            .flat_map(|(_, path)| aliases.iter().map(move |alias| format!("spiffe://{alias}/{path}")))
            .collect();
        all.extend(expanded);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The network of a workload: its label, else the label of the root namespace, else what
    /// `meshNetworks` says of its cluster or address (`kube/controller: Controller.Network`).
    pub(super) fn network(&self, address: &str, labels: &Labels) -> String {
        let of_namespace = || self.namespaces.get(&self.config.root_namespace)?.get(topology::NETWORK);
        let written = labels.get(topology::NETWORK).filter(|network| !network.is_empty());
        if let Some(network) = written.or_else(of_namespace) {
            return network.to_owned();
        }
        let networks = &self.networks.networks;
        let sources = |name| networks.get(name).into_iter().flat_map(|network| &network.endpoints);
        let by_cluster = networks
            .keys()
            .find(|name| sources(*name).any(|source| source.from_registry.as_deref() == Some(self.cluster)));
        let ip: Option<IpAddr> = address.parse().ok();
        let holds = |range: &str| {
            let range: Option<IpNet> = range.parse().ok();
            range.zip(ip).is_some_and(|(range, ip)| range.contains(&ip))
        };
        let by_address =
            || networks.keys().find(|name| sources(*name).any(|source| source.from_cidr.as_deref().is_some_and(holds)));
        by_cluster.or_else(by_address).cloned().unwrap_or_default()
    }

    /// A workload's labels with those that say where it is (`labelutil.AugmentLabels`).
    pub(super) fn with_topology(&self, labels: &Labels, locality: &str, node: &str, network: &str) -> Labels {
        let mut labels = labels.clone();
        let mut parts = locality.split('/');
        let mut set = |key: &str, value: &str| {
            if !value.is_empty() {
                labels.0.insert(key.to_owned(), value.to_owned());
            }
        };
        for key in [topology::REGION, topology::ZONE, topology::SUBZONE] {
            set(key, parts.next().unwrap_or_default());
        }
        set(topology::CLUSTER, self.cluster);
        set(topology::NODE, node);
        if labels.get(topology::NETWORK).unwrap_or_default().is_empty() && !network.is_empty() {
            labels.0.insert(topology::NETWORK.to_owned(), network.to_owned());
        }
        labels
    }
}

/// The locality a workload's labels say, as `region/zone/subzone`; without any slash dots stand
/// for them (`pm.GetLocalityLabel`, `pm.SanitizeLocalityLabel`).
pub(super) fn locality_label(labels: &Labels) -> Option<String> {
    let written = labels.get(topology::LOCALITY).or_else(|| labels.get("istio-locality"))?;
    match written.contains('/') {
        _ if written.is_empty() => None,
        true => Some(written.to_owned()),
        false => Some(written.replace('.', "/")),
    }
}

/// The locality a node's labels say, in the new names or the old ones.
pub(super) fn node_locality(labels: &Labels) -> String {
    let label = |new: &str, old: &str| labels.get(new).or_else(|| labels.get(old)).unwrap_or_default();
    let region = label(topology::REGION, "failure-domain.beta.kubernetes.io/region");
    let zone = label(topology::ZONE, "failure-domain.beta.kubernetes.io/zone");
    let subzone = label(topology::SUBZONE, "");
    match (region, zone, subzone) {
        ("", "", "") => String::new(),
        _ => format!("{region}/{zone}/{subzone}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localities_are_read_from_labels() {
        let labels = |key: &str, value: &str| -> Labels { [(key, value)].into_iter().collect() };
        assert_eq!(locality_label(&labels("istio-locality", "eu.a")).as_deref(), Some("eu/a"));
        assert_eq!(locality_label(&labels("topology.istio.io/locality", "eu/a.b")).as_deref(), Some("eu/a.b"));
        assert_eq!(locality_label(&labels("app", "x")), None);
        assert_eq!(node_locality(&labels(topology::REGION, "eu")), "eu//");
        assert_eq!(node_locality(&labels("app", "x")), "");
    }
}
