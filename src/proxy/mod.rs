//! One proxy, and what it sees of the mesh: selection and visibility.
//!
//! A [`Proxy`] is who asks; a [`ProxyView`] borrows from the [`Mesh`](crate::mesh::Mesh) what
//! istiod would let it see. Nothing is decided here about Envoy.

mod capture;
mod choice;
mod node;
mod policy;
mod scope;
mod service_target;
mod view;

pub use capture::capture_annotations;
pub use choice::{Named, Router, all, from_workload, routers};
pub use node::{NodeId, NodeIdError, Proxy, ProxyKind};
pub use policy::untranslated_policies;
pub use scope::Egress;
pub use service_target::{ServiceTarget, service_targets};
pub use view::{ProxyView, view};
