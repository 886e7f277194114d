//! What istiod refuses of a Gateway (`pkg/config/validation: ValidateGateway`).

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Gateway;
use super::gateway::{Server, ServerPort, ServerTls, ServerTlsMode, TlsProtocol};
use crate::base::{Diagnostic, Diagnostics, Location, NamespacedHost, Origin, Protocol};
use crate::resource::Object;
use crate::resource::check::{doubt, fault, field, is_label, is_partial_wildcard, wildcard_domain_fault};

/// Checks one object by itself.
pub(in crate::resource) fn check(gateway: &Object<Gateway>, out: &mut Diagnostics) {
    if !is_label(gateway.name()) {
        let at = gateway.origin().key("metadata").key("name");
        let message = format!("`{}` cannot be the name of a Gateway: it is no DNS label", gateway.name());
        out.push(fault("malformed-name", &at, message).help("up to 63 lower-case letters, digits and `-`"));
    }
    let spec = gateway.spec_origin();
    let servers = spec.key("servers");
    if gateway.spec.servers.is_empty() {
        out.push(fault("missing-servers", &spec, format!("Gateway `{}` has no servers", gateway.name())));
    }
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, server) in gateway.spec.servers.iter().enumerate() {
        let at = servers.index(index);
        check_server(&at, server, out);
        let name = server.port.as_ref().map_or("", |port| port.name.as_str());
        if name.is_empty() {
            continue;
        }
        if let Some(first) = names.insert(name, index) {
            let place = at.key("port").key("name");
            let first = Location::Value(servers.index(first).key("port").key("name"));
            let finding = fault("duplicate-port-name", &place, format!("two servers have a port `{name}`"));
            out.push(finding.related(first, "the first").help("give each port of a Gateway its own name"));
        }
    }
}

fn check_server(at: &Origin, server: &Server, out: &mut Diagnostics) {
    if server.hosts.is_empty() {
        out.push(fault("missing-hosts", at, "a server without hosts").help("list hosts, or `*` for every host"));
    }
    for (index, host) in server.hosts.iter().enumerate() {
        check_host(&at.key("hosts").index(index), host, out);
    }
    check_bind(at, server, out);
    if let Some(tls) = &server.tls {
        check_tls(&at.key("tls"), tls, out);
    }
    match &server.port {
        None => out.push(fault("missing-port", at, "a server without `port`")),
        Some(port) => {
            check_port(&at.key("port"), port, server.bind.starts_with("unix://"), out);
            check_tls_fits(at, port, server.tls.as_ref(), out);
        }
    }
}

fn check_port(at: &Origin, port: &ServerPort, is_socket: bool, out: &mut Diagnostics) {
    check_protocol(at, port, out);
    if port.number.is_none() && !is_socket {
        out.push(fault("missing-port", at, "a port needs a number from 1 to 65535"));
    }
    if port.name.is_empty() {
        out.push(fault("missing-port-name", at, "a port of a Gateway needs a `name`"));
    }
    if port.target_port.is_some() {
        let message = "`targetPort` has no effect in a Gateway";
        out.push(fault("target-port-in-gateway", &at.key("targetPort"), message).help("remove it"));
    }
}

/// The protocol is one that Istio knows.
pub(super) fn check_protocol(at: &Origin, port: &ServerPort, out: &mut Diagnostics) {
    if !Protocol::parse(&port.protocol).is_unsupported() {
        return;
    }
    out.push(match port.protocol.as_str() {
        "" => fault("missing-protocol", at, "a port needs a `protocol`").help("HTTP, HTTPS, HTTP2, GRPC, TLS or TCP"),
        other => unknown_protocol(&at.key("protocol"), other),
    });
}

/// That a protocol is not one that Istio knows.
pub(super) fn unknown_protocol(at: &Origin, protocol: &str) -> Diagnostic {
    fault("unknown-protocol", at, format!("Istio knows no protocol `{protocol}`"))
        .help("HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TLS, TCP, MONGO, REDIS or MYSQL")
}

fn check_bind(at: &Origin, server: &Server, out: &mut Diagnostics) {
    let place = at.key("bind");
    let number = server.port.as_ref().and_then(|port| port.number);
    match server.bind.strip_prefix("unix://") {
        Some(path) => {
            if let Some(message) = socket_fault(path) {
                out.push(fault("malformed-address", &place, message));
            }
            if number.is_some() {
                let message = "with a Unix socket the port's number must be 0 or absent";
                out.push(fault("port-of-socket", &at.key("port").key("number"), message));
            }
        }
        None if !server.bind.is_empty() && server.bind.parse::<IpAddr>().is_err() => {
            let message = format!("`{}` is not an IP address", server.bind);
            out.push(fault("malformed-address", &place, message).help("an IP address, or `unix://` and a path"));
        }
        None => {}
    }
}

/// What is wrong with the path of a socket (`ValidateUnixAddress`).
pub(super) fn socket_fault(path: &str) -> Option<&'static str> {
    match path {
        "" => Some("a Unix socket needs a path"),
        _ if path.starts_with('@') => None,
        _ if !path.starts_with('/') => Some("the path of a Unix socket must be absolute, or start with `@`"),
        _ if path.ends_with('/') => Some("the path of a Unix socket cannot be a directory"),
        _ => None,
    }
}

/// A host of a Gateway (`agent.ValidateNamespaceSlashWildcardHostname`).
fn check_host(at: &Origin, host: &NamespacedHost, out: &mut Diagnostics) {
    let name = host.host.as_str();
    match host.namespace.as_deref() {
        Some("") => out.push(fault("malformed-host", at, format!("`{host}` has no namespace before its `/`"))),
        None | Some("*" | ".") => {}
        Some(namespace) if is_label(namespace) => {}
        Some(namespace) => {
            out.push(fault("malformed-host", at, format!("`{namespace}` cannot be the name of a namespace")));
        }
    }
    let address = name.parse::<IpAddr>().ok();
    // The webhook looks for a dot, as in names.
    if address.is_some() && !name.contains('.') {
        let message = format!("`{name}` is an IPv6 address, which is not taken as a host");
        out.push(fault("malformed-host", at, message).help("write `*`"));
    }
    check_host_name(at, name, address.is_some(), out);
}

/// The host after the slash of a Gateway's or a Sidecar's host.
pub(super) fn check_host_name(at: &Origin, name: &str, is_address: bool, out: &mut Diagnostics) {
    if is_address {
        return;
    }
    if let Some(why) = wildcard_domain_fault(name) {
        out.push(fault("malformed-host", at, format!("`{name}` is not a host: {why}")));
    } else if is_partial_wildcard(name) {
        let message = format!("in `{name}` the `*` stands for a part of a label only");
        out.push(fault("partial-wildcard", at, message).help("`*` stands for whole labels, as in `*.example.com`"));
    } else if !name.contains('.') && name != "*" {
        let message = format!("`{name}` has no dot: short names have no meaning here");
        out.push(fault("short-host", at, message).help("write the full name, or `*`"));
    }
}

/// Whether the port's protocol goes with the server's TLS (`validateServer`).
fn check_tls_fits(at: &Origin, port: &ServerPort, tls: Option<&ServerTls>, out: &mut Diagnostics) {
    let protocol = Protocol::parse(&port.protocol);
    let Some(tls) = tls else {
        if protocol.is_tls() {
            let message = format!("a server with protocol {protocol} needs `tls`");
            out.push(fault("missing-tls", at, message).help("add `tls`, or use HTTP or TCP"));
        }
        return;
    };
    let place = at.key("tls");
    if tls.https_redirect && !protocol.is_http() && !protocol.is_unsupported() {
        let message = format!("`httpsRedirect` is for HTTP servers, and this one is {protocol}");
        out.push(doubt("redirect-without-http", &place.key("httpsRedirect"), message));
    }
    if protocol.is_tls() || protocol.is_unsupported() {
        return;
    }
    let passes = matches!(tls.mode, ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough);
    let bare = tls.ca_certificates.is_empty() && tls.private_key.is_empty() && tls.server_certificate.is_empty();
    if !protocol.is_http() {
        let message = format!("a server with protocol {protocol} takes no `tls`");
        out.push(fault("tls-on-plain-port", &place, message).help("use protocol TLS or HTTPS, or remove `tls`"));
    } else if !passes || !bare {
        let message = format!("a server with protocol {protocol} takes no `tls` but `httpsRedirect`");
        out.push(fault("tls-on-plain-port", &place, message).help("use protocol HTTPS, or remove `tls`"));
    }
}

/// TLS of a server (`validateTLSOptions`).
pub(super) fn check_tls(at: &Origin, tls: &ServerTls, out: &mut Diagnostics) {
    check_versions_and_ciphers(at, tls, out);
    let written = written_certificates(tls);
    match tls.mode {
        ServerTlsMode::IstioMutual => {
            for name in written {
                let message = format!("`{name}` is not used with mode ISTIO_MUTUAL, which takes Istio's certificates");
                out.push(fault("tls-field-not-used", &at.key(name), message).help("remove it, or use mode MUTUAL"));
            }
            return;
        }
        ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough => {
            let crl = (!tls.ca_crl.is_empty()).then_some("caCrl");
            for name in written.into_iter().chain(crl) {
                let message = format!("`{name}` is ignored: TLS is passed through without being terminated");
                let help = "set `mode` to SIMPLE or MUTUAL to terminate TLS here";
                out.push(doubt("tls-field-ignored", &at.key(name), message).help(help));
            }
        }
        ServerTlsMode::Simple | ServerTlsMode::Mutual | ServerTlsMode::OptionalMutual => {}
    }
    check_sources(at, tls, out);
    let terminates = matches!(tls.mode, ServerTlsMode::Simple | ServerTlsMode::Mutual | ServerTlsMode::OptionalMutual);
    let by_name = !tls.credential_name.is_empty() || !tls.credential_names.is_empty();
    if terminates && !by_name {
        check_certificates(at, tls, out);
    }
    let has_credential = terminates && by_name;
    if !tls.ca_crl.is_empty() && !has_credential {
        check_crl(at, tls, out);
    }
}

fn check_crl(at: &Origin, tls: &ServerTls, out: &mut Diagnostics) {
    let place = at.key("caCrl");
    if !tls.credential_name.is_empty() {
        out.push(fault("conflicting-crl", &place, "with `credentialName` the CRL is part of the credential"));
    }
    if tls.mode == ServerTlsMode::Simple {
        let message = "with mode SIMPLE no client certificates are checked, so there is no use for a CRL";
        out.push(fault("conflicting-crl", &place, message));
    }
}

fn written_certificates(tls: &ServerTls) -> Vec<&'static str> {
    let fields = [
        (!tls.server_certificate.is_empty(), "serverCertificate"),
        (!tls.private_key.is_empty(), "privateKey"),
        (!tls.ca_certificates.is_empty(), "caCertificates"),
        (!tls.tls_certificates.is_empty(), "tlsCertificates"),
        (!tls.credential_name.is_empty(), "credentialName"),
        (!tls.credential_names.is_empty(), "credentialNames"),
    ];
    fields.into_iter().filter(|(written, _)| *written).map(|(_, name)| name).collect()
}

fn check_versions_and_ciphers(at: &Origin, tls: &ServerTls, out: &mut Diagnostics) {
    let old = matches!(tls.min_protocol_version, TlsProtocol::V1_0 | TlsProtocol::V1_1);
    if old && tls.cipher_suites.is_empty() {
        let message = "versions below TLS 1.2 do not work with Istio's default ciphers";
        let help = "list `cipherSuites` that these versions have, or raise the version";
        out.push(doubt("old-tls-without-ciphers", &at.key("minProtocolVersion"), message).help(help));
    }
    if tls.max_protocol_version != TlsProtocol::Auto && tls.max_protocol_version < tls.min_protocol_version {
        let message = "the highest TLS version is below the lowest";
        out.push(fault("tls-versions-reversed", &at.key("maxProtocolVersion"), message));
    }
    let mut seen = BTreeMap::new();
    for (index, cipher) in tls.cipher_suites.iter().enumerate() {
        let place = at.key("cipherSuites").index(index);
        if !super::gateway::is_cipher_suite(cipher) {
            let message = format!("`{cipher}` is not a cipher suite that Envoy knows, and is ignored");
            out.push(doubt("unknown-cipher-suite", &place, message));
        } else if seen.insert(cipher.as_str(), index).is_some() {
            out.push(doubt("duplicate-cipher-suite", &place, format!("`{cipher}` is listed twice")));
        }
    }
}

/// Certificates come from one place only.
fn check_sources(at: &Origin, tls: &ServerTls, out: &mut Diagnostics) {
    let sources = [
        (!tls.server_certificate.is_empty() && !tls.private_key.is_empty(), "serverCertificate"),
        (!tls.credential_name.is_empty(), "credentialName"),
        (!tls.credential_names.is_empty(), "credentialNames"),
        (!tls.tls_certificates.is_empty(), "tlsCertificates"),
    ];
    let mut written = sources.into_iter().filter(|(written, _)| *written).map(|(_, name)| name);
    if let (Some(first), Some(second)) = (written.next(), written.next()) {
        let message = format!("`{second}` and `{first}` both say where the certificate is");
        let first = Location::Value(at.key(first));
        out.push(
            fault("conflicting-certificates", &at.key(second), message).related(first, "the other").help("keep one"),
        );
    }
    for (count, name) in
        [(tls.credential_names.len(), "credentialNames"), (tls.tls_certificates.len(), "tlsCertificates")]
    {
        if count > 2 {
            let place = at.key(name);
            let message = format!("`{}` has {count} entries, and Istio takes at most 2", field(&place));
            out.push(fault("too-many-certificates", &place, message).help("one for RSA and one for ECDSA"));
        }
    }
}

/// Modes that terminate TLS name the files they need.
fn check_certificates(at: &Origin, tls: &ServerTls, out: &mut Diagnostics) {
    let mutual = matches!(tls.mode, ServerTlsMode::Mutual | ServerTlsMode::OptionalMutual);
    if mutual && tls.ca_certificates.is_empty() {
        let message = "mutual TLS needs `caCertificates` (or `credentialName`) to check clients against";
        out.push(fault("missing-ca-certificates", at, message));
    }
    let mut check = |at: &Origin, certificate: &str, key: &str| {
        if certificate.is_empty() {
            let message = "terminating TLS needs `serverCertificate` (or `credentialName`)";
            out.push(fault("missing-certificate", at, message));
        }
        if key.is_empty() {
            let message = "terminating TLS needs `privateKey` (or `credentialName`)";
            out.push(fault("missing-private-key", at, message));
        }
    };
    if tls.tls_certificates.is_empty() {
        check(at, &tls.server_certificate, &tls.private_key);
    }
    for (index, files) in tls.tls_certificates.iter().enumerate() {
        check(&at.key("tlsCertificates").index(index), &files.server_certificate, &files.private_key);
    }
}
