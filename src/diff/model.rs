//! One side of a comparison: the objects of a configuration, each apart from those inside it.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::normal::normal;
use crate::explain::provenance::{self, Citation, Provenance};
use crate::simulate::config::route::RouteMatch;
use crate::simulate::{Configuration, Lists, ReadError};

/// A configuration that is compared.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// As the evaluator reads it.
    pub(super) configuration: Configuration,
    /// Listeners, as they stand in [`Configuration::listeners`].
    pub(super) listeners: Vec<Listener>,
    /// Route configurations, those of filter chains and those that have a name of their own.
    pub(super) routes: Vec<Routes>,
    /// Clusters by name.
    pub(super) clusters: BTreeMap<String, Cluster>,
    /// Secrets by name. They may hold private keys, and are only compared.
    pub(super) secrets: BTreeMap<String, Secret>,
}

/// A listener without its filter chains.
#[derive(Clone, Debug, Default)]
pub(super) struct Listener {
    pub name: String,
    pub fields: Value,
    /// As the evaluator counts them: the default chain is the last.
    pub chains: Vec<Chain>,
    pub origins: Vec<Citation>,
}

/// A filter chain without its match and its routes.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    pub matches: Value,
    pub fields: Value,
    /// Its place in [`Side::routes`]; `None` is a chain without HTTP, or with routes that are not there.
    pub routes: Option<usize>,
    /// The name by which it asks for routes.
    pub rds: Option<String>,
    pub origins: Vec<Citation>,
}

/// A route configuration without its virtual hosts.
#[derive(Clone, Debug, Default)]
pub(super) struct Routes {
    pub name: String,
    /// Whether it is written in a filter chain.
    pub inline: bool,
    pub fields: Value,
    pub hosts: Vec<Host>,
}

/// A virtual host without its domains and routes.
#[derive(Clone, Debug, Default)]
pub(super) struct Host {
    pub name: String,
    pub domains: Vec<String>,
    pub fields: Value,
    pub routes: Vec<Route>,
    pub origins: Vec<Citation>,
}

/// A route without its match.
#[derive(Clone, Debug, Default)]
pub(super) struct Route {
    pub name: String,
    pub matches: Value,
    /// The same, as the evaluator reads it.
    pub read: RouteMatch,
    pub fields: Value,
    pub origins: Vec<Citation>,
}

/// A cluster without its endpoints.
#[derive(Clone, Debug, Default)]
pub(super) struct Cluster {
    pub fields: Value,
    /// By address; the value is everything else of an endpoint, with its locality.
    pub endpoints: BTreeMap<String, Value>,
    pub origins: Vec<Citation>,
}

/// A secret.
#[derive(Clone, Debug, Default)]
pub(super) struct Secret {
    pub fields: Value,
    pub origins: Vec<Citation>,
}

impl Side {
    /// Reads JSON of a bootstrap, of `--emit xds`, or of Envoy's `config_dump`. `origins` is where its
    /// objects come from, of the same configuration.
    ///
    /// # Errors
    /// The value has none of the three shapes, or a field that decides a way has a wrong type.
    pub fn new(value: Value, origins: Option<&Provenance>) -> Result<Self, ReadError> {
        Self::of_lists(Lists::from_value(value)?, origins)
    }

    /// As [`Side::new`], of the resources.
    ///
    /// # Errors
    /// A field that decides a way has a wrong type.
    pub fn of_lists(lists: Lists, origins: Option<&Provenance>) -> Result<Self, ReadError> {
        let configuration = Configuration::from_lists(&lists)?;
        let Lists { mut listeners, mut clusters, mut routes, mut endpoints, mut secrets, .. } = lists;
        for list in [&mut listeners, &mut clusters, &mut routes, &mut endpoints, &mut secrets] {
            list.iter_mut().for_each(normal);
        }
        let mut side = Self { configuration, ..Self::default() };
        for item in routes {
            let cited = origins.and_then(|all| all.routes.iter().find(|one| name_is(&item, &one.name)));
            side.routes.push(route_configuration(item, false, cited));
        }
        for (index, item) in listeners.into_iter().enumerate() {
            let cited = origins.and_then(|all| all.listeners.get(index));
            let listener = side.listener(item, cited);
            side.listeners.push(listener);
        }
        side.add_clusters(clusters, endpoints, origins);
        for item in secrets {
            let name = text(&item, "name");
            let cited = origins.and_then(|all| all.secrets.iter().find(|one| one.name == name));
            let origins = cited.map(|one| one.origins.clone()).unwrap_or_default();
            side.secrets.insert(name, Secret { fields: item, origins });
        }
        Ok(side)
    }

    /// The route configuration of a chain.
    pub(super) fn routes_of(&self, chain: &Chain) -> Option<&Routes> {
        self.routes.get(chain.routes?)
    }

    fn listener(&mut self, mut item: Value, cited: Option<&provenance::Listener>) -> Listener {
        let name = match text(&item, "name") {
            name if name.is_empty() => address(item.get("address").unwrap_or(&Value::Null)),
            name => name,
        };
        let mut chains = array(take(&mut item, "filter_chains"));
        // The evaluator counts the default chain after the others.
        let default = take(&mut item, "default_filter_chain");
        chains.extend(Some(default).filter(Value::is_object));
        let chains = chains.into_iter().enumerate();
        let chains = chains.map(|(index, chain)| {
            let cited = cited.and_then(|listener| listener.filter_chains.get(index));
            self.chain(chain, cited)
        });
        let chains = chains.collect();
        Listener { name, fields: item, chains, origins: cited.map(|one| one.origins.clone()).unwrap_or_default() }
    }

    fn chain(&mut self, mut item: Value, cited: Option<&provenance::FilterChain>) -> Chain {
        let matches = take(&mut item, "filter_chain_match");
        // Names of chains are seen in statistics only.
        let _ = take(&mut item, "name");
        let mut chain = Chain {
            matches: if matches.is_null() { Value::Object(Map::new()) } else { matches },
            origins: cited.map(|one| one.origins.clone()).unwrap_or_default(),
            ..Chain::default()
        };
        for filter in item.get_mut("filters").and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(manager) = filter.get_mut("typed_config") else { continue };
            if let Some(name) = manager.pointer("/rds/route_config_name").and_then(Value::as_str) {
                chain.rds = Some(name.to_owned());
                chain.routes = self.routes.iter().position(|routes| !routes.inline && routes.name == name);
            }
            let _ = take(manager, "rds");
            let inline = take(manager, "route_config");
            if inline.is_object() {
                let cited = cited.and_then(|chain| chain.routes.iter().find(|one| name_is(&inline, &one.name)));
                chain.routes = Some(self.routes.len());
                self.routes.push(route_configuration(inline, true, cited));
            }
        }
        chain.fields = item;
        chain
    }

    fn add_clusters(&mut self, clusters: Vec<Value>, endpoints: Vec<Value>, origins: Option<&Provenance>) {
        let mut discovered: BTreeMap<String, Value> = BTreeMap::new();
        for item in endpoints {
            discovered.insert(text(&item, "cluster_name"), item);
        }
        for mut item in clusters {
            let name = text(&item, "name");
            let own = take(&mut item, "load_assignment");
            let service = item.pointer("/eds_cluster_config/service_name").and_then(Value::as_str);
            let assignment =
                if own.is_object() { Some(&own) } else { discovered.get(service.unwrap_or(name.as_str())) };
            let cited = origins.and_then(|all| all.clusters.iter().find(|one| one.name == name));
            let cluster = Cluster {
                endpoints: assignment.map(addresses).unwrap_or_default(),
                fields: item,
                origins: cited.map(|one| one.origins.clone()).unwrap_or_default(),
            };
            self.clusters.insert(name, cluster);
        }
    }
}

fn route_configuration(mut item: Value, inline: bool, cited: Option<&provenance::RouteConfiguration>) -> Routes {
    let hosts = array(take(&mut item, "virtual_hosts")).into_iter().enumerate();
    let hosts = hosts.map(|(index, host)| virtual_host(host, cited.and_then(|all| all.virtual_hosts.get(index))));
    let hosts = hosts.collect();
    let name = take(&mut item, "name");
    Routes { name: name.as_str().unwrap_or_default().to_owned(), inline, fields: item, hosts }
}

fn virtual_host(mut item: Value, cited: Option<&provenance::VirtualHost>) -> Host {
    let routes = array(take(&mut item, "routes")).into_iter().enumerate();
    let routes = routes.map(|(index, one)| route(one, cited.and_then(|host| host.routes.get(index)))).collect();
    let domains = array(take(&mut item, "domains"));
    let name = take(&mut item, "name");
    Host {
        name: name.as_str().unwrap_or_default().to_owned(),
        domains: domains.iter().filter_map(|domain| Some(domain.as_str()?.to_owned())).collect(),
        fields: item,
        routes,
        origins: cited.map(|one| one.origins.clone()).unwrap_or_default(),
    }
}

fn route(mut item: Value, cited: Option<&provenance::Route>) -> Route {
    let matches = take(&mut item, "match");
    Route {
        name: text(&item, "name"),
        // The configuration with all of them is read before.
        read: RouteMatch::deserialize(&matches).unwrap_or_default(),
        matches,
        fields: item,
        origins: cited.map(|one| one.origins.clone()).unwrap_or_default(),
    }
}

fn addresses(assignment: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for locality in assignment.get("endpoints").and_then(Value::as_array).into_iter().flatten() {
        let mut group = locality.clone();
        let members = array(take(&mut group, "lb_endpoints"));
        // It is the sum of its endpoints' in what Istio sends.
        let _ = take(&mut group, "load_balancing_weight");
        for mut member in members {
            let place = member.pointer("/endpoint/address").map(address).unwrap_or_default();
            if let Some(endpoint) = member.get_mut("endpoint") {
                let _ = take(endpoint, "address");
            }
            if let (Value::Object(member), Value::Object(group)) = (&mut member, &group) {
                member.extend(group.clone());
            }
            found.insert(place, member);
        }
    }
    found
}

/// As `10.0.0.1:80`, `[::1]:80`, a socket's path or the name of an internal listener.
pub(super) fn address(address: &Value) -> String {
    let at = |pointer: &str| address.pointer(pointer).and_then(Value::as_str);
    if let Some(ip) = at("/socket_address/address") {
        let port = address.pointer("/socket_address/port_value").map(Value::to_string).unwrap_or_default();
        return if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") };
    }
    let internal = at("/envoy_internal_address/server_listener_name");
    let endpoint = at("/envoy_internal_address/endpoint_id").unwrap_or_default();
    match (internal, at("/pipe/path")) {
        (Some(listener), _) => format!("{listener}/{endpoint}"),
        (None, path) => path.unwrap_or_default().to_owned(),
    }
}

fn take(value: &mut Value, key: &str) -> Value {
    value.as_object_mut().and_then(|fields| fields.shift_remove(key)).unwrap_or(Value::Null)
}

fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn name_is(value: &Value, name: &str) -> bool {
    value.get("name").and_then(Value::as_str).unwrap_or_default() == name
}
