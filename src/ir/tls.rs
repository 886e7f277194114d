//! TLS on both sides.

use super::StringMatch;

/// Envoy's `DownstreamTlsContext`.
#[derive(Clone, Debug, PartialEq)]
pub struct DownstreamTls {
    /// What both sides share.
    pub common: CommonTls,
    /// Whether the client must show a certificate; `None` writes no choice.
    pub require_client_certificate: Option<bool>,
    /// Whether it is carried by QUIC.
    pub quic: bool,
}

/// Envoy's `UpstreamTlsContext`.
#[derive(Clone, Debug, PartialEq)]
pub struct UpstreamTls {
    /// What both sides share.
    pub common: CommonTls,
    /// The SNI to send.
    pub sni: String,
    /// Takes the SNI from the host.
    pub auto_host_sni: bool,
    /// Checks the certificate against the SNI that was sent.
    pub auto_sni_san_validation: bool,
}

/// Envoy's `CommonTlsContext`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommonTls {
    /// Versions, ciphers, curves; `None` writes none.
    pub params: Option<TlsParams>,
    /// Own certificates.
    pub certificates: Vec<SecretRef>,
    /// How the peer is checked.
    pub validation: Validation,
    /// ALPN.
    pub alpn_protocols: Vec<String>,
}

/// Envoy's `TlsParameters`; `None` and empty are Envoy's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsParams {
    /// Lowest version.
    pub minimum: Option<TlsVersion>,
    /// Highest version.
    pub maximum: Option<TlsVersion>,
    /// For TLS up to 1.2.
    pub cipher_suites: Vec<String>,
    /// As `P-256`.
    pub ecdh_curves: Vec<String>,
}

/// A TLS version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// 1.0.
    V1_0,
    /// 1.1.
    V1_1,
    /// 1.2.
    V1_2,
    /// 1.3.
    V1_3,
}

/// How the peer's certificate is checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Validation {
    /// Not at all.
    #[default]
    None,
    /// By what is written here: Envoy's `validation_context`.
    Static(PeerChecks),
    /// By authorities served by name and by what is written here: `combined_validation_context`.
    Combined(PeerChecks, SecretRef),
    /// By authorities served by name alone: `validation_context_sds_secret_config`.
    Secret(SecretRef),
}

/// Checks beside the chain of trust.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeerChecks {
    /// One of these names must match; empty takes any.
    pub subject_alt_names: Vec<StringMatch>,
    /// SHA-256 of the certificate in hex, one must match.
    pub certificate_hashes: Vec<String>,
    /// SHA-256 of the public key in base64, one must match.
    pub certificate_spki: Vec<String>,
    /// A file with revoked certificates.
    pub crl_file: Option<String>,
    /// Authorities in a file (no SDS).
    pub trusted_ca_file: Option<String>,
    /// Takes certificates that the authorities do not vouch for (OPTIONAL_MUTUAL).
    pub accept_untrusted: bool,
}

/// A secret by name, and who serves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretRef {
    /// Its name, as `kubernetes://web-cert`, `default`, `ROOTCA`, `file-root:/etc/certs/ca.pem`.
    pub name: String,
    /// Who serves it.
    pub source: SecretSource,
}

/// Who serves a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSource {
    /// The agent beside Envoy, through the cluster `sds-grpc`.
    Agent {
        /// Whether Envoy waits for it without end: writes `initial_fetch_timeout: 0s`.
        wait: bool,
    },
    /// The control plane (ADS): gateway credentials.
    ControlPlane,
    /// Another gRPC server.
    Grpc {
        /// The cluster.
        cluster: String,
        /// The `:authority`; empty writes none.
        authority: String,
    },
}
