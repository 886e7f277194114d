//! Headers: several of one name, and what routes make of them.

use super::config::route::HeaderValueOption;

/// The request headers that Envoy joins by commas as they arrive, one value for all; of others each value stands for
/// itself (`envoy: envoy/http/header_map.h`, `INLINE_REQ_*` and registered custom inline headers). Found by asking
/// Envoy 1.40.
const JOINED: [&str; 37] = [
    "accept",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "access-control-request-private-network",
    "authentication",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "expect",
    "grpc-accept-encoding",
    "grpc-timeout",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "origin",
    "pragma",
    "proxy-status",
    "referer",
    "te",
    "user-agent",
    "via",
    "x-client-trace-id",
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-external-address",
    "x-envoy-original-host",
    "x-envoy-original-path",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-request-id",
];

/// The headers as Envoy keeps them: names in lower case, and those of [`JOINED`] once each.
pub(super) fn arrive(headers: &[(String, String)]) -> Vec<(String, String)> {
    let mut arrived: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let joins = JOINED.contains(&name.as_str());
        match arrived.iter_mut().find(|(one, _)| joins && *one == name) {
            // An empty value takes no comma.
            Some(_) if value.is_empty() => {}
            Some((_, all)) => {
                if !all.is_empty() {
                    all.push(',');
                }
                all.push_str(value);
            }
            None => arrived.push((name, value.clone())),
        }
    }
    arrived
}

/// In HTTP/2 a cookie may come in parts (RFC 9113, section 8.2.3): they are one, at the end, and none where all are empty
/// (`envoy: source/common/http/http2/codec_impl.cc`, `saveHeader` and `decodeHeaders`).
pub(super) fn join_cookies(headers: &mut Vec<(String, String)>) {
    let mut all = String::new();
    headers.retain(|(name, value)| {
        let is_cookie = name == "cookie";
        if is_cookie {
            let sign = if all.is_empty() { "" } else { "; " };
            all.push_str(sign);
            all.push_str(value);
        }
        !is_cookie
    });
    if !all.is_empty() {
        headers.push(("cookie".to_owned(), all));
    }
}

/// The values of a header that a match looks at, one after the other; none where it is missing.
pub(super) fn values(headers: &[(String, String)], name: &str) -> Vec<String> {
    headers.iter().filter(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone()).collect()
}

/// One level's changes of headers.
#[derive(Clone, Copy)]
pub(super) struct Changes<'a> {
    pub(super) add: &'a [HeaderValueOption],
    pub(super) remove: &'a [String],
}

/// Applies changes to headers whose names are in lower case: removals, then what is set, then what is added
/// (`envoy: source/common/router/header_parser.cc`, `evaluateHeaders`).
pub(super) fn change(headers: &mut Vec<(String, String)>, changes: Changes<'_>) {
    let named = |name: &str| name.to_ascii_lowercase();
    for name in changes.remove.iter().map(|name| named(name)) {
        headers.retain(|(one, _)| *one != name);
    }
    let mut added = Vec::new();
    for HeaderValueOption { header, append_action, keep_empty_value } in changes.add {
        if header.value.is_empty() && !keep_empty_value {
            continue;
        }
        let name = named(&header.key);
        let there = headers.iter().any(|(one, _)| *one == name);
        let value = header.value.replace("%%", "%");
        match append_action.as_str() {
            "ADD_IF_ABSENT" if there => {}
            "OVERWRITE_IF_EXISTS" if !there => {}
            "OVERWRITE_IF_EXISTS" | "OVERWRITE_IF_EXISTS_OR_ADD" => {
                headers.retain(|(one, _)| *one != name);
                headers.push((name, value));
            }
            _ => added.push((name, value)),
        }
    }
    headers.extend(added);
}
