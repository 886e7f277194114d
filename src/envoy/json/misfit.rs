//! What of a JSON value is not of the message that it should be.
//!
//! By the mapping of <https://protobuf.dev/programming-guides/json/>, as Go's jsonpb reads it: that is what istiod reads
//! the values of an EnvoyFilter with (`pkg/util/protomarshal`). It takes more than the mapping has: durations with any
//! unit, and a field by both of its names. Not what Envoy checks beside types: that something is there, and limits.

use serde_json::Value;

use super::tables::{Cardinality, Field, Kind, MessageId, MessageTable, Shape, Tables};
use crate::base::{Base64, Duration, Origin, Timestamp};

/// The message without fields, which JSON writes in `value` all the same.
const EMPTY: &str = "google.protobuf.Empty";

/// A part that does not fit, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The part: of a field that is not known, the field.
    pub at: Origin,
    /// What does not fit.
    pub what: Unfit,
}

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is of another type.
    Type {
        /// What it should be: `a string`.
        expected: String,
        /// What it is, for messages.
        found: String,
        /// The text that was meant, where that is certain.
        meant: Option<String>,
    },
    /// The message has no such field.
    Field {
        /// Its full name.
        message: String,
        /// The fields that it has.
        known: Vec<String>,
    },
    /// The enum has no such value.
    Value {
        /// The name that is no value.
        value: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The name of a message that is not there, in `@type`.
    Message {
        /// The name.
        name: String,
        /// Messages of its package, or else all of that last name.
        known: Vec<String>,
    },
    /// An `Any` that does not say of what type it is.
    Untyped,
    /// A field that excludes another one, which is there as well.
    Excluded {
        /// The other one.
        other: String,
    },
    /// A field that is there by its other name as well, which counts.
    Twice,
    /// An extension that is there by name only, without its configuration.
    Unconfigured {
        /// The name.
        name: String,
    },
}

/// What of a value is not of the message with this full name; nothing where there is no such message.
pub fn misfits(message: &str, value: &Value, at: &Origin) -> Vec<Misfit> {
    let tables = Tables::get();
    let mut walk = Walk { tables, found: Vec::new() };
    if let Some(id) = tables.find(message) {
        walk.message(id, value, at);
    }
    walk.found
}

struct Walk {
    tables: &'static Tables,
    found: Vec<Misfit>,
}

impl Walk {
    fn add(&mut self, at: &Origin, what: Unfit) {
        self.found.push(Misfit { at: at.clone(), what });
    }

    fn wrong(&mut self, at: &Origin, value: &Value, expected: impl Into<String>) {
        self.add(at, Unfit::Type { expected: expected.into(), found: noun(value), meant: None });
    }

    fn message(&mut self, id: MessageId, value: &Value, at: &Origin) {
        let table = self.tables.message(id);
        // As an element of a list it is an empty message.
        if value.is_null() && table.shape != Shape::Any {
            return;
        }
        let fits = match table.shape {
            Shape::Any => return self.any(value, at),
            Shape::Wrapper => return self.wrapper(table, value, at),
            Shape::Plain => match value.as_object() {
                Some(fields) => return self.fields(table, &fields.iter().collect::<Vec<_>>(), at),
                None => false,
            },
            Shape::Duration if value.as_str().is_some_and(|text| Duration::parse(text).is_ok()) => true,
            Shape::Duration => {
                let (expected, found) = (expected_of(table.shape).to_owned(), noun(value));
                let meant = value.as_number().map(|number| format!("{number}s"));
                return self.add(at, Unfit::Type { expected, found, meant });
            }
            Shape::Timestamp => value.as_str().is_some_and(|text| Timestamp::parse(text).is_some()),
            Shape::FieldMask => value.is_string(),
            Shape::Struct => value.is_object(),
            Shape::List => value.is_array(),
            Shape::Value => true,
        };
        if !fits {
            self.wrong(at, value, expected_of(table.shape));
        }
    }

    fn wrapper(&mut self, table: &MessageTable, value: &Value, at: &Origin) {
        if let Some(field) = table.fields.first() {
            self.single(field.kind, value, at);
        }
    }

    /// A message in `@type` and the fields beside it.
    fn any(&mut self, value: &Value, at: &Origin) {
        let Some(fields) = value.as_object() else { return self.wrong(at, value, "a mapping with `@type`") };
        let Some(url) = fields.get("@type") else {
            return self.add(at, Unfit::Untyped);
        };
        let place = at.key("@type");
        let Some(text) = url.as_str().filter(|text| !text.is_empty()) else {
            return self.wrong(
                &place,
                url,
                "the name of a message, such as `type.googleapis.com/google.protobuf.Struct`",
            );
        };
        let name = text.rsplit('/').next().unwrap_or(text);
        let Some(id) = self.tables.find(name) else {
            if !super::elsewhere::is_elsewhere(name) {
                let known = self.tables.like(name).into_iter().map(str::to_owned).collect();
                self.add(&place, Unfit::Message { name: name.to_owned(), known });
            }
            return;
        };
        let table = self.tables.message(id);
        let beside = fields.iter().filter(|(key, _)| *key != "@type");
        if table.shape == Shape::Plain && name != EMPTY {
            return self.fields(table, &beside.collect::<Vec<_>>(), at);
        }
        // What is no object in JSON stands in `value`.
        for (key, _) in beside.filter(|(key, _)| *key != "value") {
            self.add(&at.key(key.clone()), Unfit::Field { message: name.to_owned(), known: vec!["value".to_owned()] });
        }
        match fields.get("value") {
            Some(value) => self.message(id, value, &at.key("value")),
            None => self.wrong(
                at,
                &Value::Null,
                format!("a mapping with `@type` and `value`, as `{name}` is no mapping itself"),
            ),
        }
    }

    fn fields(&mut self, table: &MessageTable, fields: &[(&String, &Value)], at: &Origin) {
        let mut written: Vec<(&Field, &str)> = Vec::new();
        for &(key, value) in fields {
            let place = at.key(key.clone());
            let Some(field) = table.fields.iter().find(|field| field.is_named(key)) else {
                let known = table.fields.iter().map(|field| field.name().to_owned()).collect();
                self.add(&place, Unfit::Field { message: table.name.clone(), known });
                continue;
            };
            // Of a field by both names, the one that JSON has counts.
            if field.is_called(key) && fields.iter().any(|(other, _)| *other != key && field.is_named(other)) {
                self.add(&place, Unfit::Twice);
                continue;
            }
            // `null` is as good as nothing, unless the field may hold it.
            if value.is_null() && !self.takes_null(field) {
                continue;
            }
            let other = written.iter().find(|(other, _)| field.oneof.is_some() && other.oneof == field.oneof);
            if let Some((_, other)) = other {
                self.add(&place, Unfit::Excluded { other: (*other).to_owned() });
            }
            written.push((field, key));
            self.field(field, value, &place);
        }
        let has = |name: &str| written.iter().any(|(field, _)| field.is_called(name));
        let is_extension = table.fields.iter().any(|field| field.is_called("typed_config"));
        if is_extension && !has("typed_config") && !has("config_discovery") {
            let name = fields.iter().find(|(key, _)| *key == "name").and_then(|(_, name)| name.as_str());
            let name = name.unwrap_or_default();
            self.add(at, Unfit::Unconfigured { name: name.to_owned() });
        }
    }

    fn takes_null(&self, field: &Field) -> bool {
        match (field.cardinality, field.kind) {
            (Cardinality::Single { .. }, Kind::Message(id)) => self.tables.message(id).shape == Shape::Value,
            _ => false,
        }
    }

    fn field(&mut self, field: &Field, value: &Value, at: &Origin) {
        match field.cardinality {
            Cardinality::Single { .. } => self.single(field.kind, value, at),
            Cardinality::Repeated => match value.as_array() {
                Some(elements) => {
                    elements.iter().enumerate().for_each(|(index, it)| self.single(field.kind, it, &at.index(index)));
                }
                None => self.wrong(at, value, "a list"),
            },
            Cardinality::Map { entry } => match value.as_object() {
                Some(entries) => {
                    // Of an entry, the key is the first field and the value the second.
                    let Some(kind) = self.tables.message(entry).fields.get(1).map(|field| field.kind) else { return };
                    entries.iter().for_each(|(key, it)| self.single(kind, it, &at.key(key.clone())));
                }
                None => self.wrong(at, value, "a mapping"),
            },
        }
    }

    fn single(&mut self, kind: Kind, value: &Value, at: &Origin) {
        let fits = match kind {
            Kind::Message(id) => return self.message(id, value, at),
            _ if value.is_null() => true,
            Kind::Enum(id) => match value {
                Value::String(name) => {
                    let known = self.tables.enum_names(id);
                    if !known.contains(name) {
                        self.add(at, Unfit::Value { value: name.clone(), known });
                    }
                    true
                }
                _ => is_integer(value, f64::from(i32::MIN), f64::from(i32::MAX)) && value.is_number(),
            },
            Kind::Bool => value.is_boolean(),
            Kind::String => value.is_string(),
            Kind::Bytes => value.as_str().is_some_and(|text| Base64::parse(text).is_some()),
            Kind::Double | Kind::Float => {
                let special = |text: &str| matches!(text, "NaN" | "Infinity" | "-Infinity");
                number(value).is_some() || value.as_str().is_some_and(special)
            }
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => is_integer(value, f64::from(i32::MIN), f64::from(i32::MAX)),
            Kind::Uint32 | Kind::Fixed32 => is_integer(value, 0.0, f64::from(u32::MAX)),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => is_integer(value, i64::MIN as f64, i64::MAX as f64),
            Kind::Uint64 | Kind::Fixed64 => is_integer(value, 0.0, u64::MAX as f64),
        };
        if !fits {
            self.wrong(at, value, expected(kind));
        }
    }
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Double | Kind::Float => "a number",
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "a whole number from -2147483648 to 2147483647",
        Kind::Uint32 | Kind::Fixed32 => "a whole number from 0 to 4294967295",
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "a whole number",
        Kind::Uint64 | Kind::Fixed64 => "a whole number from 0",
        Kind::Bool => "`true` or `false`",
        Kind::String => "a string",
        Kind::Bytes => "bytes in base64",
        Kind::Enum(_) => "the name of a value, or its number",
        Kind::Message(_) => "a mapping",
    }
}

fn expected_of(shape: Shape) -> &'static str {
    match shape {
        Shape::Duration => "a duration with its unit, such as `0.25s`",
        Shape::Timestamp => "a time, such as `2026-01-31T12:00:00Z`",
        Shape::FieldMask => "names of fields, with commas",
        Shape::List => "a list",
        Shape::Plain | Shape::Any | Shape::Struct | Shape::Value | Shape::Wrapper => "a mapping",
    }
}

/// A value for messages. A long string is not repeated: it may be a key.
fn noun(value: &Value) -> String {
    const LONGEST: usize = 24;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.len() <= LONGEST => format!("the string `{text}`"),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// A number, also as a string.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        // As JSON has it: no `+`, no hexadecimal digits.
        Value::String(text) => serde_json::from_str::<serde_json::Number>(text).ok()?.as_f64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_integer(value: &Value, least: f64, most: f64) -> bool {
    // Digits only, where it is a string.
    let is_written = value.as_str().is_none_or(|text| !text.contains(['.', 'e', 'E']));
    is_written && number(value).is_some_and(|number| number.fract() == 0.0 && number >= least && number <= most)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::ResourceId;

    fn found(message: &str, value: Value) -> Vec<String> {
        let all = misfits(message, &value, &Origin::of(ResourceId(0)));
        let what = |what: &Unfit| match what {
            Unfit::Type { .. } => "type",
            Unfit::Field { .. } => "field",
            Unfit::Value { .. } => "value",
            Unfit::Message { .. } => "message",
            Unfit::Untyped => "untyped",
            Unfit::Excluded { .. } => "excluded",
            Unfit::Twice => "twice",
            Unfit::Unconfigured { .. } => "unconfigured",
        };
        all.iter().map(|it| format!("{} {}", it.at.path, what(&it.what))).collect()
    }

    #[test]
    fn values_are_of_the_types_of_their_fields() {
        let cluster = |value| found("envoy.config.cluster.v3.Cluster", value);
        let good = json!({"connect_timeout": "0.5s", "type": "STATIC", "connectTimeout2": null});
        assert_eq!(cluster(good), ["connectTimeout2 field"]);
        assert_eq!(cluster(json!({"connect_timeout": "500ms"})), [""; 0]);
        assert_eq!(cluster(json!({"connect_timeout": "500"})), ["connect_timeout type"]);
        assert_eq!(cluster(json!({"type": "STATICS"})), ["type value"]);
        assert_eq!(cluster(json!({"type": 0, "lb_policy": 1.5})), ["lb_policy type"]);
        assert_eq!(cluster(json!({"per_connection_buffer_limit_bytes": "1000"})), [""; 0]);
        assert_eq!(
            cluster(json!({"per_connection_buffer_limit_bytes": -1})),
            ["per_connection_buffer_limit_bytes type"]
        );
        assert_eq!(cluster(json!({"connect_timeout": "1s", "connectTimeout": "1s"})), ["connect_timeout twice"]);
        assert_eq!(cluster(json!({"health_checks": [null, {"timeout": 1}]})), ["health_checks[1].timeout type"]);
    }

    #[test]
    fn one_of_a_choice_is_there() {
        let route = json!({"match": {"prefix": "/", "path": "/a"}, "route": {}, "redirect": null});
        assert_eq!(found("envoy.config.route.v3.Route", route), ["match.path excluded"]);
    }

    #[test]
    fn messages_stand_in_others() {
        let filter = |config| found("envoy.config.listener.v3.Filter", json!({"name": "a", "typed_config": config}));
        let url = |name: &str| format!("type.googleapis.com/{name}");
        let proxy = url("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy");
        assert_eq!(filter(json!({"@type": proxy, "clusters": "a"})), ["typed_config.clusters field"]);
        let unknown = url("envoy.extensions.filters.network.tcp_proxy.v3.Tcp");
        assert_eq!(filter(json!({"@type": unknown})), ["typed_config.@type message"]);
        assert_eq!(
            filter(json!({"@type": url("envoy.extensions.filters.network.mysql_proxy.v3.MySQLProxy")})),
            [""; 0]
        );
        assert_eq!(filter(json!({"stat_prefix": "a"})), ["typed_config untyped"]);
        assert_eq!(filter(json!({"@type": url("google.protobuf.Duration"), "value": "1s"})), [""; 0]);
        assert_eq!(filter(json!({"@type": url("google.protobuf.Duration")})), ["typed_config type"]);
        assert_eq!(filter(json!({"@type": 1})), ["typed_config.@type type"]);
        assert_eq!(found("envoy.config.listener.v3.Filter", json!({"name": "a"})), [" unconfigured"]);
    }
}
