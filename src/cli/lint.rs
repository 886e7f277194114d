//! `meshc lint`: every stage and every rule over all files, and what they found.

use std::io::{IsTerminal, Write};

use super::args::{LintArgs, LintFormat};
use super::exit::Exit;
use super::output::{self, OutputFile};
use super::{input as files, load, report};
use crate::base::{Diagnostics, Severity};
use crate::lint::baseline::Baseline;
use crate::lint::finding::{self, Finding};
use crate::lint::input::Input;
use crate::lint::suppress::{self, Suppressed};
use crate::lint::{self, Context};
use crate::mesh::{self, LinkOptions};
use crate::resource::{self, DecodeOptions};

/// Runs the command. The report comes also where files cannot be parsed: the others are checked.
pub(super) fn run(arguments: &LintArgs) -> Exit {
    let settings = load::Settings {
        mesh_config: arguments.mesh.mesh_config.as_deref(),
        mesh_networks: arguments.mesh_networks.as_deref(),
    };
    let baseline = match baseline(arguments) {
        Ok(baseline) => baseline,
        Err(exit) => return exit,
    };
    let load::Loaded { sources, mesh_config, mesh_networks } =
        match load::read(&[&arguments.paths, &arguments.files], settings) {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        };
    let (documents, mut found) = load::parse(&sources);
    let unparsable = found.worst() == Some(Severity::Error);
    let options = DecodeOptions { default_namespace: arguments.mesh.namespace.clone(), mesh_config, mesh_networks };
    let (resources, of_objects) = resource::decode(&documents, &options);
    found.extend(of_objects);
    let (mesh, of_links) =
        mesh::link(&resources, LinkOptions { domain: arguments.mesh.domain.clone(), ..LinkOptions::default() });
    found.extend(of_links);
    found.extend(lint::run(&Context { resources: &resources, mesh: &mesh, documents: &documents }));
    let input = Input::new(&sources, &documents, &resources, &arguments.mesh.namespace);
    let (mut suppressions, malformed) = suppress::written(&input);
    suppressions.extend(arguments.suppress.iter().cloned());
    found.0.extend(malformed);
    let mut findings: Vec<Finding> = found.0.into_iter().map(|it| Finding::new(it, &input)).collect();
    let suppressed = suppress::apply(&mut findings, &suppressions, &input);
    finding::sort(&mut findings);
    baseline.apply(&mut findings);
    let failed = findings.iter().any(|it| it.severity() >= arguments.failure_threshold.into());
    findings.retain(|it| it.severity() >= arguments.output_threshold.into());
    let report = Report { findings, suppressed, input, failure: arguments.failure_threshold.into() };
    match report.write(arguments) {
        Err(error) => report::failure(&format!("the report could not be written: {error}"), None),
        Ok(()) if unparsable => Exit::Data,
        Ok(()) if failed => Exit::Findings,
        Ok(()) => Exit::Ok,
    }
}

fn baseline(arguments: &LintArgs) -> Result<Baseline, Exit> {
    let Some(path) = &arguments.baseline else { return Ok(Baseline::default()) };
    let read = files::read_file(path).map_err(|error| error.message).and_then(|text| Baseline::parse(&text));
    read.map_err(|error| {
        let message = format!("the baseline `{}` cannot be read: {error}", path.display());
        report::say("error", &message, Some("make it with `meshc lint -o json`"));
        Exit::Data
    })
}

/// What a run found.
struct Report<'a> {
    findings: Vec<Finding>,
    suppressed: Vec<Suppressed>,
    input: Input<'a>,
    /// The level that fails the run.
    failure: Severity,
}

impl Report<'_> {
    /// Writes the files first, so that standard output is there only with all of them.
    fn write(&self, arguments: &LintArgs) -> std::io::Result<()> {
        let texts: Vec<_> = arguments.reports.iter().map(|file| (file, self.text(file.format, false))).collect();
        let written: Vec<_> = texts
            .iter()
            .map(|(file, text)| OutputFile { path: file.path.clone(), bytes: text.as_bytes(), secret: false })
            .collect();
        output::write_all(&written)?;
        let mut out = std::io::stdout().lock();
        let text = self.text(arguments.format, out.is_terminal());
        out.write_all(text.as_bytes())
    }

    fn text(&self, format: LintFormat, color: bool) -> String {
        match format {
            LintFormat::Text => self.for_people(color),
            LintFormat::Json => lint::report::json(&self.findings),
            LintFormat::Sarif => lint::report::sarif(&self.findings, &self.suppressed, &self.input),
            LintFormat::Github => lint::report::github(&self.findings),
            LintFormat::Junit => lint::report::junit(&self.findings, self.failure),
        }
    }

    fn for_people(&self, color: bool) -> String {
        let shown = Diagnostics(self.findings.iter().map(|finding| finding.diagnostic.clone()).collect());
        let mut text = String::new();
        let resolve = |label: &crate::base::Label| self.input.span(label);
        report::render(&shown, self.input.sources, &resolve, color, &mut |piece| text.push_str(piece));
        text
    }
}
