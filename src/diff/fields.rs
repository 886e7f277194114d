//! Which fields of two values differ.

use std::collections::BTreeSet;

use serde_json::Value;

/// A field that differs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// Keys, and the names or places of elements.
    pub path: Vec<String>,
    /// `None` where it is not there.
    pub old: Option<Value>,
    /// `None` where it is not there.
    pub new: Option<Value>,
}

impl Field {
    /// `circuit_breakers.thresholds.0.max_connections 1 → 2`. What may be secret is hidden.
    pub(super) fn text(&self) -> String {
        let side = |value: &Option<Value>| match value {
            None => "none".to_owned(),
            Some(_) if self.is_secret() => "(hidden)".to_owned(),
            Some(value) => short(value),
        };
        format!("{} {} → {}", self.path.join("."), side(&self.old), side(&self.new))
    }

    /// Whether it may hold a key, or something else that is no one's business.
    fn is_secret(&self) -> bool {
        const PARTS: [&str; 5] = ["private_key", "password", "inline_bytes", "generic_secret", "session_ticket_keys"];
        // The name of a file is no secret.
        if self.path.last().is_some_and(|part| part == "filename") {
            return false;
        }
        self.path.iter().any(|part| PARTS.contains(&part.as_str()))
    }
}

/// The longest that a value is shown, in characters.
const SHOWN: usize = 120;

/// A text as it is, anything else as JSON, cut where it is long.
pub(super) fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        value => hidden(value).to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// The value without what may be a key.
fn hidden(value: &Value) -> Value {
    const SECRET: [&str; 4] = ["private_key", "password", "inline_bytes", "session_ticket_keys"];
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let value = if SECRET.contains(&key.as_str()) { "(hidden)".into() } else { hidden(value) };
                (key.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(hidden).collect(),
        value => value.clone(),
    }
}

/// What differs, in the order of the old side and then of the new one.
pub(super) fn fields(old: &Value, new: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    compare(Some(old), Some(new), &mut Vec::new(), &mut found);
    found
}

fn compare(old: Option<&Value>, new: Option<&Value>, path: &mut Vec<String>, found: &mut Vec<Field>) {
    if old == new {
        return;
    }
    // Each filter is a matter of its own.
    let nothing = Value::Object(serde_json::Map::new());
    let parts = path.last().is_some_and(|key| key == "typed_per_filter_config");
    let (old, new) = match (old, new) {
        (None, Some(Value::Object(fields))) if parts && !fields.is_empty() => (Some(&nothing), new),
        (Some(Value::Object(fields)), None) if parts && !fields.is_empty() => (old, Some(&nothing)),
        both => both,
    };
    match (old, new) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: Vec<&String> = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))).collect();
            for key in keys {
                path.push(key.clone());
                compare(a.get(key), b.get(key), path, found);
                path.pop();
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => arrays(a, b, path, found),
        _ => found.push(Field { path: path.clone(), old: old.cloned(), new: new.cloned() }),
    }
}

/// Elements with names by these, and others by their place where there are as many.
fn arrays(a: &[Value], b: &[Value], path: &mut Vec<String>, found: &mut Vec<Field>) {
    match (names(a), names(b)) {
        (Some(of_a), Some(of_b)) => {
            let find = |names: &[&str], items: &'_ [Value], name: &str| {
                names.iter().position(|one| *one == name).and_then(|at| items.get(at)).cloned()
            };
            let common = |names: &[&str], others: &[&str]| -> Vec<String> {
                names.iter().filter(|name| others.contains(name)).map(|name| (*name).to_owned()).collect()
            };
            let all: Vec<&str> = of_a.iter().chain(of_b.iter().filter(|name| !of_a.contains(name))).copied().collect();
            for name in all {
                path.push(name.to_owned());
                compare(find(&of_a, a, name).as_ref(), find(&of_b, b, name).as_ref(), path, found);
                path.pop();
            }
            let (old, new) = (common(&of_a, &of_b), common(&of_b, &of_a));
            if old != new {
                path.push("order".to_owned());
                found.push(Field { path: path.clone(), old: Some(old.into()), new: Some(new.into()) });
                path.pop();
            }
        }
        _ if a.len() == b.len() && a.iter().chain(b).all(Value::is_object) => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                path.push(at.to_string());
                compare(Some(a), Some(b), path, found);
                path.pop();
            }
        }
        _ => found.push(Field { path: path.clone(), old: Some(a.to_vec().into()), new: Some(b.to_vec().into()) }),
    }
}

/// The names of all elements, where each has its own.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = items.iter().map(|item| item.get("name")?.as_str()).collect::<Option<_>>()?;
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    (distinct.len() == names.len()).then_some(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(old: &Value, new: &Value) -> Vec<String> {
        fields(old, new).iter().map(Field::text).collect()
    }

    #[test]
    fn elements_are_found_by_their_names() {
        let old = json!({"filters": [{"name": "a", "x": 1}, {"name": "b"}], "list": [1, 2]});
        let new = json!({"filters": [{"name": "b"}, {"name": "a", "x": 2}], "list": [1], "more": true});
        assert_eq!(
            texts(&old, &new),
            [
                "filters.a.x 1 → 2",
                "filters.order [\"a\",\"b\"] → [\"b\",\"a\"]",
                "list [1,2] → [1]",
                "more none → true"
            ]
        );
    }

    #[test]
    fn keys_are_not_shown() {
        let key = |text: &str| json!({"tls_certificate": {"private_key": {"inline_string": text}}});
        assert_eq!(texts(&key("one"), &key("two")), ["tls_certificate.private_key.inline_string (hidden) → (hidden)"]);
        assert!(!short(&key("one")).contains("one"));
    }
}
