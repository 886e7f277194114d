//! References between objects that lead nowhere. Istiod generates nevertheless, and the traffic is
//! lost: so these are warnings, and nothing is left out because of them.
//!
//! "Nowhere" is said only where the input could hold the other end: a Service of a namespace is
//! missed when the input holds Services of that namespace, not when it holds none.

mod destination;
mod served_hosts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use destination::Destinations;
use served_hosts::{Answer, ServedHosts};

use super::{Gateway, Mesh, Semantics, VirtualService, Visibility};
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location};

/// How many places of the other end are shown.
const SHOWN: usize = 3;

/// Checks all references of VirtualServices.
pub(super) fn check(mesh: &Mesh) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let gateways = Gateways::new(mesh);
    let mut destinations = Destinations::new(mesh);
    let written = mesh.virtual_services.iter().filter(|service| service.semantics == Semantics::Istio);
    for service in written {
        gateways.check(service, &mut diagnostics);
        destinations.check(service, &mut diagnostics);
    }
    diagnostics
}

/// The Gateways of the input by `namespace/name`, with the hosts they serve.
struct Gateways<'m> {
    mesh: &'m Mesh,
    by_key: BTreeMap<String, (&'m Gateway, ServedHosts<'m>)>,
    by_name: BTreeMap<&'m str, &'m Gateway>,
}

impl<'m> Gateways<'m> {
    fn new(mesh: &'m Mesh) -> Self {
        let by_key = mesh.gateways.iter().map(|it| (it.key(), (it, ServedHosts::new(it)))).collect();
        let by_name = mesh.gateways.iter().rev().map(|it| (it.name.as_str(), it)).collect();
        Self { mesh, by_key, by_name }
    }

    fn check(&self, service: &VirtualService, diagnostics: &mut Diagnostics) {
        let mut bound = Vec::new();
        let mut all_known = true;
        for (at, key) in service.gateways.iter().enumerate().filter(|(_, key)| *key != "mesh") {
            match self.by_key.get(key) {
                Some(known) => bound.push((at, known)),
                None => {
                    all_known = false;
                    diagnostics.push(self.unknown(service, at, key));
                }
            }
        }
        for (at, (gateway, _)) in &bound {
            diagnostics.0.extend(self.not_exported(service, *at, gateway));
        }
        // A Gateway that is not in the input may serve the hosts.
        if !all_known || bound.is_empty() {
            return;
        }
        let in_mesh = service.gateways.iter().any(|key| key == "mesh");
        for (at, host) in service.hosts.iter().enumerate() {
            // A host of the mesh is meant for sidecars where the VirtualService is also for them.
            if in_mesh && self.mesh.services_by_host.contains_key(host.as_str()) {
                continue;
            }
            let answers: Vec<_> =
                bound.iter().map(|(_, (gateway, hosts))| (*gateway, hosts.answer(host, &service.namespace))).collect();
            if !answers.iter().any(|(_, answer)| matches!(answer, Answer::Served)) {
                diagnostics.push(not_served(service, at, host, &answers));
            }
        }
    }

    fn unknown(&self, service: &VirtualService, at: usize, key: &str) -> Diagnostic {
        let place = service.origin.key("spec").key("gateways").index(at);
        let name = key.split_once('/').map_or(key, |(_, name)| name);
        let message = format!("no Gateway `{key}` in the input");
        let found = Diagnostic::warning("unknown-gateway", Location::Value(place), message);
        match self.by_name.get(name) {
            Some(other) => found
                .related(Location::Value(other.origin.clone()), "this one has the name, in another namespace")
                .help(format!("write `{}` if that is meant", other.key())),
            None => found.help("a name without `/` is a Gateway in the VirtualService's own namespace"),
        }
    }

    /// A router reads the VirtualServices that its own namespace sees. Where it runs is known only
    /// where the input holds its workload.
    fn not_exported(&self, service: &VirtualService, at: usize, gateway: &Gateway) -> Option<Diagnostic> {
        if service.visibility == Visibility::Public {
            return None;
        }
        let selected = self.mesh.workloads.iter().filter(|it| gateway.spec.selector.selects(&it.labels));
        let namespaces: BTreeSet<&str> = selected.map(|workload| workload.namespace.as_str()).collect();
        if namespaces.is_empty() || namespaces.iter().any(|namespace| service.visibility.includes(namespace)) {
            return None;
        }
        let namespaces: Vec<_> = namespaces.into_iter().map(|namespace| format!("`{namespace}`")).collect();
        let namespaces = namespaces.join(", ");
        let message =
            format!("the routers of Gateway `{}` run in {namespaces}, which does not see this", gateway.key());
        let place = Location::Value(service.origin.key("spec").key("gateways").index(at));
        let found = Diagnostic::warning("not-exported-to-gateway", place, message)
            .labelled("these routes are on none of them")
            .related(Location::Value(service.origin.key("spec").key("exportTo")), "who sees it")
            .related(Location::Value(gateway.origin.key("spec").key("selector")), "which routers serve the Gateway");
        Some(found.help(format!("add {namespaces} to `exportTo`")))
    }
}

/// A host that none of the bound Gateways serves.
fn not_served(
    service: &VirtualService,
    at: usize,
    host: &HostPattern,
    answers: &[(&Gateway, Answer<'_>)],
) -> Diagnostic {
    let names: Vec<_> = answers.iter().map(|(gateway, _)| format!("`{}`", gateway.key())).collect();
    let noun = if names.len() == 1 { "Gateway" } else { "Gateways" };
    let message = format!("no server of {noun} {} serves host `{host}`", names.join(", "));
    let place = Location::Value(service.origin.key("spec").key("hosts").index(at));
    let mut found =
        Diagnostic::warning("host-not-in-gateway", place, message).labelled("this host has no routes there");
    let mut refused = false;
    for (gateway, answer) in answers {
        if let Answer::OtherNamespace(server, written) = answer {
            refused = true;
            let text = format!("`{written}` takes only VirtualServices of its namespace");
            found = found.related(Location::Value((*server).clone()), text);
            continue;
        }
        for (server, origin) in gateway.spec.servers.iter().zip(&gateway.server_origins).take(SHOWN) {
            let hosts: Vec<_> = server.hosts.iter().take(SHOWN).map(|host| format!("`{host}`")).collect();
            let more = if server.hosts.len() > SHOWN { " and more" } else { "" };
            let text = format!("this server serves {}{more}", hosts.join(", "));
            found = found.related(Location::Value(origin.key("hosts")), text);
        }
    }
    found.help(match refused {
        true => format!("let the server take `{}/{host}`, or move the VirtualService", service.namespace),
        false => format!("add `{host}` to a server's `hosts`, or a wildcard that takes it"),
    })
}
