//! What each further proxy costs in `meshc generate --all`: `cargo bench --bench every_proxy`, or with a number of
//! workloads, `-- 1000`.
//!
//! The input is n workloads, each with a Service, a Pod and an EndpointSlice, in namespaces of 50, each with a Sidecar
//! that imports its own namespace. Runs for one proxy and for all alternate, so that both meet the same machine. It
//! fails where a proxy is missing or is not the one that is generated alone, or where a further proxy needs more than
//! a tenth of the CPU time of a run for one.
//!
//! Linux only: it reads `/proc`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads files and the environment")]

#[path = "support/measure.rs"]
mod measure;

use measure::{Cost, least, measure};
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The part of the CPU time of a run for one proxy that a further one may need.
const PART: f64 = 0.10;

/// How many rows of runs each has; the fastest counts.
const ROWS: usize = 3;

/// Workloads of a namespace.
const NAMESPACE: usize = 50;

fn main() -> ExitCode {
    let n = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    match run(n) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(message)) | Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(n: usize) -> Result<Option<String>, String> {
    if n < 2 {
        return Err("two workloads are the fewest".to_owned());
    }
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (input, alone, all) = (work.path().join("input.yaml"), work.path().join("alone.json"), work.path().join("all"));
    fs::write(&input, workloads(n)?).map_err(|error| error.to_string())?;
    let (mut of_one, mut of_all) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROWS {
        of_one = of_one.min(cpu(|| {
            // An earlier result that is the same would not be written again.
            let _ = fs::remove_file(&alone);
            generate(&input, &["--proxy", "ns-0/app-0"], &alone)
        })?);
        of_all = of_all.min(cpu(|| {
            let _ = fs::remove_dir_all(&all);
            generate(&input, &["--all"], &all)
        })?);
    }
    let (files, bytes) = bootstraps(&all)?;
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let same = read(&alone)? == read(&all.join("ns-0/pod.app-0/bootstrap.json"))?;
    let further = (of_all - of_one) / (n - 1) as f64;
    let part = further / of_one;
    println!("| workloads | result MiB | one: CPU s | all: CPU s | a further proxy: CPU ms | part of one |");
    println!("|---|---|---|---|---|---|");
    let mib = bytes as f64 / 1_048_576.0;
    println!("| {n} | {mib:.0} | {of_one:.3} | {of_all:.2} | {:.2} | {:.1} % |", 1_000.0 * further, 100.0 * part);
    Ok(match (files == n, same, part <= PART) {
        (false, _, _) => Some(format!("{files} bootstraps, not {n}")),
        (_, false, _) => Some("a proxy is not the one that is generated alone".to_owned()),
        (_, _, false) => Some(format!("a further proxy needs {:.1} % of a run for one", 100.0 * part)),
        (true, true, true) => None,
    })
}

/// How many there are below a directory, and their bytes.
fn bootstraps(all: &Path) -> Result<(usize, u64), String> {
    let (mut files, mut bytes) = (0, 0);
    for namespace in fs::read_dir(all).map_err(|error| error.to_string())? {
        let namespace = namespace.map_err(|error| error.to_string())?.path();
        for proxy in fs::read_dir(namespace).map_err(|error| error.to_string())? {
            let file = proxy.map_err(|error| error.to_string())?.path().join("bootstrap.json");
            bytes += fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?.len();
            files += 1;
        }
    }
    Ok((files, bytes))
}

/// The cost of `meshc generate` for some of the proxies.
fn generate(input: &Path, proxies: &[&str], out: &Path) -> Result<Cost, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshc"));
    measure(command.arg("generate").arg(input).args(proxies).arg("--out").arg(out), &[0])
}

/// The CPU time of a run in seconds, from one row of runs.
fn cpu(run: impl Fn() -> Result<Cost, String>) -> Result<f64, String> {
    least(1, run).map(|cost| cost.cpu)
}

fn workloads(n: usize) -> Result<String, String> {
    let mut yaml = String::new();
    for i in 0..n {
        let (namespace, ip) = (i / NAMESPACE, format!("{}.{}.{}", 1 + i / 65536, i / 256 % 256, i % 256));
        if i % NAMESPACE == 0 {
            write!(
                yaml,
                "---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: default, namespace: ns-{namespace}}}
spec: {{egress: [{{hosts: [\"./*\"]}}]}}
"
            )
            .map_err(|error| error.to_string())?;
        }
        write!(
            yaml,
            "---
apiVersion: v1
kind: Service
metadata: {{name: app-{i}, namespace: ns-{namespace}}}
spec:
  clusterIP: 11.{ip}
  selector: {{app: app-{i}}}
  ports:
  - {{name: http, port: 8000, targetPort: 8080}}
---
apiVersion: v1
kind: Pod
metadata: {{name: app-{i}, namespace: ns-{namespace}, labels: {{app: app-{i}}}}}
spec: {{serviceAccountName: app-{i}, containers: [{{name: main, image: example.com/app}}]}}
status: {{phase: Running, podIP: 10.{ip}, conditions: [{{type: Ready, status: \"True\"}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: app-{i}, namespace: ns-{namespace}, labels: {{kubernetes.io/service-name: app-{i}}}}}
addressType: IPv4
ports:
- {{name: http, port: 8080}}
endpoints:
- addresses: [10.{ip}]
  conditions: {{ready: true}}
  targetRef: {{kind: Pod, name: app-{i}, namespace: ns-{namespace}}}
"
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(yaml)
}
