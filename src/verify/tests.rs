//! A valid bootstrap, changed at one place for each fault.

use serde_json::{Map, Value};

use super::checks::Check;
use super::{Options, document};
use crate::base::{Diagnostics, Location};

const VALID: &str = include_str!("valid.json");

/// The valid bootstrap with values put at places (JSON pointers); what is not there is made.
pub(super) fn changed(edits: &[(&str, &str)]) -> Value {
    let mut root: Value = serde_json::from_str(VALID).expect("the bootstrap is JSON");
    for (pointer, text) in edits {
        let value: Value = serde_json::from_str(text).expect("the new value is JSON");
        *place(&mut root, pointer) = value;
    }
    root
}

/// The value at a pointer: objects and the next element of a list are made where they are not there.
fn place<'a>(root: &'a mut Value, pointer: &str) -> &'a mut Value {
    pointer.split('/').skip(1).fold(root, |value, step| {
        if value.is_null() {
            *value = if step == "0" { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        }
        match value {
            Value::Array(elements) => {
                let at: usize = step.parse().expect("an index");
                assert!(at <= elements.len(), "{pointer}: the list has {} elements", elements.len());
                if at == elements.len() {
                    elements.push(Value::Null);
                }
                &mut elements[at]
            }
            Value::Object(entries) => entries.entry(step).or_insert(Value::Null),
            other => panic!("{pointer}: {other} has no `{step}`"),
        }
    })
}

fn found(root: &Value) -> Diagnostics {
    let exists = |path: &str| path == "/there" || path.starts_with("/there/");
    document(root, &Options { file_exists: Some(&exists), first_port: Some(1024) }).expect("a bootstrap").1
}

/// Asserts that the check reports the bootstrap, at a place that is there.
#[track_caller]
pub(super) fn fires(check: &Check, root: &Value) {
    let found = found(root);
    let one = found.0.iter().find(|one| one.code == check.code);
    let Location::Value(origin) = &one.unwrap_or_else(|| panic!("{} is silent: {found:?}", check.code)).label.location
    else {
        panic!("{} has no place", check.code)
    };
    let pointer = super::pointer(&origin.path);
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    assert!(root.pointer(parent).is_some(), "{pointer} is not in the document");
}

/// Asserts that the check has nothing to say of the bootstrap.
#[track_caller]
pub(super) fn silent(check: &Check, root: &Value) {
    let found = found(root);
    assert!(found.0.iter().all(|one| one.code != check.code), "{found:?}");
}

#[test]
fn the_valid_bootstrap_has_no_fault() {
    assert_eq!(found(&changed(&[])), Diagnostics::default());
}

#[test]
fn a_dump_is_read_as_what_it_holds() {
    let bootstrap = changed(&[]);
    let listeners = &bootstrap["static_resources"]["listeners"];
    let clusters = &bootstrap["static_resources"]["clusters"];
    let secrets = &bootstrap["static_resources"]["secrets"];
    let dump = |clusters: Vec<Value>| {
        serde_json::json!({"configs": [
            {"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", "bootstrap": bootstrap},
            {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "dynamic_active_clusters": clusters},
            {"@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
             "static_listeners": [{"listener": listeners[0]}],
             "dynamic_listeners": [{"name": "tcp", "active_state": {"listener": listeners[1]}}]},
            {"@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump"},
            {"@type": "type.googleapis.com/envoy.admin.v3.SecretsConfigDump", "static_secrets": secrets},
        ]})
    };
    let all = dump(vec![serde_json::json!({"cluster": clusters[0]}), serde_json::json!({"cluster": clusters[1]})]);
    assert_eq!(found(&all), Diagnostics::default());
    let one = found(&dump(vec![serde_json::json!({"cluster": clusters[0]})]));
    assert!(!one.0.is_empty() && one.0.iter().all(|one| one.code == "verify/unknown-cluster"), "{one:?}");
}

#[test]
fn what_is_neither_is_said() {
    for text in ["{}", "[]", "1", r#"{"kind": "Gateway"}"#] {
        let value: Value = serde_json::from_str(text).expect("JSON");
        assert!(document(&value, &Options { file_exists: None, first_port: None }).is_none(), "{text}");
    }
}
