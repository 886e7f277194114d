//! What PeerAuthentications ask of workloads (`istio: authn.ComposePeerAuthentication`).

use std::collections::BTreeMap;

use super::Context;
use crate::base::Labels;
use crate::mesh::PeerAuthentication;
use crate::resource::istio::peer_authentication::MutualTlsMode;

/// A mode, and the PeerAuthentication that says so; without one it is Istio's default.
#[derive(Clone, Copy, Debug)]
pub(super) struct Required<'a> {
    /// The mode; never unset.
    pub(super) mode: MutualTlsMode,
    /// Who says it.
    pub(super) by: Option<&'a PeerAuthentication>,
}

/// The PeerAuthentications of the input by namespace.
pub(super) struct MutualTls<'a> {
    root: &'a str,
    /// The oldest without selector; its others do not count.
    whole: BTreeMap<&'a str, &'a PeerAuthentication>,
    selecting: BTreeMap<&'a str, Vec<(&'a Labels, &'a PeerAuthentication)>>,
}

impl<'a> MutualTls<'a> {
    pub(super) fn new(context: &Context<'a>) -> Self {
        let root = context.mesh.config.root_namespace.as_str();
        let mut found = Self { root, whole: BTreeMap::new(), selecting: BTreeMap::new() };
        for policy in &context.mesh.peer_authentications {
            let namespace = policy.namespace.as_str();
            match selector(policy) {
                Some(selector) => found.selecting.entry(namespace).or_default().push((selector, policy)),
                None => drop(found.whole.entry(namespace).or_insert(policy)),
            }
        }
        found
    }

    /// The mode of the mesh as a whole.
    pub(super) fn of_mesh(&self) -> Required<'a> {
        self.of_namespace(self.root)
    }

    /// The mode of a namespace: its own, else the mesh's.
    pub(super) fn of_namespace(&self, namespace: &str) -> Required<'a> {
        let said = [namespace, self.root].into_iter().find_map(|it| required(self.whole.get(it)?));
        said.unwrap_or(Required { mode: MutualTlsMode::Permissive, by: None })
    }

    /// The mode of the workloads with these labels.
    pub(super) fn of_workloads(&self, namespace: &str, labels: &Labels) -> Required<'a> {
        let mut own = self.selecting.get(namespace).into_iter().flatten();
        let said = own.find_map(|(selector, policy)| required(policy).filter(|_| selector.selects(labels)));
        said.unwrap_or_else(|| self.of_namespace(namespace))
    }
}

/// The selector of a PeerAuthentication, where it has one.
pub(super) fn selector(policy: &PeerAuthentication) -> Option<&Labels> {
    policy.spec.selector.as_ref().map(|it| &it.match_labels).filter(|it| !it.is_empty())
}

fn required(policy: &PeerAuthentication) -> Option<Required<'_>> {
    let mode = policy.spec.mtls.as_ref().map(|it| it.mode).filter(|mode| *mode != MutualTlsMode::Unset)?;
    Some(Required { mode, by: Some(policy) })
}
