//! A ServiceEntry with resolution STATIC and no endpoints.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::istio::service_entry::Resolution;

declare_rule! {
    /// ## What it does
    /// Reports ServiceEntries with resolution STATIC that have neither `endpoints` nor a `workloadSelector`, where no
    /// other one gives the host endpoints.
    /// ## Why is this bad
    /// With STATIC requests go to the endpoints alone. There are none, so each gets 503.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   resolution: STATIC
    ///   ports: [{number: 80, name: http, protocol: HTTP}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   hosts: [web.example.com]
    ///   resolution: STATIC
    ///   ports: [{number: 80, name: http, protocol: HTTP}]
    ///   endpoints: [{address: 10.0.0.1}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry>
    pub(super) RULE = { name: "static-entry-without-endpoints", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for entry in &context.resources.service_entries {
        let spec = &entry.spec;
        let is_empty = spec.endpoints.is_empty() && spec.workload_selector.is_none();
        if spec.resolution != Resolution::Static || !is_empty || spec.ports.is_empty() {
            continue;
        }
        let served = spec.hosts.iter().any(|host| {
            let mut services = context.mesh.services_with_host(host.as_str());
            services.any(|service| service.namespace == entry.namespace() && !service.endpoints.is_empty())
        });
        if !served {
            let place = Location::Value(entry.spec_origin().key("resolution"));
            let message = format!("ServiceEntry `{}` is STATIC and has no endpoints", entry.name());
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, place, message)
                    .labelled("every request gets 503")
                    .help("add `endpoints` or a `workloadSelector`; with resolution DNS the host itself is looked up"),
            );
        }
    }
}
