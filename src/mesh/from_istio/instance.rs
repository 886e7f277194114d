//! Workloads that a selector can make endpoints of: WorkloadEntries and Pods.

use std::collections::BTreeMap;

use crate::base::{Labels, Origin};
use crate::mesh::from_kubernetes::{self, PodObject};
use crate::mesh::site::{Site, locality_label};
use crate::mesh::{Endpoint, EndpointHealth};
use crate::resource::{Object, istio};

/// A WorkloadEntry of the input.
pub(super) type EntryObject = Object<istio::WorkloadEntry, istio::WorkloadEntryStatus>;

/// A workload, before a service gives it a port (`istio: model.WorkloadInstance`).
pub(in crate::mesh) struct Instance {
    pub(in crate::mesh) namespace: String,
    pub(in crate::mesh) endpoint: Endpoint,
    /// Its ports by name.
    pub(in crate::mesh) ports: BTreeMap<String, u32>,
    /// Its address is a name or a socket: only services that resolve names can have it.
    pub(in crate::mesh) by_name: bool,
}

/// Workloads by namespace, to select from by labels without looking at all of them.
#[derive(Default)]
pub(in crate::mesh) struct Instances<'i> {
    all: BTreeMap<&'i str, Vec<&'i Instance>>,
    by_label: BTreeMap<(&'i str, &'i str, &'i str), Vec<&'i Instance>>,
}

impl<'i> FromIterator<&'i Instance> for Instances<'i> {
    fn from_iter<I: IntoIterator<Item = &'i Instance>>(instances: I) -> Self {
        let mut found = Self::default();
        for instance in instances {
            let namespace = instance.namespace.as_str();
            found.all.entry(namespace).or_default().push(instance);
            for (key, value) in instance.endpoint.labels.iter() {
                found.by_label.entry((namespace, key, value)).or_default().push(instance);
            }
        }
        found
    }
}

impl<'i> Instances<'i> {
    /// The workloads of a namespace that a selector takes, in their order; no labels take all.
    pub(in crate::mesh) fn selected(&self, namespace: &str, selector: &Labels) -> Vec<&'i Instance> {
        let lists = selector.iter().map(|(key, value)| self.by_label.get(&(namespace, key, value)));
        let shortest = match selector.is_empty() {
            true => self.all.get(namespace),
            // Each label has a list; the shortest holds the fewest that another label refuses.
            false => lists.min_by_key(|list| list.map_or(0, Vec::len)).flatten(),
        };
        let candidates = shortest.into_iter().flatten().copied();
        candidates.filter(|instance| selector.selects(&instance.endpoint.labels)).collect()
    }
}

/// A ready Pod.
pub(in crate::mesh) fn pod_instance(pod: &PodObject, site: &Site<'_>) -> Instance {
    Instance {
        namespace: pod.namespace().to_owned(),
        endpoint: from_kubernetes::endpoint(site, Some(pod), &pod.status.pod_ip),
        ports: from_kubernetes::named_ports(pod),
        by_name: false,
    }
}

/// A WorkloadEntry of its own; `None` while its health check fails or has not been made.
pub(in crate::mesh) fn workload_entry_instance(entry: &EntryObject, site: &Site<'_>) -> Option<Instance> {
    let annotations = &entry.meta.annotations;
    let checked = annotations.get("proxy.istio.io/health-checks-enabled").is_some_and(is_true);
    let healthy = entry.status.conditions.iter().any(|it| it.condition == "Healthy" && it.status == "True");
    if checked && !healthy {
        return None;
    }
    let mut labels = entry.spec.labels.clone();
    labels.0.extend(entry.meta.labels.0.iter().map(|(key, value)| (key.clone(), value.clone())));
    let name = annotations
        .get("istio.io/autoRegistrationGroup")
        .or_else(|| entry.meta.labels.get("service.istio.io/workload-name"))
        .unwrap_or(entry.name());
    Some(entry_instance(&entry.spec, labels, name, entry.namespace(), entry.origin(), site))
}

/// What Go's `strconv.ParseBool` takes for true.
fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

/// A WorkloadEntry, of its own or inside a ServiceEntry
/// (`serviceentry: convertWorkloadEntryToWorkloadInstance`).
pub(super) fn entry_instance(
    spec: &istio::WorkloadEntry,
    labels: Labels,
    name: &str,
    namespace: &str,
    origin: Origin,
    site: &Site<'_>,
) -> Instance {
    let address = &spec.address;
    let locality = Some(spec.locality.clone()).filter(|locality| !locality.is_empty());
    let locality = locality.or_else(|| locality_label(&labels)).unwrap_or_default();
    let network = match spec.network.as_str() {
        "" => site.network(address.as_str(), &labels),
        network => network.to_owned(),
    };
    let account = spec.service_account.as_str();
    let tls_mode = labels.get("security.istio.io/tlsMode").unwrap_or(match account {
        "" => "disabled",
        _ => "istio",
    });
    let endpoint = Endpoint {
        origins: vec![origin],
        addresses: vec![address.as_str().to_owned()],
        port: 0,
        service_port: String::new(),
        cluster_port: 0,
        service_account: if account.is_empty() { String::new() } else { site.spiffe_id(namespace, account) },
        network: spec.network.clone(),
        cluster: site.cluster.to_owned(),
        weight: spec.weight,
        tls_mode: tls_mode.to_owned(),
        health: EndpointHealth::Unknown,
        workload_name: name.to_owned(),
        namespace: namespace.to_owned(),
        hostname: String::new(),
        sub_domain: String::new(),
        node: String::new(),
        labels: site.with_topology(&labels, &locality, "", &network),
        locality,
    };
    let ports = spec.ports.iter().map(|(name, port)| (name.clone(), port.number())).collect();
    let by_name = !address.is_empty() && address.ip().is_none();
    Instance { namespace: namespace.to_owned(), endpoint, ports, by_name }
}
