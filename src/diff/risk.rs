//! What goes wrong where the parts of a change arrive one by one.
//!
//! Envoy takes clusters and routes by different streams, and objects reach the control plane one by one: in
//! between there is a mixture of both sides. A route whose cluster is not there is answered with 503.

use std::collections::BTreeSet;

use serde::Serialize;

use super::matches;
use super::model::{Chain, Side};
use super::reach;
use crate::explain::provenance::Citation;

/// A request that may be answered with an error although both sides of the change are whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Risk {
    /// When.
    pub when: When,
    /// The cluster that is not there.
    pub cluster: String,
    /// What leads to it, as `prefix /api of shop.example.com`.
    pub route: String,
    /// Where that is written.
    pub route_origin: Option<Place>,
    /// Where the cluster's other side is written: what adds it, or what had it.
    pub cluster_origin: Option<Place>,
}

/// When the cluster is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// After the change: nothing adds it.
    After,
    /// Where the route arrives before the cluster, which the same change adds.
    RouteFirst,
    /// Where the cluster goes before the route that still leads to it.
    RemovalFirst,
}

/// A node of the input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// As `VirtualService shop/web`.
    pub resource: String,
    /// The file.
    pub file: String,
    /// The line.
    pub line: u32,
    /// The node, as `spec.http[0]`.
    pub path: String,
}

impl Place {
    fn new(origin: &Citation) -> Self {
        let Citation { kind, namespace, name, file, line, column: _, path } = origin;
        let object = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
        Self { resource: format!("{kind} {object}"), file: file.clone(), line: *line, path: path.clone() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}:{})", self.resource, self.file, self.line)
    }
}

/// The risks of a change of one proxy, each once.
pub fn risks(old: &Side, new: &Side) -> Vec<Risk> {
    let mut found = BTreeSet::new();
    let mut led_to = BTreeSet::new();
    each_destination(old, &mut |cluster, _, _| led_to.extend([cluster.to_owned()]));
    for side in [old, new] {
        let is_new = std::ptr::eq(side, new);
        each_destination(side, &mut |cluster, route, origin| {
            let (before, after) = (old.clusters.get(cluster), new.clusters.get(cluster));
            let (when, known) = match (is_new, before, after) {
                (true, None, Some(after)) => (When::RouteFirst, Some(after)),
                (false, Some(before), None) => (When::RemovalFirst, Some(before)),
                (true, before, None) => {
                    // What was so before is no part of the change.
                    if before.is_none() && led_to.contains(cluster) {
                        return;
                    }
                    (When::After, before)
                }
                _ => return,
            };
            let rule = known.and_then(|cluster| {
                let rule = cluster.origins.iter().find(|origin| origin.kind == "DestinationRule");
                rule.or(cluster.origins.first())
            });
            found.insert(Risk {
                when,
                cluster: cluster.to_owned(),
                route: route.to_owned(),
                route_origin: origin.map(Place::new),
                cluster_origin: rule.map(Place::new),
            });
        });
    }
    found.into_iter().collect()
}

/// Every cluster that something leads to.
fn each_destination(side: &Side, found: &mut dyn FnMut(&str, &str, Option<&Citation>)) {
    let chains = side.listeners.iter().flat_map(|listener| listener.chains.iter().map(move |chain| (listener, chain)));
    let mut seen = BTreeSet::new();
    for (listener, chain) in chains {
        for cluster in tcp(chain) {
            found(cluster, &format!("connections to {}", listener.name), chain.origins.first());
        }
        let Some(routes) = chain.routes.filter(|at| seen.insert(*at)).and_then(|at| side.routes.get(at)) else {
            continue;
        };
        for host in &routes.hosts {
            let name = host.domains.iter().min_by_key(|domain| domain.len()).map_or("", String::as_str);
            for route in &host.routes {
                for cluster in reach::clusters(&route.fields) {
                    let text = format!("{} of {name}", matches::text(&route.read));
                    found(cluster, &text, route.origins.first());
                }
            }
        }
    }
}

fn tcp(chain: &Chain) -> Vec<&str> {
    let filters = chain.fields.get("filters").and_then(serde_json::Value::as_array).into_iter().flatten();
    let configs = filters.filter_map(|filter| filter.get("typed_config"));
    configs.flat_map(reach::clusters_of).collect()
}
