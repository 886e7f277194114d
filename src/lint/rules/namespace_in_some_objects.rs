//! An object without namespace beside others that have one.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, FileId, Location, Origin, ResourceId};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports Istio's objects without `metadata.namespace` in files where other objects of Istio have one.
    /// ## Why is this bad
    /// Such an object goes to the namespace of whoever applies it. Short names of hosts and Gateways are those of that
    /// namespace, so the same file means different things.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge, namespace: prod}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.com]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [prod/edge]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge, namespace: prod}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - {port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.com]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web, namespace: prod}
    /// spec:
    ///   hosts: [web.example.com]
    ///   gateways: [prod/edge]
    ///   http:
    ///   - route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination>
    pub(super) RULE = { name: "namespace-in-some-objects", codes: [], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    // The first object of each file with a namespace, and the first without.
    let mut files: BTreeMap<FileId, [Option<Origin>; 2]> = BTreeMap::new();
    for (at, info) in context.resources.infos.iter().enumerate() {
        if !info.api_version.contains(".istio.io/") {
            continue;
        }
        let metadata = Origin::of(ResourceId(at as u32)).key("metadata");
        let is_written = context.node(&metadata.key("namespace")).is_some();
        let first = files.entry(info.file).or_default();
        first[usize::from(is_written)].get_or_insert(metadata);
    }
    for [without, with] in files.into_values() {
        let Some((without, with)) = without.zip(with) else { continue };
        let place = Location::Value(without.key("name"));
        let message = "this object has no namespace, and others of the file have one";
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .labelled("it goes to the namespace of whoever applies the file")
                .related(Location::Value(with.key("namespace")), "this one has a namespace")
                .help("write `namespace` in each object"),
        );
    }
}
