//! `envoy.config.core.v3.TransportSocket` with TLS, plain text or the PROXY protocol inside.

use envoy_types::pb::envoy::config::cluster::v3::cluster::TransportSocketMatch;
use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::extensions::transport_sockets::proxy_protocol::v3::ProxyProtocolUpstreamTransport;
use envoy_types::pb::envoy::extensions::transport_sockets::quic::v3::QuicDownstreamTransport;
use envoy_types::pb::envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer;
use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3 as tls;
use envoy_types::pb::google::protobuf::{Any, Struct};

use super::any::pack;
use super::core::{bool_value, filename, string_matcher};
use super::discovery::Discovery;
use super::typed_struct::{string, structure};
use crate::ir::cluster::{ProxyProtocolVersion, Transport};
use crate::ir::tls::{CommonTls, DownstreamTls, PeerChecks, TlsParams, TlsVersion, UpstreamTls, Validation};

/// TLS of a filter chain.
pub fn downstream(downstream: &DownstreamTls, discovery: &Discovery<'_>) -> core::TransportSocket {
    let DownstreamTls { common, require_client_certificate, quic } = downstream;
    let context = tls::DownstreamTlsContext {
        common_tls_context: Some(common_tls_context(common, discovery)),
        require_client_certificate: require_client_certificate.map(bool_value),
        ..Default::default()
    };
    if *quic {
        let quic = QuicDownstreamTransport { downstream_tls_context: Some(context), ..Default::default() };
        named("envoy.transport_sockets.quic", pack(&quic))
    } else {
        named(TLS, pack(&context))
    }
}

/// How a cluster carries bytes: one socket for all endpoints, or one by what each endpoint says.
pub fn upstream(
    transport: &Transport,
    discovery: &Discovery<'_>,
) -> (Option<core::TransportSocket>, Vec<TransportSocketMatch>) {
    match transport {
        Transport::Plain => (None, Vec::new()),
        Transport::Tls(context) => (Some(upstream_tls(context, discovery)), Vec::new()),
        Transport::AutoMtls(context) => {
            (None, transport_socket_matches(upstream_tls(context, discovery), raw_buffer()))
        }
        Transport::ProxyProtocol(version, inner) => match upstream(inner, discovery) {
            (socket, matches) if matches.is_empty() => {
                (Some(proxy_protocol(*version, socket.unwrap_or_else(unnamed_raw_buffer))), matches)
            }
            (socket, mut matches) => {
                for socket_match in &mut matches {
                    let inner = socket_match.transport_socket.take().unwrap_or_else(raw_buffer);
                    socket_match.transport_socket = Some(proxy_protocol(*version, inner));
                }
                (socket, matches)
            }
        },
    }
}

const TLS: &str = "envoy.transport_sockets.tls";

/// Endpoints that speak mesh mTLS say so in `tlsMode` (`istio: core.(*ClusterBuilder).setAutoMtls…`).
fn transport_socket_matches(mtls: core::TransportSocket, plain: core::TransportSocket) -> Vec<TransportSocketMatch> {
    let socket_match = |name: &str, matches: Struct, socket| TransportSocketMatch {
        name: name.to_owned(),
        r#match: Some(matches),
        transport_socket: Some(socket),
    };
    vec![
        socket_match("tlsMode-istio", structure([("tlsMode", string("istio"))]), mtls),
        socket_match("tlsMode-disabled", Struct::default(), plain),
    ]
}

fn named(name: &str, config: Any) -> core::TransportSocket {
    core::TransportSocket {
        name: name.to_owned(),
        config_type: Some(core::transport_socket::ConfigType::TypedConfig(config)),
    }
}

/// As Istio names it below the PROXY protocol, where nothing else is (`istio: util.RawBufferTransport`).
fn unnamed_raw_buffer() -> core::TransportSocket {
    named("raw_buffer", pack(&RawBuffer {}))
}

fn raw_buffer() -> core::TransportSocket {
    named("envoy.transport_sockets.raw_buffer", pack(&RawBuffer {}))
}

fn proxy_protocol(version: ProxyProtocolVersion, inner: core::TransportSocket) -> core::TransportSocket {
    let version = match version {
        ProxyProtocolVersion::V1 => core::proxy_protocol_config::Version::V1,
        ProxyProtocolVersion::V2 => core::proxy_protocol_config::Version::V2,
    };
    let transport = ProxyProtocolUpstreamTransport {
        config: Some(core::ProxyProtocolConfig { version: version.into(), ..Default::default() }),
        transport_socket: Some(inner),
        ..Default::default()
    };
    named("envoy.transport_sockets.upstream_proxy_protocol", pack(&transport))
}

fn upstream_tls(upstream: &UpstreamTls, discovery: &Discovery<'_>) -> core::TransportSocket {
    let UpstreamTls { common, sni, auto_host_sni, auto_sni_san_validation } = upstream;
    let context = tls::UpstreamTlsContext {
        common_tls_context: Some(common_tls_context(common, discovery)),
        sni: sni.clone(),
        auto_host_sni: *auto_host_sni,
        auto_sni_san_validation: *auto_sni_san_validation,
        ..Default::default()
    };
    named(TLS, pack(&context))
}

fn common_tls_context(common: &CommonTls, discovery: &Discovery<'_>) -> tls::CommonTlsContext {
    use tls::common_tls_context::{CombinedCertificateValidationContext, ValidationContextType};
    let CommonTls { params, certificates, validation, alpn_protocols } = common;
    let validation = match validation {
        Validation::None => None,
        Validation::Static(checks) => {
            Some(ValidationContextType::ValidationContext(certificate_validation_context(checks)))
        }
        Validation::Combined(checks, authorities) => {
            Some(ValidationContextType::CombinedValidationContext(CombinedCertificateValidationContext {
                default_validation_context: Some(certificate_validation_context(checks)),
                validation_context_sds_secret_config: Some(discovery.sds_secret_config(authorities)),
                ..Default::default()
            }))
        }
        Validation::Secret(authorities) => {
            Some(ValidationContextType::ValidationContextSdsSecretConfig(discovery.sds_secret_config(authorities)))
        }
    };
    tls::CommonTlsContext {
        tls_params: params.as_ref().map(tls_parameters),
        tls_certificate_sds_secret_configs: certificates
            .iter()
            .map(|certificate| discovery.sds_secret_config(certificate))
            .collect(),
        validation_context_type: validation,
        alpn_protocols: alpn_protocols.clone(),
        ..Default::default()
    }
}

fn tls_parameters(params: &TlsParams) -> tls::TlsParameters {
    use tls::tls_parameters::TlsProtocol;
    let TlsParams { minimum, maximum, cipher_suites, ecdh_curves } = params;
    let protocol = |version: &Option<TlsVersion>| match version {
        None => TlsProtocol::TlsAuto,
        Some(TlsVersion::V1_0) => TlsProtocol::TlSv10,
        Some(TlsVersion::V1_1) => TlsProtocol::TlSv11,
        Some(TlsVersion::V1_2) => TlsProtocol::TlSv12,
        Some(TlsVersion::V1_3) => TlsProtocol::TlSv13,
    };
    tls::TlsParameters {
        tls_minimum_protocol_version: protocol(minimum).into(),
        tls_maximum_protocol_version: protocol(maximum).into(),
        cipher_suites: cipher_suites.clone(),
        ecdh_curves: ecdh_curves.clone(),
        ..Default::default()
    }
}

#[expect(deprecated, reason = "istiod writes `match_subject_alt_names`")]
fn certificate_validation_context(checks: &PeerChecks) -> tls::CertificateValidationContext {
    use tls::certificate_validation_context::TrustChainVerification;
    let PeerChecks {
        subject_alt_names,
        certificate_hashes,
        certificate_spki,
        crl_file,
        trusted_ca_file,
        accept_untrusted,
    } = checks;
    let verification = if *accept_untrusted {
        TrustChainVerification::AcceptUntrusted
    } else {
        TrustChainVerification::VerifyTrustChain
    };
    tls::CertificateValidationContext {
        match_subject_alt_names: subject_alt_names.iter().map(string_matcher).collect(),
        verify_certificate_hash: certificate_hashes.clone(),
        verify_certificate_spki: certificate_spki.clone(),
        crl: crl_file.as_deref().map(filename),
        trusted_ca: trusted_ca_file.as_deref().map(filename),
        trust_chain_verification: verification.into(),
        ..Default::default()
    }
}
