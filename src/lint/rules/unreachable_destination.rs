//! `unreachable-destination`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location, Origin};
use crate::lint::Context;
use crate::lint::destinations::{self, full_host};
use crate::mesh::{Service, Visibility};
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

/// The services with a wildcard in their hostname.
type Wildcards<'a> = Vec<(HostPattern, &'a Service)>;

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let services = context.mesh.services.iter().filter(|it| it.hostname.starts_with('*'));
    let wildcards: Wildcards<'_> = services.map(|it| (HostPattern::from(it.hostname.as_str()), it)).collect();
    for object in &context.resources.virtual_services {
        let visibility = visibility(context, object);
        for (origin, destination) in destinations::written(object) {
            match destination.filter(|it| !it.host.as_str().is_empty()) {
                Some(destination) => {
                    found.0.extend(problem((context, &wildcards), (object, &visibility), &origin, destination));
                }
                // What is missing is told where the object is read.
                None => found.push(Diagnostic::note(RULE.name, Location::Value(origin), "this route goes to no host")),
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
    (context, wildcards): (&Context<'_>, &Wildcards<'_>),
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
    let wider = || wildcards.iter().filter(|(it, service)| service.hostname != host && pattern.subset_of(it));
    let all = || mesh.services_with_host(&host).chain(wider().map(|(_, service)| *service));
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
        let siblings = format!(".{}.svc.{}", object.namespace(), mesh.domain);
        if mesh.services.iter().any(|it| !kubernetes || it.hostname.ends_with(&siblings)) {
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
    let rules: Vec<_> = mesh.destination_rules.iter().filter(|it| pattern.subset_of(&it.host)).collect();
    let subset = destination.subset.as_str();
    if subset.is_empty()
        || rules.is_empty()
        || rules.iter().any(|it| it.spec.subsets.iter().any(|it| it.name == subset))
    {
        return None;
    }
    report(
        "subset",
        format!("no DestinationRule gives `{host}` a subset `{subset}`"),
        "check the name against `subsets`",
    )
}
