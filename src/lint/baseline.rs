//! Findings of an earlier run, so that only new ones count.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::finding::Finding;

/// Findings of an earlier run by what does not change when lines are added elsewhere: the rule, the object
/// (or the file where there is none) and the message. The same fault twice counts twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Key, usize>);

type Key = (String, String, String);

#[derive(Deserialize)]
struct Report {
    diagnostics: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    rule: String,
    message: String,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    location: Option<Place>,
}

#[derive(Deserialize)]
struct Place {
    file: String,
}

impl Baseline {
    /// Reads a report in JSON; an error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let report: Report = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut counts = BTreeMap::new();
        for Entry { rule, message, resource, location } in report.diagnostics {
            let about = resource.or(location.map(|place| place.file)).unwrap_or_default();
            *counts.entry((rule, about, message)).or_default() += 1;
        }
        Ok(Self(counts))
    }

    /// Takes out the findings that are known.
    pub fn apply(mut self, findings: &mut Vec<Finding>) {
        findings.retain(|finding| match self.0.get_mut(&key(finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
    }
}

fn key(finding: &Finding) -> Key {
    let object = finding.object.as_ref().map(ToString::to_string);
    let about = object.or(finding.place.as_ref().map(|place| place.file.clone())).unwrap_or_default();
    (finding.rule().to_owned(), about, finding.diagnostic.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Diagnostic, Location};
    use crate::lint::input::Place;
    use crate::lint::report;

    fn at(line: u32) -> Finding {
        let place = Place { file: "a.yaml".to_owned(), line, column: 1, end_line: line, end_column: 2 };
        let diagnostic = Diagnostic::error("a-rule", Location::Nowhere, "a fault");
        Finding { diagnostic, istio: None, object: None, span: None, place: Some(place), patches: Vec::new() }
    }

    #[test]
    fn known_findings_may_move_and_new_ones_stay() {
        let baseline = Baseline::parse(&report::json(&[at(1)])).expect("a report is a baseline");
        let mut findings = vec![at(7), at(9)];
        baseline.apply(&mut findings);
        assert_eq!(findings.len(), 1);
        assert!(Baseline::parse("[]").is_err());
    }
}
