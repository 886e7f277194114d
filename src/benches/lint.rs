//! What `meshc lint` costs and how it grows: `make bench`, or `cargo bench --bench lint -- 1000 3000 10000`.
//!
//! For the shape `gateways` of the bench `scale` and each size n it reports CPU time and peak memory of `lint`. It
//! fails where it finds less than the input holds (all Gateways share a certificate), where it needs more CPU time
//! than the bound for the size, or where time grows faster than n^1.15 from the first to the last size.
//!
//! Then each rule runs alone over an input and one four times as large, and one whose time grows as if it looked at
//! all pairs fails.
//!
//! Linux only: it reads `/proc`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads files, the clock and the environment")]

#[path = "support/growth.rs"]
mod growth;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/mesh.rs"]
mod mesh;
#[path = "support/shapes.rs"]
mod shapes;

use growth::{LINEAR, exponent};
use measure::{least, measure};
use meshc::base::{Diagnostics, FileId, Timestamp};
use meshc::lint::{Context, RULES};
use meshc::mesh::{LinkOptions, link};
use meshc::resource::{DecodeOptions, decode};
use meshc::yaml;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// CPU seconds for the sizes that have a bound.
const BOUNDS: [(usize, f64); 3] = [(1_000, 0.08), (3_000, 0.25), (10_000, 0.8)];

/// How many rows of runs of the command each input has; the fastest counts.
const ROWS: usize = 5;

/// How often each rule runs on each input; the mean of all but the shortest and the longest run counts.
const RUNS: usize = 5;

/// The two sizes by which each rule is measured.
const RULE_SIZES: [usize; 2] = [4_000, 16_000];

/// Four times the input takes a rule up to this many times as long. A rule that looks at all pairs takes sixteen times.
const FOURFOLD: f64 = 10.0;

/// Milliseconds below which the time of a rule says nothing: what the kernel shows is up to a tick of 4 ms old, so a mean
/// is wrong by up to that.
const SHORT: f64 = 40.0;

/// The exit code of a run with findings at the threshold, and of one without.
const CODES: [i32; 2] = [0, 79];

type Shape = (&'static str, fn(usize) -> Result<String, String>);

const SHAPES: [Shape; 4] =
    [("services", shapes::services), ("gateways", shapes::gateways), ("merged", shapes::merged), ("mesh", mesh::mesh)];

fn main() -> ExitCode {
    let mut sizes: Vec<usize> = env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = BOUNDS.iter().map(|(n, _)| *n).collect();
    }
    let faults = command(&sizes).and_then(|mut faults| {
        faults.extend(rules()?);
        Ok(faults)
    });
    match faults {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            eprintln!("{}", faults.join("\n"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The command as a whole.
fn command(sizes: &[usize]) -> Result<Vec<String>, String> {
    println!("| shape | n | input MiB | findings | CPU s | wall s | peak MiB | bound s |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut faults = Vec::new();
    let mut costs = Vec::new();
    for &n in sizes {
        let work = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = work.path().join("input.yaml");
        let yaml = format!("{}{}", shapes::GATEWAY_POD, shapes::gateways(n)?);
        fs::write(&file, &yaml).map_err(|error| error.to_string())?;
        let cost = least(ROWS, || measure(lint().arg(&file), &CODES))?;
        let found = findings(&file)?;
        let bound = BOUNDS.iter().find(|(size, _)| *size == n).map(|(_, bound)| *bound);
        let shown = bound.map_or_else(|| "none".to_owned(), |bound| bound.to_string());
        println!(
            "| gateways | {n} | {:.1} | {found} | {:.3} | {:.3} | {:.0} | {shown} |",
            yaml.len() as f64 / 1_048_576.0,
            cost.cpu,
            cost.wall,
            cost.peak_mib
        );
        if found < n {
            faults.push(format!("lint, n = {n}: {found} findings, not {n}"));
        }
        if bound.is_some_and(|bound| cost.cpu > bound) {
            faults.push(format!("lint, n = {n}: {:.2} s of CPU time, and the bound is {shown} s", cost.cpu));
        }
        costs.push((n, cost.cpu));
    }
    if let Some(exponent) = exponent(&costs) {
        println!("| gateways | growth n^{exponent:.2} | | | | | | |");
        if exponent > LINEAR {
            faults.push(format!("lint: time grows as n^{exponent:.2}"));
        }
    }
    Ok(faults)
}

fn lint() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshc"));
    command.arg("lint");
    command
}

/// How many findings a run gives.
fn findings(file: &Path) -> Result<usize, String> {
    let output = lint().arg(file).args(["-o", "json"]).output().map_err(|error| error.to_string())?;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    report["diagnostics"].as_array().map(Vec::len).ok_or_else(|| "the report has no list of diagnostics".to_owned())
}

/// Each rule alone.
fn rules() -> Result<Vec<String>, String> {
    let [few, many] = RULE_SIZES;
    println!("\n| rule | shape | ms at {few} | ms at {many} | times |\n|---|---|---|---|---|");
    let mut faults = Vec::new();
    for (name, input) in SHAPES {
        let [short, long] = [times(&input(few)?)?, times(&input(many)?)?];
        for (rule, long) in long {
            let short = short.get(rule).copied().unwrap_or_default();
            let times = long / short.max(0.001);
            if long >= SHORT {
                println!("| {rule} | {name} | {short:.1} | {long:.1} | {times:.1} |");
            }
            if long >= SHORT && times > FOURFOLD {
                faults.push(format!("rule {rule}, shape {name}: four times the input takes {times:.1} times as long"));
            }
        }
    }
    Ok(faults)
}

/// The CPU milliseconds of a run of each rule.
fn times(yaml: &str) -> Result<BTreeMap<&'static str, f64>, String> {
    let text = format!("{}{yaml}", shapes::GATEWAY_POD);
    let (documents, _) = yaml::parse(FileId(0), &text);
    let (resources, _) = decode(&documents, &DecodeOptions::default());
    let (mesh, _) = link(&resources, LinkOptions::default());
    let mut times = BTreeMap::new();
    for rule in RULES {
        let mut runs = [0.0; RUNS];
        for run in &mut runs {
            // A context of its own: what the first rule makes for others counts for each.
            let context = Context::new(&resources, &mesh, &documents, Timestamp(0));
            let before = own_cpu()?;
            (rule.check)(&context, &mut Diagnostics::default());
            *run = own_cpu()? - before;
        }
        runs.sort_by(f64::total_cmp);
        let middle = &runs[1..RUNS - 1];
        times.insert(rule.name, middle.iter().sum::<f64>() / middle.len() as f64);
    }
    Ok(times)
}

/// CPU time of this thread in milliseconds: the first field of its `schedstat`, in nanoseconds.
fn own_cpu() -> Result<f64, String> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").map_err(|error| error.to_string())?;
    let nanoseconds = text.split_whitespace().next().and_then(|field| field.parse::<f64>().ok());
    nanoseconds.map(|nanoseconds| nanoseconds / 1e6).ok_or_else(|| "no number in schedstat".to_owned())
}
