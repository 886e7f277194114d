//! Workflow commands of GitHub Actions: annotations at the lines of a pull request.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use crate::base::{Severity, Span};
use crate::lint::finding::Finding;
use crate::lint::input::{Input, Place};

/// One line a finding. GitHub takes columns only within one line, so a place of several lines is shown as its first.
pub fn github(findings: &[Finding], input: &Input<'_>) -> String {
    findings.iter().map(|finding| line(finding, input)).collect()
}

fn line(finding: &Finding, input: &Input<'_>) -> String {
    let command = match finding.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = String::new();
    if let Some(place) = &finding.place {
        let Place { file, line, column, .. } = place;
        let end = finding.span.map_or(place.end_column, |span| input.place(first_line(span, input)).end_column);
        let file = property(file);
        properties.push_str(&format!("file={file},line={line},endLine={line},col={column},endColumn={end},"));
    }
    properties.push_str(&format!("title={}", property(finding.rule())));
    let help = finding.diagnostic.help.as_deref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("::{command} {properties}::{}\n", data(&format!("{}{help}", finding.diagnostic.message)))
}

/// The part of a place that is on its first line.
fn first_line(span: Span, input: &Input<'_>) -> Span {
    let text = input.sources.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let length = text.lines().next().unwrap_or_default().len();
    Span { end: span.start + u32::try_from(length).unwrap_or_default(), ..span }
}

/// Escapes a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Diagnostic, Location, SourceFile, SourceMap};
    use crate::resource::Resources;

    #[test]
    fn a_line_names_the_place_and_stays_one_line() {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a,b.yaml", "a:\n  bc\n  d\n"));
        let resources = Resources::default();
        let input = Input::new(&sources, &[], &resources, "default");
        let place = |start, end| Location::Span(Span { file, start, end });
        let found = |location| Finding::new(Diagnostic::warning("a-rule", location, "100 %\nbad").help("do"), &input);
        let shown = |location| github(&[found(location)], &input);
        let expected =
            "::warning file=a%2Cb.yaml,line=2,endLine=2,col=3,endColumn=5,title=a-rule::100 %25%0Abad%0Ahelp: do\n";
        assert_eq!(shown(place(5, 7)), expected);
        assert_eq!(shown(place(5, 11)), expected);
        assert_eq!(shown(Location::Nowhere), "::warning title=a-rule::100 %25%0Abad%0Ahelp: do\n");
    }
}
