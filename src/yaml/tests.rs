use super::*;
use crate::base::{Label, Path, Severity};

fn read(text: &str) -> (Vec<Document<'_>>, Vec<Diagnostic>) {
    let (documents, diagnostics) = parse(FileId(0), text);
    (documents, diagnostics.0)
}

fn slice<'t>(text: &'t str, node: &Node<'_>) -> &'t str {
    &text[node.start as usize..node.end as usize]
}

fn span(diagnostic: &Diagnostic) -> (usize, usize) {
    match diagnostic.label.location {
        Location::Span(span) => (span.start as usize, span.end as usize),
        _ => panic!("{diagnostic:?} has no span"),
    }
}

/// Code, the text pointed to, and message of each finding.
fn faults(text: &str) -> Vec<(&'static str, &str, String)> {
    let shown = |diagnostic: Diagnostic| {
        let (start, end) = span(&diagnostic);
        (diagnostic.code, &text[start..end], diagnostic.message)
    };
    read(text).1.into_iter().map(shown).collect()
}

#[test]
fn every_value_and_key_has_its_place() {
    let text = "\u{feff}# é\r\na: é # x\r\nb:\r\n- 'q'\r\n-  {c: [1, yes], d: }\r\ne: |\r\n  x\r\n  y\r\n\r\nf:\r\n  g: >-\r\n    z\r\n  h: \"\\u00e9\"\r\n";
    let (documents, diagnostics) = read(text);
    assert_eq!(diagnostics, []);
    let root = &documents[0].root;
    let at = |path: &Path| root.lookup(path).map(|node| slice(text, node));
    let key = |path: &Path| root.lookup_key(path).map(|node| slice(text, node));
    let path = Path::root();
    assert_eq!(at(&path.key("a")), Some("é"));
    assert_eq!(at(&path.key("b")), Some("- 'q'\r\n-  {c: [1, yes], d: }"));
    assert_eq!(at(&path.key("b").index(0)), Some("'q'"));
    assert_eq!(at(&path.key("b").index(1)), Some("{c: [1, yes], d: }"));
    assert_eq!(at(&path.key("b").index(1).key("c")), Some("[1, yes]"));
    assert_eq!(at(&path.key("b").index(1).key("d")), Some(""));
    assert_eq!(key(&path.key("b").index(1).key("c")), Some("c"));
    assert_eq!(at(&path.key("f")), Some("g: >-\r\n    z\r\n  h: \"\\u00e9\""));
    assert_eq!(at(&path.key("f").key("h")), Some("\"\\u00e9\""));
    assert_eq!((key(&path.key("b").index(0)), key(&path)), (None, None));
    assert_eq!(root.lookup_nearest(&path.key("f").key("i").index(3)).start, root.get("f").map_or(0, |node| node.start));
    assert_eq!(root.get("e").and_then(Node::as_str), Some("x\ny\n"));
    let block = root.get("e").map(|node| slice(text, node));
    assert!(block.is_some_and(|block| block.starts_with("x\r\n  y")), "{block:?}");
    let comments: Vec<_> = documents[0].comments.iter().map(|comment| (comment.start, comment.text)).collect();
    assert_eq!(comments, [(3, " é"), (15, " x")]);
}

#[test]
fn comments_are_kept_and_text_with_a_hash_is_none() {
    let text = "# top\n--- # sep\n# Source: chart/x.yaml\na: &x # anchor\n  b: 'x # y'\n  c: a#b # right\nd: | # header\n  # text\n  x\n# below\ne: [1, # in\n  2]\nf: \"#\"#last\n";
    let text = text.replace("\"#\"#last", "\"#\" #last");
    let (documents, diagnostics) = read(&text);
    assert_eq!(diagnostics, []);
    let comments: Vec<_> = documents[0].comments.iter().map(|comment| comment.text).collect();
    let expected = [" sep", " Source: chart/x.yaml", " anchor", " right", " header", " below", " in", "last"];
    assert_eq!(comments, expected);
    for comment in &documents[0].comments {
        assert!(text[comment.start as usize..].starts_with(&format!("#{}", comment.text)));
    }
}

#[test]
fn a_fault_in_one_document_leaves_the_others() {
    let text = "a: 1\n---\nb: [1, 2\nc: 3\n---\nd: 'x\n--- # fine\ne: 5\n";
    let (documents, diagnostics) = read(text);
    let roots: Vec<_> = documents.iter().map(|document| slice(text, &document.root)).collect();
    assert_eq!(roots, ["a: 1", "e: 5"]);
    let codes: Vec<_> = diagnostics.iter().map(|diagnostic| (diagnostic.code, diagnostic.severity)).collect();
    assert_eq!(codes, [("syntax", Severity::Error), ("syntax", Severity::Error)]);
    let opened = diagnostics[0].related.first().map(|label| label.location.clone());
    assert_eq!(opened, Some(Location::Span(Span { file: FileId(0), start: 12, end: 13 })));
}

#[test]
fn repeated_keys_show_both_places() {
    let text = "a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n";
    let (documents, diagnostics) = read(text);
    let shown: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| {
            let Some(Label { location: Location::Span(first), .. }) = diagnostic.related.first() else { panic!() };
            (diagnostic.code, span(diagnostic).0, first.start)
        })
        .collect();
    assert_eq!(shown, [("duplicate-key", 15, 9), ("duplicate-key", 21, 0), ("duplicate-key", 26, 0)]);
    assert_eq!(documents[0].root.to_json(), serde_json::json!({"a": 3, "b": {"c": 2}}));
}

#[test]
fn a_list_in_the_column_of_its_key_begins_with_its_dash() {
    for element in ["a", "--flag", "-5", "b: c"] {
        let text = format!("x:\n- args:\n  - {element}\n");
        let (documents, _) = read(&text);
        let args = documents[0].root.lookup(&Path::root().key("x").index(0).key("args"));
        assert_eq!(args.map(|node| slice(&text, node)), Some(&*format!("- {element}")));
    }
}

#[test]
fn large_mappings_find_their_repeated_keys() {
    let mut text: String = (0..40).map(|number| format!("k{number}: {number}\n")).collect();
    text += "k7: a\nk30: b\nk7: c\n";
    let (documents, diagnostics) = read(&text);
    let keys: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect();
    assert_eq!(keys, ["`k7` is set twice", "`k30` is set twice", "`k7` is set twice"]);
    let root = &documents[0].root;
    assert_eq!(root.entries().len(), 40);
    assert_eq!((root.get("k7").and_then(Node::as_str), root.get("k30").and_then(Node::as_str)), (Some("c"), Some("b")));
    assert_eq!(root.entries()[7].0.as_str(), Some("k7"));
}

#[test]
fn a_merge_overrides_the_keys_above_it_with_a_warning() {
    let text = "a: &x {b: 1}\nc:\n  b: 2\n  <<: *x\n";
    assert_eq!(faults(text), [("merge-overrides-key", "b", "the `<<` below replaces the value of `b`".to_owned())]);
}

#[test]
fn faults_say_what_to_do() {
    let help = |text: &str| read(text).1.first().and_then(|diagnostic| diagnostic.help.clone()).unwrap_or_default();
    assert_eq!(help("a:\n\tb: 1\n"), "YAML is indented with spaces: replace the tab");
    assert_eq!(help("host: *.example.com\n"), "text that begins with `*` needs quotes");
    assert!(help("a: {{ .Values.b }}\n").contains("helm template"));
    assert_eq!(
        faults("a: 1\n...\nb: 2\n"),
        [(
            "ignored-document",
            "",
            "Kubernetes ignores this document, because only `...` and no `---` is before it".to_owned()
        )]
    );
    assert_eq!(
        faults("a: .inf\n--- x\n"),
        [
            ("document-separator", "--- x", "text after the document separator `---`".to_owned()),
            ("bad-number", ".inf", "Kubernetes refuses numbers that are not finite".to_owned()),
        ]
    );
}

/// Inputs that make careless readers slow or large. The limits bound the work, so the test needs no
/// clock: the whole of it takes well below a second.
#[test]
fn hostile_inputs_are_refused_or_read_in_bounds() {
    let laughs: String = std::iter::once("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned())
        .chain((1..10).map(|level| {
            let below = format!("*a{}", level - 1);
            format!("a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(", "))
        }))
        .collect();
    let many_keys: String = (0..100_000).map(|number| format!("k{number}: {number}\n")).collect();
    let same_keys = "k: 1\n".repeat(50_000);
    let nested_maps: String = (0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let long_anchor = format!("a: &x {}\nb: [{}]\n", "x".repeat(100_000), "*x, ".repeat(20_000));
    let merges = format!("a: &x {{b: 1}}\nc:\n{}", "  <<: *x\n".repeat(20_000));
    let cases = [
        (laughs, "alias-limit"),
        ("[".repeat(200_000), "syntax"),
        ("{a: ".repeat(50_000), "syntax"),
        ("- ".repeat(50_000), "syntax"),
        (nested_maps, "syntax"),
        (long_anchor, "alias-limit"),
        (merges, "alias-limit"),
        (same_keys, "duplicate-key"),
        (format!("a: [{}]\n", "*x, ".repeat(50_000)), "unknown-anchor"),
        ("\u{0}".repeat(100_000), "syntax"),
        (format!("a: \"{}", "\\".repeat(100_000)), "syntax"),
        ("? ".repeat(50_000), "syntax"),
        ("--- x\n".repeat(20_000), "document-separator"),
        (format!("a: {}\n", "!".repeat(100_000)), "syntax"),
        ("&a ".repeat(50_000), "syntax"),
        (format!("a:\n{}b: 1\n", "\t\n".repeat(50_000)), "syntax"),
        (format!("a: [{}]\n", ".inf, ".repeat(50_000)), "bad-number"),
    ];
    for (text, code) in cases {
        let (_, diagnostics) = read(&text);
        let start: String = text.chars().take(20).collect();
        assert!(diagnostics.iter().any(|diagnostic| diagnostic.code == code), "{start:?}: {diagnostics:?}");
        assert!(diagnostics.len() <= MAX_FINDINGS + 2, "{start:?}");
    }
    for text in [many_keys, "#\n".repeat(100_000), "---\n".repeat(100_000), format!("a: {}\n", "x".repeat(1_000_000))] {
        assert_eq!(read(&text).1, [], "{:?}", text.chars().take(20).collect::<String>());
    }
}

#[test]
fn a_large_document_is_a_warning() {
    let text = format!("a: {}\n", "x ".repeat(LARGE_DOCUMENT as usize / 2));
    let (documents, diagnostics) = read(&text);
    assert_eq!(documents.len(), 1);
    assert_eq!(diagnostics.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>(), ["large-document"]);
}

#[test]
fn documents_of_a_large_file_keep_their_order() {
    let text: String = (0..80_000).map(|number| format!("---\nnumber: {number}\n")).collect();
    assert!(text.len() > PARALLEL);
    let (documents, diagnostics) = read(&text);
    assert_eq!(diagnostics, []);
    let numbers: Vec<_> =
        documents.iter().filter_map(|document| Some(document.root.get("number")?.kind.clone())).collect();
    assert_eq!(numbers, (0..80_000).map(Kind::Int).collect::<Vec<_>>());
}
