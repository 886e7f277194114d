//! `networking.istio.io/Gateway`: what a proxy at the edge listens on.

use serde::Deserialize;

use crate::base::{Labels, NamespacedHost, Port};

/// A load balancer at the edge: ports, hosts and TLS, without routes.
/// <https://istio.io/latest/docs/reference/config/networking/gateway/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Gateway {
    /// The ports that are opened.
    pub servers: Vec<Server>,
    /// The pods the servers are opened on; empty takes every proxy.
    pub selector: Labels,
}

/// A port with the hosts that are served on it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Server {
    /// The port that connections come in on.
    pub port: Option<ServerPort>,
    /// The address or socket to bind; empty binds all addresses.
    pub bind: String,
    /// The hosts that are served, each perhaps with the namespace that VirtualServices must be in.
    pub hosts: Vec<NamespacedHost>,
    /// How TLS is treated; absent on a plain-text port.
    pub tls: Option<ServerTls>,
    /// Where to send traffic without any route; not implemented by Istio.
    pub default_endpoint: String,
    /// A name, unique among all servers of the Gateway.
    pub name: String,
}

/// The port of a server or of a Sidecar's listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerPort {
    /// The port; unset for a Unix socket.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub number: Option<Port>,
    /// HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS or MONGO, in any case; see [`crate::base::Protocol::parse`].
    pub protocol: String,
    /// A label for the port.
    pub name: String,
    /// The port of the container; deprecated and without effect.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub target_port: Option<Port>,
}

/// TLS of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerTls {
    /// Answer plain HTTP with a 301 to HTTPS.
    pub https_redirect: bool,
    /// Who terminates TLS and what is asked of clients.
    pub mode: ServerTlsMode,
    /// File with the certificate chain.
    pub server_certificate: String,
    /// File with the private key.
    pub private_key: String,
    /// File with the authorities that clients' certificates are checked against.
    pub ca_certificates: String,
    /// File with revoked client certificates.
    pub ca_crl: String,
    /// The Secret or ConfigMap with key, certificate and, for mutual TLS, authorities.
    pub credential_name: String,
    /// Several Secrets, one for each kind of key (RSA, ECDSA).
    pub credential_names: Vec<String>,
    /// The Secret or ConfigMap with the authorities alone.
    pub ca_cert_credential_name: String,
    /// Several sets of files, one for each kind of key.
    pub tls_certificates: Vec<TlsCertificate>,
    /// The names of which a client's certificate must have one.
    pub subject_alt_names: Vec<String>,
    /// Base64 SHA-256 hashes of which a client's public key must have one.
    pub verify_certificate_spki: Vec<String>,
    /// Hex SHA-256 hashes of which a client's certificate must have one.
    pub verify_certificate_hash: Vec<String>,
    /// The lowest TLS version.
    pub min_protocol_version: TlsProtocol,
    /// The highest TLS version.
    pub max_protocol_version: TlsProtocol,
    /// Ciphers of TLS up to 1.2, by BoringSSL's names; empty takes Istio's list.
    pub cipher_suites: Vec<String>,
    /// Elliptic curves; empty takes Envoy's list.
    pub ecdh_curves: Vec<String>,
    /// Ask for client certificates without checking them.
    pub insecure_skip_verify: Option<bool>,
}

/// What a server does with TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServerTlsMode {
    /// Leaves it encrypted and routes by SNI.
    #[default]
    Passthrough,
    /// Terminates it.
    Simple,
    /// Terminates it and requires client certificates.
    Mutual,
    /// Leaves it encrypted and takes the destination from the SNI.
    AutoPassthrough,
    /// As mutual, with Istio's own certificates.
    IstioMutual,
    /// Terminates it and checks client certificates where there is one.
    OptionalMutual,
}

/// Files of one certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsCertificate {
    /// File with the certificate chain.
    pub server_certificate: String,
    /// File with the private key.
    pub private_key: String,
    /// File with the authorities.
    pub ca_certificates: String,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum TlsProtocol {
    /// As Istio chooses.
    #[default]
    #[serde(rename = "TLS_AUTO")]
    Auto,
    /// 1.0.
    #[serde(rename = "TLSV1_0")]
    V1_0,
    /// 1.1.
    #[serde(rename = "TLSV1_1")]
    V1_1,
    /// 1.2.
    #[serde(rename = "TLSV1_2")]
    V1_2,
    /// 1.3.
    #[serde(rename = "TLSV1_3")]
    V1_3,
}

/// Ciphers that Envoy's BoringSSL takes; it refuses a listener with others, so Istio drops them
/// (`istio: pkg/config/security: ValidCipherSuites`).
const CIPHER_SUITES: [&str; 15] = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
];

/// Cipher suites that Envoy takes (`pkg/config/security: ValidCipherSuites`); expressions such as `!aNULL`
/// and `ALL` are let through.
pub fn is_cipher_suite(name: &str) -> bool {
    let expression = name.bytes().next().is_some_and(|byte| !byte.is_ascii_alphanumeric());
    expression || matches!(name, "" | "ALL") || CIPHER_SUITES.contains(&name)
}
