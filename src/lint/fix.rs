//! Corrections where the right text is certain. Only the wrong word is replaced, so comments and
//! formatting stay.

use crate::base::{FileId, Severity, Span};
use crate::lint::finding::Finding;
use crate::yaml;

/// A text with corrections made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The file.
    pub file: FileId,
    /// Its new text.
    pub text: String,
    /// The places in the old text that were corrected.
    pub corrected: Vec<Span>,
}

/// The corrected text of one file; `None` where there is nothing to correct. A correction that would
/// make YAML of another shape (as a key that is there already) is not made.
pub fn fix(file: FileId, text: &str, findings: &[Finding]) -> Option<Fixed> {
    let mut edits: Vec<(Span, &str)> = findings
        .iter()
        .filter_map(|finding| {
            Some((finding.span.filter(|span| span.file == file)?, finding.diagnostic.fix.as_deref()?))
        })
        .collect();
    edits.sort_by_key(|(span, _)| span.start);
    edits.dedup_by(|next, kept| next.0.start < kept.0.end);
    let faults = faults(file, text);
    let spans = |edits: &[(Span, &str)]| edits.iter().map(|(span, _)| *span).collect();
    let mut fixed = Fixed { file, text: apply(text, &edits)?, corrected: spans(&edits) };
    if self::faults(file, &fixed.text) > faults {
        edits.retain(|edit| apply(text, &[*edit]).is_some_and(|text| self::faults(file, &text) <= faults));
        fixed = Fixed { file, text: apply(text, &edits)?, corrected: spans(&edits) };
    }
    (self::faults(file, &fixed.text) <= faults).then_some(fixed)
}

/// A text with words replaced; `None` where there are none, or a place is not in the text.
fn apply(text: &str, edits: &[(Span, &str)]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, word) in edits {
        out.push_str(text.get(at..span.start as usize)?);
        out.push_str(&quoted_alike(text.get(span.start as usize..span.end as usize)?, word));
        at = span.end as usize;
    }
    out.push_str(text.get(at..)?);
    (!edits.is_empty()).then_some(out)
}

/// A word in the quotes of the one it replaces.
fn quoted_alike(old: &str, word: &str) -> String {
    match old.chars().next() {
        Some(quote @ ('"' | '\'')) => format!("{quote}{word}{quote}"),
        _ => word.to_owned(),
    }
}

/// How many errors and warnings (as a key written twice) a text has.
fn faults(file: FileId, text: &str) -> usize {
    yaml::parse(file, text).1.0.iter().filter(|finding| finding.severity >= Severity::Warning).count()
}

/// A text before and after as a unified diff without context, as `patch` and `git apply --unidiff-zero` take it.
/// Lines are only replaced.
pub fn diff(name: &str, before: &str, after: &str) -> String {
    let mut out = format!("--- {name}\n+++ {name}\n");
    for (at, (old, new)) in before.split_inclusive('\n').zip(after.split_inclusive('\n')).enumerate() {
        if old != new {
            let line = at + 1;
            out.push_str(&format!("@@ -{line} +{line} @@\n"));
            for (mark, text) in [('-', old), ('+', new)] {
                out.push(mark);
                out.push_str(text);
                if !text.ends_with('\n') {
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
    use crate::base::{SourceFile, SourceMap};
    use crate::lint::input::Input;
    use crate::resource::{DecodeOptions, decode};

    fn fixed(text: &str) -> Option<String> {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a.yaml", text));
        let (documents, _) = yaml::parse(file, text);
        let (resources, found) = decode(&documents, &DecodeOptions::default());
        let input = Input::new(&sources, &documents, &resources, "default");
        let findings: Vec<_> = found.0.into_iter().map(|it| Finding::new(it, &input)).collect();
        fix(file, text, &findings).map(|fixed| fixed.text)
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

    #[test]
    fn misspelt_fields_are_mended_and_all_else_stays() {
        let expected = SERVICE.replace("timeoout", "timeout").replace("redirct", "redirect");
        assert_eq!(fixed(SERVICE).as_deref(), Some(expected.as_str()));
        assert_eq!(fixed(&expected), None);
        let hunk = "@@ -7 +7 @@\n-  - timeoout: 5s   # five\n+  - timeout: 5s   # five\n";
        assert!(diff("a.yaml", SERVICE, &expected).contains(hunk));
    }

    #[test]
    fn a_key_is_not_written_twice() {
        let twice = SERVICE.replace("    'redirct'", "    timeout: 1s\n    'redirct'");
        let expected = twice.replace("redirct", "redirect");
        assert_eq!(fixed(&twice).as_deref(), Some(expected.as_str()));
    }

    #[test]
    fn values_of_enums_are_mended() {
        let gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec:\n  servers:\n  \
                       - port: {number: 443, name: tls, protocol: TLS}\n    hosts: ['*']\n    tls: {mode: passthrough}\n";
        assert_eq!(fixed(gateway), Some(gateway.replace("mode: passthrough", "mode: PASSTHROUGH")));
        assert_eq!(fixed(&gateway.replace("passthrough", "whatever")), None);
    }
}
