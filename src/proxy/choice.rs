//! Which proxies the input holds: workloads, and the routers that Gateways select.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{NodeId, Proxy, ProxyKind};
use crate::base::Labels;
use crate::mesh::{Gateway, Mesh, Workload, WorkloadKind};

/// The address of a proxy whose workload has none yet: a template, or a router that is not in the input.
/// It is for documentation (RFC 5737), so that nothing else has it.
const NO_ADDRESS: &str = "192.0.2.1";

/// Where Istio installs its ingress and egress gateways.
const SYSTEM_NAMESPACE: &str = "istio-system";

/// A router of the input.
#[derive(Clone, Debug)]
pub struct Router {
    /// The proxy.
    pub proxy: Proxy,
    /// `Deployment edge/gateway`, or the labels that no workload of the input has.
    pub description: String,
    /// Whether its workload is in the input.
    pub in_input: bool,
    /// The Gateways (`namespace/name`) that select it.
    pub gateways: Vec<String>,
}

/// The proxy of a workload: a router where a Gateway selects it, else a sidecar.
pub fn from_workload(workload: &Workload, mesh: &Mesh) -> Proxy {
    let router = mesh.gateways.iter().any(|gateway| selects(gateway, &workload.labels));
    proxy(workload, if router { ProxyKind::Router } else { ProxyKind::Sidecar }, &mesh.domain)
}

/// A proxy of the input, and a path that no other has.
#[derive(Clone, Debug)]
pub struct Named {
    /// The proxy.
    pub proxy: Proxy,
    /// Its namespace.
    pub namespace: String,
    /// `KIND.NAME`, the kind in lower case: `pod.web-1`, `deployment.web`; for a router that is not in the
    /// input `gateway.NAME` of the first Gateway that selects it.
    pub name: String,
}

/// Every proxy of the input: one for each workload, and one for each router that is not in the input.
/// In the order of their paths (`namespace/name`), each of which is there once.
pub fn all(mesh: &Mesh) -> Vec<Named> {
    let of_workload = |workload: &Workload| Named {
        proxy: from_workload(workload, mesh),
        namespace: workload.namespace.clone(),
        name: format!("{}.{}", kind(workload.kind).to_lowercase(), workload.name),
    };
    // Neither kinds nor namespaces hold a dot, and a Gateway selects one router that is not in the input.
    let absent = routers(mesh).into_iter().filter(|router| !router.in_input).filter_map(|router| {
        let (namespace, name) = router.gateways.iter().min()?.split_once('/')?;
        Some(Named { namespace: namespace.to_owned(), name: format!("gateway.{name}"), proxy: router.proxy })
    });
    let mut all: Vec<Named> = mesh.workloads.iter().map(of_workload).chain(absent).collect();
    all.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    all
}

/// The routers of the input, one for all replicas of a workload, by namespace and name. A Gateway
/// whose selector takes no workload of the input stands for a router with just those labels: in the
/// Gateway's namespace, or in `istio-system` for the labels of Istio's own gateways.
pub fn routers(mesh: &Mesh) -> Vec<Router> {
    let mut found: BTreeMap<(String, Labels), Router> = BTreeMap::new();
    for gateway in &mesh.gateways {
        let mut taken = false;
        for workload in mesh.workloads.iter().filter(|workload| selects(gateway, &workload.labels)) {
            taken = true;
            let router = found.entry((workload.namespace.clone(), workload.labels.clone())).or_insert_with(|| Router {
                proxy: proxy(workload, ProxyKind::Router, &mesh.domain),
                description: format!("{} {}/{}", kind(workload.kind), workload.namespace, workload.name),
                in_input: true,
                gateways: Vec::new(),
            });
            router.gateways.push(gateway.key());
        }
        if !taken {
            let labels = &gateway.spec.selector;
            let namespace = namespace(gateway);
            let router = found.entry((namespace.to_owned(), labels.clone())).or_insert_with(|| Router {
                proxy: absent(labels, namespace, &mesh.domain),
                description: format!("a router with {} in {namespace}, not in the input", text(labels)),
                in_input: false,
                gateways: Vec::new(),
            });
            router.gateways.push(gateway.key());
        }
    }
    found.into_values().collect()
}

fn selects(gateway: &Gateway, labels: &Labels) -> bool {
    gateway.spec.selector.selects(labels)
}

fn namespace(gateway: &Gateway) -> &str {
    let own =
        gateway.spec.selector.get("istio").is_some_and(|name| name == "ingressgateway" || name == "egressgateway");
    if own { SYSTEM_NAMESPACE } else { &gateway.namespace }
}

fn proxy(workload: &Workload, kind: ProxyKind, domain: &str) -> Proxy {
    let ip = workload.addresses.first().map_or(NO_ADDRESS, String::as_str);
    let account = if workload.service_account.is_empty() { "default" } else { &workload.service_account };
    let mut metadata = metadata(&workload.labels, &workload.namespace, &workload.name, account);
    if workload.addresses.len() > 1 {
        metadata.insert("INSTANCE_IPS".to_owned(), workload.addresses.join(",").into());
    }
    if !workload.network.is_empty() {
        metadata.insert("NETWORK".to_owned(), workload.network.clone().into());
    }
    let mut proxy = Proxy::new(node(kind, ip, &workload.name, &workload.namespace, domain), Value::Object(metadata));
    if proxy.locality.is_empty() {
        proxy.locality.clone_from(&workload.locality);
    }
    proxy
}

fn absent(labels: &Labels, namespace: &str, domain: &str) -> Proxy {
    let name =
        ["istio", "app", "app.kubernetes.io/name"].into_iter().find_map(|key| labels.get(key)).unwrap_or("gateway");
    let account = format!("{name}-service-account");
    let metadata = metadata(labels, namespace, name, &account);
    Proxy::new(node(ProxyKind::Router, NO_ADDRESS, name, namespace, domain), Value::Object(metadata))
}

fn node(kind: ProxyKind, ip: &str, name: &str, namespace: &str, domain: &str) -> NodeId {
    let dns_domain = format!("{namespace}.svc.{domain}");
    NodeId { kind, ip: ip.to_owned(), id: format!("{name}.{namespace}"), dns_domain }
}

/// Node metadata as istio-agent writes it, as far as istiod reads it (`istio: pkg/model.NodeMetadata`).
fn metadata(labels: &Labels, namespace: &str, name: &str, service_account: &str) -> Map<String, Value> {
    let labels: Map<String, Value> = labels.iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    [
        ("NAMESPACE", namespace.into()),
        ("LABELS", Value::Object(labels)),
        ("SERVICE_ACCOUNT", service_account.into()),
        ("WORKLOAD_NAME", name.into()),
        ("CLUSTER_ID", "Kubernetes".into()),
    ]
    .into_iter()
    .map(|(key, value): (&str, Value)| (key.to_owned(), value))
    .collect()
}

fn kind(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Pod => "Pod",
        WorkloadKind::Deployment => "Deployment",
        WorkloadKind::StatefulSet => "StatefulSet",
        WorkloadKind::DaemonSet => "DaemonSet",
        WorkloadKind::ReplicaSet => "ReplicaSet",
        WorkloadKind::WorkloadEntry => "WorkloadEntry",
    }
}

fn text(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("`{key}: {value}`")).collect();
    if pairs.is_empty() { "any labels".to_owned() } else { pairs.join(", ") }
}
