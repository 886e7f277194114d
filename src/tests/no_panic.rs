//! No input makes the pipeline panic, and every error says where it is: over all YAML of
//! `testdata`, over the corpora of `../shared` (or `$MESHC_SHARED`) where they are, and over
//! damaged inputs.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/files.rs"]
mod files;
#[path = "support/pipeline.rs"]
mod pipeline;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use files::{below, root, text};
use meshc::mesh::Mesh;
use meshc::proxy::Proxy;
use pipeline::{Input, Run, routers, run};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rayon::prelude::*;
use serde_json::{Value, json};

/// The node of Istio's ingress gateway, for inputs without a router.
const NODE: &str = "router~10.0.0.9~istio-ingressgateway-abc.istio-system~istio-system.svc.cluster.local";

#[test]
fn our_inputs() {
    let files: Vec<PathBuf> = [".yaml", ".yml"].iter().flat_map(|end| below(&root().join("testdata"), end)).collect();
    assert!(files.len() > 50, "{} files", files.len());
    check(&files.into_iter().map(|file| vec![file]).collect::<Vec<_>>());
}

#[test]
fn the_shared_corpora() {
    let shared = std::env::var_os("MESHC_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let mut inputs: Vec<Vec<PathBuf>> =
        below(&shared.join("lint"), ".yaml").into_iter().map(|file| vec![file]).collect();
    let mut cases: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for file in below(&shared.join("conformance/cases"), ".yaml") {
        cases.entry(file.parent().unwrap_or(&file).to_owned()).or_default().push(file);
    }
    inputs.extend(cases.into_values());
    if inputs.is_empty() {
        eprintln!("skipped: {} is not here", shared.display());
    }
    check(&inputs);
}

/// Runs each input, and reports all that panic or have an error without a place.
fn check(inputs: &[Vec<PathBuf>]) {
    let faults: Vec<String> = inputs.par_iter().flat_map_iter(|files| faults(files)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn faults(paths: &[PathBuf]) -> Vec<String> {
    let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let files = paths.iter().map(|path| (path.display().to_string(), read(path))).collect();
    let input = Input { files, mesh_config: None };
    let name = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    match catch_unwind(AssertUnwindSafe(|| run(&input, some_router))) {
        Err(_) => vec![format!("{name}: panic")],
        Ok(runs) => runs.iter().flat_map(wrong).map(|fault| format!("{name}: {fault}")).collect(),
    }
}

/// What must not be in a run: errors without a place, and output that is no JSON.
fn wrong(run: &Run) -> Vec<String> {
    let findings = run.findings.iter().map(ToString::to_string);
    let mut wrong: Vec<_> =
        findings.filter(|shown| shown.starts_with("error") && shown.contains("\n  at nowhere")).collect();
    for text in run.config.iter().flat_map(|config| [&config.xds, &config.bootstrap]) {
        wrong.extend(serde_json::from_str::<Value>(text).err().map(|error| format!("no JSON: {error}")));
    }
    wrong
}

/// The routers of the input, or else Istio's ingress gateway.
fn some_router(mesh: &Mesh) -> Vec<Proxy> {
    let mut found = routers(mesh);
    if found.is_empty() {
        let metadata = json!({"NAMESPACE": "istio-system", "LABELS": {"istio": "ingressgateway"}});
        found.extend(NODE.parse().ok().map(|node| Proxy::new(node, metadata)));
    }
    found
}

/// What is done to a node.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Delete,
    Duplicate,
    Retype(usize),
}

/// What a node is replaced by.
fn replacements() -> Vec<Value> {
    vec![
        Value::Null,
        json!(""),
        json!("*"),
        json!("a/b/c"),
        json!("é\u{0}\u{1b}[31m"),
        json!("-1s"),
        json!(0),
        json!(-1),
        json!(65536),
        json!(u64::MAX),
        json!(1e300),
        json!(true),
        json!([]),
        json!([null]),
        json!(["*", "*"]),
        json!({}),
        json!({"": {}}),
        json!("999.999.999.999/99"),
        json!("unix:///"),
        json!("~"),
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![Just(Damage::Delete), Just(Damage::Duplicate), (0..replacements().len()).prop_map(Damage::Retype),]
}

/// The inputs that are damaged: objects of a file each.
static ORIGINALS: LazyLock<Vec<Vec<Value>>> = LazyLock::new(originals);

fn originals() -> Vec<Vec<Value>> {
    let cluster = objects(&below(&root().join("testdata/demo/cluster"), ".yaml"));
    let mut all = Vec::new();
    for path in below(&root().join("testdata/demo"), "/input/config.yaml") {
        all.push(objects(&[path]).into_iter().chain(cluster.iter().cloned()).collect());
    }
    for path in below(&root().join("testdata/generate"), "/input.yaml") {
        all.push(objects(&[path]));
    }
    all
}

fn objects(paths: &[PathBuf]) -> Vec<Value> {
    let mut all = Vec::new();
    for path in paths {
        let text = text(path);
        let (documents, _) = meshc::yaml::parse(meshc::base::FileId(0), &text);
        all.extend(documents.iter().map(|document| document.root.to_json()).filter(|object| !object.is_null()));
    }
    all
}

/// How many nodes there are below a value, with itself.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Array(elements) => elements.iter().map(count).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Damages the node with this number, counted from the root; says whether it was found.
fn apply(value: &mut Value, at: &mut usize, damage: Damage) -> bool {
    let children: Vec<Child> = match &*value {
        Value::Object(fields) => fields.keys().cloned().map(Child::Key).collect(),
        Value::Array(elements) => (0..elements.len()).map(Child::Index).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for child in children {
        if *at == 0 {
            hit(value, &child, damage);
            return true;
        }
        *at -= 1;
        let below = match &child {
            Child::Key(key) => value.get_mut(key),
            Child::Index(index) => value.get_mut(index),
        };
        if below.is_some_and(|below| apply(below, at, damage)) {
            return true;
        }
    }
    false
}

enum Child {
    Key(String),
    Index(usize),
}

fn hit(parent: &mut Value, child: &Child, damage: Damage) {
    let replacement = |which: usize| replacements().get(which).cloned().unwrap_or_default();
    match (parent, child, damage) {
        (Value::Object(fields), Child::Key(key), Damage::Delete) => drop(fields.shift_remove(key)),
        (Value::Object(fields), Child::Key(key), Damage::Duplicate) => {
            let value = fields.get(key).cloned().unwrap_or_default();
            fields.insert(format!("{key}2"), value);
        }
        (Value::Object(fields), Child::Key(key), Damage::Retype(which)) => {
            fields.insert(key.clone(), replacement(which));
        }
        (Value::Array(elements), Child::Index(at), Damage::Delete) => drop(elements.remove(*at)),
        (Value::Array(elements), Child::Index(at), Damage::Duplicate) => elements.push(elements[*at].clone()),
        (Value::Array(elements), Child::Index(at), Damage::Retype(which)) => elements[*at] = replacement(which),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_822),
        ..ProptestConfig::default()
    })]

    #[test]
    fn damaged_inputs(which in any::<prop::sample::Index>(), hits in prop::collection::vec((any::<prop::sample::Index>(), damage()), 1..6)) {
        let mut input = Value::Array(which.get(&ORIGINALS).clone());
        for (at, damage) in hits {
            let mut node = at.index(count(&input).max(2) - 1);
            apply(&mut input, &mut node, damage);
        }
        let documents: Vec<String> = input.as_array().into_iter().flatten().map(ToString::to_string).collect();
        let input = Input { files: vec![("damaged.yaml".to_owned(), documents.join("\n---\n"))], mesh_config: None };
        for run in run(&input, some_router) {
            prop_assert_eq!(wrong(&run), Vec::<String>::new());
        }
    }
}
