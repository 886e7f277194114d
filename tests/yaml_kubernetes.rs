//! Our reading of YAML against Kubernetes' own, recorded in tables (`testdata/yaml/`).

use meshc::base::{FileId, Severity};
use meshc::yaml;
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
    let table = include_str!("../testdata/yaml/scalars.tsv");
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
    let table = include_str!("../testdata/yaml/documents.jsonl");
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
