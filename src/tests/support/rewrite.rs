//! Rewrites of manifests that change nothing: other files, another order, other spellings.

use meshc::base::FileId;
use meshc::envoy::yaml::to_yaml;
use meshc::yaml;
use serde_json::{Value, json};

/// A sequence of numbers (splitmix64), the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0, below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(end.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

/// The documents of these texts.
pub(crate) fn documents(texts: &[String]) -> Vec<Value> {
    texts.iter().flat_map(|text| yaml::parse(FileId(0), text).0).map(|document| document.root.to_json()).collect()
}

/// The same manifests as other files: names and texts.
pub(crate) fn rewrite(mut documents: Vec<Value>, dice: &mut Dice) -> Vec<(String, String)> {
    for at in (1..documents.len()).rev() {
        documents.swap(at, dice.below(at + 1));
    }
    let count = 1 + dice.below(4);
    let mut files: Vec<(String, String)> = (0..count)
        .map(|at| (format!("{}{}-{at}.yaml", ["", "sub/", "z/y/"][dice.below(3)], dice.below(1000)), String::new()))
        .collect();
    // Objects may stand in a list.
    if dice.below(3) == 0 {
        let items = documents.split_off(dice.below(documents.len()));
        documents.push(json!({"apiVersion": "v1", "kind": "List", "items": items}));
    }
    for mut document in documents {
        spell(&mut document, "", dice);
        let text = written(&document, dice);
        let at = dice.below(files.len());
        if let Some((_, file)) = files.get_mut(at) {
            file.push_str(&format!("---\n# document {}\n{text}\n", dice.below(1000)));
        }
    }
    files
}

/// Fields that hold a duration.
const DURATIONS: [&str; 8] = [
    "timeout",
    "perTryTimeout",
    "fixedDelay",
    "connectTimeout",
    "maxAge",
    "interval",
    "baseEjectionTime",
    "idleTimeout",
];

/// Other spellings of the values that have some.
fn spell(value: &mut Value, parent: &str, dice: &mut Dice) {
    match value {
        Value::Object(fields) => {
            let is_rule = fields.get("kind").is_some_and(|kind| kind == "DestinationRule");
            let namespace = fields.get("metadata").and_then(|metadata| metadata.get("namespace")).cloned();
            for (key, field) in fields.iter_mut() {
                match (key.as_str(), &*field) {
                    ("apiVersion", Value::String(version)) if version.starts_with("networking.istio.io/") => {
                        let version = ["v1", "v1beta1", "v1alpha3"][dice.below(3)];
                        *field = format!("networking.istio.io/{version}").into();
                    }
                    ("host", Value::String(host)) if parent == "destination" && !host.contains(['.', '*']) => {
                        // Every object of the demos that names a short host is in this namespace.
                        if dice.below(2) == 0 {
                            *field = format!("{host}.default.svc.cluster.local").into();
                        }
                    }
                    ("spec", _) if is_rule && namespace.as_ref().is_none_or(|it| it == "default") => {
                        let short = field.get("host").and_then(Value::as_str).filter(|host| !host.contains(['.', '*']));
                        if let Some(host) = short.filter(|_| dice.below(2) == 0) {
                            let host = format!("{host}.default.svc.cluster.local");
                            field["host"] = host.into();
                        }
                        spell(field, key, dice);
                    }
                    (key, Value::String(text)) if DURATIONS.contains(&key) => {
                        if let Some(other) = milliseconds(text).filter(|_| dice.below(2) == 0) {
                            *field = other.into();
                        }
                    }
                    _ => spell(field, key, dice),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| spell(item, parent, dice)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `1.5s` as `1500ms`.
fn milliseconds(text: &str) -> Option<String> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Some(format!("{}ms", seconds * 1000.0))
}

/// The document in one of the styles of YAML.
fn written(document: &Value, dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => document.to_string(),
        1 => serde_json::to_string_pretty(document).unwrap_or_default(),
        2 => to_yaml(document),
        _ => {
            let mut text = String::new();
            block(document, 0, dice, &mut text);
            text
        }
    }
}

/// Block style with comments and empty lines; some values in flow style, texts in quotes of either kind.
fn block(value: &Value, indent: usize, dice: &mut Dice, out: &mut String) {
    let space = " ".repeat(indent);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, field) in fields {
                if dice.below(6) == 0 {
                    out.push_str(["# a comment\n", "\n"][dice.below(2)]);
                }
                let nested = (field.is_object() || field.is_array()) && dice.below(4) > 0 && !empty(field);
                let key =
                    if dice.below(3) == 0 { format!("'{}'", key.replace('\'', "''")) } else { format!("{key:?}") };
                if nested {
                    out.push_str(&format!("{space}{key}:  # {}\n", dice.below(10)));
                    block(field, indent + 2, dice, out);
                } else {
                    out.push_str(&format!("{space}{key}: {}\n", scalar(field, dice)));
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                if (item.is_object() || item.is_array()) && !empty(item) {
                    out.push_str(&format!("{space}-\n"));
                    block(item, indent + 2, dice, out);
                } else {
                    out.push_str(&format!("{space}- {}\n", scalar(item, dice)));
                }
            }
        }
        value => out.push_str(&format!("{space}{}\n", scalar(value, dice))),
    }
}

fn empty(value: &Value) -> bool {
    value.as_object().is_some_and(|it| it.is_empty()) || value.as_array().is_some_and(Vec::is_empty)
}

/// A flow value; a text in single or double quotes, or in none where it is a plain word.
fn scalar(value: &Value, dice: &mut Dice) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let word = text.len() > 3
        && text.chars().all(|sign| sign.is_ascii_lowercase() || sign == '/' || sign == '-')
        && text.starts_with(|sign: char| sign.is_ascii_lowercase() || sign == '/')
        && !["true", "false", "null"].contains(&text.as_str());
    match dice.below(3) {
        0 if word => text.clone(),
        1 if !text.contains('\n') => format!("'{}'", text.replace('\'', "''")),
        _ => value.to_string(),
    }
}
