//! A file's documents, cut as Kubernetes' reader cuts them (`apimachinery: YAMLReader`): at every
//! line that begins with `---`, before any YAML is parsed. A `---` deeper in a line, as in a
//! block scalar, does not cut.

use super::limits::push_bounded;
use super::node::Comment;
use crate::base::{Diagnostic, Diagnostics, FileId, Location, Span};

/// The text between two separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'src> {
    /// Its byte offset in the file.
    pub(super) start: u32,
    pub(super) text: &'src str,
    /// The comment on the separator above it.
    pub(super) comment: Option<Comment<'src>>,
}

/// The pieces of a text. Reports separators with something behind them.
pub(super) fn split<'src>(file: FileId, text: &'src str, diagnostics: &mut Diagnostics) -> Vec<Piece<'src>> {
    let mut pieces = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut comment = None;
    let first_line = text.get(start..).filter(|text| text.starts_with("---")).map(|_| start);
    let separators = memchr::memmem::find_iter(text.as_bytes(), "\n---").map(|at| at + 1);
    for at in first_line.into_iter().chain(separators) {
        pieces.extend(text.get(start..at).map(|text| Piece { start: start as u32, text, comment }));
        (start, comment) = separator(file, text, at, diagnostics);
    }
    pieces.extend(text.get(start..).map(|text| Piece { start: start as u32, text, comment }));
    pieces
}

/// Where the line of the separator at `at` ends, and the comment on it.
fn separator<'src>(
    file: FileId,
    text: &'src str,
    at: usize,
    diagnostics: &mut Diagnostics,
) -> (usize, Option<Comment<'src>>) {
    let after = at + "---".len();
    let line = text.get(after..).and_then(|rest| rest.split_inclusive('\n').next()).unwrap_or_default();
    let content = line.trim_start();
    let start = after + (line.len() - content.len());
    let content = content.trim_end();
    let mut comment = None;
    if let Some(text) = content.strip_prefix('#') {
        comment = Some(Comment { start: start as u32, text });
    } else if !content.is_empty() {
        let span = Span { file, start: at as u32, end: (start + content.len()) as u32 };
        let diagnostic =
            Diagnostic::error("document-separator", Location::Span(span), "text after the document separator `---`")
                .help("Kubernetes refuses it: move the text to the next line, or indent it if it is part of a value");
        push_bounded(diagnostics, 0, diagnostic);
    }
    (after + line.len(), comment)
}
