//! Sidecars that call each other and the egress gateway: several Envoys, each from the bootstrap of one input, without
//! redirected traffic (`--capture none`), with certificates that `meshc identity` makes.

use super::client::{Answer, Connection, Failure, Outgoing};
use super::envoy::Envoy;
use super::envoy_process::EnvoyProcess;
use super::network::Network;
use super::upstream::{Journal, Upstream};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Added to the ports of the client's listeners, so that none needs a privilege.
const OFFSET: u16 = 10_000;

const SERVER: &str = "127.1.0.21";
const CLIENT: &str = "127.1.0.22";
const EGRESS_GATEWAY: &str = "127.1.0.10";

/// Client and server; `TARGET` is the port of the application and `MODE` that of mutual TLS.
const MESH: &str = "\
apiVersion: v1
kind: Service
metadata: {name: server, namespace: demo}
spec:
  clusterIP: 10.96.0.21
  selector: {app: server}
  ports: [{name: http, port: 80, targetPort: TARGET}]
---
apiVersion: v1
kind: Pod
metadata: {name: server, namespace: demo, labels: {app: server, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: server, containers: [{name: main, image: example.com/server}]}
status: {phase: Running, podIP: 127.1.0.21, podIPs: [{ip: 127.1.0.21}], conditions: [{type: Ready, status: \"True\"}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: server, namespace: demo, labels: {kubernetes.io/service-name: server}}
addressType: IPv4
ports: [{name: http, port: TARGET, protocol: TCP}]
endpoints:
- addresses: [127.1.0.21]
  conditions: {ready: true}
  targetRef: {kind: Pod, name: server, namespace: demo}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: demo}
spec: {mtls: {mode: MODE}}
---
";

const CLIENT_POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: demo, labels: {app: client, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: client, containers: [{name: main, image: example.com/client}]}
status: {phase: Running, podIP: 127.1.0.22, podIPs: [{ip: 127.1.0.22}], conditions: [{type: Ready, status: \"True\"}]}
";

/// A folder to work in, a network, and the Envoys that run in it.
struct Stage<'a> {
    work: PathBuf,
    network: Network,
    envoy: &'a Envoy,
}

/// Calls over mutual TLS succeed, each side knows the other by its SPIFFE id, and under STRICT plain text is refused.
pub(crate) fn mutual_tls(envoy: &Envoy) -> Result<(), String> {
    for mode in ["PERMISSIVE", "STRICT"] {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let stage = Stage { work: folder.path().to_owned(), network: Network::take()?, envoy };
        calls(&stage, mode).map_err(|error| format!("{mode}: {error}"))?;
    }
    Ok(())
}

fn calls(stage: &Stage<'_>, mode: &str) -> Result<(), String> {
    let application = free_port()?;
    let mesh = format!("{MESH}{CLIENT_POD}").replace("TARGET", &application.port().to_string()).replace("MODE", mode);
    stage.input("mesh.yaml", &mesh)?;
    let _application = Upstream::start("server", application, None, Journal::default())?;
    let accounts = ["demo/client", "demo/server", "demo/impostor"];
    stage.meshc(
        &["identity", "--out", "identity", "--service-account"].into_iter().chain(accounts).collect::<Vec<_>>(),
    )?;
    let inbound = stage.network.address(&format!("{SERVER}:{}", application.port()))?;
    let outbound = stage.network.address(&format!("{CLIENT}:{}", 80 + OFFSET))?;
    let offset = OFFSET.to_string();
    let _client = stage.start("demo/client", CLIENT, "identity/demo/client", &["--port-offset", &offset], outbound)?;
    {
        let _server = stage.start("demo/server", SERVER, "identity/demo/server", &[], inbound)?;
        let answer = get(outbound, "server.demo")?;
        let body = String::from_utf8_lossy(&answer.message.body).into_owned();
        let peer = "URI=spiffe://cluster.local/ns/demo/sa/client";
        if answer.status != 200 || !body.contains(peer) {
            return Err(format!("over mutual TLS: {} {body}, expected 200 with {peer}", answer.status));
        }
        match (mode, try_get(inbound, "server.demo")) {
            ("STRICT", Err(Failure::Closed)) => {}
            ("PERMISSIVE", Ok(answer)) if answer.status == 200 => {}
            (_, other) => return Err(format!("in plain text: {other:?}")),
        }
    }
    let _impostor = stage.start("demo/server", SERVER, "identity/demo/impostor", &[], inbound)?;
    match get(outbound, "server.demo")?.status {
        503 => Ok(()),
        status => Err(format!("a server with the identity of another account: {status}, expected 503")),
    }
}

/// A request goes from a sidecar through the egress gateway to the site outside.
pub(crate) fn egress(envoy: &Envoy) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let stage = Stage { work: folder.path().to_owned(), network: Network::take()?, envoy };
    let demos = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/demo");
    for part in ["cluster/egressgateway.yaml", "egress-http/input/config.yaml"] {
        let text = fs::read_to_string(demos.join(part)).map_err(|error| format!("{part}: {error}"))?;
        stage.input(&part.replace('/', "-"), &text)?;
    }
    // The DestinationRule with the subset is in this namespace: clients of others do not look it up there.
    stage.input("client.yaml", &CLIENT_POD.replace("namespace: demo", "namespace: default"))?;
    let site = stage.network.address("127.1.9.1:8080")?;
    let _site = Upstream::start("cnn", site, None, Journal::default())?;
    let gateway = stage.network.address(&format!("{EGRESS_GATEWAY}:8080"))?;
    let outbound = stage.network.address(&format!("{CLIENT}:{}", 80 + OFFSET))?;
    let offset = OFFSET.to_string();
    let client = stage.start("default/client", CLIENT, "", &["--port-offset", &offset], outbound)?;
    // The gateway is the only way: without it there is no answer of the site.
    let without = get(outbound, "edition.cnn.com")?.status;
    if without != 503 {
        return Err(format!("without the gateway: {without}, expected 503\n{}", client.complaints()));
    }
    let name = "istio-system/istio-egressgateway-5c6f8";
    let _gateway = stage.start(name, EGRESS_GATEWAY, "", &[], gateway)?;
    let answer = get(outbound, "edition.cnn.com")?;
    match (answer.status, answer.message.header("x-upstream").as_deref()) {
        (200, Some("cnn")) => Ok(()),
        (status, upstream) => Err(format!("{status} of {upstream:?}, expected 200 of cnn\n{}", client.complaints())),
    }
}

impl Stage<'_> {
    fn input(&self, name: &str, text: &str) -> Result<(), String> {
        let folder = self.work.join("input");
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        fs::write(folder.join(name), self.network.place(text)).map_err(|error| error.to_string())
    }

    fn meshc(&self, arguments: &[&str]) -> Result<(), String> {
        let mut meshc = Command::new(env!("CARGO_BIN_EXE_meshc"));
        let output = meshc.args(arguments).current_dir(&self.work).output().map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("meshc {arguments:?}: {}", String::from_utf8_lossy(&output.stderr))),
        }
    }

    /// Generates the bootstrap of a workload, and starts an Envoy of it that listens at `listener`.
    fn start(
        &self,
        workload: &str,
        address: &str,
        identity: &str,
        options: &[&str],
        listener: SocketAddr,
    ) -> Result<EnvoyProcess, String> {
        let admin = self.network.address(&format!("{address}:15000"))?;
        let (admin_text, bind) = (admin.to_string(), admin.ip().to_string());
        let out = self.work.join(workload.replace('/', "-")).with_extension("json");
        let identity = if identity.is_empty() {
            "none".to_owned()
        } else {
            format!("files={}", self.work.join(identity).display())
        };
        let out_text = out.display().to_string();
        let mut arguments = vec!["generate", "input", "--proxy", workload, "--capture", "none", "--out", &out_text];
        arguments.extend(["--bind-address", &bind, "--admin-address", &admin_text, "--identity", &identity]);
        arguments.extend(options);
        self.meshc(&arguments)?;
        self.envoy.validate(&out)?;
        EnvoyProcess::start(self.envoy, &out, &out.with_extension("log"), admin, &[listener])
    }
}

fn get(address: SocketAddr, host: &str) -> Result<Answer, String> {
    try_get(address, host).map_err(|error| format!("{address}: {error}"))
}

fn try_get(address: SocketAddr, host: &str) -> Result<Answer, Failure> {
    let text = str::to_owned;
    let (method, path, host) = (text("GET"), text("/"), text(host));
    Connection::open(address, None)?.send(&Outgoing { method, path, host, headers: Vec::new(), body: String::new() })
}

/// A port of 127.0.0.1 that is free now.
fn free_port() -> Result<SocketAddr, String> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    bound.and_then(|listener| listener.local_addr()).map_err(|error| error.to_string())
}
