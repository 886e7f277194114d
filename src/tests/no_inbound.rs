//! A router has no inbound listener, cluster or endpoint: over every router of the inputs below `testdata`, and over
//! every router case of a conformance suite where `MESHC_CASES` names one.
//!
//! That `ir::ProxyConfig::Router` has no place for an inbound side says the same by the types; this looks at what is
//! emitted. Sidecars are the counter-check: the same look finds their inbound side.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/files.rs"]
mod files;
#[path = "support/pipeline.rs"]
mod pipeline;
#[path = "support/stock.rs"]
mod stock;

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use files::{below, root, text};
use meshc::mesh::Mesh;
use meshc::proxy::{self, Proxy};
use pipeline::{Config, Input, Run, routers, run};
use serde_json::Value;

#[test]
fn routers_of_our_inputs_have_no_inbound_side() {
    let mut looked_at = 0;
    for (name, input) in own_inputs() {
        for config in configurations(&input, routers) {
            looked_at += 1;
            assert_eq!(inbound(&config), Vec::<String>::new(), "{name}");
        }
    }
    assert!(looked_at >= 50, "{looked_at} routers");
}

#[test]
fn sidecars_of_our_inputs_have_an_inbound_side() {
    let mut looked_at = 0;
    for (name, input) in own_inputs() {
        for run in run(&input, sidecars) {
            let Run { findings, config: Some(config) } = run else { continue };
            looked_at += 1;
            let found = inbound(&config);
            let has = |what: &str| found.iter().any(|found| found.starts_with(what));
            assert!(
                has("xds listener") && has("xds cluster") && has("bootstrap listener"),
                "{name}: {found:?} of {findings:?}"
            );
        }
    }
    assert!(looked_at >= 10, "{looked_at} sidecars");
}

#[test]
fn router_cases_have_no_inbound_side() {
    let Some(folder) = env::var_os("MESHC_CASES") else {
        eprintln!("skipped, $MESHC_CASES is not set");
        return;
    };
    let mut looked_at = 0;
    for path in below(Path::new(&folder), "/case.json") {
        let case: Value = serde_json::from_str(&text(&path)).expect("a case is JSON");
        let written = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default();
        if !written("node").starts_with("router~") {
            continue;
        }
        let folder = path.parent().unwrap_or(root());
        let mesh_config = Path::new(written("mesh")).file_name().map(|name| text(&folder.join(name)));
        let input = Input { files: named(&yaml_files(&folder.join("input"))), mesh_config };
        let metadata = case.get("metadata").cloned().unwrap_or_default();
        let proxy = Proxy::new(written("node").parse().expect("a node id"), metadata);
        let configs = configurations(&input, |_| vec![proxy.clone()]);
        assert_eq!(configs.len(), 1, "{}", path.display());
        for config in configs {
            looked_at += 1;
            assert_eq!(inbound(&config), Vec::<String>::new(), "{}", path.display());
        }
    }
    eprintln!("{looked_at} router cases");
    assert!(looked_at > 0, "{}: no router case", Path::new(&folder).display());
}

/// The golden cases, and the demos with the cluster that they run in.
fn own_inputs() -> Vec<(String, Input)> {
    let folder = root().join("testdata");
    let golden = below(&folder.join("generate"), "/input.yaml").into_iter().map(|path| (path.clone(), vec![path]));
    let mut demos: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in
        yaml_files(&folder.join("demo")).into_iter().filter(|path| path.display().to_string().contains("/input/"))
    {
        demos.entry(path.parent().unwrap_or(root()).to_owned()).or_default().push(path);
    }
    let alone = |folder: &Path| {
        let case = folder.with_file_name("case.yaml");
        case.exists() && text(&case).lines().any(|line| line == "alone: true")
    };
    for (_, paths) in demos.iter_mut().filter(|(folder, _)| !alone(folder)) {
        paths.extend(yaml_files(&folder.join("demo/cluster")));
    }
    let input = |(name, paths): (PathBuf, Vec<PathBuf>)| {
        (name.display().to_string(), Input { files: named(&paths), mesh_config: None })
    };
    golden.chain(demos).map(input).collect()
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = [".yaml", ".yml", ".json"].iter().flat_map(|ending| below(folder, ending)).collect();
    files.sort();
    files
}

fn named(paths: &[PathBuf]) -> Vec<(String, String)> {
    paths.iter().map(|path| (path.display().to_string(), text(path))).collect()
}

fn sidecars(mesh: &Mesh) -> Vec<Proxy> {
    proxy::all(mesh).into_iter().map(|named| named.proxy).filter(|proxy| !proxy.is_router()).collect()
}

fn configurations(input: &Input, choose: impl Fn(&Mesh) -> Vec<Proxy>) -> Vec<Config> {
    run(input, choose).into_iter().filter_map(|run| run.config).collect()
}

/// What is inbound in both outputs.
fn inbound(config: &Config) -> Vec<String> {
    let parsed = |text: &str| -> Value { serde_json::from_str(text).expect("the configuration is JSON") };
    let (xds, bootstrap) = (parsed(&config.xds), parsed(&config.bootstrap));
    let mut found = Vec::new();
    for (output, resources) in [("xds", &xds), ("bootstrap", &bootstrap["static_resources"])] {
        for (kind, key) in [("listener", "listeners"), ("cluster", "clusters"), ("endpoint", "endpoints")] {
            let all = resources.get(key).and_then(Value::as_array).into_iter().flatten();
            for resource in all.filter(|resource| is_inbound(resource)) {
                found.push(format!("{output} {kind} {}", name(resource)));
            }
        }
    }
    found
}

/// By the direction of a listener or of an access to it, or by the names that istiod gives inbound objects.
fn is_inbound(resource: &Value) -> bool {
    let directed = ["traffic_direction", "trafficDirection"]
        .iter()
        .any(|key| resource.get(key).and_then(Value::as_str) == Some("INBOUND"));
    let name = name(resource).to_lowercase();
    let named =
        ["inbound|", "inbound_", "virtualinbound", "inboundpassthrough"].iter().any(|start| name.starts_with(start));
    directed || named
}

fn name(resource: &Value) -> &str {
    ["name", "cluster_name", "clusterName"]
        .iter()
        .find_map(|key| resource.get(key).and_then(Value::as_str))
        .unwrap_or_default()
}
