//! What istiod refuses of the metadata of its kinds (`pkg/config/validation: validateMetadata`).

use crate::base::{Diagnostic, Diagnostics, Location, Origin, ResourceId};
use crate::resource::kind::Kind;
use crate::resource::kubernetes::ObjectMeta;

/// The annotation of a policy that is only tried out.
pub(super) const DRY_RUN: &str = "istio.io/dry-run";

/// Annotations that istiod sets on what it derives, and that would lend others' rights to a user.
const INTERNAL: [&str; 3] =
    ["internal.istio.io/webhook-always-reject", "internal.istio.io/parent-namespace", "internal.istio.io/parents"];

/// Checks the annotations of an object of one of Istio's kinds.
pub(in crate::resource) fn check(kind: Kind, id: ResourceId, meta: &ObjectMeta, out: &mut Diagnostics) {
    for name in meta.annotations.0.keys() {
        let message = if INTERNAL.contains(&name.as_str()) {
            format!("`{name}` is set by istiod only")
        } else if name == DRY_RUN && kind != Kind::AuthorizationPolicy {
            format!("only an AuthorizationPolicy can be tried out, not a {}", kind.name())
        } else {
            continue;
        };
        let at = Location::Key(Origin::of(id).key("metadata").key("annotations").key(name.clone()));
        out.push(Diagnostic::error("annotation-not-allowed", at, message).help("remove the annotation"));
    }
}
