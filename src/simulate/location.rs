//! Where a redirect leads to.

use super::config::route::{RedirectAction, RouteMatch};
use super::http::Seen;
use super::{path, rewrite, virtual_host};

/// To the same address by HTTPS, as a virtual host that requires TLS asks for. A port stays, also one that does not
/// fit (`envoy: source/common/http/utility.cc`, `createSslRedirectPath`).
pub(super) fn to_https(seen: &Seen) -> String {
    format!("https://{}{}", seen.request.host, seen.request.path)
}

/// The status and the location; `None` where a regular expression is not evaluated
/// (`envoy: source/common/router/config_impl.cc`, `RouteEntryImplBase::newUri`).
pub(super) fn redirect(action: &RedirectAction, matches: &RouteMatch, seen: &Seen) -> Option<(u16, String)> {
    let scheme = match (action.https_redirect, action.scheme_redirect.as_str()) {
        (_, scheme) if !scheme.is_empty() => scheme,
        (true, _) => "https",
        (false, _) => &seen.scheme,
    };
    let port = if action.port_redirect == 0 { String::new() } else { format!(":{}", action.port_redirect) };
    let host = match action.host_redirect.as_str() {
        "" => host(seen, scheme, &port),
        host => host.to_owned(),
    };
    let (_, query) = path::split(&seen.request.path);
    let own_query = action.path_redirect.contains('?');
    let path = if !action.path_redirect.is_empty() {
        rewrite::with_query(&action.path_redirect, query.filter(|_| !own_query))
    } else if !action.prefix_rewrite.is_empty() {
        rewrite::prefix(matches, &action.prefix_rewrite, &seen.request.path)
    } else if let Some(regex) = &action.regex_rewrite {
        rewrite::regex(regex, &seen.request.path)?
    } else {
        seen.request.path.clone()
    };
    // What follows a `#` is no query, and stays.
    let kept = if action.strip_query && !own_query { path.split('?').next().unwrap_or_default() } else { &path };
    let slash = if kept.starts_with('/') { "" } else { "/" };
    Some((status(&action.response_code), format!("{scheme}://{host}{port}{slash}{kept}")))
}

/// The request's host, without a port that no longer fits (`processRequestHost` there).
fn host(seen: &Seen, scheme: &str, port: &str) -> String {
    let (host, old) = virtual_host::split_port(&seen.request.host);
    let usual = match seen.forwarded_proto.as_str() {
        "https" => Some("443"),
        "http" => Some("80"),
        _ => None,
    };
    let cut = !port.is_empty() || (scheme != seen.forwarded_proto && old.is_some() && old == usual);
    if cut { host.to_owned() } else { seen.request.host.clone() }
}

fn status(code: &str) -> u16 {
    match code {
        "FOUND" => 302,
        "SEE_OTHER" => 303,
        "TEMPORARY_REDIRECT" => 307,
        "PERMANENT_REDIRECT" => 308,
        _ => 301,
    }
}
