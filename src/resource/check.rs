//! What the checks of several kinds have in common.
//!
//! A check reads one object and says what istiod's webhook would refuse
//! (`pkg/config/validation`), or take with a warning, in the user's terms and at the node.

use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics, Duration, ExportTo, Labels, Location, Origin, Port, Regex, Segment};

/// An error at a node.
pub(super) fn fault(code: &'static str, at: &Origin, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, Location::Value(at.clone()), message)
}

/// A warning at a node.
pub(super) fn doubt(code: &'static str, at: &Origin, message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(code, Location::Value(at.clone()), message)
}

/// The name of a node for messages: its last key with what follows, as `hosts[0]`.
pub(super) fn field(at: &Origin) -> String {
    let segments = at.path.segments();
    let key = segments.iter().rposition(|segment| matches!(segment, Segment::Key(_))).unwrap_or(0);
    let mut name = String::new();
    for segment in segments.iter().skip(key) {
        match segment {
            Segment::Key(key) => name.push_str(key),
            Segment::Index(index) => name.push_str(&format!("[{index}]")),
        }
    }
    name
}

/// A duration is at least 1 ms and in whole milliseconds (`agent.ValidateDuration`).
pub(super) fn duration(at: &Origin, duration: Option<Duration>, out: &mut Diagnostics) {
    let Some(duration) = duration else { return };
    let name = field(at);
    if duration < Duration::from_millis(1) {
        let message = format!("`{name}` is {duration}, and must be at least 1 ms");
        out.push(fault("duration-too-short", at, message).help("leave the field out for no limit"));
    } else if duration.total_nanos() % 1_000_000 != 0 {
        out.push(fault("duration-too-fine", at, format!("`{name}` is {duration}, and must be in whole milliseconds")));
    }
}

/// What is wrong with a host name; `None` if it is one (`agent.ValidateFQDN`).
pub(super) fn fqdn_fault(text: &str) -> Option<&'static str> {
    match domain_length_fault(text) {
        Some(fault) => Some(fault),
        None => labels_fault(text),
    }
}

/// What is wrong with a host name whose first label may start with `*`; `None` if it is one
/// (`agent.ValidateWildcardDomain`).
pub(crate) fn wildcard_domain_fault(text: &str) -> Option<&'static str> {
    if let Some(fault) = domain_length_fault(text) {
        return Some(fault);
    }
    let (first, rest) = text.split_once('.').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let fault = match first.strip_prefix('*') {
        Some("") => None,
        // The `*` counts as a character of the label.
        Some(_) if first.len() > 63 => Some(LONG_LABEL),
        Some(part) => label_fault(part.strip_prefix('-').unwrap_or(part).as_bytes()),
        None => label_fault(first.as_bytes()),
    };
    // A name of one label may be a number.
    fault.or_else(|| labels_fault(rest?))
}

const LONG_LABEL: &str = "a label is longer than 63 characters";

fn domain_length_fault(text: &str) -> Option<&'static str> {
    match text.len() {
        0 => Some("it is empty"),
        1..=255 => None,
        _ => Some("it is longer than 255 characters"),
    }
}

/// The labels of a name: the last one is no number, and may be empty (`agent.ValidateDNS1123Labels`).
fn labels_fault(text: &str) -> Option<&'static str> {
    let (before, last) = text.rsplit_once('.').map_or((None, text), |(before, last)| (Some(before), last));
    let fault = before.and_then(|before| before.as_bytes().split(|byte| *byte == b'.').find_map(label_fault));
    fault.or_else(|| match last {
        "" => None,
        _ if last.bytes().all(|byte| byte.is_ascii_digit()) => Some("its last label has only digits"),
        _ => label_fault(last.as_bytes()),
    })
}

fn label_fault(label: &[u8]) -> Option<&'static str> {
    match label {
        [] => Some("a label between dots is empty"),
        _ if label.len() > 63 => Some(LONG_LABEL),
        _ if !is_dns_label(label) => {
            Some("a label has other characters than letters, digits and `-`, or starts or ends with `-`")
        }
        _ => None,
    }
}

fn is_dns_label(text: &[u8]) -> bool {
    let end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let ends = end(text.first()) && end(text.last());
    ends && text.len() <= 63 && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// Whether a text can be the name of a namespace, port or subset (`labels.IsDNS1123Label`, which takes
/// upper case as well).
pub(crate) fn is_label(text: &str) -> bool {
    is_dns_label(text.as_bytes())
}

/// `*x.example.com`: a wildcard for a part of a label.
pub(super) fn is_partial_wildcard(text: &str) -> bool {
    text.strip_prefix('*').is_some_and(|rest| !rest.is_empty() && !rest.starts_with('.'))
}

/// Labels follow Kubernetes' syntax (`labels.Instance.Validate`).
pub(super) fn labels(at: &Origin, labels: &Labels, out: &mut Diagnostics) {
    for (key, value) in labels.iter() {
        let at = at.key(key.to_owned());
        if !is_label_key(key) {
            let message = format!("`{key}` cannot be the name of a label");
            let help = "up to 63 letters, digits, `-`, `_` and `.`, perhaps after a domain and `/`";
            out.push(Diagnostic::error("malformed-label", Location::Key(at), message).help(help));
        } else if !value.is_empty() && !is_name(value) {
            let message = format!("`{value}` cannot be the value of a label");
            out.push(fault("malformed-label", &at, message).help("letters, digits, `-`, `_` and `.`"));
        }
    }
}

fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => {
            prefix.len() <= 253 && prefix.split('.').all(is_label) && name.len() <= 63 && is_name(name)
        }
        None => key.len() <= 63 && is_name(key),
    }
}

fn is_name(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    ends(text.bytes().next())
        && ends(text.bytes().last())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// The labels of a selector: no wildcards, and not none (`ValidateWorkloadSelector`).
pub(super) fn selector(at: &Origin, labels: &Labels, out: &mut Diagnostics) {
    if labels.is_empty() {
        let message = "a selector without labels takes every workload of the namespace";
        out.push(doubt("empty-selector", at, message).help("name labels, or leave the selector out"));
    }
    for (key, value) in labels.iter() {
        if key.is_empty() {
            out.push(fault("malformed-selector", at, "a selector cannot have an empty label"));
        }
        if key.contains('*') || value.contains('*') {
            let message = format!("a selector has no wildcards: `{key}: {value}`");
            out.push(fault("malformed-selector", &at.key(key.to_owned()), message));
        }
        if value.len() > 63 {
            let message = format!("the value of label `{key}` is longer than 63 characters, which no label has");
            out.push(fault("too-long", &at.key(key.to_owned()), message));
        }
    }
}

/// Who may be named in `exportTo`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ExportRule {
    /// Namespaces, `.` and `*`.
    Usual,
    /// Also `~`, for ServiceEntries.
    Nobody,
    /// The own namespace only, for DestinationRules with a selector.
    OwnOnly,
}

/// `exportTo` names namespaces once, and `*` and `~` only alone (`validateExportTo`).
pub(super) fn export_to(at: &Origin, namespace: &str, entries: &[ExportTo], rule: ExportRule, out: &mut Diagnostics) {
    if entries.is_empty() {
        return;
    }
    let at = at.key("exportTo");
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let place = at.index(index);
        let name = match entry {
            ExportTo::Own => namespace.to_owned(),
            ExportTo::All | ExportTo::Nobody | ExportTo::Namespace(_) => entry.to_string(),
        };
        if let Some(first) = seen.insert(name.clone(), index) {
            let finding = fault("duplicate-export", &place, format!("`exportTo` has `{name}` twice"));
            out.push(finding.related(Location::Value(at.index(first)), "the first"));
        }
        match entry {
            ExportTo::Nobody if rule != ExportRule::Nobody => {
                out.push(fault("malformed-export", &place, "only a ServiceEntry can be exported to `~` (nobody)"));
            }
            ExportTo::Namespace(name) if !is_label(name) => {
                let message = format!("`{name}` cannot be the name of a namespace");
                out.push(fault("malformed-export", &place, message).help("`.`, `*` or a namespace"));
            }
            ExportTo::Own | ExportTo::All | ExportTo::Nobody | ExportTo::Namespace(_) => {}
        }
        if matches!(entry, ExportTo::All | ExportTo::Nobody) && entries.len() > 1 {
            out.push(fault("conflicting-export", &place, format!("`{entry}` in `exportTo` stands alone")));
        }
        if rule == ExportRule::OwnOnly && name != namespace {
            let message = "a DestinationRule with `workloadSelector` is seen only in its own namespace";
            out.push(fault("conflicting-export", &place, message).help("write `.`, or leave `exportTo` out"));
        }
    }
}

/// An expression is not empty, of at most 1024 bytes, and one that RE2 takes.
pub(super) fn regex(at: &Origin, regex: &Regex, out: &mut Diagnostics) {
    const LONGEST: usize = 1024;
    if regex.as_str().is_empty() {
        out.push(fault("empty-match", at, "an empty expression matches nothing but an empty value"));
    } else if regex.as_str().len() > LONGEST {
        out.push(fault("long-regex", at, format!("an expression has at most {LONGEST} bytes")));
    } else if let Err(error) = regex.check() {
        let message = format!("`{}` is not a regular expression: {error}", regex.as_str());
        out.push(fault("malformed-regex", at, message));
    }
}

/// Whether a text can be the name of an HTTP header (RFC 9110, token).
pub(super) fn is_token(text: &str) -> bool {
    let mark = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || mark(byte))
}

/// A port is written where one is due. Its range is checked at decoding.
pub(super) fn port_written(at: &Origin, port: Option<Port>, out: &mut Diagnostics) {
    if port.is_none() {
        out.push(fault("missing-port", at, "a port needs a number from 1 to 65535"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        for good in ["a", "a.b", "A-1.example.com", "example.com.", "1.2."] {
            assert_eq!(fqdn_fault(good), None, "{good}");
            assert_eq!(wildcard_domain_fault(good), None, "{good}");
        }
        for bad in ["", ".", "a..b", "a..", "-a.b", "a_b.c", "a.1", "1", "*.a.b", "a/b"] {
            assert!(fqdn_fault(bad).is_some(), "{bad}");
        }
        assert_eq!(wildcard_domain_fault("80"), None);
        for good in ["*", "*.a.com", "*a.com", "*-a.com"] {
            assert_eq!(wildcard_domain_fault(good), None, "{good}");
        }
        for bad in ["**", "a*.com", "*.*.com", "*-.com", "*_.com", "*.1", ".com"] {
            assert!(wildcard_domain_fault(bad).is_some(), "{bad}");
        }
        assert!(is_partial_wildcard("*a.com") && !is_partial_wildcard("*.a.com") && !is_partial_wildcard("*"));
    }

    #[test]
    fn label_keys() {
        assert!(is_label_key("app") && is_label_key("app.kubernetes.io/name"));
        assert!(!is_label_key("") && !is_label_key("/a") && !is_label_key("a/b/c") && !is_label_key("-a"));
    }
}
