//! `meshc lint`: every stage and every rule over all files, and what they found.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::args::{LintArgs, LintFormat};
use super::exit::Exit;
use super::output::{self, Content, OutputFile};
use super::{input as files, lint_compile, load, report};
use crate::base::{Diagnostics, Severity, SourceMap, Timestamp};
use crate::lint::baseline::Baseline;
use crate::lint::config::Config;
use crate::lint::finding::{self, Finding};
use crate::lint::fix::{self, Fixed};
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
    let (baseline, config) = match baseline(arguments).and_then(|baseline| Ok((baseline, self::config(arguments)?))) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let named = !(arguments.paths.is_empty() && arguments.files.is_empty());
    let paths = if named { Vec::new() } else { config.paths() };
    let config = config.settings;
    let load::Loaded { sources, mesh_config, mesh_networks } =
        match load::read(&[&arguments.paths, &arguments.files, &paths], settings) {
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
    let context = Context::new(&resources, &mesh, &documents, now());
    found.extend(lint::run(&context));
    match lint_compile::run(arguments.compile, arguments.envoy.as_deref(), &mesh, &found) {
        Ok(compiled) => found.extend(compiled),
        Err(exit) => return exit,
    }
    let input = Input::new(&sources, &documents, &resources, &arguments.mesh.namespace);
    let (mut suppressions, malformed) = suppress::written(&input);
    suppressions.extend(arguments.suppress.iter().cloned().chain(config.suppressions()));
    found.0.extend(malformed);
    let mut findings: Vec<Finding> = found.0.into_iter().map(|it| Finding::new(it, &input)).collect();
    let suppressed = suppress::apply(&mut findings, &suppressions, &input);
    config.set_levels(&mut findings);
    finding::sort(&mut findings);
    baseline.apply(&mut findings);
    if (arguments.diff || arguments.fix)
        && let Some(exit) = correct(&mut findings, &sources, arguments.diff)
    {
        return exit;
    }
    let failed = findings.iter().any(|it| it.severity() >= arguments.failure_threshold.into());
    findings.retain(|it| it.severity() >= arguments.output_threshold.into());
    let report = Report { findings, suppressed, input, failure: arguments.failure_threshold.into() };
    let exit = match report.write(arguments) {
        Err(error) => report::failure(&format!("the report could not be written: {error}"), None),
        Ok(()) if unparsable => Exit::Data,
        Ok(()) if failed => Exit::Findings,
        Ok(()) => Exit::Ok,
    };
    // The process ends: to free it all, piece by piece, would take a tenth of the run.
    std::mem::forget((report, context));
    std::mem::forget((documents, resources, mesh));
    std::mem::forget(sources);
    exit
}

/// The time of day.
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or(i64::MAX)))
}

/// Prints the corrections, or makes them; what is corrected is no finding any more.
fn correct(findings: &mut Vec<Finding>, sources: &SourceMap, diff: bool) -> Option<Exit> {
    let fixed: Vec<Fixed> = sources.iter().filter_map(|(id, source)| fix::fix(id, &source.text, findings)).collect();
    let name = |fixed: &Fixed| sources.file(fixed.file).name.to_string();
    if diff {
        let diffs = fixed.iter().map(|it| fix::diff(&name(it), &sources.file(it.file).text, it));
        let written = std::io::stdout().lock().write_all(diffs.collect::<String>().as_bytes());
        let failed = |error| report::failure(&format!("the diff could not be written: {error}"), None);
        return Some(written.map_or_else(failed, |()| Exit::Ok));
    }
    // Standard input cannot be corrected in place.
    let in_files = fixed.iter().filter(|it| name(it) != "<stdin>");
    let files: Vec<_> = in_files.clone().collect();
    let written: Vec<_> = in_files
        .map(|it| OutputFile { path: name(it).into(), content: Content::Bytes(it.text.as_bytes()), secret: false })
        .collect();
    if let Err(error) = output::write_all(&written) {
        return Some(report::failure(&format!("the corrections could not be written: {error}"), None));
    }
    for it in files {
        report::say("fixed", &format!("`{}`: {}", name(it), it.corrected.len()), None);
        findings.retain(|finding| finding.span.is_none_or(|span| !it.corrected.contains(&(finding.rule(), span))));
    }
    None
}

/// The project's decisions, and where they stand.
#[derive(Default)]
struct Project {
    settings: Config,
    directory: PathBuf,
}

impl Project {
    /// What is checked where no argument says.
    fn paths(&self) -> Vec<PathBuf> {
        self.settings.paths.iter().map(|path| self.directory.join(path)).collect()
    }
}

fn config(arguments: &LintArgs) -> Result<Project, Exit> {
    let implied = Path::new("meshc.toml");
    let path = match &arguments.config {
        Some(path) => path,
        None if implied.is_file() => implied,
        None => return Ok(Project::default()),
    };
    let read = files::read_file(path).map_err(|error| error.message).and_then(|text| Config::parse(&text));
    let settings = read.map_err(|error| {
        report::say("error", &format!("the configuration `{}` cannot be read: {error}", path.display()), None);
        Exit::Data
    })?;
    Ok(Project { settings, directory: path.parent().unwrap_or(Path::new("")).to_owned() })
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
            .map(|(file, text)| OutputFile {
                path: file.path.clone(),
                content: Content::Bytes(text.as_bytes()),
                secret: false,
            })
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
            LintFormat::Github => lint::report::github(&self.findings, &self.input),
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
