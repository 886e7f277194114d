//! Which policies apply to a proxy.

use super::{Proxy, ProxyView};
use crate::mesh::{Mesh, Policy};

/// The label of pods that a Kubernetes Gateway is deployed as.
const GATEWAY_NAME_LABEL: &str = "gateway.networking.k8s.io/gateway-name";

/// The policies that apply to the proxy and are not translated, by kind, namespace and name.
pub fn untranslated_policies<'m>(view: &ProxyView<'m>) -> Vec<&'m Policy> {
    view.mesh.policies.iter().filter(|policy| applies(policy, view.proxy, view.mesh)).collect()
}

/// Policies come from the proxy's own namespace and the mesh's root namespace, and choose by
/// labels or by the Kubernetes Gateway that the proxy is an instance of
/// (`istio: WorkloadPolicyMatcher.ShouldAttachPolicy`).
fn applies(policy: &Policy, proxy: &Proxy, mesh: &Mesh) -> bool {
    let own = policy.namespace == proxy.namespace;
    if !own && policy.namespace != mesh.config.root_namespace {
        return false;
    }
    if policy.targets.is_empty() {
        return policy.selector.selects(&proxy.labels);
    }
    let Some(gateway) = proxy.labels.get(GATEWAY_NAME_LABEL) else {
        return false;
    };
    own && policy.targets.iter().any(|target| {
        target.group == "gateway.networking.k8s.io"
            && target.kind == "Gateway"
            && target.name == gateway
            && (target.namespace.is_empty() || target.namespace == proxy.namespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Labels, Origin, ResourceId};
    use crate::mesh::PolicyKind;

    fn policy(namespace: &str, selector: &[(&str, &str)]) -> Policy {
        Policy {
            origin: Origin::of(ResourceId(0)),
            kind: PolicyKind::AuthorizationPolicy,
            name: "deny".to_owned(),
            namespace: namespace.to_owned(),
            selector: selector.iter().copied().collect::<Labels>(),
            targets: Vec::new(),
        }
    }

    #[test]
    fn root_and_own_namespace_by_labels() {
        let metadata = serde_json::json!({"NAMESPACE": "edge", "LABELS": {"istio": "edge"}});
        let node = "router~10.0.0.9~gw.edge~edge.svc.cluster.local".parse().expect("a node id");
        let proxy = Proxy::new(node, metadata);
        let mesh = Mesh::default();
        let applies = |policy: Policy| applies(&policy, &proxy, &mesh);
        assert!(applies(policy("edge", &[])));
        assert!(applies(policy("istio-system", &[("istio", "edge")])));
        assert!(!applies(policy("edge", &[("istio", "other")])));
        assert!(!applies(policy("shop", &[])));
        let targets = vec![crate::resource::istio::policy::TargetRef {
            group: "gateway.networking.k8s.io".to_owned(),
            kind: "Gateway".to_owned(),
            name: "gw".to_owned(),
            ..Default::default()
        }];
        assert!(!applies(Policy { targets, ..policy("edge", &[]) }));
    }
}
