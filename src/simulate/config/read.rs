//! JSON of three shapes → [`Configuration`].

use std::fmt;

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
    pub fn from_value(mut value: Value) -> Result<Self, ReadError> {
        snake_case(&mut value);
        let Value::Object(mut fields) = value else {
            return Err(unknown());
        };
        let mut configuration = Self::default();
        if let Some(Value::Array(dumps)) = fields.remove("configs") {
            dumps.into_iter().try_for_each(|dump| configuration.add_dump(dump))?;
        } else if let Some(Value::Object(resources)) = fields.remove("static_resources") {
            configuration.add_lists(resources)?;
        } else if fields.contains_key("listeners") || fields.contains_key("clusters") {
            configuration.add_lists(fields)?;
        } else {
            return Err(unknown());
        }
        Ok(configuration)
    }

    fn add_lists(&mut self, mut fields: Map<String, Value>) -> Result<(), ReadError> {
        for kind in Kind::ALL {
            if let Some(Value::Array(items)) = fields.remove(kind.list()) {
                items.into_iter().try_for_each(|item| self.add(kind, item))?;
            }
        }
        Ok(())
    }

    /// One entry of a `config_dump`. The bootstrap in it repeats the static resources of the others.
    fn add_dump(&mut self, dump: Value) -> Result<(), ReadError> {
        let Value::Object(mut dump) = dump else { return Ok(()) };
        let lists = [
            ("static_listeners", None, "listener", Kind::Listener),
            ("dynamic_listeners", Some("active_state"), "listener", Kind::Listener),
            ("static_clusters", None, "cluster", Kind::Cluster),
            ("dynamic_active_clusters", None, "cluster", Kind::Cluster),
            ("static_route_configs", None, "route_config", Kind::Route),
            ("dynamic_route_configs", None, "route_config", Kind::Route),
            ("static_endpoint_configs", None, "endpoint_config", Kind::Endpoint),
            ("dynamic_endpoint_configs", None, "endpoint_config", Kind::Endpoint),
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
                    self.add(kind, inner.take())?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, kind: Kind, item: Value) -> Result<(), ReadError> {
        match kind {
            Kind::Listener => self.listeners.push(typed(item, "listener")?),
            Kind::Cluster => {
                let cluster: super::Cluster = typed(item, "cluster")?;
                self.clusters.insert(cluster.name.clone(), cluster);
            }
            Kind::Route => {
                let routes: super::RouteConfiguration = typed(item, "route configuration")?;
                self.routes.insert(routes.name.clone(), routes);
            }
            Kind::Endpoint => {
                let assignment: super::ClusterLoadAssignment = typed(item, "load assignment")?;
                self.endpoints.insert(assignment.cluster_name.clone(), assignment);
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Listener,
    Cluster,
    Route,
    Endpoint,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Listener, Self::Cluster, Self::Route, Self::Endpoint];

    fn list(self) -> &'static str {
        match self {
            Self::Listener => "listeners",
            Self::Cluster => "clusters",
            Self::Route => "routes",
            Self::Endpoint => "endpoints",
        }
    }
}

fn typed<T: DeserializeOwned>(item: Value, what: &str) -> Result<T, ReadError> {
    let name = ["name", "cluster_name"].iter().find_map(|key| Some(item.get(key)?.as_str()?.to_owned()));
    serde_json::from_value(item)
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
            // A null is a field that is not set.
            fields.retain(|_, item| !item.is_null());
            fields.values_mut().for_each(snake_case);
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
