//! TLS that a server of a Gateway or a sidecar ends.

use std::collections::BTreeSet;

use crate::base::{Diagnostics, Origin};
use crate::ir::StringMatch;
use crate::ir::tls::{CommonTls, DownstreamTls, PeerChecks, SecretRef, TlsParams, TlsVersion, Validation};
use crate::lower::defaults;
use crate::lower::secret;
use crate::lower::settings::text;
use crate::proxy::ProxyView;
use crate::resource::istio::gateway::{ServerTls, ServerTlsMode, TlsProtocol, is_cipher_suite};
use crate::resource::istio::mesh_config::MeshTlsProtocol;

/// The TLS context of a server that ends TLS (`istio: core.BuildListenerTLSContext`). `is_tcp` says
/// that it carries bytes: with Istio's mutual TLS it then offers metadata exchange by ALPN.
pub fn downstream(
    view: &ProxyView<'_>,
    tls: &ServerTls,
    is_tcp: bool,
    origin: &Origin,
) -> (DownstreamTls, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let istio_mutual = tls.mode == ServerTlsMode::IstioMutual;
    let required = istio_mutual || tls.mode == ServerTlsMode::Mutual;
    let checks_client = required || tls.mode == ServerTlsMode::OptionalMutual;
    let alpn: &[&str] = if istio_mutual && is_tcp { &defaults::ALPN_METADATA_EXCHANGE } else { &defaults::ALPN_HTTP };

    let by_name = !tls.credential_names.is_empty() || !tls.credential_name.is_empty();
    let (certificates, validation) = match (istio_mutual, by_name) {
        (true, _) => from_files(view, tls, &Files::of_workload(view), checks_client),
        (false, true) => from_credentials(view, tls, origin, &mut diagnostics),
        (false, false) => from_files(view, tls, &Files::of_server(tls), checks_client),
    };
    // Istio's own TLS takes no settings of the server (`istio: core.isSimpleOrMutual`).
    let params = if istio_mutual { None } else { params(view, tls) };
    let common = CommonTls {
        params,
        certificates,
        validation,
        alpn_protocols: alpn.iter().map(|protocol| (*protocol).to_owned()).collect(),
    };
    (DownstreamTls { common, require_client_certificate: Some(required), quic: false }, diagnostics)
}

/// The TLS context of a sidecar's port that takes mutual TLS of the mesh (`istio:
/// authn/utils.BuildInboundTLS`); `alpn` is what it offers.
pub fn mesh_mutual(view: &ProxyView<'_>, alpn: &[&str]) -> DownstreamTls {
    let config = &view.mesh.config;
    let (certificates, validation) = from_files(view, &ServerTls::default(), &Files::of_workload(view), true);
    let mut trusted: Vec<&str> = Vec::new();
    let aliases = config.trust_domain_aliases.iter().map(String::as_str);
    let further = config.ca_certificates.iter().flat_map(|authority| {
        let domains = authority.get("trustDomains").and_then(serde_json::Value::as_array);
        domains.into_iter().flatten().filter_map(serde_json::Value::as_str)
    });
    for domain in [config.trust_domain.as_str()].into_iter().chain(aliases).chain(further) {
        if !domain.is_empty() && !trusted.contains(&domain) {
            trusted.push(domain);
        }
    }
    let validation = match validation {
        Validation::Combined(checks, authorities) => {
            let names = trusted.iter().map(|domain| StringMatch::Prefix(format!("spiffe://{domain}/")));
            Validation::Combined(PeerChecks { subject_alt_names: names.collect(), ..checks }, authorities)
        }
        other @ (Validation::None | Validation::Static(_) | Validation::Secret(_)) => other,
    };
    let mesh = config.mesh_mtls.as_ref();
    let ciphers = mesh.map(|mesh| mesh.cipher_suites.clone()).filter(|ciphers| !ciphers.is_empty());
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let params = TlsParams {
        minimum: Some(match mesh.map(|mesh| mesh.min_protocol_version) {
            Some(MeshTlsProtocol::V1_3) => TlsVersion::V1_3,
            Some(MeshTlsProtocol::Auto | MeshTlsProtocol::V1_2) | None => TlsVersion::V1_2,
        }),
        maximum: Some(TlsVersion::V1_3),
        cipher_suites: ciphers.unwrap_or_else(|| owned(&defaults::MESH_CIPHER_SUITES)),
        ecdh_curves: Vec::new(),
    };
    let common = CommonTls { params: Some(params), certificates, validation, alpn_protocols: owned(alpn) };
    DownstreamTls { common, require_client_certificate: Some(true), quic: false }
}

/// Files that the agent beside Envoy serves; empty parts fall back on the workload's own identity.
struct Files {
    certificates: Vec<(String, String)>,
    authorities: String,
}

impl Files {
    /// The workload's own, which metadata may move (`TLS_SERVER_CERT_CHAIN` and the like).
    fn of_workload(view: &ProxyView<'_>) -> Self {
        let path = |key: &str| text(view.proxy, key).unwrap_or_default().to_owned();
        Self {
            certificates: vec![(path("TLS_SERVER_CERT_CHAIN"), path("TLS_SERVER_KEY"))],
            authorities: path("TLS_SERVER_ROOT_CERT"),
        }
    }

    fn of_server(tls: &ServerTls) -> Self {
        let several = tls.tls_certificates.iter();
        let mut certificates: Vec<_> =
            several.map(|files| (files.server_certificate.clone(), files.private_key.clone())).collect();
        if certificates.is_empty() {
            certificates.push((tls.server_certificate.clone(), tls.private_key.clone()));
        }
        Self { certificates, authorities: tls.ca_certificates.clone() }
    }
}

/// `istio: authnmodel.ApplyToCommonTLSContext`.
fn from_files(
    view: &ProxyView<'_>,
    tls: &ServerTls,
    files: &Files,
    checks_client: bool,
) -> (Vec<SecretRef>, Validation) {
    let certificate = |(chain, key): &(String, String)| match chain.is_empty() || key.is_empty() {
        true => secret::workload_certificate(),
        false => secret::certificate_files(view.proxy, chain, key),
    };
    let certificates = files.certificates.iter().map(certificate).collect();
    if !checks_client {
        return (certificates, Validation::None);
    }
    let authorities = match files.authorities.as_str() {
        "" => secret::workload_authorities(),
        path => secret::authorities_file(view.proxy, path),
    };
    let checks = PeerChecks {
        subject_alt_names: exact(&tls.subject_alt_names),
        crl_file: Some(tls.ca_crl.clone()).filter(|path| !path.is_empty()),
        accept_untrusted: tls.insecure_skip_verify == Some(true),
        ..PeerChecks::default()
    };
    (certificates, Validation::Combined(checks, authorities))
}

/// `istio: authnmodel.ApplyCredentialSDSToServerCommonTLSContext`.
fn from_credentials(
    view: &ProxyView<'_>,
    tls: &ServerTls,
    origin: &Origin,
    diagnostics: &mut Diagnostics,
) -> (Vec<SecretRef>, Validation) {
    let names: Vec<(&str, Origin)> = match tls.credential_names.as_slice() {
        [] => vec![(tls.credential_name.as_str(), origin.key("credentialName"))],
        names => {
            let at = origin.key("credentialNames");
            names.iter().enumerate().map(|(index, name)| (name.as_str(), at.index(index))).collect()
        }
    };
    let certificates =
        names.iter().filter_map(|(name, origin)| secret::credential(view, name, origin, diagnostics)).collect();
    let mutual = matches!(tls.mode, ServerTlsMode::Mutual | ServerTlsMode::OptionalMutual);
    if !mutual {
        let validation = match tls.subject_alt_names.as_slice() {
            [] => Validation::None,
            names => Validation::Static(PeerChecks { subject_alt_names: exact(names), ..PeerChecks::default() }),
        };
        return (certificates, validation);
    }
    let checks = PeerChecks {
        subject_alt_names: exact(&tls.subject_alt_names),
        certificate_hashes: tls.verify_certificate_hash.clone(),
        certificate_spki: tls.verify_certificate_spki.clone(),
        accept_untrusted: tls.insecure_skip_verify == Some(true),
        ..PeerChecks::default()
    };
    // One set of authorities for all certificates: its own name, or the first certificate's.
    let authorities = match (tls.ca_cert_credential_name.as_str(), names.first()) {
        ("", first) => {
            let (name, origin) = first.cloned().unwrap_or(("", origin.clone()));
            secret::credential(view, &format!("{name}{}", secret::AUTHORITIES_SUFFIX), &origin, diagnostics)
        }
        (name, _) => secret::credential(view, name, &origin.key("caCertCredentialName"), diagnostics),
    };
    let validation = match authorities {
        Some(authorities) => Validation::Combined(checks, authorities),
        None => Validation::Static(checks),
    };
    (certificates, validation)
}

/// Versions, ciphers and curves: the server's over the mesh's `tlsDefaults` (`istio:
/// core.applyDownstreamTLSDefaults, applyServerTLSSettings`); `None` where neither says anything.
fn params(view: &ProxyView<'_>, tls: &ServerTls) -> Option<TlsParams> {
    let mut params = TlsParams::default();
    if let Some(mesh) = &view.mesh.config.tls_defaults {
        params.ecdh_curves = mesh.ecdh_curves.clone();
        params.cipher_suites = mesh.cipher_suites.clone();
        params.minimum = match mesh.min_protocol_version {
            MeshTlsProtocol::Auto => None,
            MeshTlsProtocol::V1_2 => Some(TlsVersion::V1_2),
            MeshTlsProtocol::V1_3 => Some(TlsVersion::V1_3),
        };
    }
    params.minimum = version(tls.min_protocol_version).or(params.minimum);
    params.maximum = version(tls.max_protocol_version);
    if !tls.ecdh_curves.is_empty() {
        params.ecdh_curves = tls.ecdh_curves.clone();
    }
    let ciphers = cipher_suites(tls);
    if !ciphers.is_empty() {
        params.cipher_suites = ciphers;
    }
    (params != TlsParams::default()).then_some(params)
}

fn version(written: TlsProtocol) -> Option<TlsVersion> {
    match written {
        TlsProtocol::Auto => None,
        TlsProtocol::V1_0 => Some(TlsVersion::V1_0),
        TlsProtocol::V1_1 => Some(TlsVersion::V1_1),
        TlsProtocol::V1_2 => Some(TlsVersion::V1_2),
        TlsProtocol::V1_3 => Some(TlsVersion::V1_3),
    }
}

/// The ciphers that Envoy takes, each once (`istio: security.FilterCipherSuites`); the others are
/// reported where the field is checked.
fn cipher_suites(tls: &ServerTls) -> Vec<String> {
    let mut seen = BTreeSet::new();
    tls.cipher_suites.iter().filter(|name| is_cipher_suite(name) && seen.insert(*name)).cloned().collect()
}

/// Names that must be written just so.
pub fn exact(names: &[String]) -> Vec<StringMatch> {
    names.iter().cloned().map(StringMatch::Exact).collect()
}
