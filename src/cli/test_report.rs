//! Results of tests for programs: JSON and JUnit's XML.

use serde_json::{Value, json};

use super::test_run::TestResult;
use super::test_text::failures;
use crate::base::xml::escaped;
use crate::testing::coverage::{Coverage, Parts};

/// `{"tests": [...], "coverage": {...}}`.
pub(super) fn json(results: &[TestResult], coverage: &Coverage) -> String {
    let tests: Vec<Value> = results.iter().map(test).collect();
    let Coverage { filter_chains, virtual_hosts, routes } = coverage;
    let coverage =
        json!({"routes": parts(routes), "virtual_hosts": parts(virtual_hosts), "filter_chains": parts(filter_chains)});
    format!("{:#}\n", json!({"tests": tests, "coverage": coverage}))
}

fn test(result: &TestResult) -> Value {
    let answers = result.answers.iter().map(|answer| {
        let mismatches = answer.faults.iter().map(|fault| {
            let (place, mismatch) = (&fault.place, &fault.mismatch);
            json!({
                "field": mismatch.what, "expected": mismatch.expected, "got": mismatch.got,
                "file": place.file, "line": place.line, "column": place.column,
            })
        });
        let mismatches: Vec<Value> = mismatches.collect();
        json!({"request": answer.request, "mismatches": mismatches, "way": answer.way.as_ref().map(|way| &way.json)})
    });
    let (place, requests) = (&result.place, answers.collect::<Vec<Value>>());
    json!({
        "name": result.name, "file": place.file, "line": place.line, "column": place.column,
        "passes": result.passes(), "requests": requests,
    })
}

fn parts(parts: &Parts) -> Value {
    let missed = parts.missed();
    let missed: Vec<Value> = missed.into_iter().map(|part| json!({"name": part.name, "origin": part.origin})).collect();
    json!({"total": parts.total(), "reached": parts.reached(), "percent": parts.percent(), "missed": missed})
}

/// A suite a file, a case a test.
pub(super) fn junit(results: &[TestResult]) -> String {
    let failed = |results: &[&TestResult]| results.iter().filter(|result| !result.passes()).count();
    let all: Vec<&TestResult> = results.iter().collect();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(&format!("<testsuites name=\"meshc test\" tests=\"{}\" failures=\"{}\">\n", all.len(), failed(&all)));
    // Results are in the order of their files.
    for suite in all.chunk_by(|a, b| a.place.file == b.place.file) {
        let name = suite.first().map(|result| escaped(&result.place.file)).unwrap_or_default();
        xml.push_str(&format!(
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n",
            suite.len(),
            failed(suite)
        ));
        suite.iter().for_each(|result| case(result, &name, &mut xml));
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(result: &TestResult, file: &str, xml: &mut String) {
    let (name, line) = (escaped(&result.name), result.place.line);
    let start = format!("    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{line}\"");
    let first = result.answers.iter().flat_map(|answer| &answer.faults).next();
    let Some(first) = first else {
        xml.push_str(&format!("{start}/>\n"));
        return;
    };
    let mismatch = &first.mismatch;
    let message = format!("{}: expected {}, got {}", mismatch.what, mismatch.expected, mismatch.got);
    xml.push_str(&format!(
        "{start}>\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
        mismatch.what,
        escaped(&message),
        escaped(&failures(result))
    ));
}
