//! An annotation that is to go.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::{Context, annotations};

declare_rule! {
    /// ## What it does
    /// Reports annotations of Istio that are deprecated. `sidecar.istio.io/inject` is not reported beside the label
    /// that replaces it.
    /// ## Why is this bad
    /// A later version of Istio does not read them.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, annotations: {sidecar.istio.io/inject: "false"}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {sidecar.istio.io/inject: "false"}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0135/>,
    /// <https://istio.io/latest/docs/reference/config/annotations/>
    pub(super) RULE = { name: "deprecated-annotation", codes: ["IST0135"], severity: Note, check: check };
}

/// Whether pods get a sidecar; there is a label of the same name.
const INJECT: &str = "sidecar.istio.io/inject";

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let all = annotations::written(context);
    for annotation in all.iter().filter(|it| it.known().is_some_and(|it| it.deprecated)) {
        let inject = annotation.name() == INJECT;
        if inject && annotation.metadata.get("labels").and_then(|labels| labels.get(INJECT)).is_some() {
            continue;
        }
        let message = format!("annotation `{}` is deprecated", annotation.name());
        let place = annotation.object.place(annotation.key);
        let deprecated = Diagnostic::new(RULE.severity, RULE.name, place, message);
        found.push(if inject { deprecated.help("use the label of the same name") } else { deprecated });
    }
}
