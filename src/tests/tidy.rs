//! What holds for the repository as a whole: who may use whom, sizes, docs, and what must not be in it.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

#[path = "support/files.rs"]
mod files;

use std::path::{Path, PathBuf};

use files::{below, root, text};

/// The layers, each with the modules it may use (`docs/architecture.md`), beside itself.
const LAYERS: [(&str, &[&str]); 14] = [
    ("base", &[]),
    ("yaml", &["base"]),
    ("resource", &["base", "yaml"]),
    ("mesh", &["base", "resource"]),
    ("proxy", &["base", "resource", "mesh"]),
    ("ir", &["base"]),
    ("lower", &["base", "resource", "mesh", "proxy", "ir"]),
    ("envoy", &["base", "ir"]),
    ("explain", &["base", "resource", "ir"]),
    ("lint", &["base", "yaml", "resource", "mesh", "proxy", "lower", "ir", "envoy", "verify"]),
    ("simulate", &["base"]),
    ("testing", &["base", "yaml", "explain", "simulate"]),
    ("verify", &["base", "ir"]),
    ("diff", &["base", "explain", "simulate"]),
];

/// Crates that only one layer uses.
const OWNED: [(&str, &str); 7] = [
    ("envoy_types", "envoy"),
    ("prost", "envoy"),
    ("granit_parser", "yaml"),
    ("regex", "simulate"),
    ("regex_syntax", "diff"),
    ("clap", "cli"),
    ("miette", "cli"),
];

/// The longest that a file may be, in lines.
const LONGEST: usize = 800;

#[test]
fn layers_use_only_what_is_below_them() {
    let mut faults = Vec::new();
    for (layer, allowed) in LAYERS {
        for file in sources(layer) {
            let code = without_tests(&file);
            for (used, line) in uses(&code, "crate::") {
                let is_layer = LAYERS.iter().any(|(name, _)| *name == used) || used == "cli";
                if is_layer && used != layer && !allowed.contains(&used.as_str()) {
                    faults.push(format!("{}:{line}: `{layer}` uses `{used}`", shown(&file)));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn crates_stay_in_their_layer() {
    let mut faults = Vec::new();
    for file in below(&root().join("src"), ".rs") {
        let layer = layer(&file);
        if layer == "tests" || layer == "benches" {
            continue;
        }
        let code = without_tests(&file);
        for (name, owner) in OWNED {
            let used = code.lines().any(|line| line.trim_start().starts_with(&format!("use {name}::")));
            if used && layer != owner {
                faults.push(format!("{}: only `{owner}` uses the crate `{name}`", shown(&file)));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_are_short() {
    let long = below(&root().join("src"), ".rs").into_iter().filter(|file| text(file).lines().count() > LONGEST);
    assert_eq!(long.collect::<Vec<_>>(), Vec::<PathBuf>::new(), "split these: more than {LONGEST} lines");
}

#[test]
fn every_module_says_what_it_is() {
    let silent = below(&root().join("src"), ".rs").into_iter().filter(|file| {
        let docs = text(file).lines().next().unwrap_or_default().starts_with("//! ");
        !docs && !is_test_file(file)
    });
    assert_eq!(silent.collect::<Vec<_>>(), Vec::<PathBuf>::new(), "start these with `//!`");
}

#[test]
fn every_snapshot_has_a_case() {
    const PARTS: [&str; 7] = ["diagnostics", "listeners", "routes", "clusters", "endpoints", "secrets", "bootstrap"];
    let snapshots = root().join("snapshots");
    for file in below(&snapshots, ".snap") {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (case, part) = stem.rsplit_once('.').unwrap_or((&stem, ""));
        let folder = file.parent().and_then(|folder| folder.strip_prefix(&snapshots).ok()).unwrap_or(Path::new(""));
        let input = root().join("testdata").join(folder).join(case).join("input.yaml");
        assert!(input.exists() && PARTS.contains(&part), "{} belongs to no case", shown(&file));
    }
}

#[test]
fn no_key_is_in_the_repository() {
    // The first bytes of every PEM, in base64.
    let encoded = concat!("LS0tLS1", "CRUdJTi");
    for file in repository() {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap_or_default()).into_owned();
        let plain = text.split(concat!("PRIVATE", " KEY-----")).skip(1).any(|rest| {
            let body = rest.trim_start_matches(['\\', 'n', ' ', '\r', '\n']);
            body.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"+/=\n".contains(byte)).count() > 60
        });
        assert!(!plain, "{} holds a private key", shown(&file));
        for (at, _) in text.match_indices(encoded) {
            let base64: String = text[at..].chars().take(64).take_while(|c| c.is_ascii_alphanumeric()).collect();
            let whole = base64.len() / 4 * 4;
            let pem = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, &base64[..whole]).unwrap_or_default();
            let pem = String::from_utf8_lossy(&pem).into_owned();
            assert!(!pem.contains(concat!("PRIVATE", " KEY")), "{} holds a private key", shown(&file));
        }
    }
}

#[test]
fn no_registry_is_named() {
    let hosts = [
        concat!("docker", ".io"),
        concat!("gcr", ".io"),
        concat!("ghcr", ".io"),
        concat!("quay", ".io"),
        concat!("registry.k8s", ".io"),
        concat!("pypi", ".org"),
        concat!("index.crates", ".io"),
    ];
    for file in repository().into_iter().filter(|file| !file.ends_with("Cargo.lock")) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap_or_default()).into_owned();
        let named: Vec<_> = hosts.iter().filter(|host| text.contains(**host)).collect();
        assert!(named.is_empty(), "{} names {named:?}: a mirror may stand for it", shown(&file));
    }
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

/// The first folder below `src`, or the file's own name there.
fn layer(file: &Path) -> String {
    let inner = file.strip_prefix(root().join("src")).unwrap_or(file);
    inner.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default()
}

/// The code of a layer, without files that only tests use.
fn sources(layer: &str) -> Vec<PathBuf> {
    let files: Vec<_> =
        below(&root().join("src").join(layer), ".rs").into_iter().filter(|file| !is_test_file(file)).collect();
    assert!(!files.is_empty(), "src/{layer} has files");
    files
}

fn is_test_file(file: &Path) -> bool {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    ["tests", "fixture", "fixtures"].contains(&stem.as_str()) || stem.ends_with("_tests")
}

/// A file up to its `mod tests`, which is the last item of it.
fn without_tests(file: &Path) -> String {
    let text = text(file);
    text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

/// What follows `prefix`, each with its line, except in comments.
fn uses(code: &str, prefix: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for part in line.split(prefix).skip(1) {
            let names = part.strip_prefix('{').and_then(|list| list.split('}').next()).unwrap_or(part);
            for name in names.split(", ") {
                let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push((name, at + 1));
            }
        }
    }
    found
}

/// Every file that is in the repository, or could be.
fn repository() -> Vec<PathBuf> {
    let folders = ["src", "docs", "testdata", "snapshots", "examples", "tests", ".ci"];
    let mut files: Vec<_> = folders.iter().flat_map(|folder| below(&root().join(folder), "")).collect();
    let top = ["README.md", "Makefile", "Cargo.toml", "Cargo.lock", "clippy.toml", "rustfmt.toml"];
    files.extend(top.map(|name| root().join(name)));
    files
}
