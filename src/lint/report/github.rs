//! Workflow commands of GitHub Actions: annotations at the lines of a pull request.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use crate::base::Severity;
use crate::lint::finding::Finding;

/// One line a finding.
pub fn github(findings: &[Finding]) -> String {
    findings.iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    let command = match finding.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = String::new();
    if let Some(place) = &finding.place {
        let lines = format!("file={},line={},endLine={}", property(&place.file), place.line, place.end_line);
        properties.push_str(&lines);
        properties.push_str(&format!(",col={}", place.column));
        // GitHub takes columns only within one line.
        if place.line == place.end_line {
            properties.push_str(&format!(",endColumn={}", place.end_column));
        }
        properties.push(',');
    }
    properties.push_str(&format!("title={}", property(finding.rule())));
    let help = finding.diagnostic.help.as_deref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("::{command} {properties}::{}\n", data(&format!("{}{help}", finding.diagnostic.message)))
}

/// Escapes a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Diagnostic, Location};
    use crate::lint::input::Place;

    #[test]
    fn a_line_names_the_place_and_stays_one_line() {
        let diagnostic = Diagnostic::warning("a-rule", Location::Nowhere, "100 %\nbad").help("do");
        let place = Place { file: "a,b.yaml".to_owned(), line: 2, column: 3, end_line: 2, end_column: 5 };
        let finding = Finding { diagnostic, istio: None, object: None, span: None, place: Some(place) };
        let expected =
            "::warning file=a%2Cb.yaml,line=2,endLine=2,col=3,endColumn=5,title=a-rule::100 %25%0Abad%0Ahelp: do\n";
        assert_eq!(github(&[finding]), expected);
    }
}
