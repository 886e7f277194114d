//! Faults of a document that end its reading, and how any fault is reported.

use super::super::events::SyntaxError;
use super::super::limits::push_bounded;
use super::Builder;
use crate::base::{Diagnostic, Location, Span};

impl Builder<'_, '_> {
    pub(super) fn syntax_error(&mut self, SyntaxError { at, message }: SyntaxError) {
        let at = self.clamp(at);
        let end = self.source.get(at as usize..).and_then(|rest| rest.chars().next());
        let end = at + end.filter(|character| *character != '\n').map_or(0, |character| character.len_utf8() as u32);
        let mut diagnostic = Diagnostic::error("syntax", self.at(at, end), format!("invalid YAML: {message}"));
        let line = self.source.get(..at as usize).map_or("", |before| before.rsplit('\n').next().unwrap_or_default());
        let indentation = line.len() - line.trim_start().len();
        if line.get(..indentation).is_some_and(|blank| blank.contains('\t'))
            || self.source.as_bytes().get(at as usize) == Some(&b'\t')
        {
            diagnostic = diagnostic.help("YAML is indented with spaces: replace the tab");
        }
        let bracket = |at: u32| matches!(self.source.as_bytes().get(at as usize), Some(b'[' | b'{'));
        if let Some(frame) = self.frames.iter().rev().take_while(|frame| frame.flow).find(|frame| bracket(frame.start))
        {
            let location = self.at(frame.start, frame.start + 1);
            diagnostic = diagnostic.related(location, "inside the brackets opened here");
        }
        self.report(diagnostic);
    }

    /// More text after a complete value: Kubernetes' parser does not look at it.
    pub(super) fn trailing(&mut self, at: u32) {
        let at = self.clamp(at);
        let message = "invalid YAML: text after the end of the document";
        let help =
            "Kubernetes ignores it silently: indent it if it belongs to the value, or put a line `---` before it";
        self.report(Diagnostic::error("syntax", self.at(at, at), message).help(help));
    }

    /// A second document without `---`: Kubernetes' reader gives it to the parser together with the
    /// first, and the parser takes one.
    pub(super) fn ignored(&mut self, start: u32) {
        let message = "Kubernetes ignores this document, because only `...` and no `---` is before it";
        let diagnostic = Diagnostic::warning("ignored-document", self.at(start, start), message);
        self.report(diagnostic.help("put a line `---` before it"));
    }

    /// The end of a character at or before a place, within the document.
    fn clamp(&self, at: u32) -> u32 {
        let mut at = at.min(self.end);
        while !self.source.is_char_boundary(at as usize) {
            at -= 1;
        }
        at
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        push_bounded(self.diagnostics, self.first_finding, diagnostic);
    }

    /// A place of the text, with its ends between characters.
    pub(super) fn at(&self, start: u32, end: u32) -> Location {
        Location::Span(Span { file: self.file, start: self.clamp(start), end: self.clamp(end) })
    }
}
