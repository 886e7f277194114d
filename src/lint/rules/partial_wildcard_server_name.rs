//! A server name with a `*` that stands for a part of a label.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports `sniHosts` such as `*web.example.com`, in which the `*` stands for a part of a label only.
    /// ## Why is this bad
    /// Istio takes it and sends it to Envoy, which knows `*` as a whole label only and refuses the listener: all that
    /// is served on its port is lost.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   gateways: [edge]
    ///   tls:
    ///   - match: [{sniHosts: ["*-web.example.com"]}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: ["*.example.com"]
    ///   gateways: [edge]
    ///   tls:
    ///   - match: [{sniHosts: ["*.web.example.com", "*.example.com"]}]
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#TLSMatchAttributes>
    pub(super) RULE = { name: "partial-wildcard-server-name", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.virtual_services {
        for (rule, route) in object.spec.tls.iter().enumerate() {
            for (at, one) in route.matches.iter().enumerate() {
                let hosts = object.spec_origin().key("tls").index(rule).key("match").index(at).key("sniHosts");
                let partial = |host: &str| host.starts_with('*') && !matches!(host.get(1..2), None | Some("."));
                for (at, host) in one.sni_hosts.iter().enumerate().filter(|(_, host)| partial(host.as_str())) {
                    let message = format!("in server name `{host}` the `*` stands for a part of a label only");
                    let place = Location::Value(hosts.index(at));
                    found.push(
                        Diagnostic::new(RULE.severity, RULE.name, place, message)
                            .labelled("Envoy refuses the whole listener for it")
                            .help("write each name, or `*.` and what follows the first dot"),
                    );
                }
            }
        }
    }
}
