//! Whether workloads take mutual TLS, by PeerAuthentication.

use std::collections::BTreeMap;

use crate::base::Labels;
use crate::mesh::{Mesh, PeerAuthentication};
use crate::resource::istio::peer_authentication::{MutualTls, MutualTlsMode};

/// The mesh's PeerAuthentications by namespace, oldest first; of those without a selector only the
/// oldest of a namespace counts (`istio: model/authentication.go: addPeerAuthentication`).
#[derive(Clone, Debug)]
pub struct PeerAuthentications<'m> {
    root_namespace: &'m str,
    by_namespace: BTreeMap<&'m str, Namespace<'m>>,
}

#[derive(Clone, Debug, Default)]
struct Namespace<'m> {
    /// The one without selector.
    whole: Option<&'m PeerAuthentication>,
    /// Those with one, oldest first.
    workloads: Vec<&'m PeerAuthentication>,
}

impl<'m> PeerAuthentications<'m> {
    /// Indexes those of a mesh.
    pub fn new(mesh: &'m Mesh) -> Self {
        let mut sorted: Vec<&PeerAuthentication> = mesh.peer_authentications.iter().collect();
        sorted.sort_by(|a, b| (a.created, &a.name, &a.namespace).cmp(&(b.created, &b.name, &b.namespace)));
        let mut by_namespace: BTreeMap<&str, Namespace<'_>> = BTreeMap::new();
        for authentication in sorted {
            let namespace = by_namespace.entry(&authentication.namespace).or_default();
            if selector(authentication).is_some() {
                namespace.workloads.push(authentication);
            } else {
                namespace.whole.get_or_insert(authentication);
            }
        }
        Self { root_namespace: &mesh.config.root_namespace, by_namespace }
    }

    /// The mode of a namespace or else the mesh; `None` where neither says one, which is
    /// permissive (`istio: GetNamespaceMutualTLSMode`).
    pub fn of_namespace(&self, namespace: &str) -> Option<MutualTlsMode> {
        let mesh = self.whole(self.root_namespace).map(|mode| mode.unwrap_or(MutualTlsMode::Permissive));
        let own = if namespace == self.root_namespace { None } else { self.whole(namespace) };
        own.map(|mode| mode.or(mesh).unwrap_or(MutualTlsMode::Permissive)).or(mesh)
    }

    /// The mode of a workload's port (`istio: authn.ComposePeerAuthentication`).
    pub fn of_workload(&self, namespace: &str, labels: &Labels, port: u32) -> MutualTlsMode {
        let inherited = self.of_namespace(namespace).unwrap_or(MutualTlsMode::Permissive);
        let Some(workload) = self.for_workload(namespace, labels) else {
            return inherited;
        };
        let mode = set(workload.spec.mtls.as_ref()).unwrap_or(inherited);
        let of_port = workload.spec.port_level_mtls.iter().find(|(number, _)| number.number() == port);
        of_port.and_then(|(_, mtls)| set(Some(mtls))).unwrap_or(mode)
    }

    /// The ports of a workload that have a mode of their own, in order.
    pub fn ports_of_workload(&self, namespace: &str, labels: &Labels) -> impl Iterator<Item = u32> {
        let workload = self.for_workload(namespace, labels);
        workload.into_iter().flat_map(|one| one.spec.port_level_mtls.keys().map(|port| port.number()))
    }

    /// The one that selects a workload; selectors in the root namespace are ignored.
    fn for_workload(&self, namespace: &str, labels: &Labels) -> Option<&'m PeerAuthentication> {
        let own = self.by_namespace.get(namespace).filter(|_| namespace != self.root_namespace)?;
        let selects = |one: &&&PeerAuthentication| selector(one).is_some_and(|selector| selector.selects(labels));
        own.workloads.iter().find(selects).copied()
    }

    /// What the policy for a whole namespace says; `Some(None)` is one that inherits.
    fn whole(&self, namespace: &str) -> Option<Option<MutualTlsMode>> {
        let whole = self.by_namespace.get(namespace)?.whole?;
        Some(set(whole.spec.mtls.as_ref()))
    }
}

fn selector(authentication: &PeerAuthentication) -> Option<&Labels> {
    let selector = authentication.spec.selector.as_ref().map(|selector| &selector.match_labels);
    selector.filter(|labels| !labels.is_empty())
}

fn set(mtls: Option<&MutualTls>) -> Option<MutualTlsMode> {
    mtls.map(|mtls| mtls.mode).filter(|mode| *mode != MutualTlsMode::Unset)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::{Origin, ResourceId};

    fn authentication(namespace: &str, name: &str, spec: &str) -> PeerAuthentication {
        PeerAuthentication {
            origin: Origin::of(ResourceId(0)),
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            created: None,
            spec: Arc::new(serde_json::from_str(spec).expect("a PeerAuthentication")),
        }
    }

    #[test]
    fn port_workload_namespace_mesh() {
        let peer_authentications = vec![
            authentication("istio-system", "mesh", r#"{"mtls": {"mode": "STRICT"}}"#),
            authentication("shop", "whole", r#"{"mtls": {"mode": "DISABLE"}}"#),
            authentication("shop", "younger", r#"{"mtls": {"mode": "STRICT"}}"#),
            authentication(
                "shop",
                "web",
                r#"{"selector": {"matchLabels": {"app": "web"}}, "mtls": {"mode": "PERMISSIVE"},
                    "portLevelMtls": {"9000": {"mode": "STRICT"}, "9001": {"mode": "UNSET"}}}"#,
            ),
            authentication("unset", "whole", "{}"),
        ];
        let mesh = Mesh { peer_authentications, ..Mesh::default() };
        let index = PeerAuthentications::new(&mesh);
        assert_eq!(index.of_namespace("shop"), Some(MutualTlsMode::Disable));
        assert_eq!(index.of_namespace("unset"), Some(MutualTlsMode::Strict));
        assert_eq!(index.of_namespace("other"), Some(MutualTlsMode::Strict));
        assert_eq!(PeerAuthentications::new(&Mesh::default()).of_namespace("shop"), None);
        let web: Labels = [("app", "web")].into_iter().collect();
        assert_eq!(index.of_workload("shop", &web, 80), MutualTlsMode::Permissive);
        assert_eq!(index.of_workload("shop", &web, 9000), MutualTlsMode::Strict);
        assert_eq!(index.of_workload("shop", &web, 9001), MutualTlsMode::Permissive);
        assert_eq!(index.of_workload("shop", &Labels::default(), 80), MutualTlsMode::Disable);
    }
}
