//! `unresolved-image-auto`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::kubernetes::Pod;

declare_rule! {
    /// ## What it does
    /// Reports a Pod whose `istio-proxy` has image `auto`.
    /// ## Why is this bad
    /// The injector puts the real image in its place. In a Pod that was not injected there is no such
    /// image, and it does not start.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: gw}
    /// spec: {containers: [{name: istio-proxy, image: auto}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: gw}
    /// spec: {containers: [{name: istio-proxy, image: example.com/proxyv2:1.2.3}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0147/>
    pub(super) RULE = { name: "unresolved-image-auto", codes: ["IST0147"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for pod in &context.resources.pods {
        let Some(at) = auto(&pod.spec) else { continue };
        let place = pod.spec_origin().key("containers").index(at).key("image");
        let message = format!("Pod `{}` has image `auto`, which the injector would have replaced", pod.name());
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                .help("make the Pod by a Deployment that is injected, or write the image"),
        );
    }
}

/// The proxy's container, where the injector is to choose its image.
pub(super) fn auto(pod: &Pod) -> Option<usize> {
    pod.containers.iter().position(|it| it.name == "istio-proxy" && it.image == "auto")
}
