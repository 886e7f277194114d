//! Findings that the user has decided about: comments, annotations and arguments.
//!
//! - `# meshc: ignore[rule]`, perhaps with a reason after it. Behind text it is about what starts on
//!   its line; on a line of its own about the entry or element that starts on the next line with text,
//!   with all that is in it; before the first line of a document about the whole document.
//! - The annotations `galley.istio.io/analyze-suppress` and `kiali.io/ignore-validations`: codes with
//!   commas, for their object. They are for istioctl and Kiali too, so an unused one is no fault.
//! - `CODE=RESOURCE` of the command line or the configuration.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::input::{Input, ObjectName};
use crate::base::{Diagnostic, FileId, Location, Pattern, Span};
use crate::yaml::{Document, Node};

/// Annotations that name codes.
const ANNOTATIONS: [&str; 2] = ["galley.istio.io/analyze-suppress", "kiali.io/ignore-validations"];

/// What starts a comment that suppresses.
const MARK: &str = "meshc: ignore";

/// A decision of the user about findings of one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The rule's name, a code it covers, or `*`.
    pub code: String,
    /// What it is about.
    pub scope: Scope,
    /// Where it stands; `None` for annotations, of which an unused one is not reported.
    pub written: Option<Location>,
    /// Why.
    pub reason: Option<String>,
}

/// What a suppression is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Findings that start in these bytes.
    Bytes(Span),
    /// An object.
    Object(ObjectName),
    /// Objects by a pattern with `*`: `ns/name` or `name.ns`, perhaps after a kind and a space.
    Pattern(Pattern),
    /// Findings in files by a pattern with `*`.
    Files(Pattern),
}

impl Suppression {
    /// Reads `CODE=RESOURCE`.
    pub fn parse(text: &str) -> Option<Self> {
        let (code, resource) = text.split_once('=')?;
        let (code, resource) = (code.trim(), resource.trim());
        if code.is_empty() || resource.is_empty() {
            return None;
        }
        let scope = Scope::Pattern(Pattern::new(resource));
        Some(Self { code: code.to_owned(), scope, written: Some(Location::Nowhere), reason: None })
    }

    fn covers(&self, finding: &Finding) -> bool {
        if !finding.is_called(&self.code) {
            return false;
        }
        match &self.scope {
            Scope::Bytes(bytes) => {
                finding.span.is_some_and(|at| at.file == bytes.file && bytes.start <= at.start && at.start < bytes.end)
            }
            Scope::Object(object) => finding.object.as_ref() == Some(object),
            Scope::Pattern(pattern) => finding.object.as_ref().is_some_and(|object| names(pattern, object)),
            Scope::Files(pattern) => finding.place.as_ref().is_some_and(|place| pattern.fits(&place.file)),
        }
    }

    /// What an unused one is reported as.
    fn unused(&self) -> Option<Diagnostic> {
        let place = self.written.clone()?;
        let (code, what) = (
            &self.code,
            match &self.scope {
                Scope::Bytes(_) => "here".to_owned(),
                Scope::Object(object) => format!("in `{object}`"),
                Scope::Pattern(pattern) | Scope::Files(pattern) => format!("in `{pattern}`"),
            },
        );
        let message = format!("nothing to ignore: `{code}` finds nothing {what}");
        Some(Diagnostic::warning("unused-suppression", place, message).help("remove it"))
    }
}

/// Every suppression that is written in the input, and comments that cannot be read as one.
pub fn written(input: &Input<'_>) -> (Vec<Suppression>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for document in input.documents {
        comments(document, input, &mut found, &mut faults);
    }
    for object in input.written() {
        let annotations = object.node.get("metadata").and_then(|metadata| metadata.get("annotations"));
        for name in ANNOTATIONS {
            let codes = annotations.and_then(|it| it.get(name)).and_then(Node::as_str).unwrap_or_default();
            for code in codes.split(',').map(str::trim).filter(|code| !code.is_empty()) {
                let scope = Scope::Object(object.name.clone());
                found.push(Suppression { code: code.to_owned(), scope, written: None, reason: None });
            }
        }
    }
    (found, faults)
}

/// A finding that was taken out.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Whether the decision stands in the input, not in arguments or a configuration.
    pub in_source: bool,
    /// Why.
    pub reason: Option<String>,
}

/// Takes out what suppressions cover, and gives what was taken out and a finding for each that covers nothing.
pub fn apply(findings: &mut Vec<Finding>, suppressions: &[Suppression], input: &Input<'_>) -> Vec<Suppressed> {
    let mut used = vec![false; suppressions.len()];
    let mut taken = Vec::new();
    let index = Index::new(suppressions);
    findings.retain(|finding| {
        let mut by: Option<&Suppression> = None;
        for at in index.candidates(finding) {
            if let (Some(suppression), Some(used)) = (suppressions.get(at), used.get_mut(at))
                && suppression.covers(finding)
            {
                *used = true;
                by = by.or(Some(suppression));
            }
        }
        taken.extend(by.map(|by| Suppressed {
            finding: finding.clone(),
            in_source: matches!(by.scope, Scope::Bytes(_) | Scope::Object(_)),
            reason: by.reason.clone(),
        }));
        by.is_none()
    });
    let unused = suppressions.iter().zip(used).filter(|(_, used)| !used);
    findings.extend(unused.filter_map(|(it, _)| Some(Finding::new(it.unused()?, input))));
    taken
}

/// Suppressions by what they are about, so that each finding meets few of them.
struct Index<'a> {
    /// Those of bytes by file and start, and the furthest end of those up to each.
    bytes: Vec<(Span, usize)>,
    ends: Vec<(FileId, u32)>,
    objects: BTreeMap<&'a ObjectName, Vec<usize>>,
    patterns: Vec<usize>,
}

impl<'a> Index<'a> {
    fn new(suppressions: &'a [Suppression]) -> Self {
        let mut index = Self { bytes: Vec::new(), ends: Vec::new(), objects: BTreeMap::new(), patterns: Vec::new() };
        for (at, suppression) in suppressions.iter().enumerate() {
            match &suppression.scope {
                Scope::Bytes(span) => index.bytes.push((*span, at)),
                Scope::Object(object) => index.objects.entry(object).or_default().push(at),
                Scope::Pattern(_) | Scope::Files(_) => index.patterns.push(at),
            }
        }
        index.bytes.sort_unstable();
        for (span, _) in &index.bytes {
            let end = (span.file, span.end);
            index.ends.push(index.ends.last().map_or(end, |last| end.max(*last)));
        }
        index
    }

    /// Those that may cover a finding, in the order in which they were given.
    fn candidates(&self, finding: &Finding) -> Vec<usize> {
        let mut candidates = self.patterns.clone();
        candidates.extend(finding.object.iter().filter_map(|object| self.objects.get(object)).flatten());
        if let Some(at) = finding.span {
            let before = self.bytes.partition_point(|(span, _)| (span.file, span.start) <= (at.file, at.start));
            let around = self.bytes.iter().zip(&self.ends).take(before).rev();
            // Where all that start earlier have ended, none is around the finding.
            let around = around.take_while(|(_, end)| **end > (at.file, at.start));
            candidates.extend(around.map(|((_, suppression), _)| *suppression));
        }
        candidates.sort_unstable();
        candidates
    }
}

fn comments(document: &Document<'_>, input: &Input<'_>, found: &mut Vec<Suppression>, faults: &mut Vec<Diagnostic>) {
    for comment in &document.comments {
        let Some(rest) = comment.text.trim_start().strip_prefix(MARK) else { continue };
        let end = comment.start + 1 + comment.text.len() as u32;
        let place = Location::Span(Span { file: document.file, start: comment.start, end });
        let Some((codes, reason)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            let message = "this comment names no rule";
            let help = "write `# meshc: ignore[rule-name]`; several have commas between them";
            faults.push(Diagnostic::warning("malformed-suppression", place, message).help(help));
            continue;
        };
        let text = &input.sources.file(document.file).text;
        let bytes = about(document, text, comment.start);
        let reason = Some(reason.trim().trim_start_matches([':', '-']).trim().to_owned()).filter(|it| !it.is_empty());
        for code in codes.split(',').map(str::trim).filter(|code| !code.is_empty()) {
            let (scope, written) = (Scope::Bytes(bytes), Some(place.clone()));
            found.push(Suppression { code: code.to_owned(), scope, written, reason: reason.clone() });
        }
    }
}

/// The bytes that a comment is about.
fn about(document: &Document<'_>, text: &str, hash: u32) -> Span {
    let span = |start: usize, end: usize| Span { file: document.file, start: start as u32, end: end as u32 };
    let hash = hash as usize;
    let line = text.get(..hash).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let alone = text.get(line..hash).is_some_and(|before| before.trim().is_empty());
    let end_of_line =
        |from: usize| text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at);
    if !alone {
        return span(line, end_of_line(hash));
    }
    if hash < document.root.start as usize {
        return document.root.span(document.file);
    }
    let mut next = end_of_line(hash);
    loop {
        let rest = text.get(next..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        next += blank;
        if !text.get(next..).unwrap_or_default().starts_with('#') {
            break;
        }
        next = end_of_line(next);
    }
    let mut start = next;
    while let Some(rest) = text.get(start..).and_then(|rest| rest.strip_prefix("- ")) {
        start += 2 + rest.len() - rest.trim_start_matches(' ').len();
    }
    let end = entry_end(&document.root, start as u32, start != next).map_or(end_of_line(next), |end| end as usize);
    span(next, end.max(end_of_line(next)))
}

/// The end of the element, or else of the entry, that starts at `at`.
fn entry_end(node: &Node<'_>, at: u32, element: bool) -> Option<u32> {
    for child in node.elements() {
        if element && child.start == at {
            return Some(child.end);
        }
        if child.start <= at && at < child.end {
            return entry_end(child, at, element);
        }
    }
    for (key, value) in node.entries() {
        if key.start == at {
            return Some(value.end);
        }
        if value.start <= at && at < value.end {
            return entry_end(value, at, element);
        }
    }
    None
}

/// Whether a pattern names an object.
fn names(pattern: &Pattern, object: &ObjectName) -> bool {
    let ObjectName { kind, namespace, name } = object;
    let slash = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
    let dot = if namespace.is_empty() { name.clone() } else { format!("{name}.{namespace}") };
    [&slash, &dot].into_iter().any(|text| pattern.fits(text) || pattern.fits(&format!("{kind} {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SourceFile, SourceMap};
    use crate::resource::{DecodeOptions, decode};
    use crate::yaml;

    /// The codes that are left of findings at each occurrence of `FAULT` in a text.
    fn left(text: &str, more: &[Suppression]) -> Vec<String> {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a.yaml", text));
        let (documents, _) = yaml::parse(file, text);
        let (resources, _) = decode(&documents, &DecodeOptions::default());
        let input = Input::new(&sources, &documents, &resources, "default");
        let fault = |(at, _): (usize, &str)| {
            let span = Span { file, start: at as u32, end: at as u32 + 5 };
            Finding::new(Diagnostic::error("unknown-field", Location::Span(span), "a fault"), &input)
        };
        let mut findings: Vec<_> = text.match_indices("FAULT").map(fault).collect();
        let (mut suppressions, faults) = written(&input);
        suppressions.extend(more.iter().cloned());
        apply(&mut findings, &suppressions, &input);
        let line = |finding: &Finding| finding.place.as_ref().map_or(0, |place| place.line);
        let left = findings.iter().map(|finding| format!("{} {}", finding.rule(), line(finding)));
        left.chain(faults.iter().map(|fault| fault.code.to_owned())).collect()
    }

    #[test]
    fn comments_are_about_a_line_an_entry_or_a_document() {
        assert_eq!(left("a: FAULT # meshc: ignore[unknown-field]\nb: FAULT\n", &[]), ["unknown-field 2"]);
        let entry = "a: 1\n# meshc: ignore[IST0106] the reason\nb:\n  c: FAULT\n  d: FAULT\ne: FAULT\n";
        assert_eq!(left(entry, &[]), ["unknown-field 6"]);
        let element = "a:\n# meshc: ignore[*]\n- b: 1\n  c: FAULT\n- c: FAULT\n";
        assert_eq!(left(element, &[]), ["unknown-field 5"]);
        let document = "# meshc: ignore[unknown-field]\na: FAULT\nb: FAULT\n---\na: FAULT\n";
        assert_eq!(left(document, &[]), ["unknown-field 5"]);
    }

    #[test]
    fn what_ignores_nothing_is_said() {
        assert_eq!(left("a: 1 # meshc: ignore[unknown-field]\n", &[]), ["unused-suppression 1"]);
        assert_eq!(left("a: FAULT # meshc: ignore\n", &[]), ["unknown-field 1", "malformed-suppression"]);
        let unused = Suppression::parse("IST0106=shop/web").expect("a suppression");
        assert_eq!(left("a: 1\n", &[unused]), ["unused-suppression 0"]);
        let object = "kind: Gateway\nmetadata: {name: web, annotations: {galley.istio.io/analyze-suppress: IST0001}}\n";
        assert_eq!(left(object, &[]), [""; 0]);
    }

    #[test]
    fn annotations_and_arguments_name_objects() {
        let object = "kind: Gateway\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {}\nspec: FAULT\n";
        let annotated = object.replace("{}", "{galley.istio.io/analyze-suppress: 'IST0001, IST0106'}");
        assert_eq!(left(&annotated, &[]), [""; 0]);
        assert_eq!(left(&object.replace("{}", "{kiali.io/ignore-validations: KIA0001}"), &[]), ["unknown-field 6"]);
        for resource in
            ["shop/web", "web.shop", "Gateway shop/web", "Gateway web.shop", "Gateway *", "*.shop", "s*/w*b"]
        {
            let one = Suppression::parse(&format!("IST0106={resource}")).expect("a suppression");
            assert_eq!(left(object, &[one]), [""; 0], "{resource}");
        }
        let other = Suppression::parse("IST0106=Service shop/web").expect("a suppression");
        assert_eq!(left(object, &[other]), ["unknown-field 6", "unused-suppression 0"]);
        assert_eq!(Suppression::parse("IST0106"), None);
    }
}
