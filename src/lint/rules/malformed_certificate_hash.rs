//! A hash of certificates that cannot be one.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::istio::gateway::ServerTlsMode;

declare_rule! {
    /// ## What it does
    /// Reports entries of `verifyCertificateHash` that are not a SHA-256 in hexadecimal (64 digits, or pairs of them
    /// with colons between), and entries of `verifyCertificateSpki` that are not a SHA-256 in base64 (44 characters).
    /// ## Why is this bad
    /// Istio sends them on unread, and Envoy refuses the listener for them.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [web.example.com]
    ///     tls: {mode: MUTUAL, credentialName: web, verifyCertificateHash: [e3b0c442]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: edge}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [web.example.com]
    ///     tls:
    ///       mode: MUTUAL
    ///       credentialName: web
    ///       verifyCertificateHash: [e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]
    ///       verifyCertificateSpki: [47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings>
    pub(super) RULE = { name: "malformed-certificate-hash", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for gateway in &context.mesh.gateways {
        for (server, origin) in gateway.spec.servers.iter().zip(&gateway.server_origins) {
            let Some(tls) = &server.tls else { continue };
            if matches!(tls.mode, ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough) {
                continue;
            }
            let place = |key: &'static str, at: usize| Location::Value(origin.key("tls").key(key).index(at));
            let hashes = tls.verify_certificate_hash.iter().enumerate().filter(|(_, hash)| !is_hexadecimal(hash));
            for (at, hash) in hashes {
                let help = "64 hexadecimal digits: `openssl x509 -in cert.pem -outform DER | openssl dgst -sha256`";
                found.push(report(place("verifyCertificateHash", at), hash, help));
            }
            let keys = tls.verify_certificate_spki.iter().enumerate().filter(|(_, hash)| !is_base64(hash));
            for (at, hash) in keys {
                let help = "44 characters: the SHA-256 of the DER of the public key, in base64";
                found.push(report(place("verifyCertificateSpki", at), hash, help));
            }
        }
    }
}

/// What Envoy's `verify_certificate_hash` takes (`CertificateValidationContext`).
fn is_hexadecimal(hash: &str) -> bool {
    let digits: Vec<u8> = match hash.len() {
        95 => hash.split(':').filter(|pair| pair.len() == 2).flat_map(str::bytes).collect(),
        _ => hash.bytes().collect(),
    };
    digits.len() == 64 && digits.iter().all(u8::is_ascii_hexdigit)
}

/// What Envoy's `verify_certificate_spki` takes: 32 bytes.
fn is_base64(hash: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    hash.len() == 44 && hash.strip_suffix('=').is_some_and(|digits| digits.bytes().all(is_digit))
}

fn report(place: Location, hash: &str, help: &str) -> Diagnostic {
    let message = format!("`{hash}` is not a SHA-256, so Envoy refuses the listener");
    Diagnostic::new(RULE.severity, RULE.name, place, message).help(help)
}
