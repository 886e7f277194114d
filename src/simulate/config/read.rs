//! JSON of three shapes → [`Configuration`].

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Configuration;

/// Why a text is no configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The resources of a configuration as JSON, with fields in protobuf's own spelling, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lists {
    /// Of `envoy.config.listener.v3.Listener`.
    pub listeners: Vec<Value>,
    /// Of `envoy.config.cluster.v3.Cluster`.
    pub clusters: Vec<Value>,
    /// Of `envoy.config.route.v3.RouteConfiguration`.
    pub routes: Vec<Value>,
    /// Of `envoy.config.endpoint.v3.ClusterLoadAssignment`.
    pub endpoints: Vec<Value>,
    /// Of `envoy.extensions.transport_sockets.tls.v3.Secret`. They may hold private keys.
    pub secrets: Vec<Value>,
    /// As [`Configuration::rejects_fragments`]; false where no bootstrap is there to say it.
    pub rejects_fragments: bool,
}

impl Lists {
    /// Takes a bootstrap, `--emit xds` output, or Envoy's `config_dump` apart.
    ///
    /// # Errors
    /// The value has none of the three shapes.
    pub fn from_value(mut value: Value) -> Result<Self, ReadError> {
        snake_case(&mut value);
        Self::from_own(value)
    }

    /// As [`Lists::from_value`], of what is known to have fields in protobuf's own spelling and no nulls, as all that meshc
    /// writes.
    ///
    /// # Errors
    /// The value has none of the three shapes.
    pub fn from_own(value: Value) -> Result<Self, ReadError> {
        let Value::Object(mut fields) = value else {
            return Err(unknown());
        };
        let mut lists = Self::default();
        if let Some(Value::Array(dumps)) = fields.remove("configs") {
            dumps.into_iter().for_each(|dump| lists.add_dump(dump));
        } else if let Some(Value::Object(resources)) = fields.remove("static_resources") {
            lists.rejects_fragments = rejects_fragments(fields.get("layered_runtime"));
            lists.add_lists(resources);
        } else if fields.contains_key("listeners") || fields.contains_key("clusters") {
            lists.add_lists(fields);
        } else {
            return Err(unknown());
        }
        Ok(lists)
    }

    fn add_lists(&mut self, mut fields: Map<String, Value>) {
        for kind in Kind::ALL {
            if let Some(Value::Array(items)) = fields.remove(kind.list()) {
                self.of(kind).extend(items);
            }
        }
    }

    /// One entry of a `config_dump`. The bootstrap in it repeats the static resources of the others.
    fn add_dump(&mut self, dump: Value) {
        let Value::Object(mut dump) = dump else { return };
        if let Some(bootstrap) = dump.get("bootstrap") {
            self.rejects_fragments = rejects_fragments(bootstrap.get("layered_runtime"));
        }
        let lists = [
            ("static_listeners", None, "listener", Kind::Listener),
            ("dynamic_listeners", Some("active_state"), "listener", Kind::Listener),
            ("static_clusters", None, "cluster", Kind::Cluster),
            ("dynamic_active_clusters", None, "cluster", Kind::Cluster),
            ("static_route_configs", None, "route_config", Kind::Route),
            ("dynamic_route_configs", None, "route_config", Kind::Route),
            ("static_endpoint_configs", None, "endpoint_config", Kind::Endpoint),
            ("dynamic_endpoint_configs", None, "endpoint_config", Kind::Endpoint),
            ("static_secrets", None, "secret", Kind::Secret),
            ("dynamic_active_secrets", None, "secret", Kind::Secret),
        ];
        for (list, state, field, kind) in lists {
            let Some(Value::Array(items)) = dump.remove(list) else { continue };
            for mut item in items {
                let inner = match state {
                    Some(state) => item.get_mut(state),
                    None => Some(&mut item),
                };
                // An entry without it is being warmed or has failed: Envoy does not serve it.
                if let Some(inner) = inner.and_then(|inner| inner.get_mut(field)) {
                    self.of(kind).push(inner.take());
                }
            }
        }
    }

    fn of(&mut self, kind: Kind) -> &mut Vec<Value> {
        match kind {
            Kind::Listener => &mut self.listeners,
            Kind::Cluster => &mut self.clusters,
            Kind::Route => &mut self.routes,
            Kind::Endpoint => &mut self.endpoints,
            Kind::Secret => &mut self.secrets,
        }
    }
}

impl Configuration {
    /// Reads JSON of a bootstrap, of `--emit xds`, or of Envoy's `config_dump`. Field names may be
    /// in either spelling of protobuf's JSON.
    ///
    /// # Errors
    /// The text is no JSON, has none of the three shapes, or a field that is read has a wrong type.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let value = serde_json::from_str(text).map_err(|error| ReadError(format!("it is no JSON: {error}")))?;
        Self::from_value(value)
    }

    /// As [`Configuration::from_json`], of a parsed value.
    ///
    /// # Errors
    /// The value has none of the three shapes, or a field that is read has a wrong type.
    pub fn from_value(value: Value) -> Result<Self, ReadError> {
        Self::from_lists(&Lists::from_value(value)?)
    }

    /// As [`Configuration::from_json`], of the resources. Secrets decide no way.
    ///
    /// # Errors
    /// A field that is read has a wrong type.
    pub fn from_lists(lists: &Lists) -> Result<Self, ReadError> {
        let Lists { listeners, clusters, routes, endpoints, secrets: _, rejects_fragments } = lists;
        let read = Read {
            listeners: all(listeners, "listener")?,
            clusters: all(clusters, "cluster")?,
            routes: all(routes, "route configuration")?,
            endpoints: all(endpoints, "load assignment")?,
        };
        Ok(Self { rejects_fragments: *rejects_fragments, ..read.configuration() })
    }

    /// Reads what `--emit xds` writes, where it is known to be that: fields in protobuf's own spelling and no nulls.
    ///
    /// # Errors
    /// The text is no JSON, or a field that is read has a wrong type.
    pub fn from_own(text: &str) -> Result<Self, ReadError> {
        let read: Read = serde_json::from_str(text).map_err(|error| ReadError(error.to_string()))?;
        Ok(read.configuration())
    }
}

/// The resources, read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Read {
    listeners: Vec<super::Listener>,
    clusters: Vec<super::Cluster>,
    routes: Vec<super::RouteConfiguration>,
    endpoints: Vec<super::ClusterLoadAssignment>,
}

impl Read {
    fn configuration(self) -> Configuration {
        Configuration {
            listeners: self.listeners,
            clusters: self.clusters.into_iter().map(|it| (it.name.clone(), it)).collect(),
            routes: self.routes.into_iter().map(|it| (it.name.clone(), it)).collect(),
            endpoints: self.endpoints.into_iter().map(|it| (it.cluster_name.clone(), it)).collect(),
            rejects_fragments: false,
        }
    }
}

fn all<T: DeserializeOwned>(items: &[Value], what: &str) -> Result<Vec<T>, ReadError> {
    items.iter().map(|item| typed(item, what)).collect()
}

/// The last static layer that sets the feature counts; Envoy's default is to refuse.
fn rejects_fragments(runtime: Option<&Value>) -> bool {
    const FEATURE: &str = "envoy.reloadable_features.http_reject_path_with_fragment";
    let layers = runtime.and_then(|runtime| runtime.get("layers")).and_then(Value::as_array);
    let set = |layer: &Value| match layer.get("static_layer")?.get(FEATURE)? {
        Value::Bool(on) => Some(*on),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    layers.iter().copied().flatten().filter_map(set).next_back().unwrap_or(true)
}

#[derive(Clone, Copy)]
enum Kind {
    Listener,
    Cluster,
    Route,
    Endpoint,
    Secret,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Listener, Self::Cluster, Self::Route, Self::Endpoint, Self::Secret];

    fn list(self) -> &'static str {
        match self {
            Self::Listener => "listeners",
            Self::Cluster => "clusters",
            Self::Route => "routes",
            Self::Endpoint => "endpoints",
            Self::Secret => "secrets",
        }
    }
}

fn typed<T: DeserializeOwned>(item: &Value, what: &str) -> Result<T, ReadError> {
    let name = ["name", "cluster_name"].iter().find_map(|key| Some(item.get(key)?.as_str()?.to_owned()));
    T::deserialize(item)
        .map_err(|error| ReadError(format!("the {what} `{}` cannot be read: {error}", name.unwrap_or_default())))
}

fn unknown() -> ReadError {
    ReadError("it is neither a bootstrap, nor `--emit xds` output, nor a config_dump".to_owned())
}

/// Protobuf's JSON takes `filterChains` for `filter_chains`; keys with other signs are no fields.
fn snake_case(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let camel = |key: &String| {
                key.bytes().any(|byte| byte.is_ascii_uppercase())
                    && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
            };
            if fields.keys().any(camel) {
                let old = std::mem::take(fields);
                fields.extend(
                    old.into_iter().map(|(key, item)| if camel(&key) { (snake(&key), item) } else { (key, item) }),
                );
            }
            let mut nulls = false;
            for item in fields.values_mut() {
                nulls |= item.is_null();
                snake_case(item);
            }
            // A null is a field that is not set.
            if nulls {
                fields.retain(|_, item| !item.is_null());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(snake_case),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn snake(key: &str) -> String {
    let mut text = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
