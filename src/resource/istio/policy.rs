//! What the kinds that are attached to proxies have in common.

use serde::Deserialize;

use crate::base::Labels;

/// A resource that a policy is attached to, `type.istio.io/PolicyTargetReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TargetRef {
    /// Its API group; empty for core kinds.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace; empty means the policy's.
    pub namespace: String,
}

/// A kind that chooses the proxies it applies to: by labels, by what it is attached to, or, with
/// neither, all of its namespace (of the mesh, from the root namespace).
pub trait Attached {
    /// The labels that choose workloads; `None` where it does not choose by labels.
    fn selector(&self) -> Option<&Labels>;

    /// What it is attached to by name (`targetRef`, `targetRefs`).
    fn targets(&self) -> Vec<&TargetRef>;
}

/// [`Attached`] for a kind with `selector` and `targetRefs`, and with `targetRef` where it is named.
macro_rules! attached {
    ($kind:ty $(, $single:ident)?) => {
        impl crate::resource::istio::policy::Attached for $kind {
            fn selector(&self) -> Option<&crate::base::Labels> {
                self.selector.as_ref().map(|selector| &selector.match_labels)
            }

            fn targets(&self) -> Vec<&crate::resource::istio::policy::TargetRef> {
                self.target_refs.iter()$(.chain(&self.$single))?.collect()
            }
        }
    };
}

pub(super) use attached;
