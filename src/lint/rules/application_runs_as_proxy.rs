//! A container that runs as the user of the sidecar.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::resource::kubernetes::Pod;

/// The user that Istio's sidecar runs as.
const PROXY_UID: i64 = 1337;

declare_rule! {
    /// ## What it does
    /// Reports pods, and Deployments of pods, that run as user 1337, as a whole or in a container
    /// other than `istio-proxy`.
    /// ## Why is this bad
    /// Traffic of user 1337 is taken for the sidecar's own and goes around it: without mTLS,
    /// routes and policies.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   securityContext: {runAsUser: 1337}
    ///   containers: [{name: web, image: web}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   securityContext: {runAsUser: 1000}
    ///   containers: [{name: web, image: web}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0144/>
    pub(super) RULE = { name: "application-runs-as-proxy", codes: ["IST0144"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for pod in &context.resources.pods {
        check_pod(&pod.spec, &pod.spec_origin(), found);
    }
    let resources = context.resources;
    for objects in [&resources.deployments, &resources.stateful_sets, &resources.daemon_sets, &resources.replica_sets] {
        for object in objects {
            check_pod(&object.spec.template.spec, &object.spec_origin().key("template").key("spec"), found);
        }
    }
}

fn check_pod(pod: &Pod, origin: &Origin, found: &mut Diagnostics) {
    if pod.security_context.run_as_user == Some(PROXY_UID) {
        found.push(report(origin));
    }
    let lists = [("containers", &pod.containers), ("initContainers", &pod.init_containers)];
    for (key, containers) in lists {
        for (at, container) in containers.iter().enumerate() {
            if container.name != "istio-proxy" && container.security_context.run_as_user == Some(PROXY_UID) {
                found.push(report(&origin.key(key).index(at)));
            }
        }
    }
}

fn report(of: &Origin) -> Diagnostic {
    let place = Location::Value(of.key("securityContext").key("runAsUser"));
    Diagnostic::new(RULE.severity, RULE.name, place, "user 1337 is the sidecar's own")
        .labelled("its traffic goes around the sidecar")
        .help("run as another user")
}
