//! Who the proxy is: Envoy's node id and metadata, as istio-agent writes them.

use std::fmt;

use serde_json::Value;

use crate::base::Labels;

/// Which side of the mesh a proxy stands for; the first part of a node id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// A gateway.
    Router,
    /// Beside a workload.
    Sidecar,
}

/// Envoy's node id as Istio forms it: `router~10.0.0.9~pod.ns~ns.svc.cluster.local`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeId {
    /// The first part.
    pub kind: ProxyKind,
    /// The second part: an address of the workload.
    pub ip: String,
    /// The third part: `pod.namespace`.
    pub id: String,
    /// The fourth part: `namespace.svc.cluster.local`.
    pub dns_domain: String,
}

/// Why a node id is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeIdError {
    /// It has not four parts.
    Parts(usize),
    /// Its first part is none of the kinds.
    Kind(String),
    /// Its second part is no IP address.
    Ip(String),
}

impl fmt::Display for NodeIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts(found) => write!(f, "a node id has four parts between `~`, this has {found}"),
            Self::Kind(kind) => write!(f, "unknown proxy kind `{kind}`: it is `router` or `sidecar`"),
            Self::Ip(ip) => write!(f, "`{ip}` is no IP address"),
        }
    }
}

impl std::error::Error for NodeIdError {}

impl std::str::FromStr for NodeId {
    type Err = NodeIdError;

    /// Parses a node id (`istio: model.ParseServiceNodeWithMetadata`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('~').collect();
        let [kind, ip, id, dns_domain] = parts[..] else {
            return Err(NodeIdError::Parts(parts.len()));
        };
        let kind = match kind {
            "router" => ProxyKind::Router,
            "sidecar" => ProxyKind::Sidecar,
            other => return Err(NodeIdError::Kind(other.to_owned())),
        };
        if ip.parse::<std::net::IpAddr>().is_err() {
            return Err(NodeIdError::Ip(ip.to_owned()));
        }
        Ok(Self { kind, ip: ip.to_owned(), id: id.to_owned(), dns_domain: dns_domain.to_owned() })
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ProxyKind::Router => "router",
            ProxyKind::Sidecar => "sidecar",
        };
        write!(f, "{kind}~{}~{}~{}", self.ip, self.id, self.dns_domain)
    }
}

/// The proxy that configuration is made for.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Its node id.
    pub node: NodeId,
    /// Envoy's node metadata, as given; the fields below are read from it where it has them.
    pub metadata: Value,
    /// All its addresses; the node id's first.
    pub addresses: Vec<String>,
    /// The namespace its configuration comes from.
    pub namespace: String,
    /// Labels of its workload.
    pub labels: Labels,
    /// `region/zone/subzone`; may be empty.
    pub locality: String,
    /// Its service account; empty where unknown.
    pub service_account: String,
    /// Its network; may be empty.
    pub network: String,
    /// Its cluster; empty where unknown.
    pub cluster_id: String,
    /// Its Istio version (`ISTIO_VERSION`); empty counts as the newest.
    pub istio_version: String,
}

impl Proxy {
    /// Reads node id and metadata (`istio: model.ParseMetadata`, `model.ParseServiceNodeWithMetadata`,
    /// `xds.initProxyMetadata`): the namespace is `NAMESPACE`, else the one in the DNS domain, else
    /// in the id; labels are `LABELS`; the locality is read from its topology labels.
    pub fn new(node: NodeId, metadata: Value) -> Self {
        let text = |key: &str| metadata.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let labels: Labels = metadata
            .get("LABELS")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect();
        let mut addresses = vec![node.ip.clone()];
        for address in text("INSTANCE_IPS").split(',').map(str::trim).filter(|address| !address.is_empty()) {
            if !addresses.iter().any(|known| known == address) {
                addresses.push(address.to_owned());
            }
        }
        let namespace = Some(text("NAMESPACE")).filter(|namespace| !namespace.is_empty()).unwrap_or_else(|| {
            let from_domain = node.dns_domain.split('.').next().unwrap_or_default();
            let from_id = node.id.split_once('.').map(|(_, namespace)| namespace).unwrap_or_default();
            if from_domain.is_empty() { from_id.to_owned() } else { from_domain.to_owned() }
        });
        let label = |key: &str| labels.get(key).unwrap_or_default();
        let parts = [
            label("topology.kubernetes.io/region"),
            label("topology.kubernetes.io/zone"),
            label("topology.istio.io/subzone"),
        ];
        let locality = parts.join("/").trim_end_matches('/').to_owned();
        Self {
            addresses,
            namespace,
            locality,
            service_account: text("SERVICE_ACCOUNT"),
            network: text("NETWORK"),
            cluster_id: text("CLUSTER_ID"),
            istio_version: text("ISTIO_VERSION"),
            labels,
            node,
            metadata,
        }
    }

    /// Envoy's `node.cluster`: the `app` label, else the workload's name, with the namespace
    /// (`istio: pkg/bootstrap: getNodeMetadataOptions`).
    pub fn service_cluster(&self) -> String {
        let workload = self.metadata.get("WORKLOAD_NAME").and_then(Value::as_str).unwrap_or_default();
        format!("{}.{}", self.labels.get("app").unwrap_or(workload), self.namespace)
    }

    /// Whether it has addresses of IPv4, and of IPv6 (`istio: model.DiscoverIPMode`).
    pub fn families(&self) -> (bool, bool) {
        let parsed = self.addresses.iter().filter_map(|address| address.parse::<std::net::IpAddr>().ok());
        let v4: Vec<bool> = parsed.map(|address| address.is_ipv4()).collect();
        let none = v4.is_empty();
        (none || v4.contains(&true), v4.contains(&false))
    }

    /// Whether this is a gateway.
    pub fn is_router(&self) -> bool {
        self.node.kind == ProxyKind::Router
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_ids_are_read_and_written() {
        let text = "router~10.0.0.9~gw-1.istio-system~istio-system.svc.cluster.local";
        let node: NodeId = text.parse().expect("a node id");
        assert_eq!((node.kind, node.id.as_str()), (ProxyKind::Router, "gw-1.istio-system"));
        assert_eq!(node.to_string(), text);
        assert_eq!("router~10.0.0.9~x".parse::<NodeId>(), Err(NodeIdError::Parts(3)));
        assert_eq!("gateway~10.0.0.9~x~y".parse::<NodeId>(), Err(NodeIdError::Kind("gateway".to_owned())));
        assert_eq!("router~host~x~y".parse::<NodeId>(), Err(NodeIdError::Ip("host".to_owned())));
    }

    #[test]
    fn metadata_names_the_namespace_labels_and_place() {
        let metadata = serde_json::json!({"NAMESPACE": "edge", "LABELS": {"app": "gw",
            "topology.kubernetes.io/region": "eu", "topology.kubernetes.io/zone": "eu-1"}});
        let node = "router~10.0.0.9~gw.other~default.svc.cluster.local".parse().expect("a node id");
        let proxy = Proxy::new(node, metadata);
        assert_eq!((proxy.namespace.as_str(), proxy.locality.as_str()), ("edge", "eu/eu-1"));
    }
}
