//! `gateway-port-not-in-service`.

use super::declare_rule;
use std::collections::{BTreeMap, BTreeSet};

use super::selector_without_workload::is_installed;
use crate::base::{Diagnostic, Diagnostics, Labels, Location};
use crate::lint::Context;
use crate::resource::kubernetes::IntOrString;
use crate::resource::kubernetes::service::Transport;

declare_rule! {
    /// ## What it does
    /// Reports a port of a Gateway that no Service of its routers has, neither as port nor as target
    /// port, where the input holds Services of them.
    /// ## Why is this bad
    /// The router listens, but nothing sends traffic to the port.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: gw, labels: {app: gw}}
    /// spec: {containers: [{name: istio-proxy, image: auto}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: gw}
    /// spec: {selector: {app: gw}, ports: [{name: http, port: 80, targetPort: 8080}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: public}
    /// spec:
    ///   selector: {app: gw}
    ///   servers:
    ///   - port: {number: 8004, name: http, protocol: HTTP}
    ///     hosts: [shop.example.com]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: gw, labels: {app: gw}}
    /// spec: {containers: [{name: istio-proxy, image: auto}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: gw}
    /// spec: {selector: {app: gw}, ports: [{name: http, port: 80, targetPort: 8080}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: public}
    /// spec:
    ///   selector: {app: gw}
    ///   servers:
    ///   - port: {number: 80, name: http, protocol: HTTP}
    ///     hosts: [shop.example.com]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0162/>
    pub(super) RULE = { name: "gateway-port-not-in-service", codes: ["IST0162"], severity: Warning, check: check };
}

/// The ports of the Service of Istio's own ingress gateway, for input without it
/// (`manifests/charts/gateways/istio-ingress/values.yaml`).
const INSTALLED: [u32; 6] = [80, 443, 15021, 15443, 31400, 15012];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    // Many Gateways are of the same routers.
    let mut known: BTreeMap<&Labels, Option<BTreeSet<u32>>> = BTreeMap::new();
    for gateway in &context.resources.gateways {
        let selector = &gateway.spec.selector;
        let Some(ports) = known.entry(selector).or_insert_with(|| ports(context, selector)) else { continue };
        for (at, server) in gateway.spec.servers.iter().enumerate() {
            let Some(number) = server.port.as_ref().and_then(|port| port.number).map(|number| number.number()) else {
                continue;
            };
            if ports.contains(&number) {
                continue;
            }
            let place = gateway.spec_origin().key("servers").index(at).key("port").key("number");
            let message = format!("no Service of this Gateway's routers has port {number}");
            let known: Vec<_> = ports.iter().map(|port| format!("`{port}`")).collect();
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .labelled("no traffic comes in here")
                    .help(format!("add the port to the Service; it has {}", known.join(", "))),
            );
        }
    }
}

/// The TCP ports and target ports of the Services of a Gateway's routers; `None` where the input
/// has no such router or Service.
fn ports(context: &Context<'_>, selector: &Labels) -> Option<BTreeSet<u32>> {
    let routers: Vec<_> = context.workloads(selector).collect();
    if routers.is_empty() {
        return is_installed(selector).then(|| INSTALLED.into());
    }
    // Routers of one Deployment have the same labels.
    let alike: BTreeSet<_> = routers.iter().map(|it| (it.namespace.as_str(), &it.labels)).collect();
    let services = alike.into_iter().flat_map(|(namespace, labels)| context.services_selecting(namespace, labels));
    let mut ports = BTreeSet::new();
    for service in services {
        for port in service.spec.ports.iter().filter(|port| port.protocol == Transport::Tcp) {
            ports.extend(port.port.map(|port| port.number()));
            if let Some(IntOrString::Int(number)) = port.target_port {
                ports.insert(number);
            }
        }
    }
    Some(ports).filter(|ports| !ports.is_empty())
}
