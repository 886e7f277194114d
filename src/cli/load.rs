//! Files → documents: what every command that reads manifests does first.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::exit::Exit;
use super::{input, report};
use crate::base::{Diagnostics, FileId, SourceFile, SourceMap};
use crate::testing::{self, text_proto};
use crate::yaml::{self, Document, Pieces};

/// Files with settings of the mesh beside the manifests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Settings<'a> {
    /// A MeshConfig.
    pub mesh_config: Option<&'a Path>,
    /// A MeshNetworks.
    pub mesh_networks: Option<&'a Path>,
}

/// The texts of a run.
#[derive(Debug)]
pub(super) struct Loaded {
    /// All of them.
    pub sources: SourceMap,
    /// Which is the MeshConfig.
    pub mesh_config: Option<FileId>,
    /// Which is the MeshNetworks.
    pub mesh_networks: Option<FileId>,
}

/// Reads what the arguments name; what cannot be read is said on standard error.
pub(super) fn read(paths: &[&[PathBuf]], settings: Settings<'_>) -> Result<Loaded, Exit> {
    let paths: Vec<PathBuf> = paths.iter().copied().flatten().cloned().collect();
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
    let mut add = |path: Option<&Path>| -> Result<Option<FileId>, Exit> {
        let Some(path) = path else { return Ok(None) };
        let text = input::read_file(path).map_err(|error| {
            unreadable(error);
            Exit::Data
        })?;
        Ok(Some(sources.add(SourceFile::new(path.display().to_string(), text))))
    };
    let mesh_config = add(settings.mesh_config)?;
    let mesh_networks = add(settings.mesh_networks)?;
    Ok(Loaded { sources, mesh_config, mesh_networks })
}

/// Parses every file, in parallel; the result is in the order of the files. Tests are left out.
pub(super) fn parse(sources: &SourceMap) -> (Vec<Document<'_>>, Diagnostics) {
    let (mut documents, findings) = parse_all(sources);
    documents.retain(is_manifest);
    (documents, findings)
}

/// The documents of every file, to be read one by one; files of a format of tests are left out.
pub(super) fn pieces(sources: &SourceMap) -> Pieces<'_> {
    let files = sources.iter().filter(|(_, file)| !text_proto::is_named(&file.name));
    Pieces::new(files.map(|(id, file)| (id, file.text.as_str())))
}

/// Whether a document is no test: tests may lie beside what they are about, and are for `meshc test`.
pub(super) fn is_manifest(document: &Document<'_>) -> bool {
    testing::format(&document.root).is_none()
}

/// As [`parse`], with tests.
pub(super) fn parse_all(sources: &SourceMap) -> (Vec<Document<'_>>, Diagnostics) {
    let files: Vec<_> = sources.iter().collect();
    let parsed: Vec<_> = files.par_iter().map(|(id, file)| parse_file(*id, file)).collect();
    let mut documents = Vec::new();
    let mut findings = Diagnostics::default();
    for (found, diagnostics) in parsed {
        documents.extend(found);
        findings.extend(diagnostics);
    }
    (documents, findings)
}

fn parse_file(id: FileId, file: &SourceFile) -> (Vec<Document<'_>>, Diagnostics) {
    if text_proto::is_named(&file.name) { text_proto::parse(id, &file.text) } else { yaml::parse(id, &file.text) }
}
