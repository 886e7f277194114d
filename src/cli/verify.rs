//! `meshc verify`: what breaks traffic in a bootstrap or a `/config_dump` although Envoy loads it.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::args::{VerifyArgs, VerifyFormat};
use super::exit::Exit;
use super::{input, load, report};
use crate::base::{Diagnostic, Diagnostics, Label, Location, Severity, SourceMap, Span};
use crate::verify::{self, Options, Sort, pointer};
use crate::yaml::Document;

/// Runs the command.
pub(super) fn run(arguments: &VerifyArgs) -> Exit {
    let sources = match input::read(std::slice::from_ref(&arguments.path)) {
        Ok(sources) => sources,
        Err(errors) => {
            for error in errors {
                let message = format!("`{}` cannot be read: {}", error.path, error.message);
                report::say("error", &message, error.help.as_deref());
            }
            return Exit::Data;
        }
    };
    let (documents, mut found) = load::parse(&sources);
    // What Kubernetes would say of the size does not matter here.
    found.0.retain(|one| one.severity == Severity::Error);
    // Envoy takes the last of two equal keys without a word: that is a finding, not a syntax error.
    if found.0.iter().any(|one| one.code != "duplicate-key") {
        report::diagnostics(&found, &sources, &|label| span(None, label));
        return Exit::Data;
    }
    for repeated in &mut found.0 {
        repeated.code = "verify/duplicate-key";
        repeated.help = Some("keep one of them: Envoy takes the last one without a word".to_owned());
    }
    let [document] = documents.as_slice() else {
        return refused(arguments, &format!("it holds {} documents, and one is needed", documents.len()));
    };
    let root = document.root.to_json();
    let is_dump = root.get("configs").is_some();
    let exists = |path: &str| Path::new(path).exists();
    let file_exists: Option<&dyn Fn(&str) -> bool> = if is_dump || arguments.no_files { None } else { Some(&exists) };
    let first_port = file_exists.and_then(|_| first_port());
    let Some((sort, faults)) = verify::document(&root, &Options { file_exists, first_port }) else {
        return refused(arguments, "it is neither a bootstrap nor the answer of `/config_dump`");
    };
    found.extend(faults);
    let mut shown: Vec<Finding<'_>> = found.0.iter().map(|one| finding(one, &sources, document)).collect();
    shown.sort_by(|a, b| (&a.location, a.rule, a.message).cmp(&(&b.location, b.rule, b.message)));
    let written = match arguments.format {
        VerifyFormat::Text => text(&shown),
        VerifyFormat::Json => json(&shown),
    };
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            report::failure(&format!("the report could not be written: {error}"), None)
        }
        _ if !shown.is_empty() => {
            report::say("error", &format!("{}: {}", noun(sort), count(&found)), None);
            Exit::Findings
        }
        _ => Exit::Ok,
    }
}

/// The first port that this user may open: those below need a capability (`man 7 capabilities`).
fn first_port() -> Option<u64> {
    const BIND: u32 = 10;
    let read = |path: &str| input::read_file(Path::new(path)).ok();
    let status = read("/proc/self/status")?;
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    let capable = u64::from_str_radix(effective.trim(), 16).ok()? & (1 << BIND) != 0;
    let first = read("/proc/sys/net/ipv4/ip_unprivileged_port_start")?.trim().parse().ok()?;
    (!capable).then_some(first)
}

fn refused(arguments: &VerifyArgs, why: &str) -> Exit {
    report::say("error", &format!("`{}` cannot be verified: {why}", arguments.path.display()), None);
    Exit::Data
}

fn noun(sort: Sort) -> &'static str {
    match sort {
        Sort::Bootstrap => "the bootstrap",
        Sort::ConfigDump => "the config dump",
    }
}

fn count(found: &Diagnostics) -> String {
    match found.0.len() {
        1 => "1 fault".to_owned(),
        many => format!("{many} faults"),
    }
}

/// The bytes of what a label points at, or of the nearest thing around it that is there.
fn span(document: Option<&Document<'_>>, label: &Label) -> Option<Span> {
    match (&label.location, document) {
        (Location::Span(span), _) => Some(*span),
        (Location::Value(origin) | Location::Key(origin), Some(document)) => {
            Some(document.root.lookup_nearest(&origin.path).span(document.file))
        }
        _ => None,
    }
}

/// A finding as JSON has it.
#[derive(Debug, Serialize)]
struct Finding<'a> {
    rule: &'a str,
    level: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(flatten)]
    location: Place<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'a>>,
}

/// Another place that explains a finding.
#[derive(Debug, Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    location: Place<'a>,
}

/// A place, as people count it and as a JSON pointer.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Place<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Position<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
}

/// Line and column from 1, columns in characters.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Position<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

fn place<'a>(label: &Label, sources: &'a SourceMap, document: &Document<'_>) -> Place<'a> {
    let position = |span: Span| {
        let file = sources.file(span.file);
        let at = file.line_column(span.start);
        Position { file: &file.name, line: at.line, column: at.column }
    };
    let pointer = match &label.location {
        Location::Value(origin) | Location::Key(origin) => Some(pointer(&origin.path)),
        Location::Span(_) | Location::File(_) | Location::Nowhere => None,
    };
    Place { location: span(Some(document), label).map(position), pointer }
}

fn finding<'a>(one: &'a Diagnostic, sources: &'a SourceMap, document: &Document<'_>) -> Finding<'a> {
    Finding {
        rule: one.code,
        level: match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "info",
        },
        message: &one.message,
        help: one.help.as_deref(),
        location: place(&one.label, sources, document),
        related: one
            .related
            .iter()
            .map(|label| Related { message: &label.text, location: place(label, sources, document) })
            .collect(),
    }
}

/// A few lines a finding. No source is shown: a bootstrap is often one line of megabytes.
fn text(shown: &[Finding<'_>]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let at = |place: &Place<'_>| place.location.as_ref().map(|at| format!("{}:{}:{}", at.file, at.line, at.column));
    for one in shown {
        let Finding { rule, level, message, help, location, related } = one;
        let mut lines = format!("{}: {level}[{rule}]: {message}\n", at(location).unwrap_or_default());
        lines.extend(location.pointer.iter().map(|pointer| format!("  at {pointer}\n")));
        for Related { message, location } in related {
            lines.push_str(&format!("  see {}: {message}\n", at(location).unwrap_or_default()));
        }
        lines.extend(help.iter().map(|help| format!("  help: {help}\n")));
        out.write_all(report::printable(&lines).as_bytes())?;
    }
    out.flush()
}

fn json(shown: &[Finding<'_>]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &serde_json::json!({ "diagnostics": shown }))?;
    out.write_all(b"\n")
}
