//! A Sidecar for hosts that are not there.

use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports `hosts` of a Sidecar's egress that no service of the input has, where it holds services of that namespace.
    /// ## Why is this bad
    /// The workloads do not reach what is meant. Often it is a typing error.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default, namespace: shop}
    /// spec: {egress: [{hosts: [./wbe.shop.svc.cluster.local]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Sidecar
    /// metadata: {name: default, namespace: shop}
    /// spec: {egress: [{hosts: [./web.shop.svc.cluster.local]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "unknown-egress-host", codes: ["KIA1004"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mesh = context.mesh;
    if context.resources.sidecars.is_empty() {
        return;
    }
    let mut by_namespace: BTreeMap<&str, BTreeSet<HostPattern>> = BTreeMap::new();
    for service in &mesh.services {
        by_namespace.entry(service.namespace.as_str()).or_default().insert(service.hostname.as_str().into());
    }
    for service in &mesh.virtual_services {
        by_namespace.entry(service.namespace.as_str()).or_default().extend(service.hosts.iter().cloned());
    }
    for sidecar in &context.resources.sidecars {
        for (at, egress) in sidecar.spec.egress.iter().enumerate() {
            let origin = sidecar.spec_origin().key("egress").index(at).key("hosts");
            for (at, written) in egress.hosts.iter().enumerate().filter(|(_, it)| !it.host.is_any()) {
                let namespace = match written.namespace.as_deref() {
                    Some(".") => sidecar.namespace(),
                    // Any namespace may have it, also one that is not in the input.
                    Some("*" | "~") | None => continue,
                    Some(namespace) => namespace,
                };
                let Some(known) = by_namespace.get(namespace) else { continue };
                if known.contains(&written.host) || known.iter().any(|host| host.matches(&written.host)) {
                    continue;
                }
                let message = format!("no service in namespace `{namespace}` of the input has host `{}`", written.host);
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.index(at)), message)
                        .labelled("this lets the workloads reach nothing")
                        .help("check the name; hosts are written in full, as `./web.shop.svc.cluster.local`"),
                );
            }
        }
    }
}
