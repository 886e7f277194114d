//! Shows diagnostics on standard error, with the source they are about.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents, Report,
    SourceCode, SourceSpan, SpanContents,
};

use super::exit::Exit;
use crate::base::{Diagnostic, Diagnostics, FileId, Label, Severity, SourceMap, Span};

/// Something to say that is not about a place in the input: said by [`Remark::say`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Remark {
    /// `error` or `note`.
    pub kind: &'static str,
    /// What there is to say.
    pub message: String,
    /// What to do.
    pub help: Option<&'static str>,
}

impl Remark {
    /// Why the job could not be done.
    pub(super) fn error(message: String) -> Self {
        Self { kind: "error", message, help: None }
    }

    /// Worth knowing.
    pub(super) fn note(message: String) -> Self {
        Self { kind: "note", message, help: None }
    }

    /// Says it.
    pub(super) fn say(&self) {
        say(self.kind, &self.message, self.help);
    }
}

/// Says why the job could not be done.
pub(super) fn failure(message: &str, help: Option<&str>) -> Exit {
    say("error", message, help);
    Exit::Failure
}

/// Says what is off with the arguments.
pub(super) fn usage(message: &str, help: Option<&str>) -> Exit {
    say("error", message, help);
    Exit::Usage
}

/// Says something that is not about a place in the input.
pub(super) fn say(kind: &str, message: &str, help: Option<&str>) {
    let mut text = format!("{kind}: {}\n", printable(message));
    if let Some(help) = help {
        text.push_str(&format!("  help: {}\n", printable(help)));
    }
    write(&text);
}

fn write(text: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Escapes control characters, so that no name in an input can write to the terminal.
pub(super) fn printable(text: &str) -> String {
    let writes = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(writes) {
        return text.to_owned();
    }
    text.chars().map(|c| if writes(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Of one kind so many findings are shown with their source; of the others a line says where and what.
const SHOWN: usize = 50;

/// Shows findings on standard error, by place, the worst of a place first.
pub(super) fn diagnostics(findings: &Diagnostics, sources: &SourceMap, resolve: &dyn Fn(&Label) -> Option<Span>) {
    render(findings, sources, resolve, std::io::stderr().is_terminal(), &mut |text| write(text));
}

/// Gives findings as text piece by piece, by place, the worst of a place first. What there is very often comes at the
/// end, a line each.
pub(super) fn render(
    findings: &Diagnostics,
    sources: &SourceMap,
    resolve: &dyn Fn(&Label) -> Option<Span>,
    color: bool,
    out: &mut dyn FnMut(&str),
) {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(110);
    let mut shown: Vec<(Option<Span>, &Diagnostic)> =
        findings.0.iter().map(|diagnostic| (resolve(&diagnostic.label), diagnostic)).collect();
    shown.sort_by(|(a_span, a), (b_span, b)| {
        (a_span, std::cmp::Reverse(a.severity), a.code, &a.message).cmp(&(
            b_span,
            std::cmp::Reverse(b.severity),
            b.code,
            &b.message,
        ))
    });
    shown.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
    if shown.is_empty() {
        return;
    }
    let indexed: Vec<Arc<Indexed>> = sources.iter().map(|(id, _)| Arc::new(Indexed::new(sources, id))).collect();
    let mut by_code: BTreeMap<&str, Vec<(Option<Span>, &Diagnostic)>> = BTreeMap::new();
    for (span, diagnostic) in shown {
        let of_code = by_code.entry(diagnostic.code).or_default();
        of_code.push((span, diagnostic));
        if of_code.len() > SHOWN {
            continue;
        }
        for (part, report) in parts(diagnostic, span, resolve, &indexed).into_iter().enumerate() {
            let mut text = String::new();
            if handler.render_report(&mut text, report.as_ref()).is_ok() {
                out(if part == 0 { text.trim_end() } else { text.trim_start_matches('\n').trim_end() });
                out("\n");
            }
        }
    }
    for (code, of_code) in by_code {
        let Some(more) = of_code.get(SHOWN..).filter(|more| !more.is_empty()) else { continue };
        out(&format!("\n{code}, {} more:\n", more.len()));
        for (span, diagnostic) in more {
            let place = span.map(|span| format!("{}: ", place(sources, span))).unwrap_or_default();
            out(&format!("  {place}{}\n", printable(&diagnostic.message)));
        }
    }
}

/// `file:line:column`.
fn place(sources: &SourceMap, span: Span) -> String {
    let file = sources.file(span.file);
    let at = file.line_column(span.start);
    format!("{}:{}:{}", printable(&file.name), at.line, at.column)
}

/// One report with the places in the file of the primary label, and one for each other file.
fn parts(
    diagnostic: &Diagnostic,
    span: Option<Span>,
    resolve: &dyn Fn(&Label) -> Option<Span>,
    indexed: &[Arc<Indexed>],
) -> Vec<Report> {
    let mut labels: Vec<(Span, String)> = Vec::new();
    labels.extend(span.map(|span| (span, diagnostic.label.text.clone())));
    labels.extend(diagnostic.related.iter().filter_map(|label| Some((resolve(label)?, label.text.clone()))));
    let severity = match diagnostic.severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
        Severity::Note => miette::Severity::Advice,
    };
    let primary = span.map(|span| span.file);
    let mut main =
        MietteDiagnostic::new(printable(&diagnostic.message)).with_severity(severity).with_code(diagnostic.code);
    if let Some(help) = &diagnostic.help {
        main = main.with_help(printable(help));
    }
    main = main.with_labels(labels.iter().filter(|(span, _)| Some(span.file) == primary).map(labelled));
    let mut reports = vec![with_source(main, primary, indexed)];
    let mut others: Vec<FileId> =
        labels.iter().map(|(span, _)| span.file).filter(|file| Some(*file) != primary).collect();
    others.dedup();
    for file in others {
        let related = MietteDiagnostic::new("see also")
            .with_severity(miette::Severity::Advice)
            .with_labels(labels.iter().filter(|(span, _)| span.file == file).map(labelled));
        reports.push(with_source(related, Some(file), indexed));
    }
    reports
}

fn labelled((span, text): &(Span, String)) -> LabeledSpan {
    let range = span.start as usize..(span.end.max(span.start + 1)) as usize;
    LabeledSpan::new_with_span(Some(printable(text)).filter(|text| !text.is_empty()), range)
}

fn with_source(diagnostic: MietteDiagnostic, file: Option<FileId>, indexed: &[Arc<Indexed>]) -> Report {
    match file.and_then(|file| indexed.get(file.0 as usize)) {
        Some(source) => Report::new(diagnostic).with_source_code(Arc::clone(source)),
        None => Report::new(diagnostic),
    }
}

/// A source with an index of its lines: miette's own scans the file from the start for each label.
#[derive(Debug)]
struct Indexed {
    name: String,
    text: Arc<String>,
    line_starts: Arc<[u32]>,
}

impl Indexed {
    fn new(sources: &SourceMap, id: FileId) -> Self {
        let file = sources.file(id);
        Self { name: printable(&file.name), text: Arc::clone(&file.text), line_starts: Arc::clone(file.line_starts()) }
    }

    fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start as usize <= offset).saturating_sub(1)
    }
}

impl SourceCode for Indexed {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let first = self.line_of(span.offset()).saturating_sub(before);
        let last = self.line_of(span.offset() + span.len().saturating_sub(1)) + after;
        let start = self.line_starts.get(first).map_or(0, |start| *start as usize);
        let end = self.line_starts.get(last + 1).map_or(self.text.len(), |start| *start as usize);
        let bytes = self.text.as_bytes().get(start..end).ok_or(MietteError::OutOfBounds)?;
        // Of the snippet: miette joins two that this number makes overlap, with all that is between them.
        let lines = last.min(self.line_starts.len().saturating_sub(1)).saturating_sub(first) + 1;
        let whole = SourceSpan::new(start.into(), end - start);
        // Without context miette asks for the place that the headline names.
        let column =
            if before == 0 { self.text.get(start..span.offset()).map_or(0, |it| it.chars().count()) } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), bytes, whole, first, column, lines)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_names_line_and_column() {
        let mut sources = SourceMap::default();
        let file = sources.add(crate::base::SourceFile::new("a.yaml", "one: 1\n\u{e9}t\u{e9}: two\n"));
        let indexed = vec![Arc::new(Indexed::new(&sources, file))];
        let span = Span { file, start: 14, end: 17 };
        let diagnostic = Diagnostic::error("bad", crate::base::Location::Span(span), "a fault");
        let mut text = String::new();
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
        let reports = parts(&diagnostic, Some(span), &|_| None, &indexed);
        assert!(reports.iter().all(|report| handler.render_report(&mut text, report.as_ref()).is_ok()));
        assert!(text.contains("[a.yaml:2:6]"), "{text}");
    }

    #[test]
    fn what_is_between_distant_places_is_not_shown() {
        let mut sources = SourceMap::default();
        let text = format!("one: 1\n{}two: 2\n", "between: 0\n".repeat(30));
        let file = sources.add(crate::base::SourceFile::new("a.yaml", text.as_str()));
        let at = |start: u32| crate::base::Location::Span(Span { file, start, end: start + 3 });
        let end = text.len() as u32 - 7;
        let diagnostic = Diagnostic::error("bad", at(end), "a fault").related(at(0), "the other");
        let resolve = |label: &Label| match label.location {
            crate::base::Location::Span(span) => Some(span),
            _ => None,
        };
        let mut shown = String::new();
        render(&Diagnostics(vec![diagnostic]), &sources, &resolve, false, &mut |piece| shown.push_str(piece));
        assert!(shown.contains("one: 1") && shown.contains("two: 2"), "{shown}");
        assert!(shown.matches("between").count() < 6, "{shown}");
    }

    #[test]
    fn what_there_is_very_often_comes_as_lines_at_the_end() {
        let mut sources = SourceMap::default();
        let file = sources.add(crate::base::SourceFile::new("a.yaml", "a: 1\n".repeat(SHOWN + 2)));
        let at = |line: usize| Span { file, start: line as u32 * 5, end: line as u32 * 5 + 1 };
        let finding = |line| Diagnostic::warning("often", crate::base::Location::Span(at(line)), format!("no. {line}"));
        let once = Diagnostic::error("once", crate::base::Location::Span(at(SHOWN + 1)), "rare");
        let findings = Diagnostics((0..SHOWN + 2).map(finding).chain([once]).collect());
        let resolve = |label: &Label| match label.location {
            crate::base::Location::Span(span) => Some(span),
            _ => None,
        };
        let mut shown = String::new();
        render(&findings, &sources, &resolve, false, &mut |piece| shown.push_str(piece));
        assert_eq!(shown.matches("╭─[a.yaml:").count(), SHOWN + 1);
        assert!(shown.ends_with("\noften, 2 more:\n  a.yaml:51:1: no. 50\n  a.yaml:52:1: no. 51\n"), "{shown}");
    }

    #[test]
    fn names_cannot_write_to_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb"), "a\\u{1b}[31mb");
    }
}
