//! Which requests lead to a cluster, or show a certificate.

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::Side;
use super::sample;
use super::witness;
use crate::simulate::Request;

/// A place that names something: listener, chain, and where it is a route, virtual host and route.
type Place = (usize, usize, Option<(usize, usize)>);

/// What names the clusters and secrets of a side.
pub(super) struct Reach<'a> {
    side: &'a Side,
    clusters: BTreeMap<String, Vec<Place>>,
    secrets: BTreeMap<String, Vec<Place>>,
}

/// So many places are tried for one cluster.
const PLACES: usize = 4;

impl<'a> Reach<'a> {
    /// Looks through all of `side`.
    pub(super) fn new(side: &'a Side) -> Self {
        let mut reach = Self { side, clusters: BTreeMap::new(), secrets: BTreeMap::new() };
        for (at, listener) in side.listeners.iter().enumerate() {
            for (place, chain) in listener.chains.iter().enumerate() {
                named(&chain.fields, &mut |key, name| match key {
                    "tls_certificate_sds_secret_configs" => add(&mut reach.secrets, name, (at, place, None)),
                    "cluster" | "clusters" => add(&mut reach.clusters, name, (at, place, None)),
                    _ => {}
                });
                for (host_at, host) in side.routes_of(chain).iter().flat_map(|routes| routes.hosts.iter().enumerate()) {
                    for (route_at, route) in host.routes.iter().enumerate() {
                        for name in clusters(&route.fields) {
                            add(&mut reach.clusters, name, (at, place, Some((host_at, route_at))));
                        }
                    }
                }
            }
        }
        reach
    }

    /// Whether anything names the cluster.
    pub(super) fn places(&self, cluster: &str) -> &[Place] {
        self.clusters.get(cluster).map(Vec::as_slice).unwrap_or_default()
    }

    /// Requests that lead to the cluster.
    pub(super) fn requests(&self, cluster: &str) -> Vec<Request> {
        self.places(cluster).iter().take(PLACES).flat_map(|place| self.at(*place)).collect()
    }

    /// Connections that show the certificate.
    pub(super) fn handshakes(&self, secret: &str) -> Vec<Request> {
        let places = self.secrets.get(secret).map(Vec::as_slice).unwrap_or_default();
        let open = |place: &Place| {
            let mut requests = witness::connections(self.side, place.0, place.1);
            for request in &mut requests {
                request.host = request.sni.clone().unwrap_or_else(|| "any.example".to_owned());
                request.sni = Some(request.host.clone());
            }
            requests
        };
        places.iter().take(PLACES).flat_map(open).collect()
    }

    fn at(&self, (listener, chain, route): Place) -> Vec<Request> {
        let mut bases = witness::connections(self.side, listener, chain);
        let routes = self.side.listeners.get(listener).and_then(|it| self.side.routes_of(it.chains.get(chain)?));
        let Some((host, route)) = route.zip(routes).and_then(|((host, route), routes)| {
            let host = routes.hosts.get(host)?;
            Some((host, host.routes.get(route)?))
        }) else {
            return bases;
        };
        let Some(domain) = host.domains.iter().min_by_key(|domain| domain.len()) else { return Vec::new() };
        for base in &mut bases {
            base.host = witness::host_of(domain);
        }
        bases.iter().flat_map(|base| sample::requests(base, &[&route.read])).collect()
    }
}

fn add(map: &mut BTreeMap<String, Vec<Place>>, name: &str, place: Place) {
    let places = map.entry(name.to_owned()).or_default();
    if places.last() != Some(&place) {
        places.push(place);
    }
}

/// The clusters that the fields of a route name, with those of copies.
pub(super) fn clusters(fields: &Value) -> Vec<&str> {
    fields.get("route").map(clusters_of).unwrap_or_default()
}

/// The clusters that an action, or a TCP proxy, names.
pub(super) fn clusters_of(action: &Value) -> Vec<&str> {
    let list = |pointer: &str, key: &'static str| {
        let items = action.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(move |item| item.get(key)?.as_str())
    };
    let mut names: Vec<&str> = action.get("cluster").and_then(Value::as_str).into_iter().collect();
    names.extend(list("/weighted_clusters/clusters", "name"));
    names.extend(list("/request_mirror_policies", "cluster"));
    names.retain(|name| !name.is_empty());
    names
}

/// Names in `cluster: x` and in lists of objects with names, anywhere in the filters of a chain.
fn named(fields: &Value, found: &mut dyn FnMut(&str, &str)) {
    match fields {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Some(name) = value.as_str().filter(|_| key == "cluster") {
                    found(key, name);
                }
                for item in value.as_array().into_iter().flatten() {
                    if let Some(name) = item.get("name").and_then(Value::as_str) {
                        found(key, name);
                    }
                }
                named(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
