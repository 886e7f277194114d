//! A provider that the settings of the mesh do not have.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::resource::istio::telemetry::ProviderRef;

declare_rule! {
    /// ## What it does
    /// Reports providers that a Telemetry, or an AuthorizationPolicy with action CUSTOM, names and that are not in
    /// `extensionProviders` of the MeshConfig, where the input has one.
    /// ## Why is this bad
    /// With a CUSTOM provider that does not exist every request is denied. Telemetry without its provider is not sent.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   action: CUSTOM
    ///   provider: {name: checker}
    ///   rules: [{}]
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio, namespace: istio-system}
    /// data:
    ///   mesh: |
    ///     extensionProviders:
    ///     - name: check
    ///       envoyExtAuthzGrpc: {service: check.default.svc.cluster.local, port: 9000}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   action: CUSTOM
    ///   provider: {name: check}
    ///   rules: [{}]
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio, namespace: istio-system}
    /// data:
    ///   mesh: |
    ///     extensionProviders:
    ///     - name: check
    ///       envoyExtAuthzGrpc: {service: check.default.svc.cluster.local, port: 9000}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider>
    pub(super) RULE = { name: "unknown-extension-provider", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    // Without the settings of the mesh nothing is known of its providers.
    if context.resources.mesh.is_none() {
        return;
    }
    let known: BTreeSet<&str> = context.mesh.config.extension_providers.iter().map(|it| it.name.as_str()).collect();
    for object in &context.resources.authorization_policies {
        let Some(provider) = object.spec.provider.as_ref().filter(|it| !known.contains(it.name.as_str())) else {
            continue;
        };
        if !provider.name.is_empty() {
            let place = object.spec_origin().key("provider").key("name");
            found.push(report(&place, &provider.name, "every request is denied", &known));
        }
    }
    for object in &context.resources.telemetries {
        let spec = object.spec_origin();
        for (key, at, providers) in telemetry(&object.spec) {
            let unknown = providers.iter().enumerate().filter(|(_, it)| !known.contains(it.name.as_str()));
            for (index, provider) in unknown.filter(|(_, it)| !it.name.is_empty()) {
                let place = spec.key(key).index(at).key("providers").index(index).key("name");
                found.push(report(&place, &provider.name, "nothing is sent", &known));
            }
        }
    }
}

/// The lists of providers of a Telemetry, with the field and the index they are at.
fn telemetry(spec: &crate::resource::istio::Telemetry) -> Vec<(&'static str, usize, &[ProviderRef])> {
    let tracing = spec.tracing.iter().enumerate().map(|(at, it)| ("tracing", at, it.providers.as_slice()));
    let metrics = spec.metrics.iter().enumerate().map(|(at, it)| ("metrics", at, it.providers.as_slice()));
    let logging = spec.access_logging.iter().enumerate().map(|(at, it)| ("accessLogging", at, it.providers.as_slice()));
    tracing.chain(metrics).chain(logging).collect()
}

fn report(place: &Origin, name: &str, label: &str, known: &BTreeSet<&str>) -> Diagnostic {
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("the MeshConfig has no extension provider `{name}`");
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place.clone()), message)
        .labelled(label.to_owned())
        .help(format!("it has {}", names.join(", ")))
}
