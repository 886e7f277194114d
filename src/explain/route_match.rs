//! What a route takes, in a few words.

use std::fmt::Write;

use crate::ir::StringMatch;
use crate::ir::route::{ClaimMatch, HeaderMatch, PathMatch, QueryMatch, RouteMatch, ValueMatch};

/// As `prefix /api; header end-user exact jason; query q present`, in the order of the match.
pub(super) fn text(matches: &RouteMatch) -> String {
    let RouteMatch { path, case_sensitive, headers, query_parameters, claims, grpc } = matches;
    let mut text = match path {
        PathMatch::Prefix(path) => format!("prefix {path}"),
        PathMatch::Exact(path) => format!("exact {path}"),
        PathMatch::Regex(path) => format!("regex {path}"),
        PathMatch::PathSeparatedPrefix(path) => format!("path prefix {path}"),
    };
    if *case_sensitive == Some(false) {
        text.push_str(" in any case");
    }
    // Writing into a String cannot fail.
    for HeaderMatch { name, matches, invert, treat_missing_as_empty } in headers {
        let missing = if *treat_missing_as_empty { " or missing" } else { "" };
        let _ = write!(text, "; header {name} {}{}{missing}", negation(*invert), value(matches));
    }
    for QueryMatch { name, matches } in query_parameters {
        let _ = write!(text, "; query {name} {}", value(matches));
    }
    for ClaimMatch { path, matches, invert } in claims {
        let _ = write!(text, "; claim {} {}{}", path.join("."), negation(*invert), string(matches));
    }
    if *grpc {
        text.push_str("; gRPC");
    }
    text
}

fn negation(invert: bool) -> &'static str {
    if invert { "not " } else { "" }
}

fn value(matches: &ValueMatch) -> String {
    match matches {
        ValueMatch::Present => "present".to_owned(),
        ValueMatch::String(matches) => string(matches),
    }
}

fn string(matches: &StringMatch) -> String {
    match matches {
        StringMatch::Exact(text) => format!("exact {text}"),
        StringMatch::Prefix(text) => format!("prefix {text}"),
        StringMatch::Suffix(text) => format!("suffix {text}"),
        StringMatch::Contains(text) => format!("contains {text}"),
        StringMatch::Regex(text) => format!("regex {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_reads_as_a_line() {
        let exact = |text: &str| ValueMatch::String(StringMatch::Exact(text.into()));
        let header = |name: &str, invert| HeaderMatch {
            name: name.into(),
            matches: exact("jason"),
            invert,
            treat_missing_as_empty: invert,
        };
        let matches = RouteMatch {
            path: PathMatch::Prefix("/api".into()),
            case_sensitive: Some(false),
            headers: vec![header("end-user", false), header("x-no", true)],
            query_parameters: vec![QueryMatch { name: "q".into(), matches: ValueMatch::Present }],
            claims: vec![ClaimMatch {
                path: vec!["payload".into(), "sub".into()],
                matches: StringMatch::Prefix("a".into()),
                invert: false,
            }],
            grpc: true,
        };
        assert_eq!(
            text(&matches),
            "prefix /api in any case; header end-user exact jason; header x-no not exact jason or missing; \
             query q present; claim payload.sub prefix a; gRPC"
        );
    }
}
