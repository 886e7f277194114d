//! Sets a demo up: input with addresses and certificates in place, upstreams, `meshc generate`, Envoy.

use super::certificates::Certificates;
use super::demo::{Case, Demo, UpstreamCase, read_yaml};
use super::envoy::Envoy;
use super::envoy_process::EnvoyProcess;
use super::evaluated;
use super::judge::Judge;
use super::network::Network;
use super::upstream::{Journal, Upstream};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use meshc::simulate::Configuration;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Where the ingress gateway's pod is, in `testdata/demo/cluster/`.
const INGRESS_GATEWAY: &str = "127.1.0.9";

/// The admin port, on the gateway's address.
const ADMIN_PORT: u16 = 15000;

/// Runs the demo in `folder`; the error says everything that is not as expected.
pub(crate) fn run(folder: &Path, envoy: &Envoy) -> Result<(), String> {
    let demo = Demo::read(folder)?;
    let work = tempfile::Builder::new().prefix("meshc-demo-").tempdir().map_err(|error| error.to_string())?;
    match run_in(work.path(), &demo, envoy) {
        Ok(()) => Ok(()),
        // What went into Envoy and what it logged stays there to be read.
        Err(error) => Err(format!("{error}\n(the files are in {})", work.keep().display())),
    }
}

fn run_in(work: &Path, demo: &Demo, envoy: &Envoy) -> Result<(), String> {
    let network = Network::take()?;
    let certificates = Certificates::make(&demo.case.certificates)?;
    let input = work.join("input");
    write_input(&input, demo, &network, &certificates)?;

    let journal = Journal::default();
    let _upstreams = start_upstreams(demo, &network, &certificates, &journal)?;

    let pod = demo.case.proxy_address.as_deref().unwrap_or(INGRESS_GATEWAY);
    let admin = network.address(&format!("{pod}:{ADMIN_PORT}"))?;
    let bootstrap = work.join("bootstrap.json");
    generate(&demo.case, &input, &bootstrap, admin, &certificates)?;
    envoy.validate(&bootstrap)?;
    let ports: BTreeSet<u16> = demo.exchanges.iter().map(|exchange| exchange.request.port).collect();
    let listeners: Vec<SocketAddr> = ports.iter().map(|&port| SocketAddr::new(admin.ip(), port)).collect();
    let process = EnvoyProcess::start(envoy, &bootstrap, &work.join("envoy.log"), admin, &listeners)?;

    let text = fs::read_to_string(&bootstrap).map_err(|error| error.to_string())?;
    let configuration = Configuration::from_json(&text).map_err(|error| error.to_string())?;
    let addresses = upstream_addresses(demo, &network)?;
    let judge = Judge { proxy: admin.ip(), journal: &journal, certificates: &certificates };
    let mut faults = Vec::new();
    for (index, exchange) in demo.exchanges.iter().enumerate() {
        for fault in judge.judge(index, exchange) {
            faults.push(format!("{}: {fault}", exchange.name));
        }
        for fault in evaluated::compare(&configuration, admin.ip(), &addresses, exchange) {
            faults.push(format!("{}: the evaluator: {fault}", exchange.name));
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(format!("{}\nEnvoy's log:\n{}", faults.join("\n"), process.complaints())),
    }
}

/// Writes the shared cluster, the demo's input and its Secrets into `input`, moved into `network`.
fn write_input(input: &Path, demo: &Demo, network: &Network, certificates: &Certificates) -> Result<(), String> {
    let folder_of_files = input.with_file_name("files");
    let mut mounted = BTreeMap::new();
    for (path, name) in &demo.case.files {
        let file = folder_of_files.join(path.trim_start_matches('/'));
        write(&file, certificates.pem(name)?)?;
        mounted.insert(path.clone(), file.display().to_string());
    }
    let mut folders = vec![(demo.folder.join("input"), input.join("demo"))];
    if !demo.case.alone {
        folders.push((demo.folder.with_file_name("cluster"), input.join("cluster")));
    }
    for (from, to) in folders {
        for entry in fs::read_dir(&from).map_err(|error| format!("{}: {error}", from.display()))? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let mut text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            for (written, file) in &mounted {
                text = text.replace(written, file);
            }
            write(&to.join(path.file_name().unwrap_or_default()), &network.place(&text))?;
        }
    }
    for (full_name, data) in &demo.case.secrets {
        let secret = secret(full_name, data, certificates)?;
        write(&input.join("secrets").join(full_name.replace('/', "-")).with_extension("json"), &secret)?;
    }
    Ok(())
}

/// A Secret as the API server gives it: values in base64.
fn secret(full_name: &str, data: &BTreeMap<String, String>, certificates: &Certificates) -> Result<String, String> {
    let (namespace, name) = full_name.split_once('/').ok_or_else(|| format!("{full_name}: not `namespace/name`"))?;
    let mut encoded = BTreeMap::new();
    for (key, pem) in data {
        encoded.insert(key, STANDARD.encode(certificates.pem(pem)?));
    }
    let metadata = serde_json::json!({"namespace": namespace, "name": name});
    let secret = serde_json::json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded});
    Ok(secret.to_string())
}

fn upstream_addresses(demo: &Demo, network: &Network) -> Result<BTreeMap<String, SocketAddr>, String> {
    let pods: BTreeMap<String, UpstreamCase> = read_yaml(&demo.folder.with_file_name("upstreams.yaml"))?;
    let all = pods.iter().chain(&demo.case.upstreams);
    all.map(|(name, case)| Ok((name.clone(), network.address(&case.address)?))).collect()
}

fn start_upstreams(
    demo: &Demo,
    network: &Network,
    certificates: &Certificates,
    journal: &Journal,
) -> Result<Vec<Upstream>, String> {
    let pods: BTreeMap<String, UpstreamCase> = read_yaml(&demo.folder.with_file_name("upstreams.yaml"))?;
    let mut upstreams = Vec::new();
    for (name, UpstreamCase { address, certificate, clients }) in pods.iter().chain(&demo.case.upstreams) {
        let tls = certificate.as_ref().map(|name| server_config(name, clients.as_deref(), certificates)).transpose()?;
        upstreams.push(Upstream::start(name, network.address(address)?, tls, journal.clone())?);
    }
    Ok(upstreams)
}

fn server_config(name: &str, clients: Option<&str>, certificates: &Certificates) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = match clients {
        None => WebPkiClientVerifier::no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(certificates.der(authority)?).map_err(|error| error.to_string())?;
            let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            builder.build().map_err(|error| error.to_string())?
        }
    };
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificates.der(name)?], certificates.key(name)?)
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(config))
}

/// Runs the `meshc generate` that a user would run.
fn generate(
    case: &Case,
    input: &Path,
    bootstrap: &Path,
    admin: SocketAddr,
    certificates: &Certificates,
) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshc"));
    command.arg("generate");
    if let Some(name) = &case.identity {
        // The names that Istio's agent gives the files.
        let folder = input.with_file_name("identity");
        for (file, pem) in [("cert-chain.pem", "crt"), ("key.pem", "key"), ("root-cert.pem", "ca.crt")] {
            write(&folder.join(file), certificates.pem(&format!("{name}.{pem}"))?)?;
        }
        command.arg(format!("--identity=files={}", folder.display()));
    }
    let output = command
        .arg(input)
        .args(&case.generate)
        .arg("--out")
        .arg(bootstrap)
        .args(["--admin-address", &admin.to_string(), "--bind-address", &admin.ip().to_string()])
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("meshc generate: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr))),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}
