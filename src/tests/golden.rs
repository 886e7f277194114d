//! Every folder `testdata/generate/<area>/<case>/` against its snapshots.
//!
//! A case is `input.yaml`, and `case.yaml` where it needs options: no code. `make golden` writes
//! the snapshots anew; `docs/testing.md` says more.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

#[path = "support/files.rs"]
mod files;
#[path = "support/pipeline.rs"]
mod pipeline;
#[path = "support/stock.rs"]
mod stock;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use files::{below, root, text};
use meshc::envoy::yaml::to_yaml;
use meshc::mesh::Mesh;
use meshc::proxy::{self, Proxy};
use pipeline::{Input, Run, routers, run};
use serde::Deserialize;
use serde_json::Value;

/// `case.yaml`. Every field may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    /// The router that this Gateway (`namespace/name`) selects; otherwise the input must leave one choice.
    gateway: Option<String>,
    /// A workload (`namespace/name`) of the input.
    proxy: Option<String>,
    /// An Envoy node id.
    node: Option<String>,
    /// A MeshConfig, as text.
    mesh_config: Option<String>,
    /// Which snapshots the case has beside `diagnostics`.
    show: Option<Vec<Part>>,
}

/// A snapshot.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Listeners,
    Routes,
    Clusters,
    Endpoints,
    Secrets,
    Bootstrap,
}

impl Part {
    /// What a case shows that does not say.
    const DEFAULT: [Self; 4] = [Self::Listeners, Self::Routes, Self::Clusters, Self::Endpoints];

    fn name(self) -> &'static str {
        match self {
            Self::Listeners => "listeners",
            Self::Routes => "routes",
            Self::Clusters => "clusters",
            Self::Endpoints => "endpoints",
            Self::Secrets => "secrets",
            Self::Bootstrap => "bootstrap",
        }
    }
}

#[test]
fn cases_match_their_snapshots() {
    let cases = below(&root().join("testdata/generate"), "/input.yaml");
    assert!(cases.len() >= 20, "{} cases", cases.len());
    let mut written = BTreeSet::new();
    let mut failed = Vec::new();
    for input in cases {
        let folder = input.parent().unwrap_or(root());
        let name = folder.strip_prefix(root().join("testdata")).unwrap_or(folder).display().to_string();
        let matched = std::panic::catch_unwind(|| compare(folder, &name));
        match matched {
            Ok(parts) => written.extend(parts),
            Err(_) => failed.push(name),
        }
    }
    assert!(failed.is_empty(), "these cases differ (read the differences above, then `make golden`): {failed:?}");
    let present: BTreeSet<PathBuf> = below(&root().join("snapshots"), ".snap").into_iter().collect();
    let orphans: Vec<_> = present.difference(&written).collect();
    assert!(orphans.is_empty(), "snapshots that no case writes: {orphans:?}");
}

/// Compares one case, and says which snapshots it has.
fn compare(folder: &Path, name: &str) -> Vec<PathBuf> {
    let case: Case = match folder.join("case.yaml").exists() {
        true => serde_yaml::from_str(&text(&folder.join("case.yaml"))).expect("case.yaml has known fields"),
        false => Case::default(),
    };
    let input = Input {
        files: vec![("input.yaml".to_owned(), text(&folder.join("input.yaml")))],
        mesh_config: case.mesh_config.clone(),
    };
    let runs = run(&input, |mesh| vec![choose(&case, mesh)]);
    let [run] = runs.as_slice() else { panic!("{name}: one proxy has one run") };
    let mut shown = vec![("diagnostics", diagnostics(run))];
    for part in case.show.clone().unwrap_or_else(|| Part::DEFAULT.to_vec()) {
        shown.push((part.name(), configuration(run, part)));
    }
    let folder = root().join("snapshots").join(Path::new(name).parent().unwrap_or(Path::new("")));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_input_file(Path::new("testdata").join(name).join("input.yaml"));
    settings.bind(|| {
        let stem = Path::new(name).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let write = |(part, content): (&str, String)| {
            let snapshot = format!("{stem}.{part}");
            insta::assert_snapshot!(snapshot.as_str(), content);
            folder.join(format!("{snapshot}.snap"))
        };
        shown.into_iter().map(write).collect()
    })
}

fn choose(case: &Case, mesh: &Mesh) -> Proxy {
    if let Some(node) = &case.node {
        return Proxy::new(node.parse().expect("a node id"), Value::Object(serde_json::Map::new()));
    }
    if let Some(name) = &case.proxy {
        let found = mesh.workloads.iter().find(|workload| format!("{}/{}", workload.namespace, workload.name) == *name);
        return proxy::from_workload(found.expect("the workload is in the input"), mesh);
    }
    let proxies = match &case.gateway {
        Some(gateway) => proxy::routers(mesh)
            .into_iter()
            .filter(|router| router.gateways.contains(gateway))
            .map(|router| router.proxy)
            .collect(),
        None => routers(mesh),
    };
    match proxies.as_slice() {
        [proxy] => proxy.clone(),
        _ => panic!("{} routers to choose from: say which in case.yaml", proxies.len()),
    }
}

fn diagnostics(run: &Run) -> String {
    match run.findings.as_slice() {
        [] => "none".to_owned(),
        findings => findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"),
    }
}

fn configuration(run: &Run, part: Part) -> String {
    let Some(config) = &run.config else { return "none".to_owned() };
    let parsed = |text: &str| -> Value { serde_json::from_str(text).expect("the configuration is JSON") };
    let mut value = match part {
        Part::Bootstrap => parsed(&config.bootstrap),
        Part::Listeners | Part::Routes | Part::Clusters | Part::Endpoints | Part::Secrets => {
            parsed(&config.xds).get(part.name()).cloned().unwrap_or_default()
        }
    };
    redact(&mut value);
    to_yaml(&value)
}

/// Takes keys out: no snapshot holds one, be it of a test.
fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match key.as_str() {
                    "private_key" | "password" => *value = Value::String("<redacted>".to_owned()),
                    _ => redact(value),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(redact),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
