//! What `lint` finds in texts, without a command line.

use meshc::base::{Diagnostics, SourceFile, SourceMap, Timestamp};
use meshc::lint::finding::{self, Finding};
use meshc::lint::input::Input;
use meshc::lint::suppress::{self, Suppressed};
use meshc::lint::{self, Context};
use meshc::mesh::{LinkOptions, link};
use meshc::resource::{DecodeOptions, decode};
use meshc::yaml;

/// What was found.
pub(crate) struct Linted<'a> {
    /// In the order of reports.
    pub(crate) findings: Vec<Finding>,
    /// What the input says to ignore.
    pub(crate) suppressed: Vec<Suppressed>,
    /// What they were found in.
    pub(crate) input: Input<'a>,
}

/// Lints texts, each with its file's name, as one input.
pub(crate) fn linted<T>(files: &[(&str, &str)], then: impl FnOnce(&Linted<'_>) -> T) -> T {
    let mut sources = SourceMap::default();
    for (name, text) in files {
        sources.add(SourceFile::new(*name, *text));
    }
    let mut documents = Vec::new();
    let mut found = Diagnostics::default();
    for (id, file) in sources.iter() {
        let (parsed, faults) = yaml::parse(id, &file.text);
        documents.extend(parsed);
        found.extend(faults);
    }
    let (resources, of_objects) = decode(&documents, &DecodeOptions::default());
    found.extend(of_objects);
    let (mesh, of_links) = link(&resources, LinkOptions::default());
    found.extend(of_links);
    let now = Timestamp(0);
    found.extend(lint::run(&Context::new(&resources, &mesh, &documents, now)));
    let input = Input::new(&sources, &documents, &resources, "default");
    let (suppressions, malformed) = suppress::written(&input);
    found.0.extend(malformed);
    let mut findings: Vec<Finding> = found.0.into_iter().map(|it| Finding::new(it, &input)).collect();
    let suppressed = suppress::apply(&mut findings, &suppressions, &input);
    finding::sort(&mut findings);
    then(&Linted { findings, suppressed, input })
}
