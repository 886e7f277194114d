//! Metadata that a test gives, and matchers of it.

use serde_json::{Map, Value, json};

use super::super::reader::Reader;
use super::holds as headers_hold;
use crate::yaml::Node;

/// The value that Envoy's `set_metadata` leaves of `[{metadata_namespace, value, allow_overwrite}]`:
/// the first of a namespace counts, unless a later one may overwrite it.
pub(super) fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Map<String, Value> {
    let mut all = Map::new();
    for element in reader.elements(node) {
        let known = ["metadata_namespace", "value", "typed_value", "allow_overwrite"];
        let (mut namespace, mut given, mut overwrite) = (String::new(), Value::Null, false);
        for (name, value) in reader.fields(element, "`dynamic_metadata`", &known) {
            match name {
                "metadata_namespace" => {
                    namespace = reader.text(value, "`metadata_namespace`").unwrap_or_default().into_owned();
                }
                "allow_overwrite" => overwrite = reader.flag(value, "`allow_overwrite`").unwrap_or_default(),
                _ => given = value.to_json(),
            }
        }
        match all.get_mut(&namespace) {
            None => drop(all.insert(namespace, given)),
            Some(old) if overwrite => merge(old, given),
            Some(_) => {}
        }
    }
    all
}

fn merge(old: &mut Value, new: Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in new {
                merge(old.entry(name).or_insert(Value::Null), value);
            }
        }
        (old, new) => *old = new,
    }
}

/// Whether an `envoy.type.matcher.v3.MetadataMatcher` holds.
pub(super) fn holds(matcher: &Value, all: &Map<String, Value>) -> bool {
    let filter = matcher.get("filter").and_then(Value::as_str).unwrap_or_default();
    let mut at = all.get(filter);
    for segment in matcher.get("path").and_then(Value::as_array).into_iter().flatten() {
        let key = segment.get("key").and_then(Value::as_str).unwrap_or_default();
        at = at.and_then(|value| value.get(key));
    }
    let wanted = matcher.get("value").unwrap_or(&Value::Null);
    let inverted = matcher.get("invert") == Some(&Value::Bool(true));
    fits(wanted, at) != inverted
}

/// Whether an `envoy.type.matcher.v3.ValueMatcher` holds.
fn fits(matcher: &Value, value: Option<&Value>) -> bool {
    let Some((kind, wanted)) = matcher.as_object().and_then(|it| it.iter().next()) else { return false };
    match (kind.as_str(), value) {
        ("present_match", value) => wanted.as_bool() == Some(value.is_some()),
        ("null_match", Some(value)) => value.is_null(),
        ("bool_match", Some(value)) => value.is_boolean() && value == wanted,
        ("string_match", Some(Value::String(text))) => {
            let matchers = json!([{"name": "value", "string_match": wanted}]);
            headers_hold(&matchers, &[("value".to_owned(), text.clone())]).unwrap_or_default()
        }
        ("double_match", Some(value)) => {
            let number = value.as_f64();
            let range = wanted.get("range");
            let bound = |name: &str| range.and_then(|it| it.get(name)).and_then(Value::as_f64).unwrap_or_default();
            match wanted.get("exact") {
                Some(exact) => number.is_some() && exact.as_f64() == number,
                None => number.is_some_and(|number| bound("start") <= number && number < bound("end")),
            }
        }
        ("list_match", Some(Value::Array(items))) => {
            let one = wanted.get("one_of").unwrap_or(&Value::Null);
            items.iter().any(|item| fits(one, Some(item)))
        }
        ("or_match", value) => {
            let matchers = wanted.get("value_matchers").and_then(Value::as_array);
            matchers.into_iter().flatten().any(|one| fits(one, value))
        }
        _ => false,
    }
}
