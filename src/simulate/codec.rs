//! What is refused before any route is looked for: requests that are no valid HTTP/1.1.
//!
//! Envoy's documentation says little of this; the rules are those of Envoy 1.40 with its parser (Balsa), found by asking
//! it, and `src/tests/live_requests.rs` asks it again.

use super::config::listener::HttpConnectionManager;
use super::request::{Request, Tls};

/// The methods that the parser knows
/// (`envoy: source/common/http/http1/balsa_parser.cc`, `isMethodValid`).
const METHODS: [&str; 34] = [
    "ACL",
    "BIND",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MOVE",
    "MSEARCH",
    "NOTIFY",
    "OPTIONS",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "REBIND",
    "REPORT",
    "SEARCH",
    "SOURCE",
    "SUBSCRIBE",
    "TRACE",
    "UNBIND",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
];

/// Why a request is refused.
pub(super) struct Refusal {
    /// The status.
    pub status: u16,
    /// What is wrong with it.
    pub why: String,
}

/// Refuses the request, or takes a URL in the place of its path apart.
pub(super) fn decode(manager: &HttpConnectionManager, request: &mut Request) -> Result<(), Refusal> {
    let refuse = |status, why: String| Err(Refusal { status, why });
    if !METHODS.contains(&request.method.as_str()) {
        return refuse(400, format!("`{}` is no method that Envoy knows", request.method));
    }
    if !request.path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse(400, "the path has a space or a sign beyond ASCII, which must be escaped".to_owned());
    }
    for (name, value) in &request.headers {
        if name.is_empty() || !name.bytes().all(is_token) || value.bytes().any(|byte| byte < 0x20 && byte != b'\t') {
            return refuse(400, format!("the header `{name}` is none"));
        }
    }
    underscores(manager, request)?;
    join_hosts(request);
    if request.method == "CONNECT" {
        return authority(&request.host);
    }
    if request.path == "*" && request.method == "OPTIONS" {
        return refuse(404, "`*` is no path".to_owned());
    }
    if !request.path.starts_with('/') {
        url(request)?;
    }
    authority(&request.host)
}

/// Several `host` headers are one, with commas.
fn join_hosts(request: &mut Request) {
    let is_host = |(name, _): &(String, String)| name.eq_ignore_ascii_case("host");
    for (_, value) in request.headers.extract_if(.., |header| is_host(header)) {
        let value = value.trim();
        if !request.host.is_empty() && !value.is_empty() {
            request.host.push(',');
        }
        request.host.push_str(value);
    }
}

/// Why a stream of HTTP/2 is reset without an answer, where it is: the client hears only that it broke the protocol.
pub(super) fn decode_http2(manager: &HttpConnectionManager, request: &mut Request) -> Result<(), String> {
    if request.method.is_empty() || !request.method.bytes().all(is_token) {
        return Err(format!("`{}` is no method", request.method));
    }
    if !request.path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the path has a space or a sign beyond ASCII, which must be escaped".to_owned());
    }
    underscores(manager, request).map_err(|refusal| refusal.why)?;
    // Beside the authority `host` says nothing, and must be one all the same.
    let hosts: Vec<_> = request.headers.extract_if(.., |(name, _)| name.eq_ignore_ascii_case("host")).collect();
    for host in std::iter::once(&request.host).chain(hosts.iter().map(|(_, value)| value)) {
        if host.is_empty() {
            return Err("the authority is empty".to_owned());
        }
        authority(host).map_err(|refusal| refusal.why)?;
    }
    Ok(())
}

/// The signs of a token (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What the connection manager makes of headers with `_` in their names; unset lets them pass.
fn underscores(manager: &HttpConnectionManager, request: &mut Request) -> Result<(), Refusal> {
    match manager.common_http_protocol_options.headers_with_underscores_action.as_str() {
        "REJECT_REQUEST" => match request.headers.iter().find(|(name, _)| name.contains('_')) {
            Some((name, _)) => Err(Refusal { status: 400, why: format!("the header `{name}` has a `_` in its name") }),
            None => Ok(()),
        },
        "DROP_HEADER" => {
            request.headers.retain(|(name, _)| !name.contains('_'));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A URL as to a proxy: its host is what counts.
fn url(request: &mut Request) -> Result<(), Refusal> {
    let parts = request.path.split_once("://").and_then(|(scheme, rest)| {
        let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        Some((scheme.to_ascii_lowercase(), rest.get(..at)?.to_owned(), rest.get(at..)?.to_owned()))
    });
    match parts {
        Some((scheme, host, path)) if matches!(scheme.as_str(), "http" | "https") && !host.is_empty() => {
            if scheme == "https" && request.tls == Tls::Plaintext {
                return Err(Refusal { status: 403, why: "the URL says https, and there is no TLS".to_owned() });
            }
            if path.starts_with(['?', '#']) {
                return Err(Refusal { status: 404, why: "the URL has no path".to_owned() });
            }
            request.host = host;
            request.path = if path.is_empty() { "/".to_owned() } else { path };
            Ok(())
        }
        _ => Err(Refusal { status: 400, why: format!("`{}` is no path", request.path) }),
    }
}

/// The signs that may stand in an authority (RFC 3986, section 3.2).
fn authority(host: &str) -> Result<(), Refusal> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@[]".contains(&byte);
    if host.bytes().all(valid) {
        return Ok(());
    }
    Err(Refusal { status: 400, why: format!("`{host}` is no host") })
}
