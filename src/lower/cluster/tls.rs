//! TLS towards services.
//!
//! A DestinationRule says the mode; where it says nothing, endpoints that have a sidecar get
//! Istio's mutual TLS by themselves (Istio docs: *Authentication, auto mutual TLS*; `istio:
//! core/cluster_tls.go`).

use std::borrow::Cow;

use serde_json::Value;

use super::Context;
use crate::base::{Diagnostic, Location, Origin};
use crate::ir::cluster::{Cluster, Transport};
use crate::ir::tls::{CommonTls, PeerChecks, TlsParams, TlsVersion, UpstreamTls, Validation};
use crate::lower::cluster::http::ProtocolOptions;
use crate::lower::tls::exact;
use crate::lower::{defaults, secret};
use crate::resource::istio::destination_rule::{ClientTls, ClientTlsMode};

/// Certificate files named in the node metadata, which installations without Istio's agent use in
/// place of the workload's own.
#[derive(Clone, Debug)]
pub(super) struct MetadataCertificates {
    chain: String,
    key: String,
    authorities: String,
}

impl MetadataCertificates {
    /// Reads `TLS_CLIENT_CERT_CHAIN` and its like.
    pub(super) fn of(metadata: &Value) -> Option<Self> {
        let text = |key: &str| metadata.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let chain = Some(text("TLS_CLIENT_CERT_CHAIN")).filter(|chain| !chain.is_empty())?;
        Some(Self { chain, key: text("TLS_CLIENT_KEY"), authorities: text("TLS_CLIENT_ROOT_CERT") })
    }

    /// The settings they amount to (`istio: buildMutualTLS`).
    fn settings(&self, names: &[String], sni: &str, insecure_skip_verify: Option<bool>) -> ClientTls {
        ClientTls {
            mode: ClientTlsMode::Mutual,
            client_certificate: self.chain.clone(),
            private_key: self.key.clone(),
            ca_certificates: self.authorities.clone(),
            subject_alt_names: names.to_vec(),
            sni: sni.to_owned(),
            insecure_skip_verify,
            ..ClientTls::default()
        }
    }
}

/// What is known of a cluster when its TLS is chosen.
pub(super) struct Upstream<'a> {
    /// The cluster's name.
    pub name: &'a str,
    /// What a rule says.
    pub settings: Option<&'a ClientTls>,
    /// Whether sidecars of the service take mutual TLS, where no rule says anything.
    pub auto: AutoMtls,
    /// The identities of the service.
    pub names: &'a [String],
    /// The server name by which the mesh knows the port and subset; empty leaves it to the request.
    pub sni: String,
    /// Where the service is.
    pub place: Place,
    /// How endpoints are found.
    pub finding: Finding,
    /// Whether the rule is for workloads it selects.
    pub rule_selects: bool,
    /// Where the settings are written, for what is to say about them.
    pub origin: Option<Origin>,
}

/// Whether Istio's mutual TLS is used where no rule says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AutoMtls {
    /// To endpoints with a sidecar.
    On,
    /// Not at all.
    Off,
}

/// Where a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A Kubernetes Service.
    Kubernetes,
    /// A ServiceEntry of the mesh.
    InMesh,
    /// A ServiceEntry outside the mesh.
    Outside,
}

/// How endpoints are found, as far as TLS depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// They are known, with metadata.
    Known,
    /// Where the connection was going, so that nothing is known of them.
    OriginalDestination,
    /// From each request's host.
    PerRequest,
}

/// The TLS of a cluster.
pub(super) struct Chosen {
    /// How bytes are carried.
    pub transport: Transport,
    /// Whether a cluster that resolves each request's host may leave it unchecked.
    pub allow_insecure_options: bool,
    /// What is wrong.
    pub diagnostic: Option<Diagnostic>,
}

impl Context<'_> {
    /// The TLS of a cluster; sets the HTTP options that belong to it
    /// (`istio: buildUpstreamTLSSettings`, `buildUpstreamClusterTLSContext`).
    pub(super) fn tls(&self, upstream: &Upstream<'_>, http: &mut ProtocolOptions) -> Chosen {
        let mut chosen = Chosen { transport: Transport::Plain, allow_insecure_options: false, diagnostic: None };
        let Some((settings, automatic)) = self.settings(upstream) else {
            return chosen;
        };
        let per_request = upstream.finding == Finding::PerRequest;
        let context = match settings.mode {
            ClientTlsMode::Disable => return chosen,
            // A credential must be readable by every client that a rule without selector is for,
            // so sidecars do not take it from one.
            ClientTlsMode::Simple | ClientTlsMode::Mutual if self.ignores_credential(&settings, upstream) => {
                return chosen;
            }
            ClientTlsMode::IstioMutual => {
                if per_request {
                    chosen.allow_insecure_options = check_names_of_requests(&settings, http, true);
                }
                mesh_tls(&settings, upstream, http)
            }
            ClientTlsMode::Simple | ClientTlsMode::Mutual => {
                chosen.allow_insecure_options = check_names_of_requests(&settings, http, per_request);
                if let Some(diagnostic) = missing_files(&settings, upstream) {
                    chosen.diagnostic = Some(diagnostic);
                    return chosen;
                }
                self.origination(&settings, upstream, http)
            }
        };
        let tls = Box::new(context);
        let for_sidecars = automatic && settings.mode == ClientTlsMode::IstioMutual;
        chosen.transport = if for_sidecars && upstream.finding != Finding::OriginalDestination {
            Transport::AutoMtls(tls)
        } else {
            Transport::Tls(tls)
        };
        chosen
    }

    /// A cluster with TLS to whatever it reaches.
    pub(super) fn with_tls_origination(&self, cluster: Cluster, settings: &ClientTls) -> Cluster {
        let upstream = Upstream {
            name: &cluster.name,
            settings: Some(settings),
            auto: AutoMtls::Off,
            names: &[],
            sni: String::new(),
            place: Place::Outside,
            finding: Finding::PerRequest,
            rule_selects: false,
            origin: None,
        };
        // Checks of names take the place of the cluster's own options, its version of HTTP with them.
        let mut names = ProtocolOptions::new(super::http::Protocol::Unsaid, false);
        let chosen = self.tls(&upstream, &mut names);
        let http = names.build().or_else(|| cluster.http.clone());
        Cluster { transport: chosen.transport, http, ..cluster }
    }

    /// The settings that count, and whether they are automatic.
    fn settings<'a>(&self, upstream: &Upstream<'a>) -> Option<(Cow<'a, ClientTls>, bool)> {
        let Some(written) = upstream.settings else {
            if upstream.auto == AutoMtls::Off {
                return None;
            }
            let automatic = match &self.certificates {
                Some(certificates) => certificates.settings(upstream.names, &upstream.sni, None),
                None => ClientTls {
                    mode: ClientTlsMode::IstioMutual,
                    subject_alt_names: upstream.names.to_vec(),
                    sni: upstream.sni.clone(),
                    ..ClientTls::default()
                },
            };
            return Some((Cow::Owned(automatic), true));
        };
        if matches!(written.mode, ClientTlsMode::Disable | ClientTlsMode::Simple) {
            return Some((Cow::Borrowed(written), false));
        }
        if let Some(certificates) = self.certificates.as_ref().filter(|_| upstream.place != Place::Outside) {
            let ClientTls { subject_alt_names: names, sni, insecure_skip_verify, .. } = written;
            return Some((Cow::Owned(certificates.settings(names, sni, *insecure_skip_verify)), false));
        }
        if written.mode == ClientTlsMode::Mutual {
            return Some((Cow::Borrowed(written), false));
        }
        let mesh = ClientTls {
            mode: ClientTlsMode::IstioMutual,
            sni: if written.sni.is_empty() { upstream.sni.clone() } else { written.sni.clone() },
            subject_alt_names: match written.subject_alt_names.is_empty() {
                true => upstream.names.to_vec(),
                false => written.subject_alt_names.clone(),
            },
            insecure_skip_verify: written.insecure_skip_verify,
            ..ClientTls::default()
        };
        Some((Cow::Owned(mesh), false))
    }

    fn ignores_credential(&self, settings: &ClientTls, upstream: &Upstream<'_>) -> bool {
        let name = &settings.credential_name;
        let secret = !name.is_empty() && !name.starts_with("configmap://");
        secret && !self.view.proxy.is_router() && !upstream.rule_selects
    }

    /// TLS to a server of the outside (`istio: constructUpstreamTLS`).
    fn origination(&self, settings: &ClientTls, upstream: &Upstream<'_>, http: &ProtocolOptions) -> UpstreamTls {
        let proxy = self.view.proxy;
        // A ServiceEntry's names count where the rule has none.
        let from_entry = upstream.place != Place::Kubernetes && settings.subject_alt_names.is_empty();
        let names = if from_entry { upstream.names } else { &settings.subject_alt_names };
        let mutual = settings.mode == ClientTlsMode::Mutual;
        let unchecked = settings.insecure_skip_verify == Some(true);
        let (certificates, validation) = if settings.credential_name.is_empty() {
            let crl = Some(settings.ca_crl.clone()).filter(|crl| !crl.is_empty());
            let checks = PeerChecks { subject_alt_names: exact(names), crl_file: crl, ..PeerChecks::default() };
            let authorities = match settings.ca_certificates.as_str() {
                "" => defaults::SYSTEM_AUTHORITIES,
                file => file,
            };
            let own =
                mutual.then(|| secret::certificate_files(proxy, &settings.client_certificate, &settings.private_key));
            let validation = match unchecked {
                true => Validation::Static(PeerChecks::default()),
                false => Validation::Combined(checks, secret::authorities_file(proxy, authorities)),
            };
            (own, validation)
        } else {
            let checks = PeerChecks { subject_alt_names: exact(names), ..PeerChecks::default() };
            let name = &settings.credential_name;
            let validation = match unchecked {
                true => Validation::None,
                false => {
                    let authorities = format!("{name}{}", secret::AUTHORITIES_SUFFIX);
                    Validation::Combined(checks, secret::client_credential(proxy, &authorities))
                }
            };
            (mutual.then(|| secret::client_credential(proxy, name)), validation)
        };
        let alpn = if http.is_http2() { defaults::ALPN_H2.map(str::to_owned).to_vec() } else { Vec::new() };
        UpstreamTls {
            common: CommonTls {
                params: Some(self.params()),
                certificates: certificates.into_iter().collect(),
                validation,
                alpn_protocols: alpn,
            },
            sni: settings.sni.clone(),
            auto_host_sni: false,
            auto_sni_san_validation: false,
        }
    }

    /// `MeshConfig.tlsDefaults` hold for TLS with others.
    fn params(&self) -> TlsParams {
        let defaults = self.config.tls_defaults.as_ref();
        TlsParams {
            cipher_suites: defaults.map(|tls| tls.cipher_suites.clone()).unwrap_or_default(),
            ecdh_curves: defaults.map(|tls| tls.ecdh_curves.clone()).unwrap_or_default(),
            ..versions()
        }
    }
}

/// Istio's mutual TLS to workloads.
fn mesh_tls(settings: &ClientTls, upstream: &Upstream<'_>, http: &ProtocolOptions) -> UpstreamTls {
    let alpn: &[&str] = if http.is_http2() { &defaults::ALPN_TO_MESH_H2 } else { &defaults::ALPN_TO_MESH };
    let checks = PeerChecks { subject_alt_names: exact(&settings.subject_alt_names), ..PeerChecks::default() };
    let named_by_cluster = settings.sni.is_empty() && upstream.finding != Finding::PerRequest;
    UpstreamTls {
        common: CommonTls {
            params: Some(versions()),
            certificates: vec![secret::workload_certificate()],
            validation: Validation::Combined(checks, secret::workload_authorities()),
            alpn_protocols: alpn.iter().map(|protocol| (*protocol).to_owned()).collect(),
        },
        sni: if named_by_cluster { upstream.name.to_owned() } else { settings.sni.clone() },
        auto_host_sni: false,
        auto_sni_san_validation: false,
    }
}

/// Lets Envoy take the server name, and the name to check, from the request where the rule has
/// none. Gives whether a cluster that resolves each request's host needs Envoy's consent to less
/// than both (`istio: setAutoSniAndAutoSanValidation`).
fn check_names_of_requests(settings: &ClientTls, http: &mut ProtocolOptions, per_request: bool) -> bool {
    let unchecked = settings.insecure_skip_verify == Some(true);
    let sni = settings.sni.is_empty();
    let names = (per_request || sni && settings.subject_alt_names.is_empty()) && !unchecked;
    http.auto_sni |= sni;
    http.auto_san_validation |= names;
    per_request && (unchecked || !sni || !names)
}

/// `MUTUAL` without certificate: Istio leaves TLS out altogether. A DestinationRule is refused
/// before; what is left are node metadata that name only some of the files.
fn missing_files(settings: &ClientTls, upstream: &Upstream<'_>) -> Option<Diagnostic> {
    let missing = settings.client_certificate.is_empty() || settings.private_key.is_empty();
    if settings.mode != ClientTlsMode::Mutual || !settings.credential_name.is_empty() || !missing {
        return None;
    }
    let location = upstream.origin.clone().map_or(Location::Nowhere, Location::Value);
    let message = format!("mode `MUTUAL` without a client certificate leaves `{}` in plain text", upstream.name);
    Some(Diagnostic::error("plaintext-mutual-tls", location, message).help("name both the certificate and its key"))
}

/// Versions towards servers; Envoy's own highest would be 1.2 (`istio: defaultUpstreamCommonTLSContext`).
fn versions() -> TlsParams {
    TlsParams { minimum: Some(TlsVersion::V1_2), maximum: Some(TlsVersion::V1_3), ..TlsParams::default() }
}
