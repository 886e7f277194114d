//! No file makes `lint` or `generate` panic, whatever is done to one of its nodes: deleted, doubled, moved, or of
//! another type. Over all YAML of `testdata` and of `../shared` (or `$MESHC_SHARED`), where it is.
//!
//! `$MESHC_ROUNDS` is how often a file is damaged in all, the number of the round the only seed: what fails is said
//! with its round, and `MESHC_ROUND=n` runs that one alone.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/files.rs"]
mod files;
#[path = "support/random.rs"]
mod random;
#[path = "support/stock.rs"]
mod stock;
#[path = "support/tree.rs"]
mod tree;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use files::{below, root, text};
use meshc::base::{Diagnostics, Severity, SourceFile, SourceMap, Timestamp};
use meshc::envoy::bootstrap;
use meshc::envoy::json::Style;
use meshc::lint::baseline::Baseline;
use meshc::lint::finding::{self, Finding};
use meshc::lint::input::Input;
use meshc::lint::{self, Context, compile, fix, report, suppress};
use meshc::mesh::{LinkOptions, Mesh, link};
use meshc::proxy::{self, Proxy};
use meshc::resource::{DecodeOptions, decode};
use meshc::{explain, lower, verify, yaml};
use random::Random;
use rayon::prelude::*;
use serde_json::Value;
use tree::Tree;

/// How many proxies of an input are compiled, chosen at random: a damaged node is seldom in only one.
const PROXIES: usize = 3;

#[test]
fn our_inputs() {
    let mut inputs = singly(&root().join("testdata"));
    inputs.extend(together(&root().join("testdata/demo")));
    assert!(inputs.len() > 50, "{} inputs", inputs.len());
    damage(&inputs, 400);
}

#[test]
fn the_shared_corpora() {
    let shared = std::env::var_os("MESHC_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let mut inputs = singly(&shared);
    inputs.extend(together(&shared.join("conformance/cases")));
    if inputs.is_empty() {
        eprintln!("skipped: {} is not here", shared.display());
        return;
    }
    damage(&inputs, 800);
}

/// Every file below a folder, each alone.
fn singly(folder: &Path) -> Vec<Vec<PathBuf>> {
    [".yaml", ".yml"].iter().flat_map(|end| below(folder, end)).map(|file| vec![file]).collect()
}

/// The files of each folder that holds several.
fn together(folder: &Path) -> Vec<Vec<PathBuf>> {
    let files = below(folder, ".yaml");
    let folders = files.chunk_by(|a, b| a.parent() == b.parent());
    folders.filter(|files| files.len() > 1).map(<[PathBuf]>::to_vec).collect()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Damages the inputs in turn, and reports each round that goes wrong.
fn damage(inputs: &[Vec<PathBuf>], rounds: u64) {
    let rounds = match number("MESHC_ROUND") {
        Some(round) => round..round + 1,
        None => 0..number("MESHC_ROUNDS").unwrap_or(rounds),
    };
    let faults: Vec<String> = rounds.into_par_iter().filter_map(|round| fault(inputs, round)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn fault(inputs: &[Vec<PathBuf>], round: u64) -> Option<String> {
    let mut random = Random::new(round);
    let paths = &inputs[usize::try_from(round).ok()? % inputs.len()];
    let mut tree = Tree::List(paths.iter().flat_map(|path| tree::documents(&text(path))).collect());
    let hits = 1 + random.below(3);
    let done: Vec<String> = (0..hits).map(|_| tree.damage(&mut random)).collect();
    let text = tree.to_yaml(random.below(2) == 0);
    let name = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    let about = |wrong: String| format!("round {round}, {name}, {}: {wrong}", done.join(", "));
    match catch_unwind(AssertUnwindSafe(|| run(&text, &mut random))) {
        Ok(Ok(())) => None,
        Ok(Err(wrong)) => Some(about(wrong)),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().cloned();
            Some(about(format!("panic: {}", said.unwrap_or_default())))
        }
    }
}

/// All that `lint` does with a text, and what `generate` does for some of its proxies.
fn run(text: &str, random: &mut Random) -> Result<(), String> {
    let mut sources = SourceMap::default();
    let file = sources.add(SourceFile::new("damaged.yaml", text));
    let (documents, mut found) = yaml::parse(file, text);
    let (resources, of_objects) = decode(&documents, &DecodeOptions::default());
    found.extend(of_objects);
    let (mesh, of_links) = link(&resources, LinkOptions::default());
    found.extend(of_links);
    let now = Timestamp(0);
    found.extend(lint::run(&Context::new(&resources, &mesh, &documents, now)));
    let mut proxies = compile::proxies(&mesh);
    proxies.truncate(PROXIES);
    let compiled = compile::run(&mesh, &proxies, &found);
    found.extend(compiled);
    found.extend(generate(&mesh, random));
    let input = Input::new(&sources, &documents, &resources, "default");
    let (suppressions, malformed) = suppress::written(&input);
    found.0.extend(malformed);
    let mut findings: Vec<Finding> = found.0.into_iter().map(|it| Finding::new(it, &input)).collect();
    let suppressed = suppress::apply(&mut findings, &suppressions, &input);
    finding::sort(&mut findings);
    let nowhere = findings.iter().find(|it| it.severity() == Severity::Error && it.place.is_none());
    if let Some(finding) = nowhere {
        return Err(format!("an error without a place: {}: {}", finding.rule(), finding.diagnostic.message));
    }
    for text in [report::json(&findings), report::sarif(&findings, &suppressed, &input)] {
        serde_json::from_str::<Value>(&text).map_err(|error| format!("no JSON: {error}"))?;
    }
    Baseline::parse(&report::json(&findings)).map_err(|error| format!("no baseline: {error}"))?.apply(&mut findings);
    let lines = report::github(&findings, &input);
    if lines.lines().count() != findings.len() {
        return Err(format!("{} findings in {} lines", findings.len(), lines.lines().count()));
    }
    report::junit(&findings, Severity::Warning);
    if let Some(fixed) = fix::fix(file, text, &findings) {
        fix::diff("damaged.yaml", text, &fixed);
    }
    Ok(())
}

fn generate(mesh: &Mesh, random: &mut Random) -> Diagnostics {
    let mut proxies = proxy::all(mesh);
    let mut found = Diagnostics::default();
    for _ in 0..PROXIES.min(proxies.len()) {
        let named = proxies.swap_remove(random.below(proxies.len()));
        found.extend(bootstrap_of(mesh, &named.proxy));
    }
    found
}

fn bootstrap_of(mesh: &Mesh, proxy: &Proxy) -> Diagnostics {
    let view = proxy::view(mesh, proxy);
    let (config, mut found) = lower::lower(&view);
    found.extend(verify::config(&config));
    explain::provenance::provenance(&config, &|_| None);
    let (output, of_output) = bootstrap::bootstrap(config, &stock::options(proxy));
    found.extend(of_output);
    let text = output.to_json(Style::Pretty);
    let root: Value = serde_json::from_str(&text).expect("JSON");
    assert!(
        verify::document(&root, &verify::Options { file_exists: None, first_port: Some(1024) }).is_some(),
        "verify takes it for no bootstrap"
    );
    found
}
