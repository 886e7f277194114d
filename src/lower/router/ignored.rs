//! Fields of servers that istiod reads nothing from, given the rest of the server.

use super::server::Server;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::resource::istio::gateway::{ServerTls, ServerTlsMode, TlsProtocol};

/// Reports what is written and has no effect (`istio: core.BuildListenerTLSContext` and what it calls).
pub(super) fn ignored_fields(server: &Server<'_>) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    if !server.spec.default_endpoint.is_empty() {
        let location = Location::Key(server.origin.key("defaultEndpoint"));
        let message = "`defaultEndpoint` is not implemented by Istio, traffic without a route is refused";
        diagnostics.push(Diagnostic::warning("unsupported-field", location, message));
    }
    let Some(tls) = server.tls() else {
        return diagnostics;
    };
    for (field, why) in without_effect(server, tls) {
        let location = Location::Key(server.origin.key("tls").key(field));
        let message = format!("`tls.{field}` has no effect: {why}");
        diagnostics.push(Diagnostic::warning("ignored-field", location, message));
    }
    diagnostics
}

fn without_effect(server: &Server<'_>, tls: &ServerTls) -> Vec<(&'static str, &'static str)> {
    let by_name = !tls.credential_name.is_empty() || !tls.credential_names.is_empty();
    let parameters = tls.min_protocol_version != TlsProtocol::Auto
        || tls.max_protocol_version != TlsProtocol::Auto
        || !tls.cipher_suites.is_empty()
        || !tls.ecdh_curves.is_empty();
    let hashes = !tls.verify_certificate_spki.is_empty() || !tls.verify_certificate_hash.is_empty();
    let parameter_field = || {
        let fields = [
            (tls.min_protocol_version != TlsProtocol::Auto, "minProtocolVersion"),
            (tls.max_protocol_version != TlsProtocol::Auto, "maxProtocolVersion"),
            (!tls.cipher_suites.is_empty(), "cipherSuites"),
            (!tls.ecdh_curves.is_empty(), "ecdhCurves"),
        ];
        fields.into_iter().filter(|(written, _)| *written).map(|(_, field)| field).collect::<Vec<_>>()
    };
    let hash_field =
        if tls.verify_certificate_spki.is_empty() { "verifyCertificateHash" } else { "verifyCertificateSpki" };
    let mut found = Vec::new();
    match tls.mode {
        ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough if !server.protocol.is_http() => {
            let why = "TLS is not ended here";
            found.extend(parameter_field().into_iter().map(|field| (field, why)));
            if by_name {
                found.push(("credentialName", why));
            }
        }
        ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough => {}
        ServerTlsMode::IstioMutual => {
            let why = "`ISTIO_MUTUAL` takes Istio's own settings";
            if parameters {
                found.extend(parameter_field().into_iter().map(|field| (field, why)));
            }
            if by_name {
                found.push(("credentialName", "`ISTIO_MUTUAL` takes Istio's own certificates"));
            }
        }
        ServerTlsMode::Simple | ServerTlsMode::Mutual | ServerTlsMode::OptionalMutual => {
            let mutual = tls.mode != ServerTlsMode::Simple;
            if hashes && !mutual {
                found.push((hash_field, "`SIMPLE` asks clients for no certificate"));
            } else if hashes && !by_name {
                found.push((hash_field, "Istio reads it only beside `credentialName`"));
            }
            if by_name && !tls.ca_crl.is_empty() {
                found.push(("caCrl", "with `credentialName` the Secret's `ca.crl` is read"));
            }
            if by_name && !tls.server_certificate.is_empty() {
                found.push(("serverCertificate", "`credentialName` takes its place"));
            }
        }
    }
    found
}
