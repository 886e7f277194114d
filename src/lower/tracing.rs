//! Tracing of HTTP connection managers, from the mesh's and the proxy's configuration.

use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics, Location};
use crate::ir::http::{CustomTag, CustomTagValue, Tracing};
use crate::lower::defaults;
use crate::lower::settings::{Settings, text};
use crate::proxy::{Proxy, ProxyView};
use crate::resource::istio::proxy_defaults;

/// Sampling and tags where the mesh traces at all (`istio: core/tracing.go:
/// configureTracingFromTelemetry`, the part without a Telemetry resource).
pub fn tracing(view: &ProxyView<'_>, settings: &Settings<'_>) -> (Option<Tracing>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let config = &view.mesh.config;
    if let Some(provider) = config.default_providers.tracing.first() {
        let message = format!("the tracing provider `{provider}` of `defaultProviders` is not translated");
        diagnostics.push(Diagnostic::warning("unsupported-field", Location::Nowhere, message));
    }
    if !config.enable_tracing {
        return (None, diagnostics);
    }
    let written = settings.proxy_config.tracing.as_ref();
    let sampling = written.map_or(0.0, |tracing| tracing.sampling);
    let random_sampling = if sampling == 0.0 || sampling > 100.0 { defaults::TRACE_SAMPLING } else { sampling };
    let mut tags: BTreeMap<String, CustomTagValue> = BTreeMap::new();
    if written.and_then(|tracing| tracing.enable_istio_tags).unwrap_or(true) {
        tags.extend(workload_tags(view.proxy).into_iter().chain(dry_run_tags()));
    }
    // A tag of the user with Istio's name comes beside it in Istio's list; Envoy lets the last win,
    // and so does this.
    let custom = written.map(|tracing| &tracing.custom_tags).into_iter().flatten();
    tags.extend(custom.filter_map(|(name, tag)| Some((name.clone(), custom_tag(tag)?))));
    let tracing = Tracing {
        client_sampling: 100.0,
        random_sampling,
        overall_sampling: 100.0,
        max_path_tag_length: written.map(|tracing| tracing.max_path_tag_length).filter(|length| *length != 0),
        custom_tags: tags.into_iter().map(|(tag, value)| CustomTag { tag, value }).collect(),
        spawn_upstream_span: None,
    };
    (Some(tracing), diagnostics)
}

/// What the span's proxy is (`istio: core.buildServiceTags`).
fn workload_tags(proxy: &Proxy) -> [(String, CustomTagValue); 5] {
    let metadata = |key: &str| text(proxy, key).filter(|value| !value.is_empty());
    let label = |key: &str| proxy.labels.get(key).filter(|value| !value.is_empty());
    let tag = |name: &str, value: Option<&str>, otherwise: &str| {
        (format!("istio.{name}"), CustomTagValue::Literal(value.unwrap_or(otherwise).to_owned()))
    };
    [
        tag("canonical_revision", label("service.istio.io/canonical-revision"), "latest"),
        tag("canonical_service", label("service.istio.io/canonical-name"), "unknown"),
        tag("mesh_id", metadata("MESH_ID"), "unknown"),
        tag("namespace", metadata("NAMESPACE"), "default"),
        tag("cluster_id", metadata("CLUSTER_ID"), "unknown"),
    ]
}

/// What dry-run AuthorizationPolicies would have done; empty where there is none
/// (`istio: core.optionalPolicyTags`).
fn dry_run_tags() -> [(String, CustomTagValue); 4] {
    let tag = |action: &str, what: &str, key: &str| {
        let value = CustomTagValue::RequestMetadata {
            key: "envoy.filters.http.rbac".to_owned(),
            path: vec![format!("istio_dry_run_{action}_shadow_{key}")],
        };
        (format!("istio.authorization.dry_run.{action}_policy.{what}"), value)
    };
    [
        tag("allow", "name", "effective_policy_id"),
        tag("allow", "result", "engine_result"),
        tag("deny", "name", "effective_policy_id"),
        tag("deny", "result", "engine_result"),
    ]
}

fn custom_tag(tag: &proxy_defaults::CustomTag) -> Option<CustomTagValue> {
    match tag {
        proxy_defaults::CustomTag { environment: Some(environment), .. } => Some(CustomTagValue::Environment {
            name: environment.name.clone(),
            default: environment.default_value.clone(),
        }),
        proxy_defaults::CustomTag { header: Some(header), .. } => {
            Some(CustomTagValue::Header { name: header.name.clone(), default: header.default_value.clone() })
        }
        proxy_defaults::CustomTag { literal: Some(literal), .. } => {
            Some(CustomTagValue::Literal(literal.value.clone()))
        }
        proxy_defaults::CustomTag { literal: None, environment: None, header: None } => None,
    }
}
