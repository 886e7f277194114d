//! The step of GitHub Actions and the hook of pre-commit that the README shows do what it says: their commands are
//! taken from it and run in a scratch repository. With `pre-commit` on `PATH` the hook is run by it as well.
#![expect(clippy::disallowed_methods, reason = "tests read files and start programs")]

#[path = "support/files.rs"]
mod files;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use files::{below, root, text};
use regex::Regex;
use serde_json::Value;

/// What is wrong with the input of the second run, and where.
const FAULT: (&str, &str) =
    ("misspelt.yaml", "kind: Gateway\napiVersion: networking.istio.io/v1\nmetadata: {name: a}\nspec: {servrs: []}\n");

/// The first block of YAML in the README with this text, as a value.
fn block(with: &str) -> Value {
    let readme = text(&root().join("README.md"));
    let mut blocks = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let block = blocks.find(|block| block.contains(with)).unwrap_or_else(|| panic!("no block with `{with}`"));
    let (documents, found) = meshc::yaml::parse(meshc::base::FileId(0), block);
    assert_eq!(found.0, [], "{block}");
    documents.first().expect("a document").root.to_json()
}

fn string<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

/// A repository of which `k8s/` holds manifests without a fault.
fn scratch() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().expect("a folder");
    let manifests = scratch.path().join("k8s");
    fs::create_dir(&manifests).expect("a folder");
    for file in below(&root().join("testdata/demo/http-ingress/input"), ".yaml") {
        fs::copy(&file, manifests.join(file.file_name().expect("a name"))).expect("a copy");
    }
    scratch
}

/// Runs a command line with meshc on `PATH`, as a runner's shell does.
fn run(line: &str, folder: &Path) -> Output {
    let meshc = Path::new(env!("CARGO_BIN_EXE_meshc")).parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env("PATH", format!("{}:{path}", meshc.display()));
    command.output().expect("a shell")
}

fn shown(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_step_of_github_actions_annotates_and_reports() {
    let steps = block("- run: meshc lint");
    let line = string(&steps, "/0/run");
    let report = string(&steps, "/1/with/sarif_file");
    assert_eq!(string(&steps, "/1/if"), "always()", "the report is for failures as well");
    let scratch = scratch();
    let results = || -> usize {
        let log: Value = serde_json::from_str(&text(&scratch.path().join(report))).expect("SARIF");
        log.pointer("/runs/0/results").and_then(Value::as_array).expect("results").len()
    };
    let output = run(line, scratch.path());
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let before = results();
    fs::write(scratch.path().join("k8s").join(FAULT.0), FAULT.1).expect("a file");
    let output = run(line, scratch.path());
    assert_eq!(output.status.code(), Some(79), "{}", shown(&output));
    assert!(shown(&output).contains("::error file=k8s/misspelt.yaml,line=4,endLine=4,col=8,"), "{}", shown(&output));
    assert!(results() > before);
}

#[test]
fn the_hook_of_pre_commit_fails_where_it_should() {
    let config = block("- repo: local");
    let hook = config.pointer("/repos/0/hooks/0").expect("a hook");
    let files = Regex::new(string(hook, "/files")).expect("a regular expression");
    assert!(files.is_match("k8s/web/a.yaml") && files.is_match("k8s/a.yml"));
    assert!(!files.is_match("docs/a.yaml") && !files.is_match("k8s/a.md"));
    assert_eq!(hook.get("pass_filenames"), Some(&Value::Bool(false)), "the files are checked together");
    let line = string(hook, "/entry");
    let scratch = scratch();
    assert_eq!(run(line, scratch.path()).status.code(), Some(0));
    fs::write(scratch.path().join("k8s").join(FAULT.0), FAULT.1).expect("a file");
    assert_eq!(run(line, scratch.path()).status.code(), Some(79));
}

#[test]
fn pre_commit_itself_runs_the_hook() {
    let scratch = scratch();
    if !run("command -v pre-commit && command -v git", scratch.path()).status.success() {
        eprintln!("skipped: pre-commit or git is not on PATH");
        return;
    }
    let readme = text(&root().join("README.md"));
    let config = readme.split("```yaml\n").find(|block| block.starts_with("repos:")).expect("a block");
    let config = config.split("```").next().unwrap_or_default();
    fs::write(scratch.path().join(".pre-commit-config.yaml"), config).expect("a file");
    let all = "git init -q . && git add -A && pre-commit run --all-files";
    let output = run(all, scratch.path());
    assert!(output.status.success() && shown(&output).contains("Passed"), "{}", shown(&output));
    fs::write(scratch.path().join("k8s").join(FAULT.0), FAULT.1).expect("a file");
    let output = run(all, scratch.path());
    let said = shown(&output);
    assert!(!output.status.success() && said.contains("exit code: 79") && said.contains("servrs"), "{said}");
}
