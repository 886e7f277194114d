//! Pods, pod templates and WorkloadEntries → workloads that a proxy may stand beside.

use std::collections::{BTreeMap, BTreeSet};

use super::pod::{PodObject, locality, workload_name};
use crate::base::Labels;
use crate::mesh::site::{Site, locality_label};
use crate::mesh::{Workload, WorkloadKind};
use crate::resource::{Object, Resources, istio, kubernetes};

/// All workloads, by namespace, name and kind. A template counts only where no Pod of the input
/// is made from it.
pub(in crate::mesh) fn workloads(resources: &Resources, site: &Site<'_>) -> Vec<Workload> {
    let pods = resources.pods.iter().filter(|pod| !pod.status.is_terminal());
    let mut workloads: Vec<Workload> = pods.clone().map(|pod| of_pod(pod, site)).collect();
    let made: BTreeSet<(&str, String)> = pods
        .flat_map(|pod| {
            let owners = pod.meta.owner_references.iter().map(|owner| owner.name.clone());
            owners.chain([workload_name(pod)]).map(|name| (pod.namespace(), name))
        })
        .collect();
    let by_label: ByLabel<'_> = pods_by_label(&resources.pods);
    let kinds = [
        (WorkloadKind::Deployment, &resources.deployments),
        (WorkloadKind::StatefulSet, &resources.stateful_sets),
        (WorkloadKind::DaemonSet, &resources.daemon_sets),
        (WorkloadKind::ReplicaSet, &resources.replica_sets),
    ];
    for (kind, objects) in kinds {
        let without_pods = objects.iter().filter(|object| {
            let named = made.contains(&(object.namespace(), object.name().to_owned()));
            !named && !selects_any(object, &by_label)
        });
        workloads.extend(without_pods.map(|object| of_template(kind, object, site)));
    }
    workloads.extend(resources.workload_entries.iter().map(|entry| of_entry(entry, site)));
    workloads.sort_by(|a, b| (&a.namespace, &a.name, a.kind).cmp(&(&b.namespace, &b.name, b.kind)));
    workloads
}

/// Pods by namespace and each of their labels.
type ByLabel<'r> = BTreeMap<(&'r str, &'r str, &'r str), Vec<&'r PodObject>>;

fn pods_by_label(pods: &[PodObject]) -> ByLabel<'_> {
    let mut by_label = ByLabel::new();
    for pod in pods {
        for (key, value) in pod.meta.labels.iter() {
            by_label.entry((pod.namespace(), key, value)).or_default().push(pod);
        }
    }
    by_label
}

fn selects_any(object: &Object<kubernetes::Workload>, pods: &ByLabel<'_>) -> bool {
    let selector = &object.spec.selector.match_labels;
    let first = selector.iter().next();
    let candidates = first.and_then(|(key, value)| pods.get(&(object.namespace(), key, value)));
    candidates.into_iter().flatten().any(|pod| selector.selects(&pod.meta.labels))
}

fn of_pod(pod: &PodObject, site: &Site<'_>) -> Workload {
    Workload {
        origin: pod.origin(),
        kind: WorkloadKind::Pod,
        name: pod.meta.name.clone(),
        namespace: pod.meta.namespace.clone(),
        workload_name: workload_name(pod),
        labels: pod.meta.labels.clone(),
        annotations: pod.meta.annotations.0.clone(),
        service_account: pod.spec.account().to_owned(),
        addresses: pod.status.addresses().into_iter().map(str::to_owned).collect(),
        locality: locality(site, pod),
        network: site.network(&pod.status.pod_ip, &pod.meta.labels),
    }
}

fn of_template(kind: WorkloadKind, object: &Object<kubernetes::Workload>, site: &Site<'_>) -> Workload {
    let template = &object.spec.template;
    Workload {
        origin: object.origin(),
        kind,
        name: object.meta.name.clone(),
        namespace: object.meta.namespace.clone(),
        workload_name: object.meta.name.clone(),
        labels: template.metadata.labels.clone(),
        annotations: template.metadata.annotations.0.clone(),
        service_account: template.spec.account().to_owned(),
        addresses: Vec::new(),
        locality: locality_label(&template.metadata.labels).unwrap_or_default(),
        network: site.network("", &template.metadata.labels),
    }
}

fn of_entry(entry: &Object<istio::WorkloadEntry, istio::WorkloadEntryStatus>, site: &Site<'_>) -> Workload {
    let mut labels: Labels = entry.spec.labels.clone();
    labels.0.extend(entry.meta.labels.0.clone());
    let locality = Some(entry.spec.locality.clone()).filter(|locality| !locality.is_empty());
    Workload {
        origin: entry.origin(),
        kind: WorkloadKind::WorkloadEntry,
        name: entry.meta.name.clone(),
        namespace: entry.meta.namespace.clone(),
        workload_name: entry.meta.name.clone(),
        annotations: entry.meta.annotations.0.clone(),
        service_account: entry.spec.service_account.clone(),
        addresses: entry.spec.address.ip().map(|ip| ip.to_string()).into_iter().collect(),
        locality: locality.or_else(|| locality_label(&labels)).unwrap_or_default(),
        network: match entry.spec.network.as_str() {
            "" => site.network(entry.spec.address.as_str(), &labels),
            network => network.to_owned(),
        },
        labels,
    }
}
