//! The reports of `lint` as those read them whom they are for: SARIF by its schema, JUnit by an XML parser, workflow
//! commands by the rules of GitHub's runner. Over `testdata`, over `../shared/lint` (or that of `$MESHC_SHARED`) where
//! it is, and over names that need escapes in every format.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/files.rs"]
mod files;
#[path = "support/linted.rs"]
mod linted;

use std::collections::BTreeMap;
use std::path::PathBuf;

use files::{below, root, text};
use linted::{Linted, linted};
use meshc::base::Severity;
use meshc::lint::finding::Finding;
use meshc::lint::report;
use serde_json::Value;

/// A file's name and a key that no format takes as they are, one finding that is ignored, and one over two lines.
const HARD: (&str, &str) = (
    "k8s/100 %,a:b<&\"é.yaml",
    "apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [a.example.com]
  http:
  - \"a\\r\\n%<b>,:]]>&\\u0001\\U0001F600\": 5s
    timeoout: 5s # meshc: ignore[unknown-field] <as> it \"is\"
    redirect:
      - a
      - b
",
);

/// Lints every input, each file alone.
fn each(check: impl Fn(&Linted<'_>)) {
    let shared = std::env::var_os("MESHC_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let mut paths = below(&root().join("testdata"), ".yaml");
    paths.extend(below(&shared.join("lint/analyzers"), ".yaml"));
    paths.extend(below(&shared.join("lint/clean"), ".yaml"));
    let mut findings = 0;
    for path in paths {
        let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        linted(&[(&name, &text(&path))], |linted| {
            findings += linted.findings.len();
            check(linted);
        });
    }
    assert!(findings > 20, "{findings} findings");
    linted(&[HARD], |linted| {
        assert_eq!(linted.suppressed.len(), 1);
        assert!(linted.findings.iter().any(|it| it.place.as_ref().is_some_and(|at| at.line < at.end_line)));
        check(linted);
    });
}

#[test]
fn sarif_is_valid_by_its_schema() {
    // The pattern of `language` has a bracket too much for a strict reader of patterns; none is written here.
    let schema =
        text(&root().join("testdata/sarif/sarif-2.1.0.schema.json")).replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&schema).expect("a schema");
    let validator = jsonschema::draft7::options().should_validate_formats(true).build(&schema).expect("a schema");
    let faults = |log: &Value| -> Vec<String> {
        validator.iter_errors(log).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
    };
    each(|linted| {
        let text = report::sarif(&linted.findings, &linted.suppressed, &linted.input);
        let mut log: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(faults(&log), Vec::<String>::new(), "{text}");
        let results = log["runs"][0]["results"].as_array().expect("results");
        assert_eq!(results.len(), linted.findings.len() + linted.suppressed.len());
        for (result, finding) in results.iter().zip(&linted.findings) {
            let region = &result["locations"][0]["physicalLocation"]["region"];
            let shown = |name: &str| region[name].as_u64();
            let place = finding.place.as_ref();
            assert_eq!(shown("startLine"), place.map(|place| u64::from(place.line)));
            assert_eq!(shown("startColumn"), place.map(|place| u64::from(place.column)));
            assert_eq!(shown("endColumn"), place.map(|place| u64::from(place.end_column)));
        }
        // The schema is one that finds something.
        log["runs"][0]["tool"]["driver"]["name"] = Value::from(1);
        log["runs"][0]["sort"] = Value::from("lint");
        assert_eq!(faults(&log).len(), 2);
    });
}

#[test]
fn junit_loads_and_counts_right() {
    each(|linted| {
        for threshold in [Severity::Error, Severity::Warning, Severity::Note] {
            let text = report::junit(&linted.findings, threshold);
            let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            junit(document.root_element(), &linted.findings, threshold);
        }
    });
}

fn junit(suites: roxmltree::Node<'_, '_>, findings: &[Finding], threshold: Severity) {
    let count =
        |node: roxmltree::Node<'_, '_>, name: &str| node.descendants().filter(|it| it.has_tag_name(name)).count();
    let stated =
        |node: roxmltree::Node<'_, '_>, name: &str| node.attribute(name).and_then(|it| it.parse::<usize>().ok());
    let failures = findings.iter().filter(|finding| finding.severity() >= threshold).count();
    assert_eq!((stated(suites, "tests"), stated(suites, "failures")), (Some(findings.len()), Some(failures)));
    assert_eq!((count(suites, "testcase"), count(suites, "failure")), (findings.len(), failures));
    for suite in suites.children().filter(roxmltree::Node::is_element) {
        assert_eq!(stated(suite, "tests"), Some(count(suite, "testcase")));
        assert_eq!(stated(suite, "failures"), Some(count(suite, "failure")));
    }
    // What is said is said whole, but for control characters, which XML has no place for.
    let plain = |text: &str| text.replace(|c: char| c.is_control() && !"\n\t".contains(c), "\u{fffd}");
    let mut said: Vec<String> =
        findings.iter().filter(|it| it.severity() >= threshold).map(|it| plain(&it.diagnostic.message)).collect();
    let mut shown: Vec<String> = suites
        .descendants()
        .filter(|it| it.has_tag_name("failure"))
        .filter_map(|it| it.attribute("message"))
        .map(str::to_owned)
        .collect();
    said.sort();
    shown.sort();
    assert_eq!(said, shown);
}

#[test]
fn workflow_commands_say_the_whole_place_and_text() {
    each(|linted| {
        let text = report::github(&linted.findings, &linted.input);
        assert!(!text.contains('\r'), "{text}");
        let commands: Vec<Command> = text.lines().map(command).collect();
        assert_eq!(commands.len(), linted.findings.len());
        for (command, finding) in commands.iter().zip(&linted.findings) {
            let level = match finding.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            assert_eq!(command.name, level);
            assert_eq!(command.properties.get("title").map(String::as_str), Some(finding.rule()));
            assert!(command.message.starts_with(&finding.diagnostic.message), "{text}");
            let number = |name: &str| command.properties.get(name).and_then(|it| it.parse::<u32>().ok());
            let Some(place) = &finding.place else { continue };
            assert_eq!(command.properties.get("file"), Some(&place.file));
            assert_eq!((number("line"), number("col")), (Some(place.line), Some(place.column)));
            // The runner throws columns away where the lines differ.
            assert_eq!(number("endLine"), Some(place.line));
            match place.line == place.end_line {
                true => assert_eq!(number("endColumn"), Some(place.end_column)),
                false => assert!(number("endColumn") > Some(place.column)),
            }
        }
    });
}

/// A workflow command as the runner reads it.
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    message: String,
}

/// `::name key=value,key=value::message`, as the runner's `ActionCommand.TryParseV2` takes it apart.
fn command(line: &str) -> Command {
    let (head, message) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).expect("a command");
    let (name, properties) = head.split_once(' ').expect("properties");
    let properties = properties.split(',').map(|property| {
        let (key, value) = property.split_once('=').expect("a value");
        (key.to_owned(), unescaped(value, &[("%3A", ":"), ("%2C", ",")]))
    });
    Command { name: name.to_owned(), properties: properties.collect(), message: unescaped(message, &[]) }
}

fn unescaped(text: &str, more: &[(&str, &str)]) -> String {
    let plain = [("%0D", "\r"), ("%0A", "\n")];
    let all = plain.iter().chain(more).fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    all.replace("%25", "%")
}
