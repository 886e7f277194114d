//! `meshc generate`: the pipeline from files to one proxy's configuration.

use std::path::PathBuf;

use rayon::prelude::*;

use super::args::{Emit, GenerateArgs};
use super::exit::Exit;
use super::{choose, emit, input, report};
use crate::base::{Diagnostic, Diagnostics, FileId, Label, Location, Origin, Severity, SourceFile, SourceMap, Span};
use crate::explain::provenance::Citation;
use crate::mesh::{self, LinkOptions, Mesh};
use crate::resource::{self, DecodeOptions, Resources};
use crate::yaml::{self, Document};
use crate::{lower, proxy};

/// Faults of `resource::decode` that leave in doubt what the user means.
const UNREADABLE: [&str; 6] =
    ["unknown-field", "wrong-type", "unknown-value", "bad-value", "oneof-conflict", "duplicate-object"];

/// Runs the command.
pub(super) fn run(arguments: &GenerateArgs) -> Exit {
    let (sources, mesh_config) = match read(arguments) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let (documents, mut findings) = parse(&sources);
    let unparsable = findings.worst() == Some(Severity::Error);
    let options =
        DecodeOptions { default_namespace: arguments.mesh.namespace.clone(), mesh_config, mesh_networks: None };
    let (resources, found) = resource::decode(&documents, &options);
    findings.extend(found);
    let resolve = |label: &Label| -> Option<Span> { resources.span(&documents, &label.location) };
    // A bootstrap is made only of objects that can be read as what they are. `xds` shows what istiod
    // makes of them as they are, and istiod passes over the fields that it does not know. A value
    // that the webhook would refuse is reported, and generated as istiod does.
    let unreadable = |finding: &Diagnostic| UNREADABLE.contains(&finding.code) && finding.severity == Severity::Error;
    let refused = arguments.output.emit == Emit::Bootstrap && findings.0.iter().any(unreadable);
    if unparsable || refused {
        report::diagnostics(&findings, &sources, &resolve);
        return Exit::Data;
    }
    let (mesh, found) =
        mesh::link(&resources, LinkOptions { domain: arguments.mesh.domain.clone(), ..LinkOptions::default() });
    findings.extend(found);
    let cite = |origin: &Origin| -> Option<Citation> {
        let span = resources.span(&documents, &Location::Value(origin.clone()))?;
        Citation::new(&resources, &sources, origin, span)
    };
    let exit = compile(arguments, &mesh, &resources, &cite, &mut findings);
    report::diagnostics(&findings, &sources, &resolve);
    exit
}

/// Everything after `link`: findings are added to `findings`, which the caller shows.
fn compile(
    arguments: &GenerateArgs,
    mesh: &Mesh,
    resources: &Resources,
    cite: &dyn Fn(&Origin) -> Option<Citation>,
    findings: &mut Diagnostics,
) -> Exit {
    let proxy = match choose::proxy(&arguments.proxy, mesh) {
        Ok(proxy) => proxy,
        Err(exit) => return exit,
    };
    let view = proxy::view(mesh, &proxy);
    let refused = choose::untranslated(&view, resources, arguments.allow_unsupported, findings);
    if refused != Exit::Ok {
        return refused;
    }
    let (config, found) = lower::lower(&view);
    findings.extend(found);
    emit::emit(arguments, &proxy, config, cite, findings)
}

fn read(arguments: &GenerateArgs) -> Result<(SourceMap, Option<FileId>), Exit> {
    let paths: Vec<PathBuf> = arguments.paths.iter().chain(&arguments.files).cloned().collect();
    if paths.is_empty() {
        return Err(report::usage("no input is named", Some("name files, a directory, or `-` for standard input")));
    }
    let unreadable = |error: input::InputError| {
        report::say("error", &format!("`{}` cannot be read: {}", error.path, error.message), error.help.as_deref());
    };
    let mut sources = input::read(&paths).map_err(|errors| {
        errors.into_iter().for_each(unreadable);
        Exit::Data
    })?;
    let Some(path) = &arguments.mesh.mesh_config else {
        return Ok((sources, None));
    };
    let text = input::read_file(path).map_err(|error| {
        unreadable(error);
        Exit::Data
    })?;
    let file = sources.add(SourceFile::new(path.display().to_string(), text));
    Ok((sources, Some(file)))
}

/// Parses every file, in parallel; the result is in the order of the files.
fn parse(sources: &SourceMap) -> (Vec<Document<'_>>, Diagnostics) {
    let files: Vec<_> = sources.iter().collect();
    let parsed: Vec<_> = files.par_iter().map(|(id, file)| yaml::parse(*id, &file.text)).collect();
    let mut documents = Vec::new();
    let mut findings = Diagnostics::default();
    for (found, diagnostics) in parsed {
        documents.extend(found);
        findings.extend(diagnostics);
    }
    (documents, findings)
}
