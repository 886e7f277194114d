//! A Service for a port that its pods do not have.

use std::collections::BTreeMap;

use super::declare_rule;
use super::service_port_without_protocol::is_checked;
use crate::base::{Diagnostic, Diagnostics, Labels, Location};
use crate::lint::Context;
use crate::resource::kubernetes::Pod;
use crate::resource::kubernetes::pod::ContainerPort;
use crate::resource::kubernetes::service::IntOrString;

declare_rule! {
    /// ## What it does
    /// Reports a `targetPort` by name that no container of the Service's workloads has, and one by number where all of
    /// these workloads list ports and none of them has it.
    /// ## Why is this bad
    /// Requests to the port are refused.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: htpp}]}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "target-port-not-exposed", codes: ["KIA0701"], severity: Warning, check: check };
}

/// Pods and templates of pods by namespace and each of their labels.
type Pods<'a> = BTreeMap<(&'a str, &'a str, &'a str), Vec<(&'a Labels, &'a Pod)>>;

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let pods = pods(context);
    for service in context.resources.services.iter().filter(|it| is_checked(it) && !it.spec.selector.is_empty()) {
        let first = service.spec.selector.iter().next();
        let all = first.and_then(|(key, value)| pods.get(&(service.namespace(), key, value)));
        let all = all.into_iter().flatten();
        let own: Vec<&Pod> = all.filter(|(labels, _)| service.spec.selector.selects(labels)).map(|it| it.1).collect();
        if own.is_empty() {
            continue;
        }
        let ports =
            || own.iter().flat_map(|pod| pod.init_containers.iter().chain(&pod.containers)).flat_map(|it| &it.ports);
        for (at, port) in service.spec.ports.iter().enumerate() {
            let number = |it: &ContainerPort| it.container_port.map(|it| it.number());
            let missing = match port.target() {
                Some(IntOrString::String(name)) => !ports().any(|it| it.name == name),
                Some(IntOrString::Int(target)) => {
                    let lists = |pod: &&Pod| pod.containers.iter().any(|it| !it.ports.is_empty());
                    own.iter().all(lists) && !ports().any(|it| number(it) == Some(target))
                }
                None => false,
            };
            let Some(target) = port.target().filter(|_| missing) else { continue };
            let origin = service.spec_origin().key("ports").index(at);
            let place = if port.target_port.is_some() { origin.key("targetPort") } else { origin.key("port") };
            let message = format!("no container of this Service's workloads has port `{target}`");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .help("check it against `ports` of the containers"),
            );
        }
    }
}

fn pods<'a>(context: &Context<'a>) -> Pods<'a> {
    let resources = context.resources;
    let mut pods = Pods::new();
    let mut add = |namespace: &'a str, labels: &'a Labels, pod: &'a Pod| {
        for (key, value) in labels.iter() {
            pods.entry((namespace, key, value)).or_default().push((labels, pod));
        }
    };
    for pod in &resources.pods {
        add(pod.namespace(), &pod.meta.labels, &pod.spec);
    }
    for objects in [&resources.deployments, &resources.stateful_sets, &resources.daemon_sets, &resources.replica_sets] {
        for object in objects {
            let template = &object.spec.template;
            add(object.namespace(), &template.metadata.labels, &template.spec);
        }
    }
    pods
}
