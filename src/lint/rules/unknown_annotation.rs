//! An annotation in Istio's domain that Istio does not know.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::{Context, annotations};

declare_rule! {
    /// ## What it does
    /// Reports annotations in the domain `istio.io` that Istio does not have, on Namespaces, Services, Pods and what
    /// makes pods.
    /// ## Why is this bad
    /// Istio does not read them. Most often it is a typing error.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, annotations: {networking.istio.io/exportsTo: "."}}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, annotations: {networking.istio.io/exportTo: "."}}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0108/>,
    /// <https://istio.io/latest/docs/reference/config/annotations/>
    pub(super) RULE = { name: "unknown-annotation", codes: ["IST0108"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for annotation in annotations::written(context).iter().filter(|it| it.known().is_none()) {
        let message = format!("Istio has no annotation `{}`", annotation.name());
        let place = annotation.object.place(annotation.key);
        let unknown = Diagnostic::new(RULE.severity, RULE.name, place, message).labelled("this is not read");
        found.push(match annotations::nearest(annotation.name()) {
            Some(meant) => unknown.help(format!("did you mean `{meant}`?")),
            None => unknown.help("see the annotations that Istio has"),
        });
    }
}
