//! HTTP attributes in a policy for workloads that speak no HTTP.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Labels, Location, Origin, ResourceId};
use crate::lint::Context;
use crate::mesh::{Registry, Service};
use crate::resource::istio::authorization_policy::{Action, Rule};

declare_rule! {
    /// ## What it does
    /// Reports a rule of an AuthorizationPolicy with action ALLOW that asks for attributes of HTTP, where the policy's
    /// selector takes workloads whose Services have ports of other protocols only.
    /// ## Why is this bad
    /// A connection that is not parsed as HTTP has no method, path, host or claims: the rule takes none of them, so what
    /// it is meant to allow is refused.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: db, namespace: shop}
    /// spec: {selector: {app: db}, ports: [{name: tcp-db, port: 5432}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: db, namespace: shop, labels: {app: db}}
    /// spec: {containers: [{name: db, image: db}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: db, namespace: shop}
    /// spec:
    ///   selector: {matchLabels: {app: db}}
    ///   rules: [{to: [{operation: {methods: [GET]}}]}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: db, namespace: shop}
    /// spec: {selector: {app: db}, ports: [{name: tcp-db, port: 5432}]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: db, namespace: shop, labels: {app: db}}
    /// spec: {containers: [{name: db, image: db}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: db, namespace: shop}
    /// spec:
    ///   selector: {matchLabels: {app: db}}
    ///   rules: [{to: [{operation: {ports: ["5432"]}}]}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/common-problems/security-issues/#make-sure-you-are-not-using-http-only-fields-on-tcp-ports>
    pub(super) RULE = { name: "allow-by-http-of-tcp-workload", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let of_clusters = context.mesh.services.iter().filter(|service| service.registry == Registry::Kubernetes);
    let services: BTreeMap<ResourceId, &Service> = of_clusters.map(|it| (it.origin.resource, it)).collect();
    // Policies with one selector have one answer.
    let mut known: BTreeMap<(&str, &Labels), Option<&Service>> = BTreeMap::new();
    for policy in &context.resources.authorization_policies {
        let spec = &policy.spec;
        let Some(labels) = spec.selector.as_ref().map(|it| &it.match_labels).filter(|it| !it.is_empty()) else {
            continue;
        };
        if spec.action != Action::Allow || spec.target_ref.is_some() || !spec.target_refs.is_empty() {
            continue;
        }
        for (at, rule) in spec.rules.iter().enumerate() {
            let place = policy.spec_origin().key("rules").index(at);
            let Some(place) = needs_http(rule, &place) else { continue };
            let service = known
                .entry((policy.namespace(), labels))
                .or_insert_with_key(|(namespace, labels)| without_http(context, &services, namespace, labels));
            if let Some(service) = service {
                found.push(report(place, service));
            }
        }
    }
}

/// Where a rule asks for what only HTTP has, in all its alternatives. Ports may be those of no Service, so a rule with
/// ports is left out.
fn needs_http(rule: &Rule, at: &Origin) -> Option<Origin> {
    let operations: Vec<_> = rule.to.iter().filter_map(|to| to.operation.as_ref()).collect();
    if operations.iter().any(|to| !to.ports.is_empty() || !to.not_ports.is_empty()) {
        return None;
    }
    let of_http = |values: &[&[String]]| values.iter().any(|values| !values.is_empty());
    if !operations.is_empty() && operations.iter().all(|to| of_http(&[&to.methods, &to.paths, &to.hosts])) {
        return Some(at.key("to"));
    }
    let sources: Vec<_> = rule.from.iter().filter_map(|from| from.source.as_ref()).collect();
    if !sources.is_empty() && sources.iter().all(|from| !from.request_principals.is_empty()) {
        return Some(at.key("from"));
    }
    let by_request = rule.when.iter().position(|it| it.key.starts_with("request.") && !it.values.is_empty())?;
    Some(at.key("when").index(by_request))
}

/// A Service of the workloads that labels take, if they have some and no port of any may carry HTTP.
fn without_http<'m>(
    context: &Context<'m>,
    services: &BTreeMap<ResourceId, &'m Service>,
    namespace: &str,
    labels: &Labels,
) -> Option<&'m Service> {
    let mut first = None;
    for workload in context.workloads(labels).filter(|workload| workload.namespace == namespace) {
        let selecting = context.services_selecting(namespace, &workload.labels);
        let mut of_workload = selecting.iter().filter_map(|it| services.get(&it.origin().resource).copied()).peekable();
        first = first.or(of_workload.peek().copied());
        of_workload.peek()?;
        if of_workload.any(|service| service.ports.iter().any(|port| port.protocol.is_http_or_sniffed())) {
            return None;
        }
    }
    first.filter(|service| !service.ports.is_empty())
}

fn report(place: Origin, service: &Service) -> Diagnostic {
    let message = format!(
        "this asks for HTTP, and the workload has no port of HTTP: Service `{}/{}` declares other protocols",
        service.namespace, service.object_name
    );
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
        .labelled("no connection to the workload fits")
        .related(Location::Value(service.origin.clone()), "its ports carry no HTTP")
        .help("allow by `ports`, `principals`, `namespaces` or `ipBlocks`, or declare the port's protocol as HTTP")
}
