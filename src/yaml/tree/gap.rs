//! The text between events: comments are kept, and what only Kubernetes' parser minds is reported.

use super::super::node::Comment;
use super::super::spelling::{self, Fault, Gap};
use super::Builder;
use crate::base::Diagnostic;

impl<'src> Builder<'src, '_> {
    /// Passes over the text between the last event and one at `start..end`.
    pub(super) fn gap(&mut self, start: u32, end: u32) {
        if let Some(gap) = self.source.get(self.read_to as usize..start as usize).filter(|gap| !gap.is_empty()) {
            self.comments_in(gap);
            if gap.contains('\t') && !self.in_flow() {
                // A plain scalar that is no key takes the white space behind it along.
                let in_scalar = self.after_plain && !gap.trim_start().starts_with(':');
                let tabs_from = self.indentation().filter(|_| in_scalar).map(|column| column + 1);
                let fault = spelling::tab(self.source, Gap { start: self.read_to, end: start, tabs_from });
                self.fault(fault);
            }
        }
        self.gap_start = self.read_to;
        self.read_to = self.read_to.max(start).max(end);
        self.after_plain = false;
    }

    /// Collects the comments in the text after the last event. Only separators, indicators, anchors
    /// and tags are there, so a `#` after white space begins a comment.
    fn comments_in(&mut self, gap: &'src str) {
        if !gap.contains('#') {
            return;
        }
        let mut from = self.read_to as usize;
        for line in gap.split_inclusive('\n') {
            let bytes = self.source.as_bytes();
            let blank = |at: usize| at == self.start as usize || bytes.get(at - 1).is_none_or(u8::is_ascii_whitespace);
            if let Some(hash) = line.match_indices('#').map(|(at, _)| from + at).find(|at| blank(*at)) {
                let text = self.source.get(hash + 1..from + line.len()).unwrap_or_default();
                self.comments.push(Comment { start: hash as u32, text: text.trim_end_matches(['\n', '\r']) });
            }
            from += line.len();
        }
    }

    pub(super) fn check_spelling(&mut self, text: &str, plain: bool, start: u32, end: u32) {
        let flow = self.in_flow();
        if plain && !flow {
            return;
        }
        let written = self.source.get(start as usize..end as usize).unwrap_or_default();
        let before = self.source.get(self.gap_start as usize..start as usize).unwrap_or_default();
        let json = self.json;
        let fault = spelling::scalar(spelling::Scalar { start, end, written, before, text, plain, flow, json });
        self.fault(fault);
    }

    pub(super) fn fault(&mut self, fault: Option<Fault>) {
        if let Some(Fault { start, end, message, help }) = fault {
            self.report(Diagnostic::error("syntax", self.at(start, end), message).help(help));
        }
    }

    /// Column of the innermost open block collection.
    fn indentation(&self) -> Option<u32> {
        let start = self.frames.last()?.start;
        let before = self.source.get(..start as usize)?;
        Some(start - before.rfind('\n').map_or(0, |at| at as u32 + 1))
    }

    /// The `-` of a sequence's first element, for a sequence that is not indented below its key:
    /// the parser gives the place of the element instead.
    pub(super) fn dash_before(&self, start: u32) -> u32 {
        let before = self.source.get(self.gap_start as usize..start as usize).unwrap_or_default();
        let here = self.source.as_bytes().get(start as usize..).unwrap_or_default();
        // `--flag` and `-5` are elements, not dashes.
        let at_dash = matches!(here, [b'-'] | [b'-', b' ' | b'\t' | b'\n' | b'\r', ..]);
        match before.trim_end_matches([' ', '\t']).strip_suffix('-') {
            Some(before) if !at_dash || before.ends_with('\n') => self.gap_start + before.len() as u32,
            _ => start,
        }
    }
}
