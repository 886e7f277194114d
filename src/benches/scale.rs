//! How `meshc generate` grows: `make bench`, or `cargo bench --bench scale -- 1000 10000`.
//!
//! For each shape of input and each size n it reports CPU time and peak memory of `generate`, and the CPU time that
//! `envoy --mode validate` needs for the result. It fails where a result is not what the input asks for, where time
//! grows faster than n^1.15 from the first to the last size, or where `generate` needs more than a tenth of Envoy's
//! CPU time. The shapes are those by which large ingress installations differ:
//!
//! - `services`: n Gateways on port 80, n VirtualServices, n Services with an EndpointSlice each
//! - `gateways`: n Gateways of 3 hosts on ports 80 and 443, n VirtualServices, n ServiceEntries
//! - `merged`: one Gateway of 3 hosts, n VirtualServices that are merged into them
//!
//! Linux only: it reads `/proc`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads files, the clock and the environment")]

#[path = "../tests/support/envoy.rs"]
mod envoy;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use envoy::Envoy;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Growth that is called linear: time ~ n^x with x up to this.
const EXPONENT: f64 = 1.15;

/// The part of Envoy's CPU time that `generate` may need.
const PART_OF_ENVOY: f64 = 0.10;

/// How often each input is compiled; the fastest run counts.
const RUNS: usize = 3;

/// The unit of the times in `/proc/self/stat`; 100 on every Linux that Rust supports.
const TICKS_PER_SECOND: f64 = 100.0;

/// A kind of input that grows with n.
struct Shape {
    name: &'static str,
    /// The YAML for n.
    input: fn(usize) -> Result<String, String>,
    /// A text that the result holds, so that an empty one is not taken for a fast one, and how often at least for n.
    holds: (&'static str, fn(usize) -> usize),
}

const SHAPES: [Shape; 3] = [
    Shape { name: "services", input: services, holds: ("httpbin-", |n| n) },
    Shape { name: "gateways", input: gateways, holds: ("site-", |n| 6 * n) },
    Shape { name: "merged", input: merged, holds: ("/path-", |n| n) },
];

/// What one run of a program took.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
    peak_mib: f64,
}

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
    for Shape { name, input, holds: (text, times) } in SHAPES {
        let mut costs = Vec::new();
        for &n in sizes {
            let work = tempfile::tempdir().map_err(|error| error.to_string())?;
            let (file, result) = (work.path().join("input.yaml"), work.path().join("bootstrap.json"));
            let yaml = format!("{GATEWAY_POD}{}", input(n)?);
            fs::write(&file, &yaml).map_err(|error| error.to_string())?;
            let cost = least(RUNS, || {
                measure(Command::new(env!("CARGO_BIN_EXE_meshc")).arg("generate").arg(&file).arg("--out").arg(&result))
            })?;
            let json = fs::read_to_string(&result).map_err(|error| error.to_string())?;
            let found = json.matches(text).count();
            if found < times(n) {
                faults.push(format!("{name}, n = {n}: `{text}` occurs {found} times in the result, not {}", times(n)));
            }
            let validation = envoy.as_ref().ok().map(|envoy| validation_cpu(envoy, &result)).transpose()?;
            report(name, n, yaml.len(), json.len(), cost, validation);
            if let Some(part) = validation.map(|validation| cost.cpu / validation)
                && part > PART_OF_ENVOY
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
        Some(validation) => (format!("{validation:.2}"), format!("{:.1} %", 100.0 * cpu / validation)),
        None => ("no Envoy".to_owned(), String::new()),
    };
    println!(
        "| {name} | {n} | {:.1} | {:.1} | {cpu:.2} | {wall:.2} | {peak_mib:.0} | {envoy} | {part} |",
        mib(input),
        mib(result)
    );
}

/// The exponent x of time ~ n^x from the first size to the last, and the fault if it is too large.
fn growth(name: &str, costs: &[(usize, f64)]) -> Option<String> {
    let (&(few, short), &(many, long)) = (costs.first()?, costs.last()?);
    if few == many {
        return None;
    }
    // One tick of the clock keeps a time that is too short to measure from dividing by zero.
    let exponent = (long / short.max(1.0 / TICKS_PER_SECOND)).ln() / (many as f64 / few as f64).ln();
    println!("| {name} | growth n^{exponent:.2} | | | | | | | |");
    (exponent > EXPONENT).then(|| format!("{name}: time grows as n^{exponent:.2}"))
}

/// The run of least CPU time: what other programs on the machine add to a run is not the program's.
fn least(runs: usize, run: impl Fn() -> Result<Cost, String>) -> Result<Cost, String> {
    let mut best = run()?;
    for _ in 1..runs {
        let next = run()?;
        best = if next.cpu < best.cpu { next } else { best };
    }
    Ok(best)
}

/// Runs a program to its end.
fn measure(command: &mut Command) -> Result<Cost, String> {
    let before = children_cpu()?;
    let start = Instant::now();
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let status = format!("/proc/{}/status", child.id());
    let watcher = thread::spawn(move || peak_of(&status));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let wall = start.elapsed().as_secs_f64();
    let peak_mib = watcher.join().map_err(|_| "the watcher panicked".to_owned())?;
    if !output.status.success() {
        let said: String = String::from_utf8_lossy(&output.stderr).chars().take(4_000).collect();
        return Err(format!("{command:?}: {}\n{said}", output.status));
    }
    Ok(Cost { cpu: children_cpu()? - before, wall, peak_mib })
}

/// The CPU time that `envoy --mode validate` needs for a bootstrap.
fn validation_cpu(envoy: &Envoy, bootstrap: &Path) -> Result<f64, String> {
    let before = children_cpu()?;
    envoy.validate(bootstrap)?;
    Ok(children_cpu()? - before)
}

/// CPU time of the children that ended, in seconds: fields 16 and 17 of `/proc/self/stat`.
fn children_cpu() -> Result<f64, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| error.to_string())?;
    // The second field is the name in parentheses, which may contain spaces.
    let (_, rest) = stat.rsplit_once(')').ok_or("no `)` in /proc/self/stat")?;
    let ticks = rest.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>();
    Ok(ticks / TICKS_PER_SECOND)
}

/// The peak resident memory of a process in MiB, watched until it ends.
fn peak_of(status: &str) -> f64 {
    let mut peak = 0.0;
    // A process that has ended has no VmHWM any more, even before it is waited for.
    while let Ok(text) = fs::read_to_string(status) {
        let Some(line) = text.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
        peak = line.trim().trim_end_matches(" kB").parse::<f64>().map_or(peak, |kib| kib / 1024.0);
        thread::sleep(Duration::from_millis(2));
    }
    peak
}

const GATEWAY_POD: &str = "\
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  ports:
  - {name: http2, port: 80, targetPort: 8080}
  - {name: https, port: 443, targetPort: 8443}
---
apiVersion: v1
kind: Pod
metadata: {name: istio-ingressgateway-1, namespace: istio-system, labels: {istio: ingressgateway}}
spec:
  serviceAccountName: istio-ingressgateway
  containers:
  - {name: main, image: example.com/gateway}
status: {phase: Running, podIP: 10.0.0.9, conditions: [{type: Ready, status: \"True\"}]}
";

fn services(n: usize) -> Result<String, String> {
    let mut yaml = String::new();
    for i in 0..n {
        write!(
            yaml,
            "---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: gateway-{i}, namespace: default}}
spec:
  selector: {{istio: ingressgateway}}
  servers:
  - port: {{number: 80, name: http, protocol: HTTP}}
    hosts: [site-{i}.example.com]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: site-{i}, namespace: default}}
spec:
  hosts: [site-{i}.example.com]
  gateways: [gateway-{i}]
  http:
  - match:
    - uri: {{prefix: /api}}
    route:
    - destination: {{host: httpbin-{i}, port: {{number: 8000}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: httpbin-{i}, namespace: default}}
spec:
  selector: {{app: httpbin-{i}}}
  ports:
  - {{name: http, port: 8000, targetPort: 8080}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: httpbin-{i}, namespace: default, labels: {{kubernetes.io/service-name: httpbin-{i}}}}}
addressType: IPv4
ports:
- {{name: http, port: 8080}}
endpoints:
- addresses: [10.{}.{}.{}]
  conditions: {{ready: true}}
",
            1 + i / 65536,
            i / 256 % 256,
            i % 256
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(yaml)
}

fn gateways(n: usize) -> Result<String, String> {
    let mut yaml = credential()?;
    for i in 0..n {
        let hosts = format!("[a.site-{i}.example.com, b.site-{i}.example.com, c.site-{i}.example.com]");
        write!(
            yaml,
            "---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: gateway-{i}, namespace: default}}
spec:
  selector: {{istio: ingressgateway}}
  servers:
  - port: {{number: 80, name: http, protocol: HTTP}}
    hosts: {hosts}
  - port: {{number: 443, name: https, protocol: HTTPS}}
    hosts: {hosts}
    tls: {{mode: SIMPLE, credentialName: credential}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: site-{i}, namespace: default}}
spec:
  hosts: {hosts}
  gateways: [gateway-{i}]
  http:
  - match:
    - uri: {{prefix: /api}}
    route:
    - destination: {{host: backend-{i}.example.net, port: {{number: 80}}}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: backend-{i}, namespace: default}}
spec:
  hosts: [backend-{i}.example.net]
  location: MESH_EXTERNAL
  ports:
  - {{number: 80, name: http, protocol: HTTP}}
  resolution: STATIC
  endpoints:
  - address: 10.{}.{}.{}
",
            1 + i / 65536,
            i / 256 % 256,
            i % 256
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(yaml)
}

fn merged(n: usize) -> Result<String, String> {
    let mut yaml = String::from(
        "---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gateway, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [site-0.example.com, site-1.example.com, site-2.example.com]
---
apiVersion: v1
kind: Service
metadata: {name: httpbin, namespace: default}
spec:
  ports:
  - {name: http, port: 8000, targetPort: 8080}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: httpbin-1, namespace: default, labels: {kubernetes.io/service-name: httpbin}}
addressType: IPv4
ports:
- {name: http, port: 8080}
endpoints:
- addresses: [10.1.0.1]
  conditions: {ready: true}
",
    );
    for i in 0..n {
        write!(
            yaml,
            "---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: part-{i}, namespace: default}}
spec:
  hosts: [site-{}.example.com]
  gateways: [gateway]
  http:
  - match:
    - uri: {{prefix: /path-{i}}}
    route:
    - destination: {{host: httpbin, port: {{number: 8000}}}}
",
            i % 3
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(yaml)
}

/// The Secret with the certificate that all HTTPS servers share.
fn credential() -> Result<String, String> {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["example.com".to_owned()]).map_err(|error| error.to_string())?;
    let (certificate, key) = (STANDARD.encode(cert.pem()), STANDARD.encode(signing_key.serialize_pem()));
    Ok(format!(
        "---
apiVersion: v1
kind: Secret
metadata: {{name: credential, namespace: istio-system}}
data: {{tls.crt: {certificate}, tls.key: {key}}}
"
    ))
}
