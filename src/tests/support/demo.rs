//! A demo as it lies in `testdata/demo/<name>/`: `input/*.yaml`, `case.yaml`, `requests.yaml`.

use super::certificates::Wanted;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// `case.yaml`: what the demo needs beside its input. Every field may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Case {
    /// Options for `meshc generate`, beside the ones every demo gets (inputs, `--out`, addresses).
    pub(crate) generate: Vec<String>,
    /// The input holds all of its cluster: `testdata/demo/cluster/` is left out.
    pub(crate) alone: bool,
    /// The pod address of the proxy, where its listeners are bound; the ingress gateway's by default.
    pub(crate) proxy_address: Option<String>,
    /// Certificates to make, by name.
    pub(crate) certificates: BTreeMap<String, Wanted>,
    /// Paths that the input names, and which certificate or key is to be found there.
    pub(crate) files: BTreeMap<String, String>,
    /// Secrets of the cluster, `namespace/name` and then the PEM for each key, as `kubectl create secret` makes them.
    pub(crate) secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// The certificate that is the proxy's own in the mesh; none by default.
    pub(crate) identity: Option<String>,
    /// Servers beside the pods of `testdata/demo/cluster/`.
    pub(crate) upstreams: BTreeMap<String, UpstreamCase>,
}

/// A server to start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpstreamCase {
    /// `127.1.x.y:port`, as the input has it.
    pub(crate) address: String,
    /// The certificate to do TLS with; plain text without.
    pub(crate) certificate: Option<String>,
    /// With `certificate`: the authority that must have signed the client's; clients need none without.
    pub(crate) clients: Option<String>,
}

/// One entry of `requests.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    /// What the reader should learn from it.
    pub(crate) name: String,
    /// What the client sends.
    pub(crate) request: Request,
    /// What must come of it.
    pub(crate) expect: Expect,
}

/// What the client sends to the proxy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// The port on the gateway's pod.
    pub(crate) port: u16,
    /// The Host header.
    pub(crate) host: String,
    /// Path and query.
    #[serde(default = "root")]
    pub(crate) path: String,
    /// The method.
    #[serde(default = "get")]
    pub(crate) method: String,
    /// Further headers.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub(crate) body: String,
    /// TLS, where the connection is to have it.
    pub(crate) tls: Option<TlsRequest>,
    /// How often the same request is sent.
    #[serde(default = "once")]
    pub(crate) repeat: u32,
}

/// The client's side of TLS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsRequest {
    /// The certificate authority that the client trusts.
    pub(crate) trust: String,
    /// The SNI, and the name that the served certificate must carry; the request's host by default.
    pub(crate) sni: Option<String>,
    /// The certificate that the client shows.
    pub(crate) certificate: Option<String>,
    /// The only protocol version that the client speaks; any by default.
    pub(crate) version: Option<TlsVersion>,
    /// The protocols that the client offers (ALPN); `http/1.1` by default.
    pub(crate) alpn: Option<Vec<String>>,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) enum TlsVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

/// What must come of a request. One of `status`, `error` and `shares` is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expect {
    /// The status of the answer (of each, where the request is repeated).
    pub(crate) status: Option<u16>,
    /// There is no answer, and the reason contains this text.
    pub(crate) error: Option<String>,
    /// Of repeated requests, the share that each upstream (or status, where no upstream is called so) answers.
    pub(crate) shares: BTreeMap<String, f64>,
    /// The upstream that answers; null: Envoy itself does.
    #[serde(deserialize_with = "present")]
    pub(crate) upstream: Option<Option<String>>,
    /// The request as the upstream saw it.
    pub(crate) seen: Seen,
    /// Headers of the answer; null: absent.
    pub(crate) headers: BTreeMap<String, Option<String>>,
    /// A text that the body contains.
    pub(crate) body: Option<String>,
    /// How many requests each upstream received for this one: retries and mirrors show here. Others receive none.
    pub(crate) received: Option<BTreeMap<String, u32>>,
    /// The time to the end of the answer.
    pub(crate) seconds: Seconds,
    /// The certificate that the client is shown.
    pub(crate) certificate: Option<String>,
}

/// The request as the upstream saw it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Seen {
    /// The method.
    pub(crate) method: Option<String>,
    /// Path and query.
    pub(crate) path: Option<String>,
    /// The Host header.
    pub(crate) host: Option<String>,
    /// Headers; null: absent.
    pub(crate) headers: BTreeMap<String, Option<String>>,
}

/// Bounds of a time, in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Seconds {
    /// Not sooner.
    pub(crate) min: Option<f64>,
    /// Not later.
    pub(crate) max: Option<f64>,
}

/// A demo, read.
#[derive(Debug)]
pub(crate) struct Demo {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// `case.yaml`.
    pub(crate) case: Case,
    /// `requests.yaml`.
    pub(crate) exchanges: Vec<Exchange>,
}

impl Demo {
    /// The folders of all demos, by name; `cluster/`, which they share, is none.
    pub(crate) fn folders(root: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
        let mut folders = BTreeMap::new();
        for entry in fs::read_dir(root).map_err(|error| format!("{}: {error}", root.display()))? {
            let folder = entry.map_err(|error| error.to_string())?.path();
            if folder.join("input").is_dir() {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                folders.insert(name, folder);
            }
        }
        Ok(folders)
    }

    /// Reads the demo in `folder`.
    pub(crate) fn read(folder: &Path) -> Result<Demo, String> {
        let case = folder.join("case.yaml");
        let case = if case.exists() { read_yaml(&case)? } else { Case::default() };
        let exchanges: Vec<Exchange> = read_yaml(&folder.join("requests.yaml"))?;
        for Exchange { name, request, expect } in &exchanges {
            let decisive = [expect.status.is_some(), expect.error.is_some(), !expect.shares.is_empty()];
            if decisive.iter().filter(|&&given| given).count() != 1 {
                return Err(format!("{name}: `expect` needs one of `status`, `error` and `shares`"));
            }
            if !expect.shares.is_empty() && request.repeat < 100 {
                return Err(format!("{name}: shares of {} requests say nothing", request.repeat));
            }
        }
        match exchanges.is_empty() {
            true => Err(format!("{}: no requests", folder.display())),
            false => Ok(Demo { folder: folder.to_owned(), case, exchanges }),
        }
    }
}

/// Reads a YAML file.
pub(crate) fn read_yaml<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Tells a null that is written (`Some(None)`) from a field that is not.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn root() -> String {
    "/".to_owned()
}

fn get() -> String {
    "GET".to_owned()
}

fn once() -> u32 {
    1
}
