//! No input makes the pipeline panic, and every error says where it is: over all YAML of
//! `testdata`, and over the corpora of `../shared` (or `$MESHC_SHARED`) where they are.
#![expect(clippy::disallowed_methods, reason = "tests read the environment")]

#[path = "support/files.rs"]
mod files;
#[path = "support/pipeline.rs"]
mod pipeline;
#[path = "support/stock.rs"]
mod stock;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use files::{below, root, text};
use meshc::mesh::Mesh;
use meshc::proxy::Proxy;
use pipeline::{Input, Run, routers, run};
use rayon::prelude::*;
use serde_json::{Value, json};

/// The node of Istio's ingress gateway, for inputs without a router.
const NODE: &str = "router~10.0.0.9~istio-ingressgateway-abc.istio-system~istio-system.svc.cluster.local";

#[test]
fn our_inputs() {
    let files: Vec<PathBuf> = [".yaml", ".yml"].iter().flat_map(|end| below(&root().join("testdata"), end)).collect();
    assert!(files.len() > 50, "{} files", files.len());
    check(&files.into_iter().map(|file| vec![file]).collect::<Vec<_>>());
}

#[test]
fn the_shared_corpora() {
    let shared = std::env::var_os("MESHC_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let mut inputs: Vec<Vec<PathBuf>> =
        below(&shared.join("lint"), ".yaml").into_iter().map(|file| vec![file]).collect();
    let mut cases: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for file in below(&shared.join("conformance/cases"), ".yaml") {
        cases.entry(file.parent().unwrap_or(&file).to_owned()).or_default().push(file);
    }
    inputs.extend(cases.into_values());
    if inputs.is_empty() {
        eprintln!("skipped: {} is not here", shared.display());
    }
    check(&inputs);
}

/// Runs each input, and reports all that panic or have an error without a place.
fn check(inputs: &[Vec<PathBuf>]) {
    let faults: Vec<String> = inputs.par_iter().flat_map_iter(|files| faults(files)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn faults(paths: &[PathBuf]) -> Vec<String> {
    let files = paths.iter().map(|path| (path.display().to_string(), text(path))).collect();
    let input = Input { files, mesh_config: None };
    let name = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    match catch_unwind(AssertUnwindSafe(|| run(&input, some_router))) {
        Err(_) => vec![format!("{name}: panic")],
        Ok(runs) => runs.iter().flat_map(wrong).map(|fault| format!("{name}: {fault}")).collect(),
    }
}

/// What must not be in a run: errors without a place, and output that is no JSON.
fn wrong(run: &Run) -> Vec<String> {
    let findings = run.findings.iter().map(ToString::to_string);
    let mut wrong: Vec<_> =
        findings.filter(|shown| shown.starts_with("error") && shown.contains("\n  at nowhere")).collect();
    for text in run.config.iter().flat_map(|config| [&config.xds, &config.bootstrap]) {
        wrong.extend(serde_json::from_str::<Value>(text).err().map(|error| format!("no JSON: {error}")));
    }
    wrong
}

/// The routers of the input, or else Istio's ingress gateway.
fn some_router(mesh: &Mesh) -> Vec<Proxy> {
    let mut found = routers(mesh);
    if found.is_empty() {
        let metadata = json!({"NAMESPACE": "istio-system", "LABELS": {"istio": "ingressgateway"}});
        found.extend(NODE.parse().ok().map(|node| Proxy::new(node, metadata)));
    }
    found
}
