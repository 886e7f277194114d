//! Destinations: hosts, ports and subsets that do not exist.

use std::collections::BTreeSet;

use super::SHOWN;
use crate::base::{Diagnostic, Diagnostics, Hosts, Location, Origin};
use crate::mesh::{DestinationRule, Mesh, Registry, VirtualService};
use crate::resource::istio::virtual_service::Destination;
use crate::resource::{is_label, wildcard_domain_fault};

/// What destinations can be.
pub(super) struct Destinations<'m> {
    mesh: &'m Mesh,
    /// Namespaces with a Kubernetes Service in the input.
    namespaces: BTreeSet<&'m str>,
    /// DestinationRules by their host.
    rules: Hosts<'m, &'m DestinationRule>,
    /// Nodes that were reported: a delegate's routes appear in each VirtualService that uses it.
    reported: BTreeSet<Origin>,
}

impl<'m> Destinations<'m> {
    pub(super) fn new(mesh: &'m Mesh) -> Self {
        let mut rules = Hosts::default();
        mesh.destination_rules.iter().for_each(|rule| rules.add(&rule.host, rule));
        let kubernetes = mesh.services.iter().filter(|service| service.registry == Registry::Kubernetes);
        let namespaces = kubernetes.map(|service| service.namespace.as_str()).collect();
        Self { mesh, namespaces, rules, reported: BTreeSet::new() }
    }

    pub(super) fn check(&mut self, service: &VirtualService, diagnostics: &mut Diagnostics) {
        for rule in &service.http {
            let Some(origin) = rule.origins.first() else { continue };
            let routes = rule.spec.route.iter().map(|it| &it.destination).enumerate();
            let mirrors = rule.spec.mirrors.iter().map(|it| &it.destination).enumerate();
            let of = |key: &'static str| move |(at, destination)| (key, at, destination);
            for (key, at, destination) in routes.map(of("route")).chain(mirrors.map(of("mirrors"))) {
                let place = || origin.key(key).index(at).key("destination");
                self.check_destination(place, destination.as_ref(), diagnostics);
            }
            self.check_destination(|| origin.key("mirror"), rule.spec.mirror.as_ref(), diagnostics);
        }
        let tls = service.tls.iter().map(|rule| (&rule.origins, &rule.spec.route));
        let tcp = service.tcp.iter().map(|rule| (&rule.origins, &rule.spec.route));
        for (origins, routes) in tls.chain(tcp) {
            let Some(origin) = origins.first() else { continue };
            for (at, route) in routes.iter().enumerate() {
                let place = || origin.key("route").index(at).key("destination");
                self.check_destination(place, route.destination.as_ref(), diagnostics);
            }
        }
    }

    /// `place` is where the destination is written.
    fn check_destination(
        &mut self,
        place: impl Fn() -> Origin,
        destination: Option<&Destination>,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(destination) = destination else { return };
        let place: &dyn Fn() -> Origin = &place;
        let found = if self.mesh.services_with_host(destination.host.as_str()).next().is_none() {
            self.unknown_host(place, destination.host.as_str()).or_else(|| {
                // The service may be elsewhere, but its DestinationRules are here.
                let has_rules = self.rules.taking(destination.host.as_str()).next().is_some();
                self.unknown_subset(place, destination).filter(|_| has_rules)
            })
        } else {
            self.unknown_port(place, destination).or_else(|| self.unknown_subset(place, destination))
        };
        if let Some(found) = found
            && self.reported.insert(place())
        {
            diagnostics.push(found);
        }
    }

    /// Said of a Service only where the input holds others of its namespace, and of another host
    /// only where the input holds services at all.
    fn unknown_host(&self, place: &dyn Fn() -> Origin, host: &str) -> Option<Diagnostic> {
        let suffix = format!(".svc.{}", self.mesh.domain);
        let of_kubernetes = host.strip_suffix(suffix.as_str()).and_then(|start| start.split_once('.'));
        let known = match of_kubernetes {
            Some((_, namespace)) => self.namespaces.contains(namespace),
            None => !self.mesh.services.is_empty(),
        };
        // That a text is no host is said where the object is read.
        if host == "*" || !known || wildcard_domain_fault(host).is_some() {
            return None;
        }
        let message = format!("no service in the input has host `{host}`");
        let found = Diagnostic::warning("unknown-destination-host", Location::Value(place().key("host")), message)
            .labelled("requests that go there fail");
        let meant = format!("{host}{suffix}");
        Some(match of_kubernetes {
            _ if self.mesh.services_by_host.contains_key(&meant) => {
                found.help(format!("a name with a dot is taken as it is: write `{meant}`"))
            }
            Some(_) => found.help("check the name and the namespace"),
            None => found.help("a host outside the mesh needs a ServiceEntry"),
        })
    }

    fn unknown_port(&self, place: &dyn Fn() -> Origin, destination: &Destination) -> Option<Diagnostic> {
        let number = destination.port?.number?.number();
        let services = || self.mesh.services_with_host(destination.host.as_str());
        if services().any(|service| service.port(number).is_some()) {
            return None;
        }
        let ports: BTreeSet<u32> = services().flat_map(|service| &service.ports).map(|port| port.port).collect();
        let ports: Vec<_> = ports.iter().map(|port| format!("`{port}`")).collect();
        let message = format!("`{}` has no port `{number}`", destination.host);
        let at = Location::Value(place().key("port").key("number"));
        let found = Diagnostic::warning("unknown-destination-port", at, message)
            .labelled("requests that go there fail")
            .help(match ports.is_empty() {
                true => "the service has no ports".to_owned(),
                false => format!("its ports: {}", ports.join(", ")),
            });
        let places = services().take(SHOWN).map(|service| match service.registry {
            Registry::Kubernetes => service.origin.key("spec").key("ports"),
            Registry::External => service.origin.clone(),
        });
        Some(places.fold(found, |found, place| found.related(Location::Value(place), "the service")))
    }

    fn unknown_subset(&self, place: &dyn Fn() -> Origin, destination: &Destination) -> Option<Diagnostic> {
        let subset = destination.subset.as_str();
        // That a text cannot be a name, an empty one with it, is said where the object is read.
        if !is_label(subset) {
            return None;
        }
        let rules: Vec<&DestinationRule> = self.rules.taking(destination.host.as_str()).copied().collect();
        let subsets = || rules.iter().flat_map(|rule| &rule.spec.subsets).map(|subset| subset.name.as_str());
        if subsets().any(|name| name == subset) {
            return None;
        }
        let message = format!("no DestinationRule in the input gives `{}` a subset `{subset}`", destination.host);
        let found = Diagnostic::warning("unknown-subset", Location::Value(place().key("subset")), message)
            .labelled("requests that go there fail");
        let known: BTreeSet<&str> = subsets().collect();
        let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
        let found = found.help(match known.is_empty() {
            true => "define it under `subsets` of a DestinationRule for the host".to_owned(),
            false => format!("its subsets: {}", known.join(", ")),
        });
        let places = rules.iter().take(SHOWN).map(|rule| Location::Value(rule.origin.key("spec").key("subsets")));
        Some(places.fold(found, |found, place| found.related(place, "the subsets of the host")))
    }
}
