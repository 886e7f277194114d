//! `lightstep-tracing`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports tracing of a Telemetry with a provider that MeshConfig defines as `lightstep`.
    /// ## Why is this bad
    /// Lightstep is deprecated: Envoy has dropped its tracer in favour of OpenTelemetry.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio, namespace: istio-system}
    /// data:
    ///   mesh: |
    ///     extensionProviders:
    ///     - {name: traces, lightstep: {service: traces.example.com, port: 443, accessToken: t}}
    /// ---
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: traces, namespace: istio-system}
    /// spec: {tracing: [{providers: [{name: traces}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio, namespace: istio-system}
    /// data:
    ///   mesh: |
    ///     extensionProviders:
    ///     - {name: traces, opentelemetry: {service: traces.example.com, port: 4317}}
    /// ---
    /// apiVersion: telemetry.istio.io/v1
    /// kind: Telemetry
    /// metadata: {name: traces, namespace: istio-system}
    /// spec: {tracing: [{providers: [{name: traces}]}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0002/>
    pub(super) RULE = { name: "lightstep-tracing", codes: ["IST0002"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let providers = &context.mesh.config.extension_providers;
    for telemetry in context.policies("Telemetry") {
        let tracing = telemetry.spec.and_then(|spec| spec.get("tracing")).map(Node::elements).unwrap_or_default();
        for (at, one) in tracing.iter().enumerate() {
            for (place, provider) in one.get("providers").map(Node::elements).unwrap_or_default().iter().enumerate() {
                let name = provider.get("name").and_then(Node::as_str).unwrap_or_default();
                if !providers.iter().any(|it| it.name == name && it.lightstep.is_some()) {
                    continue;
                }
                let origin = telemetry.origin.key("spec").key("tracing").index(at).key("providers").index(place);
                let message = format!("provider `{name}` is Lightstep, which is deprecated");
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.key("name")), message)
                        .help("define an `opentelemetry` provider in MeshConfig instead"),
                );
            }
        }
    }
}
