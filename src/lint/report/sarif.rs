//! SARIF 2.1.0, for code scanning.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::base::Severity;
use crate::lint::book;
use crate::lint::faults;
use crate::lint::finding::Finding;
use crate::lint::input::{Input, Place};
use crate::lint::suppress::Suppressed;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// One log with one run. `suppressed` are the findings that the user decided to ignore.
pub fn sarif(findings: &[Finding], suppressed: &[Suppressed], input: &Input<'_>) -> String {
    let names: BTreeSet<&str> =
        findings.iter().chain(suppressed.iter().map(|it| &it.finding)).map(Finding::rule).collect();
    let index: BTreeMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let rules: Vec<Value> = names.iter().map(|name| rule(name)).collect();
    let result = |finding: &Finding| result(finding, index.get(finding.rule()).copied().unwrap_or_default(), input);
    let mut results: Vec<Value> = findings.iter().map(result).collect();
    for finding in suppressed {
        let mut result = result(&finding.finding);
        let mut decision = json!({ "kind": if finding.in_source { "inSource" } else { "external" } });
        if let Some(reason) = &finding.reason {
            decision["justification"] = json!(reason);
        }
        result["suppressions"] = json!([decision]);
        results.push(result);
    }
    let driver = json!({
        "name": "meshc",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    let run = json!({ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results });
    format!("{:#}\n", json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

fn rule(name: &str) -> Value {
    let mut shown = json!({ "id": name, "shortDescription": { "text": name.replace('-', " ") } });
    if let Some(rule) = crate::lint::rule(name) {
        shown["help"] = json!({ "text": rule.markdown(), "markdown": book::explain(rule, 1) });
        shown["defaultConfiguration"] = json!({ "level": level(rule.severity) });
        shown["properties"] = json!({ "tags": rule.codes });
    } else if let Some(markdown) = faults::explain(name) {
        shown["help"] = json!({ "text": &markdown, "markdown": &markdown });
    }
    shown
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(finding: &Finding, index: usize, input: &Input<'_>) -> Value {
    let diagnostic = &finding.diagnostic;
    let help = diagnostic.help.as_deref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let mut shown = json!({
        "ruleId": finding.rule(),
        "ruleIndex": index,
        "level": level(finding.severity()),
        "message": { "text": format!("{}{help}", diagnostic.message) },
    });
    let mut location = json!({});
    if let Some(place) = &finding.place {
        location["physicalLocation"] = physical(place);
    }
    if let Some(object) = &finding.object {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": object.to_string(), "kind": "object" }]);
    }
    if location.as_object().is_some_and(|location| !location.is_empty()) {
        shown["locations"] = json!([location]);
    }
    let related = diagnostic.related.iter().filter_map(|label| {
        let place = input.place(input.span(label)?);
        let text = if label.text.is_empty() { "see also" } else { &label.text };
        Some(json!({ "physicalLocation": physical(&place), "message": { "text": text } }))
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        shown["relatedLocations"] = Value::Array(related);
    }
    if let Some(istio) = finding.istio {
        shown["properties"] = json!({ "istio": istio });
    }
    shown
}

fn physical(place: &Place) -> Value {
    json!({
        "artifactLocation": { "uri": uri(&place.file) },
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    })
}

/// A file's name as a URI reference (RFC 3986): other bytes than unreserved ones and `/` are escaped.
fn uri(file: &str) -> String {
    let mut out = String::new();
    if file.starts_with('/') {
        out.push_str("file://");
    }
    for byte in file.trim_start_matches("./").bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Diagnostic, Location, SourceFile, SourceMap, Span};
    use crate::resource::Resources;
    use crate::yaml;

    #[test]
    fn names_of_files_are_uris() {
        assert_eq!(uri("./k8s/a b.yaml"), "k8s/a%20b.yaml");
        assert_eq!(uri("/tmp/\u{e9}.yaml"), "file:///tmp/%C3%A9.yaml");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
    }

    /// What the schema of SARIF 2.1.0 requires of the parts that are written here.
    #[test]
    fn logs_have_the_required_parts() {
        let text = "kind: Gateway\nmetadata: {name: web}\nspec: 1\n";
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a.yaml", text));
        let (documents, _) = yaml::parse(file, text);
        let resources = Resources::default();
        let input = Input::new(&sources, &documents, &resources, "default");
        let at = |start, end| Location::Span(Span { file, start, end });
        let first = Diagnostic::error("unknown-field", at(20, 30), "one").related(at(0, 4), "");
        let second = Diagnostic::note("several-sidecars-without-selector", Location::Nowhere, "two");
        let findings: Vec<_> = [first, second].into_iter().map(|it| Finding::new(it, &input)).collect();
        let suppressed = [Suppressed { finding: findings[0].clone(), in_source: true, reason: Some("why".to_owned()) }];
        let log: Value = serde_json::from_str(&sarif(&findings, &suppressed, &input)).expect("JSON");
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        assert_eq!(run["tool"]["driver"]["name"], "meshc");
        let results = run["results"].as_array().expect("results");
        assert_eq!((rules.len(), results.len()), (2, 3));
        for result in results {
            let index = result["ruleIndex"].as_u64().expect("an index") as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().expect("a level")));
            assert!(result["message"]["text"].is_string());
        }
        let region = &results[0]["locations"][0]["physicalLocation"]["region"];
        assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(2), Some(7)));
        assert_eq!(results[0]["relatedLocations"][0]["message"]["text"], "see also");
        assert_eq!(results[2]["suppressions"][0]["kind"], "inSource");
        assert_eq!(results[1].get("locations"), None);
    }
}
