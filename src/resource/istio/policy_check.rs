//! What istiod refuses of how policies choose their proxies
//! (`pkg/config/validation: validateOneOfSelectorType, validatePolicyTargetReference`).

use super::LabelSelector;
use super::policy::TargetRef;
use crate::base::{Diagnostics, Location, Origin};
use crate::resource::check::{self, fault};

/// What a policy may be attached to: group and kind.
const TARGETS: [(&str, &str); 4] = [
    ("", "Service"),
    ("networking.istio.io", "ServiceEntry"),
    ("gateway.networking.k8s.io", "Gateway"),
    ("gateway.networking.k8s.io", "GatewayClass"),
];

/// The most targets that a policy may have (its CRD, `maxItems`).
const MOST_TARGETS: usize = 16;

/// Checks `selector`, `targetRef` and `targetRefs`, of which one may be written.
pub(super) fn check_choice(
    spec: &Origin,
    selector: Option<&LabelSelector>,
    target: Option<&TargetRef>,
    targets: &[TargetRef],
    out: &mut Diagnostics,
) {
    let written =
        [(selector.is_some(), "selector"), (target.is_some(), "targetRef"), (!targets.is_empty(), "targetRefs")];
    check_exclusive(spec, &written, out);
    if let Some(selector) = selector {
        check::selector(&spec.key("selector").key("matchLabels"), &selector.match_labels, out);
    }
    if let Some(target) = target {
        check_target(&spec.key("targetRef"), target, out);
    }
    check_targets(spec, targets, out);
}

/// Of some fields at most one is written.
pub(super) fn check_exclusive(spec: &Origin, written: &[(bool, &'static str)], out: &mut Diagnostics) {
    let mut written = written.iter().filter(|(written, _)| *written).map(|(_, key)| *key);
    let Some(first) = written.next() else { return };
    for key in written {
        let message = format!("`{first}` and `{key}` exclude each other");
        let first = Location::Key(spec.key(first));
        out.push(fault("conflicting-fields", &spec.key(key), message).related(first, "the other").help("keep one"));
    }
}

/// Checks `targetRefs`.
pub(super) fn check_targets(spec: &Origin, targets: &[TargetRef], out: &mut Diagnostics) {
    let at = spec.key("targetRefs");
    if targets.len() > MOST_TARGETS {
        let message = format!("{} targets, and at most {MOST_TARGETS} are allowed", targets.len());
        out.push(fault("too-many-entries", &at, message));
    }
    for (index, target) in targets.iter().enumerate() {
        check_target(&at.index(index), target, out);
    }
}

fn check_target(at: &Origin, TargetRef { group, kind, name, namespace }: &TargetRef, out: &mut Diagnostics) {
    if name.is_empty() {
        out.push(fault("missing-target-name", at, "a target needs a `name`"));
    } else if name.len() > 253 {
        out.push(fault("too-long", &at.key("name"), "the name of a target has at most 253 characters"));
    }
    if !namespace.is_empty() {
        let message = "a target is in the namespace of the policy: `namespace` is not supported";
        out.push(fault("target-in-other-namespace", &at.key("namespace"), message).help("remove it"));
    }
    let group = if group == "core" { "" } else { group };
    if kind.is_empty() {
        out.push(fault("missing-target-kind", at, "a target needs a `kind`"));
    } else if !TARGETS.contains(&(group, kind)) {
        let key = if TARGETS.iter().any(|(_, known)| known == kind) { "group" } else { "kind" };
        let message = format!("a policy cannot be attached to kind `{kind}` of group `{group}`");
        let known = TARGETS.map(|(group, kind)| format!("{kind} of `{group}`")).join(", ");
        out.push(fault("unknown-target", &at.key(key), message).help(format!("known targets: {known}")));
    }
}
