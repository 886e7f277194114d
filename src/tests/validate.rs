//! Every bootstrap that `meshc generate` writes for the cases of a conformance suite is one that a stock Envoy accepts:
//! `MESHC_CASES=../shared/conformance/cases cargo test --test validate`, or `make validate`.
//!
//! Where `generate` ends with a list of what it does not translate, the case counts apart. It may do so only for input
//! that holds a kind of [`MAY_BE_REFUSED`] or of the Gateway API.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/envoy.rs"]
mod envoy;
#[path = "support/placeholder.rs"]
mod placeholder;

use envoy::Envoy;
use libtest_mimic::{Arguments, Failed, Trial};
use placeholder::Placeholders;
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};

/// The families whose router cases are validated.
const ROUTER_FAMILIES: [&str; 8] = ["seed", "samples", "upstream-router", "gw-http", "gw-tls", "dr", "se", "ingress"];

/// The families whose sidecar cases are validated.
const SIDECAR_FAMILIES: [&str; 7] = ["seed", "samples", "upstream-sidecar", "sidecar-out", "sidecar-in", "dr", "se"];

/// The kinds for which `generate` may end with exit 1 and a list, beside those of the Gateway API.
const MAY_BE_REFUSED: [&str; 6] = [
    "AuthorizationPolicy",
    "EnvoyFilter",
    "PeerAuthentication",
    "RequestAuthentication",
    "TrafficExtension",
    "WasmPlugin",
];

/// Fields that the API had once. `generate` ends with exit 65 for them: no bootstrap is made of what cannot be read.
const REMOVED_FIELDS: [&str; 1] = ["websocketUpgrade:"];

/// What became of a case that did not fail.
enum Outcome {
    /// Envoy accepted the bootstrap.
    Valid,
    /// `generate` refused, as it may for these kinds or fields.
    Refused(Vec<String>),
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let envoy = Envoy::find();
    let cases = match env::var_os("MESHC_CASES") {
        Some(folder) => match cases(Path::new(&folder)) {
            Ok(cases) => cases,
            Err(error) => {
                eprintln!("validate: {error}");
                return ExitCode::FAILURE;
            }
        },
        None => {
            eprintln!("validate: skipped, $MESHC_CASES is not set");
            return ExitCode::SUCCESS;
        }
    };
    if let Err(message) = &envoy {
        eprintln!("validate: {message}");
    }
    let skip = envoy.is_err() && !envoy::required();
    let refused: Arc<Mutex<BTreeMap<String, Vec<String>>>> = Arc::default();
    let trials = cases.into_iter().map(|(name, folder)| {
        let (envoy, refused) = (envoy.clone(), Arc::clone(&refused));
        let case = name.clone();
        let run = move || match validate(&folder, &envoy?)? {
            Outcome::Valid => Ok(()),
            Outcome::Refused(kinds) => {
                refused.lock().unwrap_or_else(PoisonError::into_inner).insert(case, kinds);
                Ok(())
            }
        };
        Trial::test(name, move || run().map_err(|error: String| Failed::from(error))).with_ignored_flag(skip)
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    if arguments.list {
        return conclusion.exit_code();
    }
    let refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
    for (case, kinds) in refused.iter() {
        println!("refused, as it may be: {case} ({})", kinds.join(", "));
    }
    let valid = conclusion.num_passed.saturating_sub(u64::try_from(refused.len()).unwrap_or(u64::MAX));
    println!("{valid} bootstraps valid, {} refused, {} failures", refused.len(), conclusion.num_failed);
    conclusion.exit_code()
}

/// The folders of the cases, by name.
fn cases(root: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let mut all = BTreeMap::new();
    let routers = ROUTER_FAMILIES.iter().map(|family| (family, "router~"));
    for (family, kind) in routers.chain(SIDECAR_FAMILIES.iter().map(|family| (family, "sidecar~"))) {
        let folder = root.join(family);
        let before = all.len();
        for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let folder = entry.map_err(|error| error.to_string())?.path();
            if text(&case(&folder)?, "node").starts_with(kind) {
                all.insert(folder.file_name().unwrap_or_default().to_string_lossy().into_owned(), folder);
            }
        }
        if all.len() == before {
            return Err(format!("{}: no case of a {kind}", folder.display()));
        }
    }
    Ok(all)
}

fn validate(folder: &Path, envoy: &Envoy) -> Result<Outcome, String> {
    let case = case(folder)?;
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let metadata = work.path().join("metadata.json");
    fs::write(&metadata, case.get("metadata").unwrap_or(&Value::Null).to_string())
        .map_err(|error| error.to_string())?;
    let bootstrap = work.path().join("bootstrap.json");
    let mut generate = Command::new(env!("CARGO_BIN_EXE_meshc"));
    generate.args(["generate", "--service-node", &text(&case, "node"), "--metadata"]).arg(&metadata);
    if let Some(mesh) = Path::new(&text(&case, "mesh")).file_name() {
        generate.arg("--mesh-config").arg(folder.join(mesh));
    }
    // A case without objects has no folder for them.
    let input = match folder.join("input") {
        present if present.is_dir() => present,
        _ => {
            let empty = work.path().join("input");
            fs::create_dir(&empty).map_err(|error| error.to_string())?;
            empty
        }
    };
    generate.arg("--out").arg(&bootstrap).arg("-f").arg(&input);
    let output = generate.output().map_err(|error| error.to_string())?;
    let (kinds, removed) = refusable(&input)?;
    match (output.status.code(), kinds.is_empty()) {
        (Some(0), _) => {
            stand_in_for_missing_files(&bootstrap, work.path())?;
            envoy.validate(&bootstrap).map(|()| Outcome::Valid)
        }
        (Some(1), false) => Ok(Outcome::Refused(kinds)),
        (Some(65), _) if !removed.is_empty() => Ok(Outcome::Refused(removed)),
        _ => Err(format!("meshc generate: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr))),
    }
}

/// Certificates at paths of the gateway's own machine, and Secrets that are not in the input.
fn stand_in_for_missing_files(bootstrap: &Path, folder: &Path) -> Result<(), String> {
    let text = fs::read_to_string(bootstrap).map_err(|error| error.to_string())?;
    let mut config: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if Placeholders::make(folder)?.stand_in(&mut config) > 0 {
        fs::write(bootstrap, config.to_string()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The kinds in the input for which `generate` may refuse, and the fields that it cannot read.
fn refusable(input: &Path) -> Result<(Vec<String>, Vec<String>), String> {
    let mut kinds = Vec::new();
    let mut removed = Vec::new();
    for entry in fs::read_dir(input).map_err(|error| format!("{}: {error}", input.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        removed.extend(REMOVED_FIELDS.iter().filter(|field| text.contains(*field)).map(|field| (*field).to_owned()));
        let mut api = "";
        for line in text.lines() {
            api = line.strip_prefix("apiVersion: ").unwrap_or(api);
            let Some(kind) = line.strip_prefix("kind: ") else { continue };
            if MAY_BE_REFUSED.contains(&kind) || api.starts_with("gateway.networking.k8s.io/") {
                kinds.push(kind.to_owned());
            }
        }
    }
    kinds.sort();
    kinds.dedup();
    Ok((kinds, removed))
}

fn case(folder: &Path) -> Result<Value, String> {
    let path = folder.join("case.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(case: &Value, key: &str) -> String {
    case.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
