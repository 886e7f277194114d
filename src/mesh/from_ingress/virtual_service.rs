//! The rules of all Ingresses → one VirtualService for each host.

use std::collections::BTreeMap;

use super::{GATEWAY_NAMESPACE, NAME_SUFFIX, gateway_name};
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location, Origin, Port};
use crate::mesh::{Rule, Semantics, VirtualService, Visibility, names};
use crate::resource::Object;
use crate::resource::istio::MeshConfig;
use crate::resource::istio::virtual_service::{
    Destination, HttpMatchRequest, HttpRoute, HttpRouteDestination, PortSelector, StringMatch,
};
use crate::resource::kubernetes::ingress::{IngressBackend, IngressPath, IngressServiceBackend, PathType};
use crate::resource::kubernetes::{Ingress, Service, ServiceStatus};

/// What the rules of Ingresses are read against.
pub(super) struct Scope<'r> {
    /// Where ports are looked up by name.
    pub services: &'r [Object<Service, ServiceStatus>],
    /// Who sees the result.
    pub config: &'r MeshConfig,
    /// The suffix of Kubernetes' hostnames.
    pub domain: &'r str,
}

/// One VirtualService for each host, by the text of the host. It is bound to the Gateway of the
/// host's first Ingress, and it is that Ingress's in name and namespace.
pub(super) fn virtual_services(
    ingresses: &[&Object<Ingress>],
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<VirtualService> {
    let mut by_host: BTreeMap<&str, HostRules<'_>> = BTreeMap::new();
    // Resources are by creation time, name and namespace, and so are the rules of a host.
    for ingress in ingresses {
        if ingress.spec.default_backend.is_some() {
            diagnostics.push(default_backend(ingress));
        }
        for (at, rule) in ingress.spec.rules.iter().enumerate() {
            let origin = ingress.spec_origin().key("rules").index(at);
            let Some(http) = &rule.http else {
                diagnostics.push(no_paths(ingress, &rule.host, origin));
                continue;
            };
            let host = if rule.host.is_empty() { "*" } else { rule.host.as_str() };
            let first = HostRules { ingress, origin: origin.clone(), http: Vec::new() };
            let rules = by_host.entry(host).or_insert(first);
            let paths = origin.key("http").key("paths");
            rules.http.extend(http.paths.iter().enumerate().filter_map(|(at, path)| {
                let origin = paths.index(at);
                let spec = http_route(path, ingress.namespace(), &origin, scope, diagnostics)?;
                let mut rule = Rule::written(origin, 0, spec);
                rule.origins.extend(named_port_origin(path, ingress.namespace(), scope));
                Some(rule)
            }));
        }
    }
    by_host.into_iter().map(|(host, rules)| virtual_service(host, rules, scope)).collect()
}

/// The routes of a host, with its first Ingress and that one's rule.
struct HostRules<'r> {
    ingress: &'r Object<Ingress>,
    origin: Origin,
    http: Vec<Rule<HttpRoute>>,
}

fn virtual_service(host: &str, rules: HostRules<'_>, scope: &Scope<'_>) -> VirtualService {
    let HostRules { ingress, origin, mut http } = rules;
    // Longer paths first, of equal ones exact before prefix; else in the order of the rules
    // (`virtualservices.go: sortHTTPRoutes`).
    http.sort_by_key(|rule| std::cmp::Reverse(path_rank(&rule.spec)));
    let name = format!("{}-{}-{NAME_SUFFIX}", host.replace('.', "-"), ingress.name());
    let namespace = ingress.namespace();
    VirtualService {
        origin,
        config_path: format!("/apis/networking.istio.io/v1/namespaces/{namespace}/virtual-service/{name}").into(),
        name,
        namespace: namespace.to_owned(),
        created: None,
        annotations: BTreeMap::new(),
        visibility: Visibility::resolve(&[], &scope.config.default_virtual_service_export_to, namespace),
        hosts: vec![names::hostname(host.into(), namespace, scope.domain)],
        gateways: vec![format!("{GATEWAY_NAMESPACE}/{}", gateway_name(ingress))],
        http,
        tls: Vec::new(),
        tcp: Vec::new(),
        semantics: Semantics::Ingress,
    }
}

/// The length of a route's path in bytes, and whether it is exact.
fn path_rank(route: &HttpRoute) -> (usize, bool) {
    match route.matches.first().and_then(|condition| condition.uri.as_ref()) {
        Some(StringMatch::Exact(path)) => (path.len(), true),
        Some(StringMatch::Prefix(path)) => (path.len(), false),
        Some(StringMatch::Regex(_) | StringMatch::Unset) | None => (0, false),
    }
}

/// The route of a path; `None`, and a finding, where its backend cannot be found.
fn http_route(
    path: &IngressPath,
    namespace: &str,
    origin: &Origin,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<HttpRoute> {
    let IngressPath { path, path_type, backend } = path;
    let uri = match path_type {
        Some(PathType::Exact) => Some(StringMatch::Exact(path.clone())),
        Some(PathType::Prefix) => Some(StringMatch::Prefix(path.clone())),
        Some(PathType::ImplementationSpecific) | None => implementation_specific(path),
    };
    if let (Some(StringMatch::Exact(text)), false) = (&uri, *path_type == Some(PathType::Exact)) {
        diagnostics.extend(literal_path(text, origin));
    }
    let destination = match service_port(backend, namespace, scope) {
        Ok((service, number)) => Destination {
            host: format!("{}.{namespace}.svc.{}", service.name, scope.domain).into(),
            subset: String::new(),
            port: Some(PortSelector { number: Some(number) }),
        },
        Err(why) => {
            diagnostics.push(no_backend(why, backend, namespace, origin));
            return None;
        }
    };
    let matches = uri.map(|uri| HttpMatchRequest { uri: Some(uri), ..HttpMatchRequest::default() });
    Some(HttpRoute {
        matches: matches.into_iter().collect(),
        route: vec![HttpRouteDestination { destination: Some(destination), weight: 100, headers: None }],
        ..HttpRoute::default()
    })
}

/// Paths of no or Istio's own type: a wildcard at the end makes a prefix, nothing else is special
/// (`virtualservices.go: createFallbackStringMatch`).
fn implementation_specific(path: &str) -> Option<StringMatch> {
    if matches!(path, "" | "*" | "/*" | ".*") {
        return None;
    }
    let prefix = path.strip_suffix(".*").or_else(|| path.strip_suffix("/*"));
    Some(match prefix {
        Some(prefix) => StringMatch::Prefix(prefix.to_owned()),
        None => StringMatch::Exact(path.to_owned()),
    })
}

/// Why a backend is not found.
enum Unfound<'r> {
    /// It names no Service.
    NoService,
    /// It names a Service that is not in the input, and its port by name.
    UnknownService,
    /// The Service has no port of this name.
    UnknownPort(&'r Object<Service, ServiceStatus>),
}

/// A backend's Service and the number of its port. A number is taken as it is; a name is looked
/// up, and so is no name at all: it finds a port without name.
fn service_port<'b, 'r>(
    backend: &'b IngressBackend,
    namespace: &str,
    scope: &Scope<'r>,
) -> Result<(&'b IngressServiceBackend, Port), Unfound<'r>> {
    let named = backend.service.as_ref().ok_or(Unfound::NoService)?;
    if let Some(number) = named.port.number {
        return Ok((named, number));
    }
    let found = scope.services.iter().find(|service| service.name() == named.name && service.namespace() == namespace);
    let service = found.ok_or(Unfound::UnknownService)?;
    let port = service.spec.ports.iter().find(|port| port.name == named.port.name).and_then(|port| port.port);
    Ok((named, port.ok_or(Unfound::UnknownPort(service))?))
}

/// The port of the Service that a backend names by name.
fn named_port_origin(path: &IngressPath, namespace: &str, scope: &Scope<'_>) -> Option<Origin> {
    let named = path.backend.service.as_ref().filter(|named| named.port.number.is_none())?;
    let mut services = scope.services.iter();
    let service = services.find(|service| service.name() == named.name && service.namespace() == namespace)?;
    let at = service.spec.ports.iter().position(|port| port.name == named.port.name)?;
    Some(service.spec_origin().key("ports").index(at))
}

fn no_backend(why: Unfound<'_>, backend: &IngressBackend, namespace: &str, origin: &Origin) -> Diagnostic {
    let at = origin.key("backend");
    let IngressServiceBackend { name, port } = backend.service.clone().unwrap_or_default();
    let port_at = Location::Value(at.key("service").key("port"));
    let finding = match why {
        Unfound::NoService => {
            let message = match &backend.resource {
                Some(resource) => format!("Istio does not serve backends of kind `{}`", resource.kind),
                None => "a path without a backend".to_owned(),
            };
            Diagnostic::warning("path-without-service", Location::Value(at), message)
                .help("set `backend.service` to a Service of the same namespace")
        }
        Unfound::UnknownService => {
            let message = format!("no Service `{namespace}/{name}` in the input has a port `{}`", port.name);
            Diagnostic::warning("unknown-service", port_at, message)
                .help("add the Service to the input, or give the port by its number")
        }
        Unfound::UnknownPort(service) => {
            let names: Vec<_> = service.spec.ports.iter().map(|port| format!("`{}`", port.name)).collect();
            let message = format!("Service `{namespace}/{name}` has no port `{}`", port.name);
            let ports = Location::Value(service.spec_origin().key("ports"));
            Diagnostic::warning("unknown-port", port_at, message).related(ports, format!("ports: {}", names.join(", ")))
        }
    };
    finding.labelled("the path is left out")
}

fn no_paths(ingress: &Object<Ingress>, host: &HostPattern, origin: Origin) -> Diagnostic {
    let whose = format!("Ingress `{}/{}`", ingress.namespace(), ingress.name());
    let message = match host.as_str() {
        "" => format!("{whose} has a rule without paths"),
        host => format!("{whose} has a rule for `{host}` without paths"),
    };
    Diagnostic::warning("rule-without-paths", Location::Value(origin), message)
        .labelled("the rule is left out")
        .help("set `http.paths`")
}

fn default_backend(ingress: &Object<Ingress>) -> Diagnostic {
    let whose = format!("Ingress `{}/{}`", ingress.namespace(), ingress.name());
    let at = Location::Value(ingress.spec_origin().key("defaultBackend"));
    Diagnostic::warning("ignored-default-backend", at, format!("Istio does not serve the `defaultBackend` of {whose}"))
        .help("write a rule without `host`, with the path `/`")
}

/// An expression that other controllers would read as one.
fn literal_path(path: &str, origin: &Origin) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    if path.contains(['*', '(', '[', '^', '$', '|', '\\', '+']) {
        let message = format!("the path `{path}` is compared as it is: Istio reads no expressions in an Ingress");
        let finding = Diagnostic::warning("literal-path", Location::Value(origin.key("path")), message)
            .help("end the path with `/*` for a prefix, or write a VirtualService with `uri.regex`");
        diagnostics.push(finding);
    }
    diagnostics
}
