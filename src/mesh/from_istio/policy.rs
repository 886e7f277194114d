//! Sidecars, PeerAuthentications, and the policies that are not translated.

use std::sync::Arc;

use crate::mesh::{PeerAuthentication, Policy, PolicyKind, Sidecar};
use crate::resource::istio::Attached;
use crate::resource::{Object, Resources, istio};

/// Links all Sidecars, in Istio's order.
pub(in crate::mesh) fn sidecars(objects: &[Object<istio::Sidecar>]) -> Vec<Sidecar> {
    let sidecar = |object: &Object<istio::Sidecar>| Sidecar {
        origin: object.origin(),
        name: object.meta.name.clone(),
        namespace: object.meta.namespace.clone(),
        created: object.meta.creation_timestamp,
        spec: Arc::new(object.spec.clone()),
    };
    objects.iter().map(sidecar).collect()
}

/// Links all PeerAuthentications, in Istio's order.
pub(in crate::mesh) fn peer_authentications(objects: &[Object<istio::PeerAuthentication>]) -> Vec<PeerAuthentication> {
    let authentication = |object: &Object<istio::PeerAuthentication>| PeerAuthentication {
        origin: object.origin(),
        name: object.meta.name.clone(),
        namespace: object.meta.namespace.clone(),
        created: object.meta.creation_timestamp,
        spec: Arc::new(object.spec.clone()),
    };
    objects.iter().map(authentication).collect()
}

/// The policies that are not translated yet, by kind, namespace and name.
pub(in crate::mesh) fn policies(resources: &Resources) -> Vec<Policy> {
    let mut policies = of_kind(PolicyKind::AuthorizationPolicy, &resources.authorization_policies);
    policies.extend(of_kind(PolicyKind::RequestAuthentication, &resources.request_authentications));
    policies.extend(of_kind(PolicyKind::EnvoyFilter, &resources.envoy_filters));
    policies.extend(of_kind(PolicyKind::WasmPlugin, &resources.wasm_plugins));
    policies.extend(of_kind(PolicyKind::TrafficExtension, &resources.traffic_extensions));
    policies.extend(of_kind(PolicyKind::Telemetry, &resources.telemetries));
    policies.extend(resources.proxy_configs.iter().map(|object| Policy {
        origin: object.origin(),
        kind: PolicyKind::ProxyConfig,
        name: object.meta.name.clone(),
        namespace: object.meta.namespace.clone(),
        selector: object.spec.selector.as_ref().map(|selector| selector.match_labels.clone()).unwrap_or_default(),
        targets: Vec::new(),
    }));
    policies.sort_by(|a, b| (a.kind, &a.namespace, &a.name).cmp(&(b.kind, &b.namespace, &b.name)));
    policies
}

fn of_kind<S: Attached>(kind: PolicyKind, objects: &[Object<S>]) -> Vec<Policy> {
    let policy = |object: &Object<S>| Policy {
        origin: object.origin(),
        kind,
        name: object.meta.name.clone(),
        namespace: object.meta.namespace.clone(),
        selector: object.spec.selector().cloned().unwrap_or_default(),
        targets: object.spec.targets().into_iter().cloned().collect(),
    };
    objects.iter().map(policy).collect()
}
