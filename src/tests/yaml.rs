//! Our reading of YAML against Kubernetes' own, recorded in tables (`testdata/yaml/`), and the places
//! of values in every YAML text under `testdata/`.

use std::path::Path;

use meshc::base::{FileId, Severity};
use meshc::yaml::{self, Kind, Node};
use serde_json::Value;

/// The documents as JSON, or `None` when there is an error.
fn read(text: &str) -> Option<Vec<Value>> {
    let (documents, diagnostics) = yaml::parse(FileId(0), text);
    if diagnostics.worst() == Some(Severity::Error) {
        return None;
    }
    Some(documents.iter().map(|document| numbers(document.root.to_json())).collect())
}

/// Every number as a double: `1000.0` and `1000` are the same JSON.
fn numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(elements) => elements.into_iter().map(numbers).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, numbers(value))).collect(),
        other => other,
    }
}

fn expected(cell: &str) -> Option<Vec<Value>> {
    match cell {
        "error" => None,
        "nothing" => Some(Vec::new()),
        json => Some(vec![numbers(serde_json::from_str(json).expect("the table holds JSON"))]),
    }
}

/// Only `[? a : b]` as a key differs: Kubernetes' parser takes a `?` at the start of a flow sequence
/// that is a key for the key's own.
const SCALARS_THAT_DIFFER: [&str; 1] = ["[? a : b]: v\n"];

#[test]
fn scalars_are_read_as_kubernetes_reads_them() {
    let table = include_str!("../../testdata/yaml/scalars.tsv");
    let rows: Vec<&str> = table.split('\n').filter(|line| line.contains('\t')).collect();
    assert!(rows.len() >= 450, "{} rows", rows.len());
    let mut wrong = Vec::new();
    let mut differing = Vec::new();
    for row in rows {
        let [scalar, value, key] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("three columns: {row}") };
        for (text, cell) in [(format!("v: {scalar}\n"), value), (format!("{scalar}: v\n"), key)] {
            let differs = cell.starts_with('*');
            let same = read(&text) == expected(cell.trim_start_matches('*'));
            if differs {
                differing.push(text.clone());
            }
            if same == differs {
                wrong.push(format!("{text:?}: {cell} and not {:?}", read(&text)));
            }
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    assert_eq!(differing, SCALARS_THAT_DIFFER);
}

#[test]
fn files_are_read_as_kubernetes_reads_them() {
    let table = include_str!("../../testdata/yaml/documents.jsonl");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in table.lines() {
        let row: Value = serde_json::from_str(line).expect("a row is JSON");
        let Some(text) = row["yaml"].as_str() else { continue };
        count += 1;
        let expected = row["kubernetes"].as_array().map(|documents| documents.iter().cloned().map(numbers).collect());
        let same = read(text) == expected;
        if same == row["differs"].is_string() {
            wrong.push(format!("{text:?}: {expected:?} and not {:?}", read(text)));
        }
    }
    assert!(count >= 400, "{count} rows");
    assert_eq!(wrong, [] as [String; 0]);
}

/// The texts of the table above, and of all YAML files under a directory.
fn texts(directory: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            texts(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            #[expect(clippy::disallowed_methods, reason = "a test reads its corpus")]
            found.extend(std::fs::read_to_string(&path));
        }
    }
}

/// Whether the text at a scalar's place is how it was written.
fn written_as(slice: &str, node: &Node<'_>) -> bool {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let quoted = |quote: char| slice.len() >= 2 && slice.starts_with(quote) && slice.ends_with(quote);
    match &node.kind {
        Kind::Str(_) if quoted('"') || quoted('\'') => true,
        Kind::Str(text) if dense(text) == dense(slice) => true,
        // An empty block scalar is its header.
        Kind::Str(text) if text.trim().is_empty() && slice.starts_with(['|', '>']) => true,
        // Keys that were no strings, and text under `!!binary`.
        Kind::Str(text) => ["", "!!binary "].iter().any(|tag| {
            let again = format!("{tag}{}: 1", dense(slice));
            yaml::parse(FileId(0), &again).0.iter().any(|document| document.root.get(text).is_some())
        }),
        Kind::Null => slice.is_empty() || read(&format!("[{slice}]")) == Some(vec![Value::Array(vec![Value::Null])]),
        Kind::Bool(_) | Kind::Int(_) | Kind::UInt(_) | Kind::Float(_) => {
            // Under a tag, a number may be quoted, and an integer become a decimal.
            let value = numbers(node.to_json());
            let bare = slice.trim_matches(['"', '\'']);
            read(&format!("[{bare}]")) == Some(vec![Value::Array(vec![value])])
        }
        Kind::Seq(_) | Kind::Map(_) => true,
    }
}

fn misplaced(text: &str, node: &Node<'_>, wrong: &mut Vec<String>, count: &mut usize) {
    *count += 1;
    match text.get(node.start as usize..node.end as usize) {
        Some(slice) if written_as(slice, node) => {}
        slice => wrong.push(format!("{:?} at {slice:?}", node.kind)),
    }
    for element in node.elements() {
        misplaced(text, element, wrong, count);
    }
    for (key, value) in node.entries() {
        misplaced(text, key, wrong, count);
        misplaced(text, value, wrong, count);
    }
}

#[test]
fn every_scalar_is_where_it_says() {
    let mut corpus = Vec::new();
    texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"), &mut corpus);
    let rows = include_str!("../../testdata/yaml/documents.jsonl").lines();
    let rows = rows.map(|line| serde_json::from_str::<Value>(line).expect("a row is JSON"));
    corpus.extend(rows.filter_map(|row| row["yaml"].as_str().map(str::to_owned)));
    let (mut wrong, mut count) = (Vec::new(), 0);
    for text in &corpus {
        let (documents, diagnostics) = yaml::parse(FileId(0), text);
        // After an error, a value may be a null in place of what cannot be read.
        if diagnostics.worst() == Some(Severity::Error) {
            continue;
        }
        for document in &documents {
            misplaced(text, &document.root, &mut wrong, &mut count);
        }
    }
    assert!(count > 800, "{count} values");
    assert_eq!(wrong, [] as [String; 0]);
}
