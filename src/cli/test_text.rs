//! Results of tests for people.

use std::fmt::Write as _;

use super::report;
use super::test_run::{Answer, TestResult};
use crate::testing::coverage::{Coverage, Part, Parts};

/// A line for each test, and for one that fails what differs and the way that each request took;
/// then what is covered, with each part that is not where `missed` is wanted.
pub(super) fn text(results: &[TestResult], coverage: &Coverage, missed: Missed) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    for result in results {
        let verdict = if result.passes() { "ok  " } else { "FAIL" };
        let _ = writeln!(text, "{verdict}  {}  {}", result.place, result.name);
        let failed = failures(result);
        failed.lines().for_each(|line| text.push_str(&format!("      {line}\n")));
    }
    let Coverage { filter_chains, virtual_hosts, routes } = coverage;
    let kinds = [("routes", routes), ("virtual hosts", virtual_hosts), ("filter chains", filter_chains)];
    if missed == Missed::Listed {
        for (what, parts) in kinds {
            parts.missed().into_iter().for_each(|part| text.push_str(&unreached(what, part)));
        }
    }
    let failed = results.iter().filter(|result| !result.passes()).count();
    let requests: usize = results.iter().map(|result| result.answers.len()).sum();
    let verdict = if failed == 0 { "all pass".to_owned() } else { format!("{failed} failed") };
    let reached = |(what, parts): (&str, &Parts)| {
        format!("{} of {} {what} ({})", parts.reached(), parts.total(), percent(parts.percent()))
    };
    let (tests, requests) = (count(results.len(), "test"), count(requests, "request"));
    let _ = writeln!(text, "{tests} with {requests}: {verdict}");
    let _ = writeln!(text, "reached: {}", kinds.map(reached).join(", "));
    report::printable(&text)
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Whether parts that no test reached are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// Each of them.
    Listed,
    /// Only counted.
    Counted,
}

/// A share of a hundred, cut so that 100% is all.
pub(super) fn percent(share: f64) -> String {
    format!("{}%", (share * 10.0).floor() / 10.0)
}

/// What differs in a test and the way of each request for which something does.
pub(super) fn failures(result: &TestResult) -> String {
    let mut text = String::new();
    for Answer { request, faults, way } in result.answers.iter().filter(|answer| !answer.faults.is_empty()) {
        let _ = writeln!(text, "{request}");
        for fault in faults {
            let mismatch = &fault.mismatch;
            let _ = writeln!(text, "  {}  {}", fault.place, mismatch.what);
            let _ = writeln!(text, "    expected  {}", mismatch.expected);
            let _ = writeln!(text, "    got       {}", mismatch.got);
        }
        if let Some(way) = way {
            let _ = writeln!(text, "  the way it took:");
            way.text.lines().for_each(|line| text.push_str(&format!("    {line}\n")));
        }
    }
    text
}

fn unreached(what: &str, part: &Part) -> String {
    let place = part.origin.as_ref().map(|origin| format!("  {}:{}:{}", origin.file, origin.line, origin.column));
    let what = what.trim_end_matches('s');
    format!("not reached{}  {what} {}\n", place.unwrap_or_default(), part.name)
}
