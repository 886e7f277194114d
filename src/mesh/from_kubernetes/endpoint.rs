//! EndpointSlices → endpoints (`kube/controller/endpointslice.go`). The old Endpoints are not
//! read, as in istiod.

use std::collections::{BTreeMap, BTreeSet};

use super::pod::{self, Pods};
use super::service::ServiceObject;
use crate::base::Labels;
use crate::mesh::site::Site;
use crate::mesh::{Endpoint, EndpointHealth};
use crate::resource::{Object, kubernetes};

/// Endpoints by namespace and name of the Service they are of, which may not be in the input.
pub(in crate::mesh) type SlicedEndpoints = BTreeMap<(String, String), Vec<Endpoint>>;

/// Reads all EndpointSlices. Of endpoints with the same address and port name the first in the
/// order of the slices' names counts.
pub(in crate::mesh) fn sliced_endpoints(
    slices: &[Object<kubernetes::EndpointSlice>],
    services: &BTreeMap<(&str, &str), &ServiceObject>,
    pods: &Pods<'_>,
    site: &Site<'_>,
) -> SlicedEndpoints {
    let mut slices: Vec<_> = slices.iter().collect();
    slices.sort_by_key(|slice| (slice.namespace(), slice.name()));
    let mut endpoints: BTreeMap<(String, String), OfService> = BTreeMap::new();
    for slice in slices {
        let labels = &slice.meta.labels;
        let service = labels.get("kubernetes.io/service-name").unwrap_or_default();
        let imported = labels.get("multicluster.kubernetes.io/service-name").is_some();
        if service.is_empty() || imported || slice.spec.address_type == "FQDN" {
            continue;
        }
        let object = services.get(&(slice.namespace(), service)).copied();
        let found = slice_endpoints(slice, object, pods, site);
        if found.is_empty() {
            continue;
        }
        let of_service = endpoints.entry((slice.namespace().to_owned(), service.to_owned())).or_default();
        for endpoint in found {
            let address = endpoint.addresses.first().cloned().unwrap_or_default();
            if of_service.seen.insert((address, endpoint.service_port.clone())) {
                of_service.endpoints.push(endpoint);
            }
        }
    }
    endpoints.into_iter().map(|(key, of_service)| (key, of_service.endpoints)).collect()
}

/// The endpoints of a service, and their addresses and port names.
#[derive(Default)]
struct OfService {
    endpoints: Vec<Endpoint>,
    seen: BTreeSet<(String, String)>,
}

fn slice_endpoints(
    slice: &Object<kubernetes::EndpointSlice>,
    service: Option<&ServiceObject>,
    pods: &Pods<'_>,
    site: &Site<'_>,
) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for (at, written) in slice.spec.endpoints.iter().enumerate() {
        let health = health(&written.conditions, service);
        for address in &written.addresses {
            let target = written.target_ref.as_ref().filter(|target| target.kind == "Pod");
            let pod = match target {
                Some(target) => match pods.named(&target.namespace, &target.name) {
                    Some(pod) => Some(pod),
                    // Istiod waits for the pod rather than send an endpoint without its identity.
                    None => continue,
                },
                None => pods.at(slice.namespace(), address),
            };
            let mut endpoint = pod::endpoint(site, pod, address);
            endpoint.origins.insert(0, slice.origin().key("endpoints").index(at));
            endpoint.health = health;
            endpoints.extend(slice.spec.ports.iter().map(|port| Endpoint {
                port: port.port.map_or(0, |port| port.number()),
                service_port: port.name.clone().unwrap_or_default(),
                ..endpoint.clone()
            }));
        }
    }
    endpoints
}

/// What the conditions mean (`endpointHealthStatus`). Draining is only told apart for services
/// with persistent sessions; an absent condition counts as true.
fn health(conditions: &kubernetes::endpoints::EndpointConditions, service: Option<&ServiceObject>) -> EndpointHealth {
    if conditions.ready.unwrap_or(true) {
        return EndpointHealth::Healthy;
    }
    let Some(service) = service.filter(|_| conditions.terminating.unwrap_or(true)) else {
        return EndpointHealth::Unhealthy;
    };
    if keeps_sessions(&service.meta.labels) && conditions.serving.unwrap_or(true) {
        EndpointHealth::Draining
    } else {
        EndpointHealth::Terminating
    }
}

fn keeps_sessions(labels: &Labels) -> bool {
    ["istio.io/persistent-session", "istio.io/persistent-session-header"]
        .iter()
        .any(|key| labels.get(key).is_some_and(|value| !value.is_empty()))
}
