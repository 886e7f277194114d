//! What PeerAuthentications ask of workloads (`istio: authn.ComposePeerAuthentication`).

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

/// The mode of a namespace: its own, else the mesh's. The oldest PeerAuthentication counts.
pub(super) fn of_namespace<'a>(context: &Context<'a>, namespace: &str) -> Required<'a> {
    let root = context.mesh.config.root_namespace.as_str();
    [namespace, root].into_iter().find_map(|it| whole(context, it)).unwrap_or_else(default)
}

/// The mode of the workloads with these labels.
pub(super) fn of_workloads<'a>(context: &Context<'a>, namespace: &str, labels: &Labels) -> Required<'a> {
    let mut own = context.mesh.peer_authentications.iter().filter(|it| it.namespace == namespace);
    let selecting = own.find_map(|it| {
        let selector = selector(it).filter(|selector| selector.selects(labels))?;
        required(it).filter(|_| !selector.is_empty())
    });
    selecting.unwrap_or_else(|| of_namespace(context, namespace))
}

/// The selector of a PeerAuthentication, where it has one.
pub(super) fn selector(policy: &PeerAuthentication) -> Option<&Labels> {
    policy.spec.selector.as_ref().map(|it| &it.match_labels).filter(|it| !it.is_empty())
}

/// What a namespace's PeerAuthentication without selector says.
fn whole<'a>(context: &Context<'a>, namespace: &str) -> Option<Required<'a>> {
    let mut own = context.mesh.peer_authentications.iter().filter(|it| it.namespace == namespace);
    own.find(|it| selector(it).is_none()).and_then(required)
}

fn required(policy: &PeerAuthentication) -> Option<Required<'_>> {
    let mode = policy.spec.mtls.as_ref().map(|it| it.mode).filter(|mode| *mode != MutualTlsMode::Unset)?;
    Some(Required { mode, by: Some(policy) })
}

fn default<'a>() -> Required<'a> {
    Required { mode: MutualTlsMode::Permissive, by: None }
}
