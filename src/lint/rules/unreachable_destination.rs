//! `unreachable-destination`.

use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location, Origin};
use crate::lint::Context;
use crate::lint::destinations::{self, full_host};
use crate::mesh::{DestinationRule, Mesh, Service, Visibility};
use crate::resource::Object;
use crate::resource::istio::VirtualService;
use crate::resource::istio::virtual_service::Destination;

declare_rule! {
    /// ## What it does
    /// Reports destinations that are not there for the VirtualService: those of a delegate (a
    /// VirtualService without `hosts`) whose host, port or subset does not exist, and hosts whose
    /// `exportTo` does not include the namespaces that see the VirtualService.
    /// ## Why is this bad
    /// Requests to them fail.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: part, namespace: shop}
    /// spec: {http: [{route: [{destination: {host: wbe}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: part, namespace: shop}
    /// spec: {http: [{route: [{destination: {host: web}}]}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0101/>
    pub(super) RULE = { name: "unreachable-destination", codes: ["IST0101", "KIA1101", "KIA1107"], severity: Error, check: check };
}

/// What destinations are looked up in.
struct Index<'a> {
    /// Services of wildcard hosts.
    services: Wildcards<'a, Service>,
    /// Namespaces with a host of a Kubernetes Service.
    namespaces: BTreeSet<&'a str>,
    rules_by_host: BTreeMap<&'a str, Vec<&'a DestinationRule>>,
    /// DestinationRules of wildcard hosts.
    rules: Wildcards<'a, DestinationRule>,
}

impl<'a> Index<'a> {
    fn new(mesh: &'a Mesh) -> Self {
        let domain = format!(".svc.{}", mesh.domain);
        let namespace = |it: &'a Service| Some(it.hostname.strip_suffix(&domain)?.rsplit_once('.')?.1);
        let mut rules_by_host: BTreeMap<&str, Vec<&DestinationRule>> = BTreeMap::new();
        for rule in mesh.destination_rules.iter().filter(|rule| !rule.host.is_wildcard()) {
            rules_by_host.entry(rule.host.as_str()).or_default().push(rule);
        }
        Self {
            services: Wildcards::new(mesh.services.iter().map(|it| (it.hostname.as_str(), it))),
            namespaces: mesh.services.iter().filter_map(namespace).collect(),
            rules_by_host,
            rules: Wildcards::new(mesh.destination_rules.iter().map(|it| (it.host.as_str(), it))),
        }
    }
}

/// Things of wildcard hosts, by what is behind the `*`.
struct Wildcards<'a, T>(BTreeMap<&'a str, Vec<&'a T>>);

impl<'a, T> Wildcards<'a, T> {
    /// Those of `all` whose host is a wildcard.
    fn new(all: impl Iterator<Item = (&'a str, &'a T)>) -> Self {
        let mut by_suffix: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (host, one) in all {
            if let Some(suffix) = host.strip_prefix('*') {
                by_suffix.entry(suffix).or_default().push(one);
            }
        }
        Self(by_suffix)
    }

    /// Those that take all of a host.
    fn wider(&self, host: &HostPattern) -> Vec<&'a T> {
        let text = host.suffix().unwrap_or(host.as_str());
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        ends.filter_map(|at| self.0.get(text.get(at..)?)).flatten().copied().collect()
    }
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let index = Index::new(context.mesh);
    for object in &context.resources.virtual_services {
        let visibility = visibility(context, object);
        for (origin, destination) in destinations::written(object) {
            match destination.filter(|it| !it.host.as_str().is_empty()) {
                Some(destination) => {
                    found.0.extend(problem((context, &index), (object, &visibility), &origin, destination));
                }
                // What is missing is told where the object is read; of a delegate, istioctl says this as well.
                None if object.spec.hosts.is_empty() => {
                    found.push(Diagnostic::note(RULE.name, Location::Value(origin), "this route goes to no host"));
                }
                None => {}
            }
        }
    }
}

/// Who sees a VirtualService; a delegate is seen by its namespace at least.
fn visibility(context: &Context<'_>, object: &Object<VirtualService>) -> Visibility {
    let default = &context.mesh.config.default_virtual_service_export_to;
    Visibility::resolve(&object.spec.export_to, default, object.namespace())
}

fn problem(
    (context, index): (&Context<'_>, &Index<'_>),
    (object, visibility): (&Object<VirtualService>, &Visibility),
    origin: &Origin,
    destination: &Destination,
) -> Option<Diagnostic> {
    let mesh = context.mesh;
    let host = full_host(&mesh.domain, destination.host.as_str(), object.namespace());
    // A VirtualService for one other namespace is looked at from there, any other from its own.
    let viewer = match visibility {
        Visibility::Namespaces(names) if !names.contains(object.namespace()) => names.first()?.as_str(),
        _ => object.namespace(),
    };
    let pattern = HostPattern::from(host.as_str());
    let wider = index.services.wider(&pattern);
    let wider = || wider.iter().copied().filter(|service| service.hostname != host);
    let all = || mesh.services_with_host(&host).chain(wider());
    let report = |key: &'static str, message: String, help: &str| {
        let found = Diagnostic::new(RULE.severity, RULE.name, Location::Value(origin.key(key)), message);
        Some(found.labelled("requests that go there fail").help(help.to_owned()))
    };
    let visible: Vec<_> = all().filter(|it| it.visibility.includes(viewer)).collect();
    if visible.is_empty() {
        if all().next().is_some() {
            let message = format!("`{host}` is not exported to namespace `{viewer}`");
            return report("host", message, "extend the `exportTo` of the service, or of the VirtualService");
        }
        // A VirtualService with hosts is checked where it is linked.
        if !object.spec.hosts.is_empty() || host.is_empty() {
            return None;
        }
        let kubernetes = host.ends_with(&format!(".svc.{}", mesh.domain));
        if if kubernetes { index.namespaces.contains(object.namespace()) } else { !mesh.services.is_empty() } {
            let message = format!("no service in the input has host `{host}`");
            return report("host", message, "check the name and the namespace");
        }
    }
    if !object.spec.hosts.is_empty() {
        return None;
    }
    if let Some(number) = destination.port.and_then(|port| port.number).map(|number| number.number())
        && !visible.is_empty()
        && !visible.iter().any(|it| it.ports.is_empty() || it.port(number).is_some())
    {
        return report(
            "port",
            format!("`{host}` has no port `{number}`"),
            "check the number against the service's ports",
        );
    }
    let subset = destination.subset.as_str();
    if subset.is_empty() {
        return None;
    }
    let exact = index.rules_by_host.get(host.as_str()).map(Vec::as_slice).unwrap_or_default();
    let wider = index.rules.wider(&pattern);
    let mut rules = exact.iter().chain(&wider).peekable();
    if rules.peek().is_none() || rules.any(|it| it.spec.subsets.iter().any(|it| it.name == subset)) {
        return None;
    }
    report(
        "subset",
        format!("no DestinationRule gives `{host}` a subset `{subset}`"),
        "check the name against `subsets`",
    )
}
