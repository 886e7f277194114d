//! Headers of a request and its response once the route has changed them.

use serde_json::Value;

use super::Case;
use crate::simulate::{End, Outcome};

/// Headers that Envoy keeps once, with their values joined by commas (`envoy: envoy/http/header_map.h`,
/// `INLINE_REQ_*` and `INLINE_RESP_*`).
const JOINED: [&str; 16] = [
    "accept",
    "accept-encoding",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "date",
    "location",
    "origin",
    "referer",
    "server",
    "te",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-request-id",
];

/// The headers, in order.
pub(super) struct Finalized {
    /// Of the request, with its pseudo headers.
    pub request: Vec<(String, String)>,
    /// Of the response.
    pub response: Vec<(String, String)>,
}

/// The entry of a weighted cluster in a route.
pub(super) fn weighted<'a>(route: &'a Value, cluster: &str) -> &'a Value {
    let clusters = route.get("route").and_then(|it| it.get("weighted_clusters")?.get("clusters")?.as_array());
    let named = |one: &&Value| one.get("name").and_then(Value::as_str) == Some(cluster);
    clusters.and_then(|it| it.iter().find(named)).unwrap_or(&Value::Null)
}

impl Finalized {
    /// `levels` are those that change headers, the closest first, as Envoy applies them
    /// (`envoy: source/common/router/config_impl.cc`, `finalizeRequestHeaders`).
    pub(super) fn new(case: &Case, outcome: &Outcome, levels: [&Value; 4]) -> Self {
        let asked = &case.request;
        let mut request = vec![
            (":authority".to_owned(), asked.host.clone()),
            (":path".to_owned(), asked.path.clone()),
            (":method".to_owned(), asked.method.clone()),
            (":scheme".to_owned(), case.scheme().to_owned()),
        ];
        request.extend(asked.headers.iter().cloned());
        let mut response = case.response_headers.clone();
        match &outcome.end {
            End::Forward(forward) => {
                let before = request.clone();
                levels.iter().for_each(|level| change(&mut request, level, "request", &before));
                rewrite(&mut request, ":authority", &forward.host, "x-envoy-original-host");
                rewrite(&mut request, ":path", &forward.path, "x-envoy-original-path");
            }
            End::DirectResponse { status, body } => {
                response.push((":status".to_owned(), status.to_string()));
                // A local reply says what its body is, where it has one (`Utility::sendLocalReply`).
                if let Some(body) = body.as_ref().filter(|body| !body.is_empty()) {
                    response.push(("content-length".to_owned(), body.len().to_string()));
                    response.push(("content-type".to_owned(), "text/plain".to_owned()));
                }
            }
            End::Redirect { status, .. } => response.push((":status".to_owned(), status.to_string())),
            End::Tcp(_) | End::Fault(_) => return Self { request, response },
        }
        let before = request.clone();
        levels.iter().for_each(|level| change(&mut response, level, "response", &before));
        Self { request, response }
    }
}

fn rewrite(headers: &mut Vec<(String, String)>, name: &str, new: &str, original: &str) {
    let Some((_, value)) = headers.iter_mut().find(|(one, _)| one == name) else { return };
    if value != new {
        let old = std::mem::replace(value, new.to_owned());
        headers.push((original.to_owned(), old));
    }
}

/// Removes and adds what one level says for requests or responses.
fn change(headers: &mut Vec<(String, String)>, level: &Value, of: &str, request: &[(String, String)]) {
    let list =
        |what: &str| level.get(format!("{of}_headers_to_{what}")).and_then(Value::as_array).into_iter().flatten();
    for name in list("remove").filter_map(Value::as_str) {
        headers.retain(|(one, _)| !one.eq_ignore_ascii_case(name));
    }
    for option in list("add") {
        let header = option.get("header").unwrap_or(option);
        let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, value) = (text("key").to_ascii_lowercase(), format(text("value"), request));
        let exists = headers.iter().any(|(one, _)| one.eq_ignore_ascii_case(&name));
        let old = if option.get("append") == Some(&Value::Bool(false)) { "OVERWRITE_IF_EXISTS_OR_ADD" } else { "" };
        match option.get("append_action").and_then(Value::as_str).unwrap_or(old) {
            "ADD_IF_ABSENT" if exists => continue,
            "OVERWRITE_IF_EXISTS" if !exists => continue,
            "OVERWRITE_IF_EXISTS_OR_ADD" | "OVERWRITE_IF_EXISTS" => {
                headers.retain(|(one, _)| !one.eq_ignore_ascii_case(&name));
            }
            _ => {}
        }
        let joins = JOINED.contains(&name.as_str());
        match headers.iter_mut().find(|(one, _)| joins && one.eq_ignore_ascii_case(&name)) {
            Some((_, values)) => values.push_str(&format!(",{value}")),
            None => headers.push((name, value)),
        }
    }
}

/// The value of a header with `%...%` as the tool has it: the client is 127.0.0.1 and speaks
/// HTTP/1.1. Other commands stay as they are written.
fn format(text: &str, request: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let Some((command, behind)) = after.split_once('%') else {
            out.push('%');
            rest = after;
            break;
        };
        match command {
            "" => out.push('%'),
            "PROTOCOL" => out.push_str("HTTP/1.1"),
            "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" | "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT" => {
                out.push_str("127.0.0.1");
            }
            "DOWNSTREAM_REMOTE_ADDRESS" | "DOWNSTREAM_DIRECT_REMOTE_ADDRESS" => out.push_str("127.0.0.1:0"),
            command => match command.strip_prefix("REQ(").and_then(|it| it.strip_suffix(')')) {
                Some(names) => out.push_str(&header(names, request)),
                None => out.push_str(&format!("%{command}%")),
            },
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// `name` or `name?other`.
fn header(names: &str, request: &[(String, String)]) -> String {
    let value = |name: &str| request.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    names.split('?').find_map(value).cloned().unwrap_or_default()
}
