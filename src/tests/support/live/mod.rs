//! A live Envoy that is asked what it does with a request (`src/tests/support/live/`).
//!
//! [`Live::serve`] compiles YAML as a user would, puts a server of its own behind each cluster of the bootstrap, and
//! starts Envoy; [`Live::ask`] sends a [`Request`] of the evaluator byte for byte and gives what came back: status,
//! headers, and the cluster that was reached with the request as it arrived there. [`Live::configuration`] is what the
//! evaluator has to judge. One process serves any number of requests, on connections that are kept.
//!
//! A test that uses it declares beside it `envoy`, `envoy_process`, `http1` and `network` of `support/`; see
//! `src/tests/live_requests.rs`.

mod bootstrap;
mod client;
mod http2;
mod server;

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use meshc::simulate::{Configuration, Protocol, Request, Tls};
use rustls::ClientConfig;
use serde_json::Value;

use super::envoy::Envoy;
use super::envoy_process::EnvoyProcess;
use super::network::Network;
use client::{Channel, Connection};
use server::Server;

/// Where the proxy listens, as the YAML has it: [`Live::serve`] moves `127.1.` into a network of its own.
const PROXY: &str = "127.1.0.9";

/// How the YAML's addresses of that network begin.
const WRITTEN: &str = "127.1.";

/// The server of the first cluster; the others have the addresses after it.
const SERVERS: &str = "127.1.200.1:7000";

/// How long copies of requests may be on their way.
const COPIES: Duration = Duration::from_millis(300);

/// An Envoy at work, with the servers behind it.
pub(crate) struct Live {
    process: EnvoyProcess,
    servers: Vec<Server>,
    proxy: IpAddr,
    configuration: Configuration,
    connections: BTreeMap<Channel, Connection>,
    tls: BTreeMap<(Vec<String>, bool), Arc<ClientConfig>>,
    _folder: tempfile::TempDir,
    _network: Network,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// An answer.
    Answer(Answer),
    /// The connection was closed, or TLS failed.
    Closed,
    /// Nobody listens there.
    NotConnected,
}

/// An answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Names in lower case, in the order received.
    pub(crate) headers: Vec<(String, String)>,
    /// The body; not that of a cluster's server.
    pub(crate) body: String,
    /// What the server of a cluster received; `None` where Envoy answers itself.
    pub(crate) received: Option<Received>,
}

impl Answer {
    /// Every value of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(one, _)| one == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// A request as the server of a cluster received it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    /// The cluster.
    pub(crate) cluster: String,
    /// The endpoint of it, as the YAML has it: `127.1.0.1:80`; empty where Envoy finds it itself.
    pub(crate) endpoint: String,
    /// The method.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// Names in lower case, in the order received; `host` among them.
    pub(crate) headers: Vec<(String, String)>,
}

impl Received {
    /// Every value of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(one, _)| one == name).map(|(_, value)| value.as_str()).collect()
    }
}

impl Live {
    /// Runs `meshc generate` with these options over the files (name and text), and starts Envoy on what comes out.
    /// Addresses `127.1.x.y` in the files are moved to a network of loopback that no other test has.
    pub(crate) fn serve(envoy: &Envoy, files: &[(&str, &str)], options: &[&str]) -> Result<Live, String> {
        let network = Network::take()?;
        let folder = tempfile::Builder::new().prefix("meshc-live-").tempdir().map_err(|error| error.to_string())?;
        let generated = generate(folder.path(), &network, files, options)?;
        Live::start(envoy, network, folder, generated, false)
    }

    /// As [`Live::serve`], with a server behind each endpoint of a cluster instead of one behind all.
    pub(crate) fn serve_endpoints(envoy: &Envoy, files: &[(&str, &str)], options: &[&str]) -> Result<Live, String> {
        let network = Network::take()?;
        let folder = tempfile::Builder::new().prefix("meshc-live-").tempdir().map_err(|error| error.to_string())?;
        let generated = generate(folder.path(), &network, files, options)?;
        Live::start(envoy, network, folder, generated, true)
    }

    /// Starts Envoy on a bootstrap, whose addresses `127.1.x.y` are moved in the same way. Its admin interface is on
    /// port 15000 of the proxy.
    pub(crate) fn serve_bootstrap(envoy: &Envoy, bootstrap: &str) -> Result<Live, String> {
        let network = Network::take()?;
        let folder = tempfile::Builder::new().prefix("meshc-live-").tempdir().map_err(|error| error.to_string())?;
        let placed = serde_json::from_str(&network.place(bootstrap)).map_err(|error| error.to_string())?;
        Live::start(envoy, network, folder, placed, false)
    }

    fn start(
        envoy: &Envoy,
        network: Network,
        folder: tempfile::TempDir,
        generated: Value,
        each_endpoint: bool,
    ) -> Result<Live, String> {
        let servers = network.address(SERVERS)?;
        let (bootstrap, mut behind) = bootstrap::with_servers(generated, servers, each_endpoint)?;
        let (own, written) = (network.place(WRITTEN), WRITTEN);
        behind.iter_mut().for_each(|server| server.endpoint = server.endpoint.replace(&own, written));
        let admin = network.address(&format!("{PROXY}:15000"))?;
        let config = folder.path().join("live.json");
        fs::write(&config, bootstrap.to_string()).map_err(|error| error.to_string())?;
        let tls = server::tls()?;
        let started: Result<Vec<Server>, String> =
            behind.into_iter().map(|server| Server::start(server, Arc::clone(&tls))).collect();
        let listeners = bootstrap::listeners(&bootstrap);
        let log = folder.path().join("envoy.log");
        let process = EnvoyProcess::start(envoy, &config, &log, admin, &listeners)?;
        let configuration = Configuration::from_value(bootstrap).map_err(|error| error.to_string())?;
        Ok(Live {
            process,
            servers: started?,
            proxy: admin.ip(),
            configuration,
            connections: BTreeMap::new(),
            tls: BTreeMap::new(),
            _folder: folder,
            _network: network,
        })
    }

    /// What Envoy serves, for the evaluator.
    pub(crate) fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// What Envoy logged as warning or worse.
    pub(crate) fn complaints(&self) -> String {
        self.process.complaints()
    }

    /// How many requests each cluster receives of this many like `request`, copies among them.
    pub(crate) fn received(&mut self, request: &Request, times: usize) -> BTreeMap<String, usize> {
        let counts = |live: &Self| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            live.servers.iter().map(Server::count).for_each(|(name, count)| *counts.entry(name).or_default() += count);
            counts
        };
        let before = counts(self);
        for _ in 0..times {
            self.ask(request);
        }
        // Nobody waits for a copy.
        thread::sleep(COPIES);
        let grown = |(cluster, count): (String, usize)| {
            let old = before.get(&cluster).copied().unwrap_or_default();
            (count > old).then(|| (cluster, count - old))
        };
        counts(self).into_iter().filter_map(grown).collect()
    }

    /// Closes the connections that are kept: what passes through as bytes is led by its connection.
    pub(crate) fn hang_up(&mut self) {
        self.connections.clear();
    }

    /// Sends the request as it is, on a connection like those before if there is one. Its address may be one of the
    /// written network, or of that of another.
    pub(crate) fn ask(&mut self, request: &Request) -> Reply {
        let address = SocketAddr::new(request.address.map_or(self.proxy, |address| self.own(address)), request.port);
        let tls = request.tls != Tls::Plaintext;
        let http2 = request.protocol == Protocol::Http2;
        let channel = Channel { address, tls, server_name: request.sni.clone(), alpn: request.alpn.clone(), http2 };
        let config = tls.then(|| {
            let named = request.sni.is_some();
            let config = self.tls.entry((request.alpn.clone(), named));
            Arc::clone(config.or_insert_with(|| client::tls(&request.alpn, named)))
        });
        // Envoy may have closed a connection that was kept: then a new one tells.
        let kept = self.connections.remove(&channel);
        let again = kept.is_some();
        let first = kept.map_or_else(|| Connection::open(&channel, config.clone()), Ok);
        let (reply, connection) = match (client::exchange(first, request), again) {
            ((Reply::Closed, _), true) => client::exchange(Connection::open(&channel, config), request),
            (got, _) => got,
        };
        if let Some(connection) = connection {
            self.connections.insert(channel, connection);
        }
        reply
    }
}

impl Live {
    /// The same address in the network of this one.
    fn own(&self, address: IpAddr) -> IpAddr {
        match (address, self.proxy) {
            (IpAddr::V4(address), IpAddr::V4(proxy)) => {
                let ([_, network, ..], [first, _, c, d]) = (proxy.octets(), address.octets());
                IpAddr::from([first, network, c, d])
            }
            (address, _) => address,
        }
    }
}

/// The bootstrap that `meshc generate` writes.
fn generate(folder: &Path, network: &Network, files: &[(&str, &str)], options: &[&str]) -> Result<Value, String> {
    let input = folder.join("input");
    fs::create_dir_all(&input).map_err(|error| error.to_string())?;
    for (name, text) in files {
        fs::write(input.join(name), network.place(text)).map_err(|error| error.to_string())?;
    }
    let out = folder.join("generated.json");
    let bind = network.place(PROXY);
    let output = Command::new(env!("CARGO_BIN_EXE_meshc"))
        .arg("generate")
        .arg(&input)
        .args(options)
        .args(["--bind-address", &bind, "--admin-address", &format!("{bind}:15000"), "--out"])
        .arg(&out)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("meshc generate: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let text = fs::read_to_string(&out).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}
