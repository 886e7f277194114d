use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::{Document, parse};
use super::*;
use crate::base::{Diagnostic, FileId, Location};

/// Text that must begin with `v`, as leaf types check their input.
#[derive(Debug, Default, PartialEq)]
struct Version(String);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.starts_with('v') {
            return Ok(Self(text));
        }
        Err(serde::de::Error::custom(format!("`{text}` is no version")))
    }
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Mode {
    #[default]
    Unset,
    Simple,
    Mutual,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Match {
    Exact(String),
    Prefix(String),
    Version(Version),
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Route {
    hosts: Vec<String>,
    #[serde(rename = "match")]
    matches: Vec<Match>,
    uri: Option<Match>,
    timeout: Option<String>,
    weight: i32,
    port: u16,
    ratio: f64,
    enabled: bool,
    mode: Mode,
    version: Version,
    versions: Vec<Version>,
    labels: BTreeMap<String, String>,
    nested: Option<Box<Route>>,
    raw: serde_json::Value,
}

fn document(text: &str) -> Document<'_> {
    let (mut documents, diagnostics) = parse(FileId(0), text);
    assert_eq!(diagnostics.0, [], "{text}");
    documents.remove(0)
}

fn read(text: &str) -> (Route, Vec<Diagnostic>) {
    let mut diagnostics = Diagnostics::default();
    let route = decode(&document(text).root, FileId(0), &mut diagnostics);
    (route, diagnostics.0)
}

/// One line a finding: code, the text it points to, message, label, help.
fn faults(text: &str) -> Vec<String> {
    let found = read(text).1;
    let shown = |diagnostic: Diagnostic| {
        let Location::Span(span) = diagnostic.label.location else { panic!("no span") };
        let source = &text[span.start as usize..span.end as usize];
        let help = diagnostic.help.unwrap_or_default();
        format!("{} {source:?}: {} [{}] {help}", diagnostic.code, diagnostic.message, diagnostic.label.text)
    };
    found.into_iter().map(shown).collect()
}

#[test]
fn reads_what_is_right_and_null_as_absent() {
    let text = "hosts: [a, b]\nmatch: [{exact: x}, {prefix: /y}]\nweight: 5.0\nport: 80\nratio: 3\n\
        enabled: yes\nmode: mutual\nversion: v1\nlabels: {a: '1', b: ''}\nnested: {hosts: [c], mode: null}\n\
        raw: {a: [1, null]}\ntimeout:\nuri: {exact: null, prefix: z}\n";
    let (route, diagnostics) = read(text);
    assert_eq!(diagnostics, []);
    let expected = Route {
        hosts: vec!["a".into(), "b".into()],
        matches: vec![Match::Exact("x".into()), Match::Prefix("/y".into())],
        uri: Some(Match::Prefix("z".into())),
        weight: 5,
        port: 80,
        ratio: 3.0,
        enabled: true,
        mode: Mode::Mutual,
        version: Version("v1".into()),
        labels: [("a".into(), "1".into()), ("b".into(), String::new())].into(),
        nested: Some(Box::new(Route { hosts: vec!["c".into()], ..Route::default() })),
        raw: serde_json::json!({"a": [1, null]}),
        ..Route::default()
    };
    assert_eq!(route, expected);
}

#[test]
fn unknown_fields_are_suggested_and_skipped() {
    let text = "nested:\n  nested: {timeot: 3s, weight: 7}\n  Time_Out: x\non: 1\nzzz: 1\n";
    assert_eq!(
        faults(text),
        [
            r#"unknown-field "timeot": unknown field `timeot` [in nested.nested] did you mean `timeout`?"#,
            r#"unknown-field "Time_Out": unknown field `Time_Out` [in nested] did you mean `timeout`?"#,
            r#"unknown-field "on": unknown field `true` [] Kubernetes reads a plain key `on` as the boolean `true`: quote it"#,
            r#"unknown-field "zzz": unknown field `zzz` [] known fields: `hosts`, `match`, `uri`, `timeout`, `weight`, `port`, `ratio`, `enabled`, `mode`, `version`, `versions`, `labels`, …"#,
        ]
    );
    assert_eq!(read(text).0.nested.and_then(|nested| nested.nested).map(|nested| nested.weight), Some(7));
}

#[test]
fn entries_without_value_are_absent() {
    let text = "labels: {a: '1', b: }\nraw: {c: }\n";
    let found = [
        r#"null-entry "b": `b` has no value, and the API server drops it [in labels] write a value (`{}` for one without fields), or remove the entry"#,
    ];
    assert_eq!(faults(text), found);
    assert_eq!(read(text).0.labels, [("a".into(), "1".into())].into());
    assert_eq!(read(text).0.raw, serde_json::json!({"c": null}));
}

#[test]
fn lenient_decoding_skips_unknown_fields_only() {
    let mut diagnostics = Diagnostics::default();
    let root = document("a: {b: 1}\nweight: x\nuri: {c: 1, exact: d}\n").root;
    let route: Route = decode_lenient(&root, FileId(0), &mut diagnostics);
    assert_eq!(diagnostics.0.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>(), ["wrong-type"]);
    assert_eq!(route.uri, Some(Match::Exact("d".into())));
}

#[test]
fn every_wrong_type_is_reported_in_one_run() {
    let text = "hosts: [a, on, 1.20]\nmatch: {exact: x}\ntimeout: [1]\nweight: '5'\nport: 70000\nratio: a\n\
        enabled: 'true'\nmode: off\nlabels: {app: y}\nnested: [1]\n";
    assert_eq!(
        faults(text),
        [
            r#"wrong-type "on": `hosts[1]` must be a string, not a boolean [] Kubernetes reads plain `on` as a boolean: quote it"#,
            r#"wrong-type "1.20": `hosts[2]` must be a string, not a number [] Kubernetes reads it as the number 1.2: quote it"#,
            r#"wrong-type "{exact: x}": `match` must be a list, not a mapping [] "#,
            r#"wrong-type "[1]": `timeout` must be a string, not a list [] "#,
            r#"wrong-type "'5'": `weight` must be an integer, not a string [] write it without quotes, as a value of that type"#,
            r#"bad-value "70000": `port` is 70000, outside of 0 to 65535 [] "#,
            r#"wrong-type "a": `ratio` must be a number, not a string [] "#,
            r#"wrong-type "'true'": `enabled` must be `true` or `false`, not a string [] write it without quotes, as a value of that type"#,
            r#"wrong-type "off": `mode` must be one of `unset`, `simple`, `mutual`, not a boolean [] Kubernetes reads plain `off` as a boolean: quote it"#,
            r#"wrong-type "y": `app` must be a string, not a boolean [in labels] Kubernetes reads plain `y` as a boolean: quote it"#,
            r#"wrong-type "[1]": `nested` must be a mapping, not a list [] "#,
        ]
    );
    assert_eq!(read(text).0.hosts, ["a", "", ""]);
}

#[test]
fn enums_and_oneofs() {
    let text =
        "mode: simpel\nnested: {mode: other}\nmatch: [{exact: a, prefix: b}, {}, {prefx: c}, exact, {exact: 1}]\n";
    assert_eq!(
        faults(text),
        [
            r#"unknown-value "simpel": unknown value `simpel` for `mode` [] did you mean `simple`?"#,
            r#"unknown-value "other": unknown value `other` for `mode` [in nested] known values: `unset`, `simple`, `mutual`"#,
            r#"oneof-conflict "prefix": `exact` and `prefix` cannot both be set [in match[0]] keep one of them"#,
            r#"bad-value "{}": `match[1]` needs one of `exact`, `prefix`, `version` [] "#,
            r#"unknown-field "prefx": unknown field `prefx` [in match[2]] did you mean `prefix`?"#,
            r#"wrong-type "exact": `match[3]` must be a mapping with `exact`, not a string [] "#,
            r#"wrong-type "1": `exact` must be a string, not a number [in match[4]] Kubernetes reads it as the number 1: quote it"#,
        ]
    );
    assert_eq!(read(text).0.matches, [Match::Exact(String::new()), Match::Exact(String::new())]);
}

#[test]
fn a_refused_value_leaves_out_its_field_or_element() {
    let text = "version: x\nversions: [v1, q, v2, 5]\nhosts: [a]\nnested: {version: z, uri: {version: w}, port: 1}\n";
    assert_eq!(
        faults(text),
        [
            r#"bad-value "x": `x` is no version [] "#,
            r#"bad-value "q": `q` is no version [] "#,
            r#"wrong-type "5": `versions[3]` must be a string, not a number [] Kubernetes reads it as the number 5: quote it"#,
            r#"bad-value "z": `z` is no version [in nested] "#,
            r#"bad-value "w": `w` is no version [in nested.uri] "#,
        ]
    );
    let route = read(text).0;
    assert_eq!(route.versions, [Version("v1".into()), Version("v2".into())]);
    assert_eq!((route.version, route.hosts), (Version::default(), vec!["a".to_owned()]));
    assert_eq!(route.nested.map(|nested| (nested.port, nested.uri)), Some((1, None)));
}

#[test]
fn a_document_of_another_shape_is_the_default() {
    assert_eq!(read("[1]"), (Route::default(), read("[1]").1));
    assert_eq!(faults("[1]"), [r#"wrong-type "[1]": the document must be a mapping, not a list [] "#]);
    let mut diagnostics = Diagnostics::default();
    let version: Version = decode(&document("x").root, FileId(0), &mut diagnostics);
    assert_eq!((version, diagnostics.0.len()), (Version::default(), 1));
}

#[test]
fn a_flood_of_faults_is_bounded() {
    let text = format!("versions: [{}]\nhosts: [{}]\n", "x, ".repeat(5_000), "1, ".repeat(5_000));
    let (route, diagnostics) = read(&text);
    assert_eq!(diagnostics.len(), super::super::MAX_FINDINGS + 1);
    assert_eq!(diagnostics.last().map(|last| last.code), Some("too-many-findings"));
    assert_eq!(route, Route::default());
}

#[test]
fn the_deepest_document_fits_the_stack_of_a_thread() {
    let depth = super::super::MAX_DEPTH - 1;
    let text = format!("{}{{port: 7}}{}", "{nested: ".repeat(depth), "}".repeat(depth));
    let (mut route, diagnostics) = read(&text);
    assert_eq!(diagnostics, []);
    for _ in 0..depth {
        route = *route.nested.unwrap_or_default();
    }
    assert_eq!(route.port, 7);
}
