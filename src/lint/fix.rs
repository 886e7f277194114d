//! Corrections where the right text is certain. Only what is wrong is replaced, so comments and
//! formatting stay.

use std::collections::BTreeSet;

use crate::base::{FileId, Severity, Span};
use crate::lint::finding::{Finding, Patch};
use crate::resource::{DecodeOptions, decode};
use crate::yaml;

/// A text with corrections made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The file.
    pub file: FileId,
    /// Its new text.
    pub text: String,
    /// The findings that were corrected: their rule and their place in the old text.
    pub corrected: Vec<(&'static str, Span)>,
    /// What was replaced, by place in the old text.
    replaced: Vec<Replaced>,
}

/// A part of the old text and what is there instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Replaced {
    start: usize,
    end: usize,
    text: String,
}

/// What corrects one finding: all of it, or nothing.
struct Correction<'a> {
    finding: &'a Finding,
    span: Span,
    replaced: Vec<Replaced>,
}

/// The corrected text of one file; `None` where there is nothing to correct. A correction is made only where the
/// fault that it is for goes and no other comes, as a key that is there already.
pub fn fix(file: FileId, text: &str, findings: &[Finding]) -> Option<Fixed> {
    let mut corrections: Vec<Correction<'_>> = findings
        .iter()
        .filter_map(|finding| {
            let span = finding.span.filter(|span| span.file == file)?;
            let replaced: Option<Vec<Replaced>> = finding.patches.iter().map(|patch| replaced(patch, text)).collect();
            let replaced = replaced.filter(|replaced| !replaced.is_empty())?;
            Some(Correction { finding, span, replaced })
        })
        .collect();
    let before = faults(file, text);
    let mut kept = apart(&corrections);
    if !is_better(file, text, &before, &kept) {
        corrections.retain(|one| is_better(file, text, &before, &[one]));
        kept = apart(&corrections);
        // Two that are right alone may be wrong together: as many as go with those before them.
        let mut together: Vec<&Correction<'_>> = Vec::new();
        for one in kept {
            together.push(one);
            if !is_better(file, text, &before, &together) {
                together.pop();
            }
        }
        kept = together;
    }
    if kept.is_empty() {
        return None;
    }
    let mut replaced: Vec<Replaced> = kept.iter().flat_map(|one| one.replaced.iter().cloned()).collect();
    replaced.sort();
    let corrected = kept.iter().map(|one| (one.finding.rule(), one.span)).collect();
    Some(Fixed { file, text: apply(text, &replaced)?, corrected, replaced })
}

/// Those that touch no text of another one before.
fn apart<'a, 'f>(corrections: &'a [Correction<'f>]) -> Vec<&'a Correction<'f>> {
    let mut taken: BTreeSet<(usize, usize)> = BTreeSet::new();
    let is_free = |taken: &BTreeSet<(usize, usize)>, one: &Replaced| {
        let before = taken.range(..(one.end, 0)).next_back();
        before.is_none_or(|(_, end)| *end <= one.start)
    };
    let mut kept = Vec::new();
    for one in corrections {
        if one.replaced.iter().all(|part| is_free(&taken, part)) {
            taken.extend(one.replaced.iter().map(|part| (part.start, part.end)));
            kept.push(one);
        }
    }
    kept
}

/// Whether corrections take their own faults away and bring none. What no stage finds in one file alone, but a rule,
/// cannot be asked here.
fn is_better(file: FileId, text: &str, before: &[&'static str], corrections: &[&Correction<'_>]) -> bool {
    let mut replaced: Vec<Replaced> = corrections.iter().flat_map(|one| one.replaced.iter().cloned()).collect();
    replaced.sort();
    let Some(text) = apply(text, &replaced) else { return false };
    let of_stages = corrections.iter().filter(|one| before.contains(&one.finding.rule())).count();
    faults(file, &text).len() + of_stages <= before.len()
}

/// The codes of the errors and warnings of a text by itself.
fn faults(file: FileId, text: &str) -> Vec<&'static str> {
    let (documents, parsed) = yaml::parse(file, text);
    let (_, decoded) = decode(&documents, &DecodeOptions::default());
    let all = parsed.0.iter().chain(&decoded.0);
    all.filter(|finding| finding.severity >= Severity::Warning).map(|finding| finding.code).collect()
}

/// What a patch replaces; `None` where it does not fit the text.
fn replaced(patch: &Patch, text: &str) -> Option<Replaced> {
    let at = |span: Span| (span.start as usize, span.end as usize);
    let (span, new) = match patch {
        Patch::Word(span, word) => (*span, quoted_alike(text.get(at(*span).0..at(*span).1)?, word)),
        Patch::Quoted(span) => {
            let old = text.get(at(*span).0..at(*span).1)?;
            let plain = old.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte));
            (*span, (plain && !old.is_empty()).then(|| format!("\"{old}\""))?)
        }
        Patch::Unquoted(span) => {
            let old = text.get(at(*span).0..at(*span).1)?;
            let inner = ['"', '\''].into_iter().find_map(|quote| old.strip_prefix(quote)?.strip_suffix(quote))?;
            let plain = inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            (*span, (plain && !inner.is_empty()).then(|| inner.to_owned())?)
        }
        Patch::Between(span, before, after) => {
            (*span, format!("{before}{}{after}", text.get(at(*span).0..at(*span).1)?))
        }
        Patch::Doubled { element, part, word } => {
            let (start, end) = at(*element);
            let length = text.get(start..end)?.trim_end().len();
            let text = doubled(text, (start, start + length), at(*part), word)?;
            return Some(Replaced { start, end: start + length, text });
        }
    };
    Some(Replaced { start: at(span).0, end: at(span).1, text: new })
}

/// A word in the quotes of the one it replaces.
fn quoted_alike(old: &str, word: &str) -> String {
    match old.chars().next() {
        Some(quote @ ('"' | '\'')) => format!("{quote}{word}{quote}"),
        _ => word.to_owned(),
    }
}

/// An element of a list twice, the first time with another word. Comments are not doubled: with one in it, it is not
/// done.
fn doubled(text: &str, element: (usize, usize), part: (usize, usize), word: &str) -> Option<String> {
    let old = text.get(element.0..element.1)?;
    let (before, after) = (text.get(element.0..part.0)?, text.get(part.1..element.1)?);
    let changed = format!("{before}{}{after}", quoted_alike(text.get(part.0..part.1)?, word));
    if old.contains('#') {
        return None;
    }
    let line = text.get(..element.0)?.rfind('\n').map_or(0, |at| at + 1);
    let lead = text.get(line..element.0)?;
    match lead.trim() == "-" {
        true => Some(format!("{changed}\n{lead}{old}")),
        // Inside of brackets that begin on this line.
        false => (lead.contains('[') && lead.ends_with(['[', ' ', ','])).then(|| format!("{changed}, {old}")),
    }
}

/// A text with parts replaced; `None` where there are none, they overlap, or a place is not in the text.
fn apply(text: &str, replaced: &[Replaced]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for one in replaced {
        out.push_str(text.get(at..one.start)?);
        out.push_str(&one.text);
        at = one.end;
    }
    out.push_str(text.get(at..)?);
    (!replaced.is_empty()).then_some(out)
}

/// A text before and after as a unified diff without context, as `patch` and `git apply --unidiff-zero` take it.
pub fn diff(name: &str, before: &str, fixed: &Fixed) -> String {
    let mut out = format!("--- {name}\n+++ {name}\n");
    let line_start = |at: usize| before[..at].rfind('\n').map_or(0, |at| at + 1);
    let line_end = |at: usize| before[at..].find('\n').map_or(before.len(), |end| at + end + 1);
    let mut hunks: Vec<(usize, usize, Vec<&Replaced>)> = Vec::new();
    for one in &fixed.replaced {
        let (start, end) = (line_start(one.start), line_end(one.end));
        match hunks.last_mut() {
            // Changes of one line are one hunk.
            Some((_, last, parts)) if *last > start => {
                *last = end.max(*last);
                parts.push(one);
            }
            _ => hunks.push((start, end, vec![one])),
        }
    }
    let count = |text: &str| text.split_inclusive('\n').count();
    let range = |line: usize, lines: usize| if lines == 1 { line.to_string() } else { format!("{line},{lines}") };
    let (mut added, mut removed) = (0, 0);
    for (start, end, parts) in hunks {
        let old = &before[start..end];
        let here = parts.into_iter().map(|one| Replaced {
            start: one.start - start,
            end: one.end - start,
            text: one.text.clone(),
        });
        let new = apply(old, &here.collect::<Vec<_>>()).unwrap_or_default();
        let line = count(&before[..start]) + 1;
        let (was, is) = (count(old), count(&new));
        out.push_str(&format!("@@ -{} +{} @@\n", range(line, was), range(line + added - removed, is)));
        (added, removed) = (added + is, removed + was);
        for (mark, text) in [('-', old), ('+', new.as_str())] {
            for line in text.split_inclusive('\n') {
                out.push(mark);
                out.push_str(line);
                if !line.ends_with('\n') {
                    out.push_str("\n\\ No newline at end of file\n");
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SourceFile, SourceMap, Timestamp};
    use crate::lint::input::Input;
    use crate::lint::{Context, run};
    use crate::mesh::{LinkOptions, link};

    /// What is left of the findings with a correction, and the corrected text with its diff.
    fn mended(text: &str) -> Option<(String, String)> {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a.yaml", text));
        let (documents, _) = yaml::parse(file, text);
        let (resources, mut found) = decode(&documents, &DecodeOptions::default());
        let (mesh, _) = link(&resources, LinkOptions::default());
        let context = Context::new(&resources, &mesh, &documents, Timestamp(0));
        found.extend(run(&context));
        let input = Input::new(&sources, &documents, &resources, "default");
        let findings: Vec<_> = found.0.into_iter().map(|it| Finding::new(it, &input)).collect();
        let fixed = fix(file, text, &findings)?;
        assert!(fixed.corrected.iter().all(|(rule, _)| findings.iter().any(|it| it.rule() == *rule)));
        Some((diff("a.yaml", text, &fixed), fixed.text))
    }

    /// Corrects a text to another one, once and for all.
    fn becomes(text: &str, expected: &str) {
        let (_, fixed) = mended(text).unwrap_or_else(|| panic!("nothing is corrected in\n{text}"));
        assert_eq!(fixed, expected);
        assert_eq!(mended(&fixed), None, "once is enough");
    }

    const SERVICE: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec: # routes
  hosts: [a.example.com]
  http:
  - timeoout: 5s   # five
    'redirct': {uri: /, redirectCode: 301}
";

    fn service(http: &str) -> String {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec:\n  hosts: [a.example.com]\n  http:\n{http}"
        )
    }

    #[test]
    fn misspelt_fields_are_mended_and_all_else_stays() {
        let expected = SERVICE.replace("timeoout", "timeout").replace("redirct", "redirect");
        becomes(SERVICE, &expected);
        let hunk = "@@ -7,2 +7,2 @@\n-  - timeoout: 5s   # five\n-    'redirct'";
        let (diff, _) = mended(SERVICE).expect("a correction");
        assert!(
            diff.contains("@@ -7 +7 @@\n-  - timeoout: 5s   # five\n+  - timeout: 5s   # five\n")
                || diff.contains(hunk),
            "{diff}"
        );
    }

    #[test]
    fn a_key_is_not_written_twice() {
        let twice = SERVICE.replace("    'redirct'", "    timeout: 1s\n    'redirct'");
        becomes(&twice, &twice.replace("redirct", "redirect"));
    }

    #[test]
    fn values_of_enums_are_mended() {
        let gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec:\n  servers:\n  \
                       - port: {number: 443, name: tls, protocol: TLS}\n    hosts: ['*']\n    tls: {mode: passthrough}\n";
        becomes(gateway, &gateway.replace("mode: passthrough", "mode: PASSTHROUGH"));
        assert_eq!(mended(&gateway.replace("passthrough", "whatever")), None);
    }

    #[test]
    fn text_gets_the_quotes_that_it_needs_and_numbers_lose_theirs() {
        let wrong = service(
            "  - match: [{headers: {x-a: {exact: true}, x-b: {exact: 0x1F}}, ignoreUriCase: 'true'}] # why\n    \
             headers: {request: {set: {x-c: 5}}}\n    \
             route: [{destination: {host: b.example.com, port: {number: \"443\"}}}]\n",
        );
        let right = wrong
            .replace("exact: true", "exact: \"true\"")
            .replace("exact: 0x1F", "exact: \"0x1F\"")
            .replace("'true'", "true")
            .replace("x-c: 5", "x-c: \"5\"")
            .replace("\"443\"", "443");
        becomes(&wrong, &right);
    }

    #[test]
    fn quotes_that_make_no_right_value_are_not_added() {
        let wrong = service(
            "  - timeout: 5\n    redirect: {uri: /}\n  - retries: {attempts: \"three\"}\n    redirect: {uri: /}\n",
        );
        assert_eq!(mended(&wrong), None);
    }

    #[test]
    fn deprecated_fields_are_written_by_their_new_names() {
        let old = service(
            "  - mirror: {host: b.example.com}\n    mirrorPercent: 50 # half\n    \
             fault: {delay: {percent: 10, fixedDelay: 1s}}\n    route: [{destination: {host: b.example.com}}]\n",
        );
        let new = old.replace("mirrorPercent: 50", "mirrorPercentage: {value: 50}");
        becomes(&old, &new.replace("percent: 10", "percentage: {value: 10}"));
        let both = old.replace("fixedDelay: 1s", "fixedDelay: 1s, percentage: {value: 1}");
        becomes(&both, &both.replace("mirrorPercent: 50", "mirrorPercentage: {value: 50}"));
    }

    #[test]
    fn superseded_settings_get_their_new_names() {
        let old = service(
            "  - corsPolicy:\n      allowOrigin: # ours\n      - https://a.example.com # a\n      - \"*\"\n    \
             route: [{destination: {host: b.example.com}}]\n",
        );
        let new = old.replace("allowOrigin:", "allowOrigins:").replace("\"*\"", "{exact: \"*\"}");
        becomes(&old, &new.replace("- https://a.example.com", "- {exact: https://a.example.com}"));
        let both = old.replace("corsPolicy:\n", "corsPolicy:\n      allowOrigins: [{exact: b}]\n");
        assert_eq!(mended(&both), None);
        let braces = old.replace("\"*\"", "a,b");
        assert_eq!(mended(&braces), None);

        let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec:\n  host: a\n  \
                    trafficPolicy:\n    loadBalancer: {simple: LEAST_CONN}\n    portLevelSettings:\n    - port: {number: 80}\n      \
                    loadBalancer: {consistentHash: {useSourceIp: true, minimumRingSize: 1024}}\n";
        let new = rule.replace("minimumRingSize: 1024", "ringHash: {minimumRingSize: 1024}");
        becomes(rule, &new.replace("LEAST_CONN", "LEAST_REQUEST"));
    }

    #[test]
    fn a_prefix_that_is_rewritten_gets_its_pair() {
        let route = "    rewrite: {uri: /}\n    route: [{destination: {host: b.example.com}}]\n";
        let flow = service(&format!("  - match: [{{uri: {{prefix: /shop}}, method: {{exact: GET}}}}] # shop\n{route}"));
        becomes(&flow, &flow.replace("[{uri", "[{uri: {prefix: /shop/}, method: {exact: GET}}, {uri"));
        let block = service(&format!("  - match:\n    - uri:\n        prefix: \"/shop\"\n{route}"));
        let pair = "    - uri:\n        prefix: \"/shop/\"\n    - uri:\n        prefix: \"/shop\"\n";
        becomes(&block, &block.replace("    - uri:\n        prefix: \"/shop\"\n", pair));
        let (diff, _) = mended(&block).expect("a correction");
        assert!(diff.starts_with("--- a.yaml\n+++ a.yaml\n@@ -8,2 +8,4 @@\n"), "{diff}");
        let slash =
            service(&format!("  - match: [{{uri: {{prefix: /shop/}}}}]\n{}", route.replace("uri: /", "uri: /api")));
        becomes(&slash, &slash.replace("uri: /api", "uri: /api/"));
    }

    #[test]
    fn later_hunks_count_the_lines_that_earlier_ones_add() {
        let route = "    rewrite: {uri: /}\n    route: [{destination: {host: b.example.com}}]\n    timeoout: 5s\n";
        let block = service(&format!("  - match:\n    - uri:\n        prefix: /shop\n{route}"));
        let (diff, _) = mended(&block).expect("a correction");
        assert!(diff.contains("@@ -8,2 +8,4 @@\n") && diff.contains("@@ -12 +14 @@\n-    timeoout: 5s\n"), "{diff}");
    }
}
