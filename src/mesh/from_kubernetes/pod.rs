//! Pods, and what endpoints take from them.

use std::collections::BTreeMap;

use crate::base::{Labels, Origin};
use crate::mesh::site::{Site, locality_label};
use crate::mesh::{Endpoint, EndpointHealth};
use crate::resource::{Object, kubernetes};

/// A Pod of the input.
pub(in crate::mesh) type PodObject = Object<kubernetes::Pod, kubernetes::PodStatus>;

/// The label that says whether a workload speaks Istio's mutual TLS.
const TLS_MODE: &str = "security.istio.io/tlsMode";

/// The Pods of the input, for joining with endpoints.
pub(in crate::mesh) struct Pods<'r> {
    by_name: BTreeMap<(&'r str, &'r str), &'r PodObject>,
    by_address: BTreeMap<&'r str, Vec<&'r PodObject>>,
}

impl<'r> Pods<'r> {
    pub(in crate::mesh) fn new(pods: &'r [PodObject]) -> Self {
        let mut by_name = BTreeMap::new();
        let mut by_address: BTreeMap<_, Vec<_>> = BTreeMap::new();
        // Istiod's own watch leaves failed pods out.
        for pod in pods.iter().filter(|pod| pod.status.phase != "Failed") {
            by_name.insert((pod.namespace(), pod.name()), pod);
            if let Some(address) = serving_address(pod) {
                by_address.entry(address).or_default().push(pod);
            }
        }
        by_address.values_mut().for_each(|pods| pods.sort_by_key(|pod| (pod.namespace(), pod.name())));
        Self { by_name, by_address }
    }

    pub(in crate::mesh) fn named(&self, namespace: &str, name: &str) -> Option<&'r PodObject> {
        self.by_name.get(&(namespace, name)).copied()
    }

    /// The ready pod of a namespace with this address.
    pub(in crate::mesh) fn at(&self, namespace: &str, address: &str) -> Option<&'r PodObject> {
        self.by_address.get(address)?.iter().find(|pod| pod.namespace() == namespace).copied()
    }

    /// The pods that count as workload instances: ready, with an address.
    pub(in crate::mesh) fn serving(&self) -> impl Iterator<Item = &'r PodObject> {
        self.by_address.values().flatten().copied()
    }
}

/// The address of a pod that takes traffic (`shouldPodBeInEndpoints`, `IsPodReady`).
fn serving_address(pod: &PodObject) -> Option<&str> {
    let status = &pod.status;
    let serves = !status.is_terminal() && status.is_ready() && pod.meta.deletion_timestamp.is_none();
    Some(status.pod_ip.as_str()).filter(|address| serves && !address.is_empty())
}

/// An endpoint at `address`, with what the pod behind it says (`kube/controller: NewEndpointBuilder`);
/// ports and health are the caller's.
pub(in crate::mesh) fn endpoint(site: &Site<'_>, pod: Option<&PodObject>, address: &str) -> Endpoint {
    let none = Labels::default();
    let labels = pod.map_or(&none, |pod| &pod.meta.labels);
    let locality = pod.map(|pod| locality(site, pod)).unwrap_or_default();
    let node = pod.map(|pod| pod.spec.node_name.as_str()).unwrap_or_default();
    let network = site.network(address, labels);
    let (hostname, sub_domain) = pod.map(pod_hostname).unwrap_or_default();
    Endpoint {
        origins: pod.map(|pod| Origin::of(pod.id)).into_iter().collect(),
        addresses: vec![address.to_owned()],
        port: 0,
        service_port: String::new(),
        cluster_port: 0,
        labels: site.with_topology(labels, &locality, node, &network),
        service_account: pod.map(|pod| site.spiffe_id(pod.namespace(), pod.spec.account())).unwrap_or_default(),
        network,
        locality,
        cluster: site.cluster.to_owned(),
        weight: 0,
        tls_mode: labels.get(TLS_MODE).unwrap_or("disabled").to_owned(),
        health: EndpointHealth::Healthy,
        workload_name: pod.map(workload_name).unwrap_or_default(),
        namespace: pod.map(|pod| pod.namespace().to_owned()).unwrap_or_default(),
        hostname,
        sub_domain,
        node: node.to_owned(),
    }
}

/// A pod's locality: its label, else its node's (`kube/controller: getPodLocality`).
pub(super) fn locality(site: &Site<'_>, pod: &PodObject) -> String {
    locality_label(&pod.meta.labels)
        .or_else(|| site.node_localities.get(&pod.spec.node_name).cloned())
        .unwrap_or_default()
}

fn pod_hostname(pod: &PodObject) -> (String, String) {
    if pod.spec.subdomain.is_empty() {
        return Default::default();
    }
    let hostname = if pod.spec.hostname.is_empty() { pod.name() } else { &pod.spec.hostname };
    (hostname.to_owned(), pod.spec.subdomain.clone())
}

/// The name of what made a pod: of the Deployment rather than its ReplicaSet, of the CronJob rather
/// than its Job (`pkg/kube: GetWorkloadMetaFromPod`).
pub(super) fn workload_name(pod: &PodObject) -> String {
    if let Some(name) = pod.meta.labels.get("service.istio.io/workload-name") {
        return name.to_owned();
    }
    let controller = pod.meta.owner_references.iter().find(|owner| owner.controller == Some(true));
    let Some(controller) = controller.filter(|_| !pod.meta.generate_name.is_empty()) else {
        return pod.name().to_owned();
    };
    let label = |key: &str| pod.meta.labels.get(key).filter(|value| !value.is_empty());
    let name = controller.name.as_str();
    let made = match controller.kind.as_str() {
        "ReplicaSet" => ["pod-template-hash", "rollouts-pod-template-hash"]
            .into_iter()
            .filter_map(label)
            .find(|hash| name.ends_with(hash))
            .and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-')),
        "ReplicationController" => label("deploymentconfig"),
        "Job" => name.rsplit_once('-').filter(|(_, at)| is_schedule(at)).map(|(cron_job, _)| cron_job),
        _ => None,
    };
    match made.unwrap_or(name) {
        "" => pod.name().to_owned(),
        name => name.to_owned(),
    }
}

/// The time in the name of a CronJob's Job.
fn is_schedule(text: &str) -> bool {
    (8..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A pod's named TCP ports, the first of a name (`kube/controller: getPortMap`).
pub(in crate::mesh) fn named_ports(pod: &PodObject) -> BTreeMap<String, u32> {
    let mut ports = BTreeMap::new();
    for port in pod.spec.containers.iter().flat_map(|container| &container.ports) {
        if let Some(number) = port.container_port
            && !port.name.is_empty()
            && port.protocol == kubernetes::service::Transport::Tcp
        {
            ports.entry(port.name.clone()).or_insert(number.number());
        }
    }
    ports
}
