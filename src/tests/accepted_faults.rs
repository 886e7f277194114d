//! Faults that `istioctl validate` and its analyzers accept are reported, each with the text it is about.
#![expect(clippy::disallowed_methods, reason = "tests run the program")]

use std::process::Command;

use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lint/accepted-faults.yaml");

/// A rule, its level, the line and columns of what it is about, and that text.
type Expected = (&'static str, &'static str, [u64; 3], &'static str);

const EXPECTED: [Expected; 5] = [
    ("host-not-in-gateway", "warning", [20, 28, 43], "www.example.org"),
    ("route-kind-not-served", "error", [32, 3, 7], "http"),
    ("match-gateway-not-bound", "error", [44, 18, 22], "edge"),
    ("unknown-field", "error", [55, 5, 12], "redirct"),
    ("unknown-field", "error", [57, 5, 13], "timeoout"),
];

#[test]
fn what_istioctl_accepts_is_reported_with_its_span() {
    let output = Command::new(env!("CARGO_BIN_EXE_meshc")).args(["lint", "-o", "json", FILE]).output();
    let output = output.expect("meshc runs");
    assert_eq!(output.status.code(), Some(79), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found = report["diagnostics"].as_array().expect("findings");
    let text = std::fs::read_to_string(FILE).expect("the file");
    assert_eq!(found.len(), EXPECTED.len(), "{report:#}");
    for (finding, (rule, level, [line, column, end_column], about)) in found.iter().zip(EXPECTED) {
        let location = &finding["location"];
        assert_eq!((&finding["rule"], &finding["level"]), (&rule.into(), &level.into()), "{finding:#}");
        assert_eq!((&location["line"], &location["end_line"]), (&line.into(), &line.into()), "{finding:#}");
        assert_eq!(location["column"], column, "{finding:#}");
        assert_eq!(location["end_column"], end_column, "{finding:#}");
        assert!(location["file"].as_str().is_some_and(|file| file.ends_with("accepted-faults.yaml")), "{finding:#}");
        let line = text.lines().nth(line as usize - 1).expect("the line");
        assert_eq!(line.get(column as usize - 1..end_column as usize - 1), Some(about), "{line}");
        assert!(finding["help"].as_str().is_some_and(|help| !help.is_empty()), "{finding:#}");
    }
}
