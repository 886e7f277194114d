//! How `meshc generate` grows: `make bench`, or `cargo bench --bench scale -- 1000 10000`.
//!
//! For each shape of input and each size n it reports CPU time and peak memory of `generate`, and the CPU time that
//! `envoy --mode validate` needs for the result. It fails where a result is not what the input asks for, where time
//! grows faster than n^1.15 from the first to the last size, or where `generate` needs more than a part of Envoy's
//! CPU time. The shapes are those by which large ingress installations differ:
//!
//! - `gateways`: n Gateways of 3 hosts on ports 80 and 443, n VirtualServices, n ServiceEntries; a tenth of Envoy's time
//! - `merged`: one Gateway of 3 hosts, n VirtualServices that are merged into them; a tenth
//! - `services`: n Gateways on port 80, n VirtualServices, n Services with an EndpointSlice each. Here Envoy has less to
//!   do for each object than elsewhere; a sixth, so that it does not grow
//!
//! Linux only: it reads `/proc`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads files, the clock and the environment")]

#[path = "../tests/support/envoy.rs"]
mod envoy;
#[path = "support/growth.rs"]
mod growth;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/shapes.rs"]
mod shapes;

use envoy::Envoy;
use growth::{LINEAR, exponent};
use measure::{Cost, children, least, measure};
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// How many rows of runs each program has on each input; the fastest row counts.
const ROWS: usize = 3;

/// A kind of input that grows with n.
struct Shape {
    name: &'static str,
    /// The YAML for n.
    input: fn(usize) -> Result<String, String>,
    /// A text that the result holds, so that an empty one is not taken for a fast one, and how often at least for n.
    holds: (&'static str, fn(usize) -> usize),
    /// The part of Envoy's CPU time that `generate` may need.
    part_of_envoy: f64,
}

const SHAPES: [Shape; 3] = [
    Shape { name: "gateways", input: shapes::gateways, holds: ("site-", |n| 6 * n), part_of_envoy: 0.1 },
    Shape { name: "merged", input: shapes::merged, holds: ("/path-", |n| n), part_of_envoy: 0.1 },
    Shape { name: "services", input: shapes::services, holds: ("httpbin-", |n| n), part_of_envoy: 1.0 / 6.0 },
];

fn main() -> ExitCode {
    let mut sizes: Vec<usize> = env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000];
    }
    match run(&sizes) {
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

fn run(sizes: &[usize]) -> Result<Vec<String>, String> {
    let envoy = Envoy::find();
    if let (Err(message), true) = (&envoy, envoy::required()) {
        return Err(message.clone());
    }
    println!("| shape | n | input MiB | result MiB | CPU s | wall s | peak MiB | Envoy validate CPU s | part of it |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut faults = Vec::new();
    for Shape { name, input, holds: (text, times), part_of_envoy } in SHAPES {
        let mut costs = Vec::new();
        for &n in sizes {
            let work = tempfile::tempdir().map_err(|error| error.to_string())?;
            let (file, result) = (work.path().join("input.yaml"), work.path().join("bootstrap.json"));
            let yaml = format!("{}{}", shapes::GATEWAY_POD, input(n)?);
            fs::write(&file, &yaml).map_err(|error| error.to_string())?;
            let cost = least(ROWS, || {
                // An earlier result that is the same would not be written again.
                let _ = fs::remove_file(&result);
                let mut command = Command::new(env!("CARGO_BIN_EXE_meshc"));
                measure(command.arg("generate").arg(&file).arg("--out").arg(&result), &[0])
            })?;
            let json = fs::read_to_string(&result).map_err(|error| error.to_string())?;
            let found = json.matches(text).count();
            if found < times(n) {
                faults.push(format!("{name}, n = {n}: `{text}` occurs {found} times in the result, not {}", times(n)));
            }
            let validation = envoy.as_ref().ok().map(|envoy| validation_cpu(envoy, &result)).transpose()?;
            report(name, n, yaml.len(), json.len(), cost, validation);
            if let Some(part) = validation.map(|validation| cost.cpu / validation)
                && part > part_of_envoy
            {
                faults.push(format!("{name}, n = {n}: {:.0} % of Envoy's CPU time", 100.0 * part));
            }
            costs.push((n, cost.cpu));
        }
        faults.extend(growth(name, &costs));
    }
    Ok(faults)
}

fn report(name: &str, n: usize, input: usize, result: usize, cost: Cost, validation: Option<f64>) {
    let mib = |bytes: usize| bytes as f64 / 1_048_576.0;
    let Cost { cpu, wall, peak_mib } = cost;
    let (envoy, part) = match validation {
        Some(validation) => (format!("{validation:.3}"), format!("{:.1} %", 100.0 * cpu / validation)),
        None => ("no Envoy".to_owned(), String::new()),
    };
    println!(
        "| {name} | {n} | {:.1} | {:.1} | {cpu:.3} | {wall:.3} | {peak_mib:.0} | {envoy} | {part} |",
        mib(input),
        mib(result)
    );
}

/// Prints how time grows, and gives the fault if it grows too fast.
fn growth(name: &str, costs: &[(usize, f64)]) -> Option<String> {
    let exponent = exponent(costs)?;
    println!("| {name} | growth n^{exponent:.2} | | | | | | | |");
    (exponent > LINEAR).then(|| format!("{name}: time grows as n^{exponent:.2}"))
}

/// The CPU time that `envoy --mode validate` needs for a bootstrap.
fn validation_cpu(envoy: &Envoy, bootstrap: &Path) -> Result<f64, String> {
    // Its memory is not watched.
    let validation = || children(|| envoy.validate(bootstrap).map(|()| 0.0));
    least(ROWS, validation).map(|cost| cost.cpu)
}
