//! An annotation on a kind that it is not for.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::{Context, annotations};

declare_rule! {
    /// ## What it does
    /// Reports annotations of Istio on an object of another kind than they are for, as one for pods on a Deployment
    /// instead of its template.
    /// ## Why is this bad
    /// Istio does not read them there.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web, annotations: {sidecar.istio.io/logLevel: debug}}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec: {containers: [{name: web, image: web}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}, annotations: {sidecar.istio.io/logLevel: debug}}
    ///     spec: {containers: [{name: web, image: web}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0107/>,
    /// <https://istio.io/latest/docs/reference/config/annotations/>
    pub(super) RULE = { name: "misplaced-annotation", codes: ["IST0107"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for annotation in annotations::written(context).iter().filter(|it| !it.is_in_place()) {
        let Some(known) = annotation.known() else { continue };
        let kinds = known.kinds.join(", ");
        let message = format!("annotation `{}` is not for a {}", known.name, annotation.kind);
        let misplaced = Diagnostic::new(RULE.severity, RULE.name, annotation.object.place(annotation.key), message)
            .labelled("this is not read here");
        let in_template = known.kinds.contains(&"Pod") && annotation.object.at(&["spec", "template"]).is_some();
        found.push(match in_template {
            true => misplaced.help("move it to `spec.template.metadata.annotations`"),
            false => misplaced.help(format!("it is for: {kinds}")),
        });
    }
}
