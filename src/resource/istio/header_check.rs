//! What istiod refuses of header names and values (`pkg/config/validation: ValidateHTTPHeader*`).

use std::collections::BTreeMap;

use super::virtual_service::{HeaderOperations, Headers, HttpRewrite};
use crate::base::{Diagnostics, Location, Origin};
use crate::resource::check::{fault, is_token};

/// Checks the changes of headers.
pub(super) fn check(at: &Origin, headers: &Headers, out: &mut Diagnostics) {
    if let Some(operations) = &headers.request {
        check_operations(&at.key("request"), operations, Side::Request, out);
    }
    if let Some(operations) = &headers.response {
        check_operations(&at.key("response"), operations, Side::Response, out);
    }
}

/// Whether headers are changed in requests or in responses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Response,
}

fn check_operations(at: &Origin, operations: &HeaderOperations, side: Side, out: &mut Diagnostics) {
    let HeaderOperations { set, add, remove } = operations;
    for (key, changes) in [("set", set), ("add", add)] {
        for (name, value) in changes {
            let at = at.key(key).key(name.clone());
            let allowed = side == Side::Request && is_authority(name);
            check_name(&at, name, allowed, out);
            if let Some(why) = value_fault(value) {
                out.push(fault("malformed-header-value", &at, format!("the value of `{name}` cannot be sent: {why}")));
            }
        }
    }
    for (index, name) in remove.iter().enumerate() {
        check_name(&at.key("remove").index(index), name, false, out);
    }
}

fn check_name(at: &Origin, name: &str, is_allowed: bool, out: &mut Diagnostics) {
    if name.is_empty() {
        out.push(fault("malformed-header-name", at, "a header without a name"));
    } else if !is_allowed && (name.starts_with(':') || name.eq_ignore_ascii_case("host")) {
        let message = format!("Envoy does not let `{name}` be changed here");
        out.push(fault("protected-header", at, message).help("use `rewrite.authority` for the authority of requests"));
    }
}

/// The authority, by either of its names.
fn is_authority(name: &str) -> bool {
    name.eq_ignore_ascii_case(":authority") || name.eq_ignore_ascii_case("host")
}

/// The authority is changed in one place only (`validateAuthorityRewrite`).
pub(super) fn check_authority(
    at: &Origin,
    rewrite: Option<&HttpRewrite>,
    headers: Option<&Headers>,
    out: &mut Diagnostics,
) {
    let mut places = Vec::new();
    if rewrite.is_some_and(|rewrite| !rewrite.authority.is_empty()) {
        places.push(at.key("rewrite").key("authority"));
    }
    let request = headers.and_then(|headers| headers.request.as_ref());
    let nothing = BTreeMap::new();
    let (set, add) = request.map_or((&nothing, &nothing), |request| (&request.set, &request.add));
    for (key, changes) in [("set", set), ("add", add)] {
        let names = changes.keys().filter(|name| is_authority(name));
        places.extend(names.map(|name| at.key("headers").key("request").key(key).key(name.clone())));
    }
    if let [first, others @ ..] = places.as_slice() {
        for other in others {
            let finding = fault("authority-set-twice", other, "the authority of requests is changed in two places");
            out.push(finding.related(Location::Value(first.clone()), "the first").help("keep one"));
        }
    }
}

/// Whether requests can be matched by a header of this name.
pub(super) fn is_matchable(name: &str) -> bool {
    matches!(name, ":method" | ":scheme" | ":authority" | ":path" | ":status") || is_token(name)
}

/// What Envoy refuses of a value: control characters, and `%` that starts no variable such as
/// `%START_TIME%` or `%REQ(name)%` (`%%` is a plain `%`).
fn value_fault(value: &str) -> Option<&'static str> {
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Some("it has control characters");
    }
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('%') {
        if let Some(after) = after.strip_prefix('%') {
            rest = after;
            continue;
        }
        let Some(end) = after.find(['%', '(']) else { return Some(UNCLOSED) };
        let (_, closing) = after.split_at(end);
        let closing = match closing.strip_prefix('(') {
            Some(arguments) => match arguments.split_once(')') {
                Some((_, closing)) => closing.trim_start_matches(|c: char| c != '%'),
                None => return Some("a `(` after a `%` is not closed"),
            },
            None => closing,
        };
        match closing.strip_prefix('%') {
            Some(after) => rest = after,
            None => return Some(UNCLOSED),
        }
    }
    None
}

const UNCLOSED: &str = "a `%` starts a variable that does not end; a plain `%` is written `%%`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for good in ["", "a", "100%%", "%START_TIME%", "%REQ(x-a)%b", "%PER_REQUEST_STATE(a)%", "%%%PROTOCOL%"] {
            assert_eq!(value_fault(good), None, "{good}");
        }
        for bad in ["100%", "%REQ(x", "%REQ(x)", "a\nb", "%PROTOCOL"] {
            assert!(value_fault(bad).is_some(), "{bad}");
        }
    }
}
