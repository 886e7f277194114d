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

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// The part of the CPU time of a run for one proxy that a further one may need.
const PART: f64 = 0.10;

/// How often each is run; the fastest counts.
const RUNS: usize = 3;

/// Workloads of a namespace.
const NAMESPACE: usize = 50;

/// The unit of the times in `/proc/self/stat`; 100 on every Linux that Rust supports.
const TICKS_PER_SECOND: f64 = 100.0;

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
    for _ in 0..RUNS {
        of_one = of_one.min(cpu(Command::new(env!("CARGO_BIN_EXE_meshc"))
            .arg("generate")
            .arg(&input)
            .args(["--proxy", "ns-0/app-0", "--out"])
            .arg(&alone))?);
        let _ = fs::remove_dir_all(&all);
        of_all = of_all.min(cpu(Command::new(env!("CARGO_BIN_EXE_meshc"))
            .arg("generate")
            .arg(&input)
            .args(["--all", "--out"])
            .arg(&all))?);
    }
    let (files, bytes) = bootstraps(&all)?;
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let same = read(&alone)? == read(&all.join("ns-0/pod.app-0/bootstrap.json"))?;
    let further = (of_all - of_one) / (n - 1) as f64;
    let part = further / of_one;
    println!("| workloads | result MiB | one: CPU s | all: CPU s | a further proxy: CPU ms | part of one |");
    println!("|---|---|---|---|---|---|");
    let mib = bytes as f64 / 1_048_576.0;
    println!("| {n} | {mib:.0} | {of_one:.2} | {of_all:.2} | {:.2} | {:.1} % |", 1_000.0 * further, 100.0 * part);
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

/// The CPU time that a program takes, in seconds.
fn cpu(command: &mut Command) -> Result<f64, String> {
    let before = children_cpu()?;
    let output = command.stdout(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said: String = String::from_utf8_lossy(&output.stderr).chars().take(4_000).collect();
        return Err(format!("{command:?}: {}\n{said}", output.status));
    }
    // One tick of the clock keeps a time that is too short to measure from dividing by zero.
    Ok((children_cpu()? - before).max(1.0 / TICKS_PER_SECOND))
}

/// CPU time of the children that ended, in seconds: fields 16 and 17 of `/proc/self/stat`.
fn children_cpu() -> Result<f64, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| error.to_string())?;
    // The second field is the name in parentheses, which may contain spaces.
    let (_, rest) = stat.rsplit_once(')').ok_or("no `)` in /proc/self/stat")?;
    let ticks = rest.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>();
    Ok(ticks / TICKS_PER_SECOND)
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
