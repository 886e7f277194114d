//! Results of tests for people.

use std::fmt::Write as _;

use super::report;
use super::test_run::TestResult;

/// A line for each test, and for one that fails what differs and the way that each request took.
pub(super) fn text(results: &[TestResult]) -> String {
    let mut text = String::new();
    for result in results {
        one(result, &mut text);
    }
    let failed = results.iter().filter(|result| !result.passes()).count();
    let requests: usize = results.iter().map(|result| result.answers.len()).sum();
    let verdict = if failed == 0 { "all pass".to_owned() } else { format!("{failed} failed") };
    // Writing into a String cannot fail.
    let _ = writeln!(text, "{} tests with {requests} requests: {verdict}", results.len());
    report::printable(&text)
}

fn one(result: &TestResult, text: &mut String) {
    let verdict = if result.passes() { "ok  " } else { "FAIL" };
    let _ = writeln!(text, "{verdict}  {}  {}", result.place, result.name);
    for answer in result.answers.iter().filter(|answer| !answer.faults.is_empty()) {
        let _ = writeln!(text, "      {}", answer.request);
        for fault in &answer.faults {
            let mismatch = &fault.mismatch;
            let _ = writeln!(text, "        {}  {}", fault.place, mismatch.what);
            let _ = writeln!(text, "          expected  {}", mismatch.expected);
            let _ = writeln!(text, "          got       {}", mismatch.got);
        }
        let _ = writeln!(text, "        the way it took:");
        for line in answer.way.lines() {
            let _ = writeln!(text, "          {line}");
        }
    }
}
