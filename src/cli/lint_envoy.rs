//! `meshc lint --envoy`: the configurations of the input's proxies, shown to a real Envoy.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::exit::Exit;
use super::output::{self, Content, OutputFile};
use super::{emit, report};
use crate::base::{Diagnostic, Diagnostics, Origin};
use crate::envoy::bootstrap::{self, Options};
use crate::envoy::json::Style;
use crate::envoy::static_secrets::SecretsMode;
use crate::ir::ProxyConfig;
use crate::lint::compile;
use crate::lower;
use crate::mesh::Mesh;
use crate::proxy::{self, Named};

/// What Envoy refuses. The bootstraps hold keys, so they are in files of mode 0600 that do not stay.
pub(super) fn refusals(envoy: &Path, mesh: &Mesh, proxies: &[Named]) -> Result<Diagnostics, Exit> {
    let failed = |message: String| report::failure(&message, None);
    let folder = Folder::make().map_err(|error| failed(format!("no temporary directory can be made: {error}")))?;
    let stand_ins = StandIns::make(&folder.0).map_err(failed)?;
    let one =
        |(at, named): (usize, &Named)| refusal(envoy, mesh, named, &folder.0.join(format!("{at}.json")), &stand_ins);
    let refused: Result<Vec<Option<Diagnostic>>, String> = proxies.par_iter().enumerate().map(one).collect();
    let mut refused: Vec<Diagnostic> = refused.map_err(failed)?.into_iter().flatten().collect();
    // Of several proxies that are refused for the same, the first is named.
    let mut seen = BTreeSet::new();
    refused.retain(|it| seen.insert((it.label.location.clone(), it.message.clone())));
    Ok(Diagnostics(refused))
}

/// Asks Envoy about one proxy; the error is that it cannot be asked.
fn refusal(
    envoy: &Path,
    mesh: &Mesh,
    named: &Named,
    file: &Path,
    stand_ins: &StandIns,
) -> Result<Option<Diagnostic>, String> {
    let view = proxy::view(mesh, &named.proxy);
    let (config, _) = lower::lower(&view);
    let options = Options { secrets: SecretsMode::Inline, ..emit::default_options(Path::new(""), &named.proxy) };
    let ask = |config: ProxyConfig| -> Result<Option<String>, String> {
        let (made, _) = bootstrap::bootstrap(config, &options);
        let root = serde_json::from_str(&made.to_json(Style::Compact));
        let mut root: Value =
            root.map_err(|error| format!("the bootstrap of `{}` is no JSON: {error}", compile::path(named)))?;
        stand_ins.stand_in(&mut root);
        validate(envoy, file, &root.to_string())
    };
    let Some(said) = ask(config.clone())? else { return Ok(None) };
    let place = match compile::place_of(&said, &config) {
        Some(place) => Some(place),
        None => culprit(&config, &said, ask)?,
    };
    Ok(Some(compile::refusal(&said, place, named)))
}

/// Has Envoy validate a bootstrap; what it says where it refuses it.
fn validate(envoy: &Path, file: &Path, bootstrap: &str) -> Result<Option<String>, String> {
    output::write_all(&[OutputFile {
        path: file.to_owned(),
        content: Content::Bytes(bootstrap.as_bytes()),
        secret: true,
    }])
    .map_err(|error| format!("`{}` cannot be written: {error}", file.display()))?;
    let asked = Command::new(envoy)
        .args(["--mode", "validate", "--log-level", "error", "--log-format", "%v", "-c"])
        .arg(file)
        .output()
        .map_err(|error| format!("`{}` cannot be run: {error}", envoy.display()))?;
    let said = String::from_utf8_lossy(&asked.stderr);
    Ok((!asked.status.success()).then(|| reason(&said, &file.display().to_string())))
}

/// The route, else the filter chain, without which Envoy does not say the same: the first one, found by halves.
fn culprit(
    config: &ProxyConfig,
    said: &str,
    ask: impl Fn(ProxyConfig) -> Result<Option<String>, String>,
) -> Result<Option<Origin>, String> {
    for part in [Part::Routes, Part::Chains] {
        let all = part.origins(config);
        let refused = |upto: usize| Ok::<bool, String>(ask(part.first(config, upto))?.is_some_and(|it| it == said));
        // Without all of them it is something else.
        if all.is_empty() || refused(0)? {
            continue;
        }
        let (mut fine, mut bad) = (0, all.len());
        while bad - fine > 1 {
            let middle = fine.midpoint(bad);
            match refused(middle)? {
                true => bad = middle,
                false => fine = middle,
            }
        }
        return Ok(all.into_iter().nth(fine).flatten());
    }
    Ok(None)
}

/// What is left out to find what Envoy refuses.
#[derive(Clone, Copy)]
enum Part {
    Routes,
    Chains,
}

impl Part {
    /// The YAML behind each, in order.
    fn origins(self, config: &ProxyConfig) -> Vec<Option<Origin>> {
        let outbound = config.outbound();
        match self {
            Self::Routes => {
                let hosts = outbound.route_configurations.iter().flat_map(|it| &it.virtual_hosts);
                hosts.flat_map(|host| &host.routes).map(|route| route.origins.first().cloned()).collect()
            }
            Self::Chains => {
                let chains = outbound.listeners.iter().flat_map(|listener| &listener.filter_chains);
                chains.map(|chain| chain.origins.first().cloned()).collect()
            }
        }
    }

    /// The configuration with only the first of them. A listener needs a chain, so it goes with its last one.
    fn first(self, config: &ProxyConfig, count: usize) -> ProxyConfig {
        let mut config = config.clone();
        let (ProxyConfig::Router(outbound) | ProxyConfig::Sidecar(outbound, _)) = &mut config;
        let mut left = count;
        let mut within = || {
            let keeps = left > 0;
            left = left.saturating_sub(1);
            keeps
        };
        match self {
            Self::Routes => {
                let hosts = outbound.route_configurations.iter_mut().flat_map(|it| &mut it.virtual_hosts);
                hosts.for_each(|host| host.routes.retain(|_| within()));
            }
            Self::Chains => outbound.listeners.retain_mut(|listener| {
                let had = !listener.filter_chains.is_empty();
                listener.filter_chains.retain(|_| within());
                !(had && listener.filter_chains.is_empty())
            }),
        }
        config
    }
}

/// What Envoy says of the configuration, without the name of the temporary file.
fn reason(said: &str, file: &str) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let line =
        lines().find_map(|line| line.strip_prefix("error initializing configuration ")).or_else(|| lines().next_back());
    let line = line.unwrap_or("it ends without a word").replace(&format!("'{file}': "), "");
    line.replace(file, "the bootstrap")
}

/// A temporary directory of mode 0700 that is gone when this is.
struct Folder(PathBuf);

impl Folder {
    fn make() -> std::io::Result<Self> {
        // `create` refuses what is there: nobody else can have prepared it.
        let make = |at: u32| {
            let path = std::env::temp_dir().join(format!("meshc-lint-{}-{at}", std::process::id()));
            fs::DirBuilder::new().mode(0o700).create(&path).map(|()| Self(path))
        };
        (0..100).map(make).find(Result::is_ok).unwrap_or_else(|| make(100))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Files that a bootstrap names and this machine does not have, as certificates that a volume or the cluster holds:
/// others are named in their place, so that Envoy judges the configuration and not the machine.
struct StandIns {
    certificate: String,
    key: String,
}

impl StandIns {
    fn make(folder: &Path) -> Result<Self, String> {
        let made = rcgen::generate_simple_self_signed(vec!["stand-in.test".to_owned()]);
        let made = made.map_err(|error| format!("no certificate can be made: {error}"))?;
        let (certificate, key) = (folder.join("stand-in.crt"), folder.join("stand-in.key"));
        let (pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
        output::write_all(&[
            OutputFile { path: certificate.clone(), content: Content::Bytes(pem.as_bytes()), secret: false },
            OutputFile { path: key.clone(), content: Content::Bytes(key_pem.as_bytes()), secret: true },
        ])
        .map_err(|error| format!("`{}` cannot be written: {error}", folder.display()))?;
        Ok(Self { certificate: certificate.display().to_string(), key: key.display().to_string() })
    }

    fn stand_in(&self, value: &mut Value) {
        match value {
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.stand_in(element)),
            Value::Object(fields) => {
                let missing = |field: &str| {
                    let name = fields.get(field).and_then(|value| value.get("filename")).and_then(Value::as_str);
                    name.is_some_and(|name| !Path::new(name).exists())
                };
                let pair = missing("certificate_chain") || missing("private_key");
                let (authority, revoked) = (missing("trusted_ca"), missing("crl"));
                if pair {
                    fields.insert("certificate_chain".to_owned(), json!({ "filename": self.certificate }));
                    fields.insert("private_key".to_owned(), json!({ "filename": self.key }));
                }
                if authority {
                    fields.insert("trusted_ca".to_owned(), json!({ "filename": self.certificate }));
                }
                if revoked {
                    fields.shift_remove("crl");
                }
                let of_log = |name: &Value| name.as_str().is_some_and(|name| name.ends_with(".FileAccessLog"));
                if fields.get("@type").is_some_and(of_log) {
                    fields.insert("path".to_owned(), json!("/dev/stdout"));
                }
                fields.values_mut().for_each(|value| self.stand_in(value));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_is_said_of_the_configuration() {
        let said = "noise\nerror initializing configuration '/tmp/x/0.json': route: unknown cluster 'a'\n";
        assert_eq!(reason(said, "/tmp/x/0.json"), "route: unknown cluster 'a'");
        assert_eq!(reason("cannot read /tmp/x/0.json\n", "/tmp/x/0.json"), "cannot read the bootstrap");
        assert_eq!(reason("", "/tmp/x/0.json"), "it ends without a word");
    }

    #[test]
    fn only_files_that_are_not_there_are_stood_in_for() {
        let stand_ins = StandIns { certificate: "/c".to_owned(), key: "/k".to_owned() };
        let here = std::env::current_exe().expect("a path").display().to_string();
        let mut config = json!([
            {"certificate_chain": {"filename": here}, "private_key": {"filename": "/missing/key"}},
            {"trusted_ca": {"filename": here}, "crl": {"filename": "/missing/crl"}},
        ]);
        stand_ins.stand_in(&mut config);
        let expected = json!([
            {"certificate_chain": {"filename": "/c"}, "private_key": {"filename": "/k"}},
            {"trusted_ca": {"filename": here}},
        ]);
        assert_eq!(config, expected);
    }

    #[test]
    fn the_folder_is_private_and_does_not_stay() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::make().expect("a folder");
        let path = folder.0.clone();
        assert_eq!(fs::metadata(&path).expect("a folder").permissions().mode() & 0o777, 0o700);
        drop(folder);
        assert!(!path.exists());
    }
}
