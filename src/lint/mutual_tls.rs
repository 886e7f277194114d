//! What PeerAuthentications ask of workloads (`istio: authn.ComposePeerAuthentication`).

use std::collections::BTreeMap;

use super::Context;
use super::selection::Selectors;
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
    selecting: Selectors<'a, PeerAuthentication>,
}

impl<'a> MutualTls<'a> {
    pub(super) fn new(context: &Context<'a>) -> Self {
        let root = context.mesh.config.root_namespace.as_str();
        let policies = &context.mesh.peer_authentications;
        let selecting = policies.iter().filter_map(|it| Some((it.namespace.as_str(), selector(it)?, it)));
        let mut found = Self { root, whole: BTreeMap::new(), selecting: Selectors::new(selecting) };
        for policy in policies.iter().filter(|it| selector(it).is_none()) {
            found.whole.entry(policy.namespace.as_str()).or_insert(policy);
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
        let said = self.selecting.taking(namespace, labels).into_iter().find_map(required);
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
