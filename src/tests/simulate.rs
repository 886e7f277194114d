//! The evaluator answers as Istio's own traffic simulation, for the calls in the `calls.json` files of a conformance
//! suite, on istiod's configuration and on ours: `MESHC_CASES=../shared/conformance/cases cargo test --test simulate`.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/simulation.rs"]
mod simulation;

use libtest_mimic::{Arguments, Failed, Trial};
use meshc::simulate::{self, Configuration};
use serde_json::Value;
use simulation::{Call, judge};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(root) = env::var_os("MESHC_CASES") else {
        eprintln!("simulate: skipped, $MESHC_CASES is not set");
        return ExitCode::SUCCESS;
    };
    let cases = match cases(Path::new(&root)) {
        Ok(cases) if !cases.is_empty() => cases,
        Ok(_) => {
            eprintln!("simulate: no case has calls");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("simulate: {error}");
            return ExitCode::FAILURE;
        }
    };
    let calls: usize = cases.values().map(|(_, calls)| calls.len()).sum();
    let trials = cases.into_iter().flat_map(|(name, (folder, calls))| {
        let own = folder.clone();
        let (theirs, ours) = (calls.clone(), calls);
        [
            Trial::test(format!("istiod {name}"), move || check(&theirs, &expected(&folder)?)),
            Trial::test(format!("meshc {name}"), move || check(&ours, &generated(&own)?)),
        ]
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    println!("{calls} calls, each on istiod's configuration and on ours");
    conclusion.exit_code()
}

type Cases = BTreeMap<String, (PathBuf, Vec<Call>)>;

/// The cases that have calls, by name.
fn cases(root: &Path) -> Result<Cases, String> {
    let mut cases = Cases::new();
    for family in entries(root)? {
        for folder in entries(&family)? {
            let path = folder.join("calls.json");
            if !path.exists() {
                continue;
            }
            let calls: Option<Vec<Call>> = serde_json::from_str(&read(&path)?).map_err(|error| error.to_string())?;
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(calls) = calls {
                cases.insert(name, (folder, calls));
            }
        }
    }
    Ok(cases)
}

fn check(calls: &[Call], configuration: &str) -> Result<(), Failed> {
    let configuration = Configuration::from_json(configuration).map_err(|error| error.to_string())?;
    let mut faults = Vec::new();
    for call in calls {
        let outcome = simulate::run(&configuration, &call.request()?);
        faults.extend(judge(call, &configuration, &outcome));
    }
    if faults.is_empty() { Ok(()) } else { Err(Failed::from(faults.join("\n"))) }
}

fn expected(folder: &Path) -> Result<String, String> {
    read(&folder.join("expected.json"))
}

/// What `meshc generate --emit xds` writes for the case.
fn generated(folder: &Path) -> Result<String, String> {
    let case: Value = serde_json::from_str(&read(&folder.join("case.json"))?).map_err(|error| error.to_string())?;
    let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let metadata = work.path().join("metadata.json");
    fs::write(&metadata, case.get("metadata").unwrap_or(&Value::Null).to_string())
        .map_err(|error| error.to_string())?;
    let mut generate = Command::new(env!("CARGO_BIN_EXE_meshc"));
    generate.args(["generate", "--emit", "xds", "--target", "istio-proxy", "--allow-unsupported"]);
    generate.args(["--service-node", &text("node"), "--metadata"]).arg(&metadata);
    if let Some(mesh) = Path::new(&text("mesh")).file_name() {
        generate.arg("--mesh-config").arg(folder.join(mesh));
    }
    let output = generate.arg("-f").arg(folder.join("input")).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("meshc generate: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let named = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(named)? {
        let path = entry.map_err(named)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
