//! A file's documents, cut as Kubernetes' reader cuts them (`apimachinery: YAMLReader`): at every
//! line that begins with `---`, before any YAML is parsed. A `---` deeper in a line, as in a
//! block scalar, does not cut.

use crate::base::{Diagnostic, Diagnostics, FileId, Location, Span};

/// The pieces of a text between its separators, each with its byte offset. Reports separators
/// with something behind them.
pub(super) fn split<'src>(file: FileId, text: &'src str, diagnostics: &mut Diagnostics) -> Vec<(u32, &'src str)> {
    let mut pieces = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let first_line = text.get(start..).filter(|text| text.starts_with("---")).map(|_| start);
    let separators = text.match_indices("\n---").map(|(at, _)| at + 1);
    for at in first_line.into_iter().chain(separators) {
        pieces.extend(text.get(start..at).map(|piece| (start as u32, piece)));
        start = separator(file, text, at, diagnostics);
    }
    pieces.extend(text.get(start..).map(|piece| (start as u32, piece)));
    pieces
}

/// Where the piece after the separator at `at` begins: after its dashes, so that a comment on the
/// line is read, or after its line, when there is something else on it.
fn separator(file: FileId, text: &str, at: usize, diagnostics: &mut Diagnostics) -> usize {
    let after = at + "---".len();
    let rest = text.get(after..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let content = line.trim();
    if content.is_empty() || content.starts_with('#') {
        return after;
    }
    let span = Span { file, start: at as u32, end: (after + line.trim_end().len()) as u32 };
    diagnostics.push(
        Diagnostic::error("document-separator", Location::Span(span), "text after the document separator `---`")
            .help("Kubernetes refuses it: move the text to the next line, or indent the line if it is part of a value"),
    );
    after + line.len()
}
