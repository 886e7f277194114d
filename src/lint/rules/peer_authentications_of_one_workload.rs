//! PeerAuthentications of which only one counts.

use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::mutual_tls::selector;
use crate::lint::selection::Selectors;
use crate::mesh::{PeerAuthentication, Workload};

declare_rule! {
    /// ## What it does
    /// Reports PeerAuthentications without selector in one namespace, and those of a namespace whose selectors take the
    /// same workload.
    /// ## Why is this bad
    /// Only the oldest counts; the others change nothing.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: one, namespace: shop}
    /// spec: {mtls: {mode: STRICT}}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: two, namespace: shop}
    /// spec: {mtls: {mode: PERMISSIVE}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: one, namespace: shop}
    /// spec: {mtls: {mode: STRICT}}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: two, namespace: shop}
    /// spec: {selector: {matchLabels: {app: web}}, mtls: {mode: PERMISSIVE}}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "peer-authentications-of-one-workload", codes: ["KIA0002", "KIA0003"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mut by_namespace: BTreeMap<&str, Vec<&PeerAuthentication>> = BTreeMap::new();
    for policy in &context.mesh.peer_authentications {
        by_namespace.entry(policy.namespace.as_str()).or_default().push(policy);
    }
    let mut workloads: BTreeMap<&str, Vec<&Workload>> = BTreeMap::new();
    for workload in &context.mesh.workloads {
        workloads.entry(workload.namespace.as_str()).or_default().push(workload);
    }
    let selecting = context.mesh.peer_authentications.iter();
    let selecting = Selectors::new(selecting.filter_map(|it| Some((it.namespace.as_str(), selector(it)?, it))));
    for (namespace, policies) in by_namespace.iter().filter(|(_, policies)| policies.len() > 1) {
        let whole: Vec<_> = policies.iter().copied().filter(|it| selector(it).is_none()).collect();
        if let Some((first, others)) = whole.split_first() {
            found.0.extend(others.iter().map(|other| report(first, other, "without a selector")));
        }
        let mut reported = BTreeSet::new();
        for workload in workloads.get(namespace).into_iter().flatten() {
            let mut taking = selecting.taking(namespace, &workload.labels).into_iter();
            let Some(first) = taking.next() else { continue };
            for other in taking {
                if reported.insert(&other.name) {
                    found.push(report(first, other, &format!("for workload `{}`", workload.name)));
                }
            }
        }
    }
}

fn report(first: &PeerAuthentication, other: &PeerAuthentication, what: &str) -> Diagnostic {
    let name = |it: &PeerAuthentication| Location::Value(it.origin.key("metadata").key("name"));
    let message = format!("PeerAuthentication `{}` is the one that counts {what}", first.name);
    Diagnostic::new(RULE.severity, RULE.name, name(other), message)
        .labelled("this one changes nothing there")
        .related(name(first), "the one that counts")
        .help("keep one of them, or make the selectors exclude each other")
}
