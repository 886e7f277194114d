//! `meshc diff` says what a change means, and nothing of what means the same.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/files.rs"]
mod files;
#[path = "support/rewrite.rs"]
mod rewrite;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use files::{below, root, text};
use rewrite::{Dice, documents};

/// How many rewrites without another word; `MESHC_DIFF_REWRITES` says how many else.
const REWRITES: usize = 100;

fn diff(arguments: &[&Path], options: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_meshc")).arg("diff").args(arguments).args(options).output();
    output.expect("meshc runs")
}

/// The manifests of each demo, with the cluster that all share.
fn demos() -> Vec<Vec<String>> {
    let folder = root().join("testdata/demo");
    let cluster: Vec<String> = below(&folder.join("cluster"), ".yaml").iter().map(|path| text(path)).collect();
    let mut inputs: Vec<PathBuf> =
        below(&folder, ".yaml").iter().filter_map(|path| Some(path.parent()?.to_owned())).collect();
    inputs.retain(|path| path.ends_with("input"));
    inputs.dedup();
    let read = |input: &PathBuf| {
        // Some bring everything themselves.
        let alone =
            below(input.parent().unwrap_or(input), "case.yaml").iter().any(|case| text(case).contains("alone: true"));
        let own = below(input, ".yaml").into_iter().map(|path| text(&path));
        own.chain(cluster.iter().filter(|_| !alone).cloned()).collect()
    };
    inputs.iter().map(read).collect()
}

fn write(folder: &Path, files: &[(String, String)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder)).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

fn plain(texts: &[String]) -> Vec<(String, String)> {
    texts.iter().enumerate().map(|(at, text)| (format!("{at}.yaml"), text.clone())).collect()
}

#[test]
fn rewrites_that_change_nothing_print_nothing() {
    let count = std::env::var("MESHC_DIFF_REWRITES").ok().and_then(|it| it.parse().ok()).unwrap_or(REWRITES);
    let demos = demos();
    assert!(demos.len() > 20, "there are demos");
    for seed in 0..count {
        let texts = &demos[seed % demos.len()];
        let work = tempfile::tempdir().expect("a folder");
        let (old, new) = (work.path().join("old"), work.path().join("new"));
        write(&old, &plain(texts));
        let mut dice = Dice::new(u64::try_from(seed).unwrap_or_default());
        write(&new, &rewrite::rewrite(documents(texts), &mut dice));
        let output = diff(&[&old, &new], &["--exit-code"]);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.code() != Some(0) || !out.is_empty() || !err.is_empty() {
            panic!("seed {seed}: {}\n{out}\n{err}\nthe files are in {}", output.status, work.keep().display());
        }
    }
}

/// The demo of route matches before and after these replacements.
fn edited(replacements: &[(&str, &str)], options: &[&str]) -> (String, Option<i32>) {
    let demo = root().join("testdata/demo");
    let mut texts: Vec<String> = below(&demo.join("cluster"), ".yaml").iter().map(|path| text(path)).collect();
    texts.push(text(&demo.join("route-matches/input/config.yaml")));
    let work = tempfile::tempdir().expect("a folder");
    let (old, new) = (work.path().join("old"), work.path().join("new"));
    write(&old, &plain(&texts));
    if let Some(config) = texts.last_mut() {
        for (from, to) in replacements {
            assert!(config.contains(from), "the demo has {from}");
            *config = config.replace(from, to);
        }
    }
    write(&new, &plain(&texts));
    let gateway = ["--gateway", "default/web"];
    let output = diff(&[&old, &new], &[&gateway[..], options].concat());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let out = String::from_utf8_lossy(&output.stdout).replace(&work.path().display().to_string(), "");
    (out, output.status.code())
}

#[test]
fn a_route_that_is_shadowed_now_has_a_witness() {
    let (out, code) = edited(
        &[(
            "  http:\n",
            "  http:\n  - name: all\n    match:\n    - uri: {prefix: /reviews}\n    route:\n    - destination: {host: reviews, subset: v3}\n",
        )],
        &["--exit-code"],
    );
    assert_eq!(code, Some(79));
    for wanted in [
        "+ route prefix /reviews (all): outbound|9080|v3|reviews.default.svc.cluster.local\n",
        "witness: 'GET http://shop.example.com/reviews' --port 8080\n",
        "old: to outbound|9080|v1|reviews.default.svc.cluster.local\n",
        "new: to outbound|9080|v3|reviews.default.svc.cluster.local\n",
        "~ route prefix /reviews; header end-user exact jason (header-and-prefix) is never reached now: behind `prefix \
         /reviews (all)`\n",
        "/new/4.yaml:",
    ] {
        assert!(out.contains(wanted), "{wanted} is in\n{out}");
    }
}

#[test]
fn what_no_request_shows_says_why() {
    let policy = ("  host: reviews\n", "  host: reviews\n  trafficPolicy: {loadBalancer: {simple: RANDOM}}\n");
    let (out, code) = edited(&[policy], &[]);
    assert_eq!(code, Some(0), "changes are no failure without --exit-code");
    assert!(out.contains("load balancing: lb_policy LEAST_REQUEST → RANDOM"), "{out}");
    assert!(out.contains("no request shows it: it decides which endpoint takes a request"), "{out}");
}

#[test]
fn inputs_that_cannot_be_read_are_said() {
    let work = tempfile::tempdir().expect("a folder");
    fs::write(work.path().join("a.yaml"), "a: [\n").expect("a file");
    let output = diff(&[work.path(), work.path()], &[]);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(65), true));
    assert_eq!(diff(&[&work.path().join("b"), work.path()], &[]).status.code(), Some(65));
}
