//! An annotation whose value Istio cannot read.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::{Context, annotation_values, annotations};

declare_rule! {
    /// ## What it does
    /// Reports values of Istio's annotations that are not what Istio reads: ports, ranges of addresses, numbers,
    /// quantities, and the settings in `proxy.istio.io/config`.
    /// ## Why is this bad
    /// The pod is not injected, or runs without the setting.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "http"}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "8080"}}
    /// spec: {containers: [{name: web, image: web}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0125/>,
    /// <https://istio.io/latest/docs/reference/config/annotations/>
    pub(super) RULE = { name: "unreadable-annotation-value", codes: ["IST0125"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for annotation in annotations::written(context).iter().filter(|it| it.is_in_place()) {
        // What is no text is told by who decodes the object.
        let Some(value) = annotation.value.as_str() else { continue };
        let Some(fault) = annotation_values::fault(annotation.name(), value) else { continue };
        let message = format!("the value of annotation `{}` cannot be read: {fault}", annotation.name());
        let place = annotation.object.place(annotation.value);
        found.push(Diagnostic::new(RULE.severity, RULE.name, place, message));
    }
}
