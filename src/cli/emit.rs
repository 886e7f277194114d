//! Writes what was generated.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::args::{self, Emit, Format, GenerateArgs};
use super::exit::Exit;
use super::output::{Content, OutputFile, write_all};
use super::report::Remark;
use crate::base::{self, Diagnostics, Location, Origin, Segment, Severity};
use crate::envoy::bootstrap::{self, Node, Options};
use crate::envoy::discovery::EndpointMode;
use crate::envoy::identity::Identity;
use crate::envoy::json::Style;
use crate::envoy::local::{Rebind, rebind};
use crate::envoy::static_secrets::{SecretFile, SecretsMode};
use crate::envoy::stock::{Dropped, stock};
use crate::envoy::uncapture::{Places, uncapture};
use crate::envoy::{xds, yaml};
use crate::explain::provenance::{Citation, provenance};
use crate::ir;
use crate::proxy::Proxy;
use crate::verify;

/// What became of the output of one proxy.
#[derive(Debug)]
pub(super) struct Emitted {
    /// Whether it is written.
    pub exit: Exit,
    /// What there is to say of it beside the findings.
    pub remarks: Vec<Remark>,
}

/// Writes the configuration in the form that the arguments ask for; what is to say about the input
/// is added to `findings`.
/// `cite` resolves what the user wrote, for `--emit provenance`.
pub(super) fn emit(
    arguments: &GenerateArgs,
    proxy: &Proxy,
    config: ir::ProxyConfig,
    cite: &dyn Fn(&Origin) -> Option<Citation>,
    findings: &mut Diagnostics,
) -> Emitted {
    let config = match arguments.local.capture {
        args::Capture::Redirect => config,
        args::Capture::None => {
            let (config, found) = uncapture(config, &places(arguments, proxy));
            findings.extend(found);
            config
        }
    };
    let (config, found) = rebind(config, &rebinding(arguments));
    let refused = found.worst() == Some(Severity::Error);
    findings.extend(found);
    if refused {
        return Emitted { exit: Exit::Usage, remarks: Vec::new() };
    }
    match arguments.output.emit {
        Emit::Xds => {
            let (config, dropped) = for_target(arguments, config);
            let secret = !config.outbound().secrets.is_empty();
            let json = xds::xds(&config).to_json(Style::Pretty);
            let written = write(arguments, Content::Bytes(json.as_bytes()), &[], secret);
            emitted(written, left_out(&dropped))
        }
        Emit::Provenance => {
            let (config, dropped) = for_target(arguments, config);
            let json = serde_json::to_string_pretty(&provenance(&config, cite)).map_err(no_json);
            let written =
                json.and_then(|json| write(arguments, Content::Bytes(format!("{json}\n").as_bytes()), &[], false));
            emitted(written, left_out(&dropped))
        }
        Emit::Bootstrap => static_bootstrap(arguments, proxy, config, findings),
    }
}

fn emitted(written: Result<(), Remark>, remarks: impl IntoIterator<Item = Remark>) -> Emitted {
    match written {
        Ok(()) => Emitted { exit: Exit::Ok, remarks: remarks.into_iter().collect() },
        Err(error) => Emitted { exit: Exit::Failure, remarks: vec![error] },
    }
}

fn no_json(error: serde_json::Error) -> Remark {
    Remark::error(format!("the output is no JSON: {error}"))
}

/// Without what the target does not have, and the list of that.
fn for_target(arguments: &GenerateArgs, config: ir::ProxyConfig) -> (ir::ProxyConfig, Vec<Dropped>) {
    match arguments.output.target {
        args::Target::Envoy => stock(config),
        args::Target::IstioProxy => (config, Vec::new()),
    }
}

/// Where a sidecar listens that no traffic is redirected to.
fn places(arguments: &GenerateArgs, proxy: &Proxy) -> Places {
    const LOCALHOST: &str = "127.0.0.1";
    let outbound = arguments.local.bind_address.map_or_else(|| LOCALHOST.to_owned(), |address| address.to_string());
    let here = |address: &&String| address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let inbound = proxy.addresses.iter().find(here).unwrap_or(&outbound).clone();
    Places { outbound, inbound, application: LOCALHOST.to_owned() }
}

fn rebinding(arguments: &GenerateArgs) -> Rebind {
    let address = arguments.local.bind_address.map(|address| address.to_string());
    Rebind { address, port_offset: arguments.local.port_offset }
}

fn static_bootstrap(
    arguments: &GenerateArgs,
    proxy: &Proxy,
    config: ir::ProxyConfig,
    findings: &mut Diagnostics,
) -> Emitted {
    let options = options(arguments, proxy);
    let faults = news(verify::config(&config), findings);
    let refused = faults.0.iter().any(|fault| REFUSED.contains(&fault.code));
    findings.extend(faults);
    if refused {
        return Emitted { exit: Exit::Failure, remarks: Vec::new() };
    }
    let holds_keys = options.secrets == SecretsMode::Inline && !config.outbound().secrets.is_empty();
    let redacted = options.secrets == SecretsMode::Redact && !config.outbound().secrets.is_empty();
    let (bootstrap, found) = bootstrap::bootstrap(config, &options);
    findings.extend(found);
    let json = |sink: &mut dyn FnMut(&str)| bootstrap.write_json(Style::Pretty, sink);
    let written = write(arguments, Content::Pieces(&json), &bootstrap.files, holds_keys);
    let redacted = redacted.then(|| Remark {
        help: Some("--out FILE writes them to files beside it, --secrets inline into the bootstrap"),
        ..Remark::note("private keys are left out of the output, so Envoy does not load this as it is".to_owned())
    });
    let command = arguments.local.base_id.zip(arguments.output.out.as_ref());
    let command = command
        .map(|(base_id, out)| Remark::note(format!("run it with `envoy --base-id {base_id} -c {}`", out.display())));
    let said = emitted(written, redacted.into_iter().chain(left_out(&bootstrap.dropped)).chain(command));
    if !arguments.all {
        // The process ends now: to free so many small values one by one would be for nothing.
        std::mem::forget(bootstrap);
    }
    said
}

/// Faults for which Envoy refuses the bootstrap as a whole, or leaves a listener out: such a one is not written.
const REFUSED: [&str; 4] =
    ["verify/bind-conflict", "verify/duplicate-cluster", "verify/duplicate-domain", "verify/duplicate-listener"];

/// Faults of the output that `told` does not say: a destination without a service or subset is
/// reported where it is written, and becomes a cluster that nothing defines, as istiod sends it.
fn news(mut faults: Diagnostics, told: &Diagnostics) -> Diagnostics {
    const DANGLING: [&str; 2] = ["unknown-destination-host", "unknown-subset"];
    let told: BTreeSet<&Origin> = told
        .0
        .iter()
        .filter(|one| DANGLING.contains(&one.code))
        .filter_map(|one| match &one.label.location {
            Location::Value(origin) => Some(origin),
            _ => None,
        })
        .collect();
    faults.0.retain(|fault| match &fault.label.location {
        Location::Value(place) if fault.code == "verify/unknown-cluster" => {
            let rule = rule(&place.path);
            !told.iter().any(|origin| origin.resource == place.resource && origin.path.is_below(rule))
        }
        _ => true,
    });
    faults
}

/// The rule whose match a place is, `http[0]` for `http[0].match[1]`; else the place itself.
fn rule(place: &base::Path) -> &base::Path {
    match place.parent() {
        Some(matches) if matches.last() == Some(&Segment::Key("match".into())) => matches.parent().unwrap_or(place),
        _ => place,
    }
}

fn left_out(dropped: &[Dropped]) -> Option<Remark> {
    let names: Vec<String> = dropped.iter().map(|one| format!("{} ({})", one.name, one.role)).collect();
    let message = || format!("left out, because only Istio's Envoy has them: {}", names.join(", "));
    (!names.is_empty()).then(|| Remark::note(message()))
}

/// The options of a bootstrap that is written to `out` without any other argument.
pub(super) fn default_options(out: &Path, proxy: &Proxy) -> Options {
    let beside = out.parent().unwrap_or(Path::new("")).join("certs");
    Options {
        target: bootstrap::Target::Envoy,
        identity: Identity::None,
        secrets: SecretsMode::Files(beside.display().to_string()),
        endpoints: EndpointMode::Auto,
        node: node(proxy),
        admin: None,
        system_authorities: system_authorities(),
    }
}

fn node(proxy: &Proxy) -> Node {
    Node {
        id: proxy.node.to_string(),
        cluster: proxy.service_cluster(),
        metadata: proxy.metadata.clone(),
        locality: locality(&proxy.locality),
        namespace: proxy.namespace.clone(),
    }
}

fn options(arguments: &GenerateArgs, proxy: &Proxy) -> Options {
    let text = |path: &Path| path.display().to_string();
    let admin = arguments.local.admin_address;
    Options {
        target: match arguments.output.target {
            args::Target::Envoy => bootstrap::Target::Envoy,
            args::Target::IstioProxy => bootstrap::Target::IstioProxy,
        },
        identity: match &arguments.output.identity {
            args::IdentityMode::None => Identity::None,
            args::IdentityMode::Files(directory) => Identity::Files(text(directory)),
            args::IdentityMode::Sds(socket) => Identity::Sds(text(socket)),
        },
        secrets: secrets(arguments),
        endpoints: match arguments.output.endpoints {
            args::Endpoints::Auto => EndpointMode::Auto,
            args::Endpoints::Static => EndpointMode::Static,
            args::Endpoints::Dns => EndpointMode::Dns,
        },
        node: node(proxy),
        admin: Some(ir::Address::Socket { address: admin.ip().to_string(), port: admin.port().into() }),
        system_authorities: system_authorities(),
    }
}

/// By default keys go to files beside the output, and nowhere where there is no file.
fn secrets(arguments: &GenerateArgs) -> SecretsMode {
    let beside = |out: &PathBuf| out.parent().unwrap_or(Path::new("")).join("certs").display().to_string();
    match (&arguments.output.secrets, &arguments.output.out) {
        (Some(args::SecretsMode::Files(Some(directory))), _) => SecretsMode::Files(directory.display().to_string()),
        (Some(args::SecretsMode::Files(None)) | None, Some(out)) => SecretsMode::Files(beside(out)),
        (Some(args::SecretsMode::Files(None)), None) => SecretsMode::Files("certs".to_owned()),
        (Some(args::SecretsMode::Inline), _) => SecretsMode::Inline,
        (Some(args::SecretsMode::Redact), _) | (None, None) => SecretsMode::Redact,
    }
}

fn locality(text: &str) -> ir::Locality {
    let mut parts = text.splitn(3, '/').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    ir::Locality { region: next(), zone: next(), sub_zone: next() }
}

/// Where operating systems keep their certificate authorities, the first that is there
/// (`istio: pkg/security.GetOSRootFilePath`).
pub(super) fn system_authorities() -> String {
    const PLACES: [&str; 6] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    PLACES.into_iter().find(|place| Path::new(place).exists()).unwrap_or(PLACES[0]).to_owned()
}

/// Writes the JSON, or the YAML of the same, and the files that it names.
fn write(arguments: &GenerateArgs, json: Content<'_>, files: &[SecretFile], secret: bool) -> Result<(), Remark> {
    let mut text = Vec::new();
    let content = match arguments.output.format {
        Format::Json => json,
        Format::Yaml => {
            let tree = json.write_to(&mut text).map_err(serde_json::Error::io);
            let tree = tree.and_then(|()| serde_json::from_slice(&text)).map_err(no_json)?;
            text = yaml::to_yaml(&tree).into_bytes();
            if !text.ends_with(b"\n") {
                text.push(b'\n');
            }
            Content::Bytes(&text)
        }
    };
    // Certificates first: the bootstrap names them.
    let mut all: Vec<OutputFile<'_>> = files
        .iter()
        .map(|file| {
            let content = Content::Bytes(&file.bytes.0);
            OutputFile { path: PathBuf::from(&file.path), content, secret: true }
        })
        .collect();
    let written = match &arguments.output.out {
        Some(path) => {
            all.push(OutputFile { path: path.clone(), content, secret });
            write_all(&all)
        }
        None => write_all(&all).and_then(|()| content.write_to(&mut std::io::stdout().lock())),
    };
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Remark::error(format!("the output cannot be written: {error}"))),
    }
}
