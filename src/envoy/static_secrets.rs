//! The secrets of a static configuration: for every name that a TLS context has, what it stands for.

use std::collections::BTreeMap;

use envoy_types::pb::envoy::config::core::v3::DataSource;
use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3 as tls;

use super::bootstrap::Options;
use super::core::{filename, inline_bytes, inline_string};
use super::discovery::is_identity;
use super::identity::Identity;
use super::secret::{Part, with_sources};
use crate::base::{Diagnostic, Diagnostics, Location, Origins};
use crate::ir;
use crate::ir::cluster::Transport;
use crate::ir::secret::{Bytes, Material};
use crate::ir::tls::{CommonTls, SecretRef, SecretSource, Validation};

/// Where the keys of gateways go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretsMode {
    /// Into files below this directory: `<namespace>/<name>/tls.key` and so on.
    Files(String),
    /// Into the bootstrap.
    Inline,
    /// Nowhere: the bootstrap says that they are missing, and Envoy does not load it.
    Redact,
}

/// A file that the bootstrap refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// Its path as in the bootstrap.
    pub path: String,
    /// What it holds.
    pub bytes: Bytes,
}

/// The secrets, the files that they refer to, and what is missing.
pub fn static_secrets(
    config: &ir::ProxyConfig,
    mode: &SecretsMode,
    options: &Options,
) -> (Vec<tls::Secret>, Vec<SecretFile>, Diagnostics) {
    let served: BTreeMap<_, _> =
        config.outbound().secrets.iter().map(|secret| (secret.name.as_str(), secret)).collect();
    let mut secrets = Vec::new();
    let mut files = Vec::new();
    let mut missing = Vec::new();
    for (reference, role) in used(config) {
        let name = reference.name.as_str();
        let built = match &reference.source {
            SecretSource::Grpc { .. } => continue,
            SecretSource::Agent { .. } if is_identity(name) => match &options.identity {
                Identity::Files(directory) => Some(identity(name, directory)),
                Identity::Sds(_) | Identity::None => continue,
            },
            SecretSource::Agent { .. } => of_files(name, &options.system_authorities),
            SecretSource::ControlPlane => None,
        };
        secrets.push(match (built, served.get(name)) {
            (Some(secret), _) => secret,
            (None, Some(secret)) => stored(secret, mode, &mut files),
            (None, None) => {
                let secret = absent(name, role, &options.node.namespace);
                let built = with_sources(&secret, |part, _| source(&secret, part, mode));
                let parts = parts(&secret).into_iter();
                missing.extend(parts.filter_map(|(part, _)| file_of(&secret, part, mode)));
                built
            }
        });
    }
    (secrets, files, Diagnostics(awaited(missing).into_iter().collect()))
}

/// What a secret is used as.
#[derive(Clone, Copy)]
enum Role {
    Certificate,
    Authorities,
}

/// Every secret that a TLS context names, once, by name.
fn used(config: &ir::ProxyConfig) -> BTreeMap<&SecretRef, Role> {
    let mut used = BTreeMap::new();
    for (_, listener) in config.listeners() {
        for chain in listener.filter_chains.iter().chain(&listener.default_filter_chain) {
            if let Some(tls) = &chain.tls {
                note(&mut used, &tls.common);
            }
        }
    }
    for cluster in config.clusters() {
        if let Some(common) = upstream_tls(&cluster.transport) {
            note(&mut used, common);
        }
    }
    // One agent's secret may be asked for with and without waiting: it is one secret.
    let mut names = std::collections::BTreeSet::new();
    used.retain(|reference: &&SecretRef, _| names.insert(reference.name.as_str()));
    used
}

fn upstream_tls(transport: &Transport) -> Option<&CommonTls> {
    match transport {
        Transport::Plain => None,
        Transport::Tls(tls) | Transport::AutoMtls(tls) => Some(&tls.common),
        Transport::ProxyProtocol(_, inner) => upstream_tls(inner),
    }
}

fn note<'a>(used: &mut BTreeMap<&'a SecretRef, Role>, common: &'a CommonTls) {
    for certificate in &common.certificates {
        used.entry(certificate).or_insert(Role::Certificate);
    }
    match &common.validation {
        Validation::None | Validation::Static(_) => {}
        Validation::Combined(_, authorities) | Validation::Secret(authorities) => {
            used.entry(authorities).or_insert(Role::Authorities);
        }
    }
}

/// The files that istio-agent writes (`istio: security/pkg/nodeagent/cache`).
fn identity(name: &str, directory: &str) -> tls::Secret {
    let file = |name: &str| filename(format!("{}/{name}", directory.trim_end_matches('/')));
    if name == "default" {
        certificate(name, file("cert-chain.pem"), file("key.pem"))
    } else {
        authorities(name, file("root-cert.pem"))
    }
}

/// A secret of files, by its name: `file-cert:<certificate>~<key>`, `file-root:<authorities>`
/// (`istio: security.SdsCertificateConfigFromResourceName`).
fn of_files(name: &str, system_authorities: &str) -> Option<tls::Secret> {
    if let Some((chain, key)) = name.strip_prefix("file-cert:").and_then(|files| files.split_once('~')) {
        return Some(certificate(name, filename(chain), filename(key)));
    }
    let file = name.strip_prefix("file-root:")?;
    Some(authorities(name, filename(if file == "system" { system_authorities } else { file })))
}

fn certificate(name: &str, chain: DataSource, key: DataSource) -> tls::Secret {
    let certificate =
        tls::TlsCertificate { certificate_chain: Some(chain), private_key: Some(key), ..Default::default() };
    tls::Secret { name: name.to_owned(), r#type: Some(tls::secret::Type::TlsCertificate(certificate)) }
}

fn authorities(name: &str, trusted_ca: DataSource) -> tls::Secret {
    let context = tls::CertificateValidationContext { trusted_ca: Some(trusted_ca), ..Default::default() };
    tls::Secret { name: name.to_owned(), r#type: Some(tls::secret::Type::ValidationContext(context)) }
}

fn stored(secret: &ir::Secret, mode: &SecretsMode, files: &mut Vec<SecretFile>) -> tls::Secret {
    if let SecretsMode::Files(directory) = mode {
        let parts = parts(secret).into_iter();
        files.extend(
            parts.map(|(part, bytes)| SecretFile { path: path(directory, secret, part), bytes: bytes.clone() }),
        );
    }
    with_sources(secret, |part, bytes| match mode {
        SecretsMode::Inline => inline_bytes(bytes.0.clone()),
        SecretsMode::Files(_) | SecretsMode::Redact => source(secret, part, mode),
    })
}

/// The parts that a secret has.
fn parts(secret: &ir::Secret) -> Vec<(Part, &Bytes)> {
    let mut parts = match &secret.material {
        Material::Certificate { chain, key, ocsp_staple } => {
            vec![(Part::Chain, chain), (Part::Key, key), (Part::OcspStaple, ocsp_staple)]
        }
        Material::Authorities { trusted_ca, crl } => vec![(Part::TrustedCa, trusted_ca), (Part::Crl, crl)],
    };
    parts.retain(|(_, bytes)| !bytes.0.is_empty());
    parts
}

/// Where a part is that does not stand in the bootstrap.
fn source(secret: &ir::Secret, part: Part, mode: &SecretsMode) -> DataSource {
    file_of(secret, part, mode).map_or_else(|| inline_string("[redacted]"), filename)
}

fn file_of(secret: &ir::Secret, part: Part, mode: &SecretsMode) -> Option<String> {
    match mode {
        SecretsMode::Files(directory) => Some(path(directory, secret, part)),
        SecretsMode::Inline => Some(path("certs", secret, part)),
        SecretsMode::Redact => None,
    }
}

fn path(directory: &str, secret: &ir::Secret, part: Part) -> String {
    let (namespace, name) = (&secret.object_namespace, &secret.object_name);
    format!("{}/{namespace}/{name}/{}", directory.trim_end_matches('/'), part.file_name())
}

/// A secret that is not in the input, as `kubernetes://web-cert` in the proxy's namespace or
/// `kubernetes-gateway://shop/web-cert`: its parts are somewhere, so they are not empty here.
fn absent(name: &str, role: Role, namespace: &str) -> ir::Secret {
    let object = name.split_once("://").map_or(name, |(_, object)| object);
    let (namespace, object) = object.split_once('/').unwrap_or((namespace, object));
    let somewhere = || Bytes(b"-".to_vec());
    let material = match role {
        Role::Certificate => {
            Material::Certificate { chain: somewhere(), key: somewhere(), ocsp_staple: Bytes::default() }
        }
        Role::Authorities => Material::Authorities { trusted_ca: somewhere(), crl: Bytes::default() },
    };
    ir::Secret {
        origins: Origins::new(),
        name: name.to_owned(),
        object_namespace: namespace.to_owned(),
        object_name: object.to_owned(),
        material,
    }
}

/// Beside what `lower` says of such a credential: where its files are looked for.
fn awaited(mut files: Vec<String>) -> Option<Diagnostic> {
    files.sort_unstable();
    let names: Vec<_> = files.iter().map(|file| format!("`{file}`")).collect();
    let message =
        format!("the bootstrap refers to files of credentials that are not in the input: {}", names.join(", "));
    (!files.is_empty()).then(|| {
        Diagnostic::note("awaited-file", Location::Nowhere, message).help("put them there, or Envoy does not start")
    })
}
