//! JUnit's XML: a suite a file, a case a finding. What fails the run is a failure; the rest is output
//! of a case that passes.

use std::collections::BTreeMap;

use crate::base::Severity;
use crate::base::xml::escaped;
use crate::lint::book::level_name;
use crate::lint::finding::Finding;

/// One document. Findings of `failure` and worse are failures.
pub fn junit(findings: &[Finding], failure: Severity) -> String {
    let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let file = finding.place.as_ref().map_or("", |place| place.file.as_str());
        suites.entry(file).or_default().push(finding);
    }
    let fails = |finding: &&Finding| finding.severity() >= failure;
    let failures = findings.iter().filter(fails).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(&format!("<testsuites name=\"meshc lint\" tests=\"{}\" failures=\"{failures}\">\n", findings.len()));
    for (file, findings) in suites {
        let failures = findings.iter().copied().filter(fails).count();
        let (name, tests) = (escaped(if file.is_empty() { "input" } else { file }), findings.len());
        xml.push_str(&format!(
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n"
        ));
        findings.iter().for_each(|finding| case(finding, fails(finding), &mut xml));
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(finding: &Finding, fails: bool, xml: &mut String) {
    let about = finding.object.as_ref().map_or_else(|| "input".to_owned(), ToString::to_string);
    let (rule, level) = (escaped(finding.rule()), level_name(finding.severity()));
    let message = escaped(&finding.diagnostic.message);
    let mut detail = String::new();
    let mut name = format!("{rule}: {}", escaped(&about));
    if let Some(place) = &finding.place {
        name.push_str(&format!(" line {}", place.line));
        detail.push_str(&format!("{}:{}:{}: ", escaped(&place.file), place.line, place.column));
    }
    detail.push_str(&message);
    if let Some(help) = &finding.diagnostic.help {
        detail.push_str(&format!("\nhelp: {}", escaped(help)));
    }
    xml.push_str(&format!("    <testcase classname=\"{rule}\" name=\"{name}\">\n"));
    match fails {
        true => xml.push_str(&format!("      <failure type=\"{level}\" message=\"{message}\">{detail}</failure>\n")),
        false => xml.push_str(&format!("      <system-out>{level}: {detail}</system-out>\n")),
    }
    xml.push_str("    </testcase>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Diagnostic, Location};

    fn finding(severity: Severity) -> Finding {
        let diagnostic = Diagnostic::new(severity, "a-rule", Location::Nowhere, "a < \"b\" & \u{1}");
        Finding { diagnostic, istio: None, object: None, span: None, place: None, patches: Vec::new() }
    }

    #[test]
    fn only_what_fails_the_run_is_a_failure() {
        let xml = junit(&[finding(Severity::Error), finding(Severity::Warning)], Severity::Error);
        assert!(xml.contains("<testsuites name=\"meshc lint\" tests=\"2\" failures=\"1\">"), "{xml}");
        assert_eq!((xml.matches("<failure ").count(), xml.matches("<system-out>").count()), (1, 1), "{xml}");
        assert!(xml.contains("message=\"a &lt; &quot;b&quot; &amp; \u{fffd}\""), "{xml}");
        assert_eq!(xml.matches('<').count(), xml.matches('>').count());
    }
}
