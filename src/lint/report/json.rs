//! JSON: one object a finding.

use serde::Serialize;

use crate::lint::book::level_name;
use crate::lint::finding::Finding;

/// A finding as JSON has it.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    istio: Option<&'a str>,
    level: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Place<'a>>,
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

/// `{"diagnostics": [...]}`.
pub fn json(findings: &[Finding]) -> String {
    let shown: Vec<_> = findings.iter().map(shown).collect();
    format!("{:#}\n", serde_json::json!({ "diagnostics": shown }))
}

fn shown(finding: &Finding) -> Shown<'_> {
    Shown {
        rule: finding.rule(),
        istio: finding.istio,
        level: level_name(finding.severity()),
        message: &finding.diagnostic.message,
        help: finding.diagnostic.help.as_deref(),
        resource: finding.object.as_ref().map(ToString::to_string),
        location: finding.place.as_ref().map(|place| Place {
            file: &place.file,
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
        }),
    }
}
