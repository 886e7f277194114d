//! What shows only after compilation: each gateway and workload of the input is lowered, and what `lower` and the
//! checks of `verify` say of it is said of the YAML behind it.
//!
//! Takes the mesh, and gives each fault once, whoever of the proxies has it. What the stages and rules before it
//! say already it does not say again, and what is missing only from the input (a Secret, a service of another
//! repository) is left to the rules, which know when the input could know.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::base::{Diagnostic, Diagnostics, Location, Origin, ResourceId, Segment, Severity};
use crate::ir;
use crate::ir::route::{Action, Clusters};
use crate::lower;
use crate::mesh::Mesh;
use crate::proxy::{self, Named};
use crate::verify;

/// How many proxies a finding names.
const NAMED: usize = 3;

/// Labels that tell replicas apart and nothing else.
const OF_REPLICAS: [&str; 5] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
];

/// The proxies that differ: one of all replicas of a workload, routers first, else in the order of their paths.
pub fn proxies(mesh: &Mesh) -> Vec<Named> {
    let mut all = proxy::all(mesh);
    all.sort_by_key(|named| !named.proxy.is_router());
    let mut seen = BTreeSet::new();
    all.retain(|Named { proxy, namespace, .. }| {
        let labels = proxy.labels.iter().filter(|(name, _)| !OF_REPLICAS.contains(name));
        let labels: Vec<(String, String)> = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        seen.insert((proxy.is_router(), namespace.clone(), proxy.service_account.clone(), labels))
    });
    all
}

/// How much there is to do for one proxy: what it may route to, and by what.
pub fn weight(mesh: &Mesh) -> usize {
    mesh.services.len() + mesh.virtual_services.len()
}

/// A proxy as people name it, and as `generate --all` names its directory: `shop/pod.web-1`.
pub fn path(named: &Named) -> String {
    format!("{}/{}", named.namespace, named.name)
}

/// Compiles each of the proxies. `said` is what is known already.
pub fn run(mesh: &Mesh, proxies: &[Named], said: &Diagnostics) -> Diagnostics {
    let bound = bound(mesh);
    let one = |named: &Named| -> Vec<Diagnostic> {
        let view = proxy::view(mesh, &named.proxy);
        let (config, mut found) = lower::lower(&view);
        found.extend(verify::config(&config));
        found.0.into_iter().filter_map(|finding| of_the_input(finding, mesh, &bound)).collect()
    };
    let found: Vec<Vec<Diagnostic>> = proxies.par_iter().map(one).collect();
    let said = Said::new(said);
    let mut merged: BTreeMap<(&'static str, Location), (Diagnostic, Vec<&Named>)> = BTreeMap::new();
    for (named, found) in proxies.iter().zip(found) {
        for finding in found.into_iter().filter(|finding| !said.covers(finding)) {
            let key = (finding.code, finding.label.location.clone());
            let (_, seen_in) = merged.entry(key).or_insert_with(|| (finding, Vec::new()));
            if seen_in.last().is_none_or(|last| !std::ptr::eq(*last, named)) {
                seen_in.push(named);
            }
        }
    }
    Diagnostics(merged.into_values().map(|(finding, seen_in)| naming(finding, &seen_in)).collect())
}

/// Names the proxies that have the fault.
fn naming(finding: Diagnostic, seen_in: &[&Named]) -> Diagnostic {
    let mut text: Vec<String> = seen_in.iter().take(NAMED).map(|named| format!("`{}`", path(named))).collect();
    match seen_in.len().saturating_sub(NAMED) {
        0 => {}
        1 => text.push("1 more proxy".to_owned()),
        more => text.push(format!("{more} more proxies")),
    }
    let seen = format!("seen when compiled for {}", text.join(", "));
    let help = match &finding.help {
        Some(help) => format!("{help} ({seen})"),
        None => seen,
    };
    finding.help(help)
}

/// Faults of the input itself: not what meshc does not translate, not what has a rule of its own, and not what other
/// files may hold.
fn of_the_input(finding: Diagnostic, mesh: &Mesh, bound: &BTreeSet<ResourceId>) -> Option<Diagnostic> {
    let is = match finding.code {
        // `unknown-credential` asks whether the input could know it.
        "missing-credential" => false,
        // Without a place it is a part of the mesh's configuration that is not translated.
        "unsupported-field" | "invalid-metadata" => finding.label.location != Location::Nowhere,
        "unrouted-server" => match &finding.label.location {
            Location::Value(origin) => bound.contains(&origin.resource),
            _ => false,
        },
        "verify/unknown-cluster" => return unreached(finding, mesh),
        _ => true,
    };
    is.then_some(finding)
}

/// The Gateways that VirtualServices of the input are bound to: what is not bound to others, other files may hold.
fn bound(mesh: &Mesh) -> BTreeSet<ResourceId> {
    let named: BTreeSet<&str> =
        mesh.virtual_services.iter().flat_map(|service| &service.gateways).map(String::as_str).collect();
    let gateways = mesh.gateways.iter().filter(|gateway| named.contains(gateway.key().as_str()));
    gateways.map(|gateway| gateway.origin.resource).collect()
}

/// A cluster that the proxy has not, of a service that there is. Whether the service, its port or its subset are there
/// at all is said of the route, whoever follows it.
fn unreached(finding: Diagnostic, mesh: &Mesh) -> Option<Diagnostic> {
    let cluster = finding.message.split('`').nth(1)?;
    let [_, port, "", host] = cluster.split('|').collect::<Vec<_>>()[..] else { return None };
    let services = mesh.services_by_host.get(host)?.iter().map(|id| mesh.service(*id));
    let mut ports = services.flat_map(|service| &service.ports);
    ports.find(|it| it.port.to_string() == port)?;
    let message =
        format!("this proxy does not reach port {port} of `{host}`, so it has nowhere to send these requests");
    let finding = Diagnostic { severity: Severity::Warning, message, ..finding };
    Some(finding.help("let the Sidecar import the host, or export the service to the proxy's namespace"))
}

/// Which findings of rules and stages say the same as one of a compiled proxy, and at which place.
const SAME: &[(&str, &[&str])] = &[
    ("credential-in-other-namespace", &["unknown-credential"]),
    ("duplicate-filter-chain", &["duplicate-server-name", "server-name-taken"]),
    ("duplicate-sni-host", &["duplicate-server-name", "server-name-taken"]),
    ("duplicate-tls-host", &["duplicate-server-name", "gateway-host-conflict", "server-name-taken"]),
    ("invalid-credential", &["unknown-credential"]),
    ("privileged-port", &["gateway-port-not-in-service"]),
    ("server-conflict", &["gateway-host-conflict", "server-lost-on-port"]),
    ("unreadable-certificate", &["unusable-credential"]),
    ("unrouted-server", &["route-kind-not-served"]),
    ("verify/bad-header-name", &["header-name-not-token"]),
    ("verify/bad-regex", &["malformed-regex"]),
    ("verify/capture-group", &["rewrite-group-missing"]),
    ("verify/redirect-code", &["redirect-code-not-supported"]),
    ("verify/response-code", &["status-beyond-range"]),
    (
        "verify/unknown-cluster",
        &[
            "port-of-destination-missing",
            "unknown-destination-host",
            "unknown-destination-port",
            "unknown-subset",
            "unreachable-destination",
        ],
    ),
];

/// What is known before a proxy is compiled.
struct Said {
    /// The places of each code.
    places: BTreeMap<&'static str, Vec<Origin>>,
}

impl Said {
    fn new(said: &Diagnostics) -> Self {
        let mut places: BTreeMap<&'static str, Vec<Origin>> = BTreeMap::new();
        for finding in &said.0 {
            let labels = std::iter::once(&finding.label).chain(&finding.related);
            let origins = labels.filter_map(|label| match &label.location {
                Location::Value(origin) | Location::Key(origin) => Some(origin.clone()),
                Location::Span(_) | Location::File(_) | Location::Nowhere => None,
            });
            places.entry(finding.code).or_default().extend(origins);
        }
        Self { places }
    }

    /// Whether a finding of the same code, or of one that says the same, is at one of the places or about the part
    /// around it.
    fn covers(&self, finding: &Diagnostic) -> bool {
        let places = std::iter::once(&finding.label).chain(&finding.related);
        let origins: Vec<(&Origin, Origin)> = places
            .filter_map(|label| match &label.location {
                Location::Value(origin) | Location::Key(origin) => Some((origin, part(origin))),
                Location::Span(_) | Location::File(_) | Location::Nowhere => None,
            })
            .collect();
        let same = SAME.binary_search_by_key(&finding.code, |(code, _)| code).ok().and_then(|at| SAME.get(at));
        let codes = same.into_iter().flat_map(|(_, codes)| codes.iter().copied()).chain([finding.code]);
        codes.filter_map(|code| self.places.get(code)).flatten().any(|place| {
            origins.iter().any(|(origin, part)| {
                let same = place.resource == origin.resource;
                same && (place.path.is_below(&part.path) || origin.path.is_below(&place.path))
            })
        })
    }
}

/// The server of a Gateway or the rule of a VirtualService that a place is in; else the place itself.
fn part(origin: &Origin) -> Origin {
    let mut path = origin.path.clone();
    let mut at = Some(&origin.path);
    while let Some(place) = at {
        let parent = place.parent();
        let list = parent.and_then(|parent| parent.last());
        if let Some(Segment::Key(key)) = list
            && ["servers", "http", "tls", "tcp"].contains(&&**key)
            && matches!(place.last(), Some(Segment::Index(_)))
        {
            path = place.clone();
        }
        at = parent;
    }
    Origin { resource: origin.resource, path }
}

/// The names in Envoy of what a proxy has, each with the YAML behind it: what a message of Envoy's may name.
fn names(config: &ir::ProxyConfig) -> BTreeMap<String, Origin> {
    let mut names = BTreeMap::new();
    let mut add = |name: &str, origins: &[Origin]| {
        if let Some(origin) = origins.first()
            && !name.is_empty()
        {
            names.entry(name.to_owned()).or_insert_with(|| origin.clone());
        }
    };
    for cluster in config.clusters() {
        add(&cluster.name, &cluster.origins);
    }
    for configuration in &config.outbound().route_configurations {
        for host in &configuration.virtual_hosts {
            for route in &host.routes {
                add(&route.name, &route.origins);
                if let Action::Forward(forward) = &route.action {
                    match &forward.clusters {
                        Clusters::Single(cluster) => add(cluster, &route.origins),
                        Clusters::Weighted(clusters) => {
                            clusters.iter().for_each(|cluster| add(&cluster.name, &route.origins));
                        }
                        Clusters::Header(_) => {}
                    }
                }
            }
            add(&host.name, &host.origins);
            host.domains.iter().for_each(|domain| add(domain, &host.origins));
        }
        add(&configuration.name, &configuration.origins);
    }
    for secret in &config.outbound().secrets {
        add(&secret.name, &secret.origins);
    }
    for (_, listener) in config.listeners() {
        add(&listener.name, &listener.origins);
    }
    names
}

/// The YAML behind the longest name of the proxy's that Envoy's message has.
pub fn place_of(said: &str, config: &ir::ProxyConfig) -> Option<Origin> {
    let is_named = |name: &str| {
        said.match_indices(name).any(|(at, _)| {
            let before = said[..at].chars().next_back();
            let after = said[at + name.len()..].chars().next();
            let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !"-_.*|".contains(c));
            // A sentence may end with the name.
            apart(before) && (apart(after) || (after == Some('.') && said.len() == at + name.len() + 1))
        })
    };
    let names = names(config);
    let longest = names.iter().filter(|(name, _)| is_named(name)).max_by_key(|(name, _)| name.len());
    longest.map(|(_, origin)| origin.clone())
}

/// What Envoy says when it refuses a proxy, as a finding.
pub fn refusal(said: &str, place: Option<Origin>, named: &Named) -> Diagnostic {
    let location = place.map_or(Location::Nowhere, Location::Value);
    Diagnostic::error("refused-by-envoy", location, format!("Envoy refuses the configuration: {said}"))
        .help(format!("`meshc generate` makes it; the proxy is `{}`", path(named)))
}
