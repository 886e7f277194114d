//! `meshc lint`: every stage and every rule over all files, and what they found.

use std::io::{IsTerminal, Write};

use serde::Serialize;

use super::args::{LintArgs, LintFormat};
use super::exit::Exit;
use super::{load, report};
use crate::base::{Diagnostic, Diagnostics, Label, Location, Severity, SourceMap, Span};
use crate::lint::{self, Context, codes};
use crate::mesh::{self, LinkOptions};
use crate::resource::{self, DecodeOptions, Resources};
use crate::yaml::{Document, Node};

/// Runs the command. The report comes also where files cannot be parsed: the others are checked.
pub(super) fn run(arguments: &LintArgs) -> Exit {
    let settings = load::Settings {
        mesh_config: arguments.mesh.mesh_config.as_deref(),
        mesh_networks: arguments.mesh_networks.as_deref(),
    };
    let load::Loaded { sources, mesh_config, mesh_networks } =
        match load::read(&[&arguments.paths, &arguments.files], settings) {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        };
    let (documents, mut findings) = load::parse(&sources);
    let unparsable = findings.worst() == Some(Severity::Error);
    let options = DecodeOptions { default_namespace: arguments.mesh.namespace.clone(), mesh_config, mesh_networks };
    let (resources, found) = resource::decode(&documents, &options);
    findings.extend(found);
    let (mesh, found) =
        mesh::link(&resources, LinkOptions { domain: arguments.mesh.domain.clone(), ..LinkOptions::default() });
    findings.extend(found);
    findings.extend(lint::run(&Context { resources: &resources, mesh: &mesh, documents: &documents }));
    let failed = findings.worst() >= Some(arguments.failure_threshold.into());
    let shown = Severity::from(arguments.output_threshold);
    findings.0.retain(|finding| finding.severity >= shown);
    let input = Input { sources: &sources, documents: &documents, resources: &resources };
    let written = match arguments.format {
        LintFormat::Text => text(&findings, &input),
        LintFormat::Json => json(&findings, &input),
    };
    match written {
        Err(error) => report::failure(&format!("the report could not be written: {error}"), None),
        Ok(()) if unparsable => Exit::Data,
        Ok(()) if failed => Exit::Findings,
        Ok(()) => Exit::Ok,
    }
}

/// What findings are about.
struct Input<'a> {
    sources: &'a SourceMap,
    documents: &'a [Document<'a>],
    resources: &'a Resources,
}

impl Input<'_> {
    fn span(&self, label: &Label) -> Option<Span> {
        self.resources.span(self.documents, &label.location)
    }

    /// The object a finding is about, as `Kind namespace/name`.
    fn object(&self, finding: &Diagnostic) -> Option<String> {
        match &finding.label.location {
            Location::Value(origin) | Location::Key(origin) => {
                let info = self.resources.info(origin.resource)?;
                Some(named(info.kind.name(), &info.namespace, &info.name))
            }
            Location::Span(span) => self.object_at(*span),
            Location::File(_) | Location::Nowhere => None,
        }
    }

    /// The object around some bytes. Objects that are not read have no id, so this goes by the text.
    fn object_at(&self, span: Span) -> Option<String> {
        let within = |node: &Node<'_>| node.start <= span.start && span.start < node.end.max(node.start + 1);
        let from = self.documents.partition_point(|document| document.file < span.file);
        let of_file = self.documents.get(from..)?.iter().take_while(|document| document.file == span.file);
        let document = of_file.into_iter().find(|document| within(&document.root))?;
        let items = document.root.get("items").map(Node::elements).unwrap_or_default();
        let node = items.iter().find(|item| within(item)).unwrap_or(&document.root);
        let kind = node.get("kind").and_then(Node::as_str)?;
        let metadata = |key: &str| node.get("metadata").and_then(|metadata| metadata.get(key)).and_then(Node::as_str);
        let name = metadata("name")?;
        let info = self.resources.infos.iter().find(|info| info.kind.name() == kind && info.name == name);
        let default = info.map(|info| info.namespace.as_str()).unwrap_or_default();
        Some(named(kind, metadata("namespace").unwrap_or(default), name))
    }
}

fn named(kind: &str, namespace: &str, name: &str) -> String {
    match namespace {
        "" => format!("{kind} {name}"),
        namespace => format!("{kind} {namespace}/{name}"),
    }
}

fn text(findings: &Diagnostics, input: &Input<'_>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let color = out.is_terminal();
    let mut written = Ok(());
    report::render(findings, input.sources, &|label| input.span(label), color, &mut |text| {
        if written.is_ok() {
            written = out.write_all(text.as_bytes());
        }
    });
    written
}

/// A finding as JSON has it.
#[derive(Debug, Serialize)]
struct Finding<'a> {
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    istio: Option<&'a str>,
    level: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Place<'a>>,
}

/// A place as people count it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

fn place(sources: &SourceMap, span: Span) -> Place<'_> {
    let file = sources.file(span.file);
    let (start, end) = (file.line_column(span.start), file.line_column(span.end.max(span.start)));
    Place { file: &file.name, line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}

fn json(findings: &Diagnostics, input: &Input<'_>) -> std::io::Result<()> {
    let mut shown: Vec<Finding<'_>> = findings.0.iter().map(|finding| as_json(finding, input)).collect();
    shown.sort_by(|a, b| (&a.location, a.rule, a.message).cmp(&(&b.location, b.rule, b.message)));
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &serde_json::json!({ "diagnostics": shown }))?;
    out.write_all(b"\n")
}

fn as_json<'a>(finding: &'a Diagnostic, input: &Input<'a>) -> Finding<'a> {
    Finding {
        rule: finding.code,
        istio: codes::istio_code(finding.code, finding.severity),
        level: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "info",
        },
        message: &finding.message,
        help: finding.help.as_deref(),
        resource: input.object(finding),
        location: input.span(&finding.label).map(|span| place(input.sources, span)),
    }
}
