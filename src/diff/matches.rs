//! Matches of routes: what they say, and whether two of them can take the same request.

use std::fmt::Write;

use regex_syntax::hir::{Hir, HirKind};
use serde_json::Value;

use super::model::Route;
use crate::simulate::config::matcher::{HeaderMatcher, QueryParameterMatcher, StringMatcher};
use crate::simulate::config::route::RouteMatch;

/// How a match takes paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paths<'a> {
    /// Those that start so.
    Prefix(&'a str),
    /// This one.
    Exact(&'a str),
    /// This one and those below it.
    Below(&'a str),
    /// Those that this takes.
    Regex(&'a str),
    /// CONNECT, a template or another extension.
    Other,
}

/// How `matches` takes paths.
pub(super) fn paths(matches: &RouteMatch) -> Paths<'_> {
    if let Some(prefix) = &matches.prefix {
        Paths::Prefix(prefix)
    } else if let Some(path) = &matches.path {
        Paths::Exact(path)
    } else if let Some(prefix) = &matches.path_separated_prefix {
        Paths::Below(prefix)
    } else if let Some(regex) = &matches.safe_regex {
        Paths::Regex(&regex.regex)
    } else {
        Paths::Other
    }
}

/// As `prefix /api; header end-user exact jason; query q present`, as `explain` says it of the IR.
pub(super) fn text(matches: &RouteMatch) -> String {
    let mut text = match paths(matches) {
        Paths::Prefix(path) => format!("prefix {path}"),
        Paths::Exact(path) => format!("exact {path}"),
        Paths::Below(path) => format!("path prefix {path}"),
        Paths::Regex(path) => format!("regex {path}"),
        Paths::Other if matches.connect_matcher.is_some() => "CONNECT".to_owned(),
        Paths::Other => "an extension".to_owned(),
    };
    if matches.case_sensitive == Some(false) {
        text.push_str(" in any case");
    }
    // Writing into a String cannot fail.
    for header in &matches.headers {
        let not = if header.invert_match { "not " } else { "" };
        let missing = if header.treat_missing_header_as_empty { " or missing" } else { "" };
        let _ = write!(text, "; header {} {not}{}{missing}", header.name, header_value(header));
    }
    for query in &matches.query_parameters {
        let value = match (&query.string_match, query.present_match) {
            (Some(matcher), _) => string(matcher),
            (None, Some(false)) => "missing".to_owned(),
            (None, _) => "present".to_owned(),
        };
        let _ = write!(text, "; query {} {value}", query.name);
    }
    if matches.grpc.is_some() {
        text.push_str("; gRPC");
    }
    let others = [
        ("share of requests", matches.runtime_fraction.is_some()),
        ("claims or metadata", !matches.dynamic_metadata.is_empty()),
        ("client certificate", matches.tls_context.is_some()),
        ("filter state", !matches.filter_state.is_empty()),
        ("cookies", !matches.cookies.is_empty()),
    ];
    for (what, _) in others.iter().filter(|(_, asked)| *asked) {
        let _ = write!(text, "; by {what}");
    }
    text
}

/// The text that a header must have, with the older fields in the newer form.
pub(super) fn string_match(header: &HeaderMatcher) -> Option<StringMatcher> {
    let older = || {
        let HeaderMatcher { exact_match, prefix_match, suffix_match, contains_match, safe_regex_match, .. } = header;
        let matcher = StringMatcher {
            exact: exact_match.clone(),
            prefix: prefix_match.clone(),
            suffix: suffix_match.clone(),
            contains: contains_match.clone(),
            safe_regex: safe_regex_match.clone(),
            ignore_case: false,
        };
        let any = matcher.exact.is_some()
            || matcher.prefix.is_some()
            || matcher.suffix.is_some()
            || matcher.contains.is_some()
            || matcher.safe_regex.is_some();
        any.then_some(matcher)
    };
    header.string_match.clone().or_else(older)
}

fn header_value(header: &HeaderMatcher) -> String {
    match (string_match(header), &header.range_match, header.present_match) {
        (Some(matcher), _, _) => string(&matcher),
        (None, Some(range), _) => format!("from {} below {}", range.start.get(), range.end.get()),
        (None, None, Some(false)) => "missing".to_owned(),
        (None, None, _) => "present".to_owned(),
    }
}

fn string(matcher: &StringMatcher) -> String {
    let StringMatcher { exact, prefix, suffix, contains, safe_regex, ignore_case } = matcher;
    let regex = safe_regex.as_ref().map(|regex| &regex.regex);
    let kinds = [
        ("exact", exact.as_ref()),
        ("prefix", prefix.as_ref()),
        ("suffix", suffix.as_ref()),
        ("contains", contains.as_ref()),
        ("regex", regex),
    ];
    let found = kinds.iter().find_map(|(kind, text)| Some(format!("{kind} {}", (*text)?)));
    let case = if *ignore_case { " in any case" } else { "" };
    format!("{}{case}", found.unwrap_or_else(|| "a custom matcher".to_owned()))
}

/// Whether no request can fit both, as far as that is plain; `false` is also "who knows".
pub(super) fn disjoint(a: &RouteMatch, b: &RouteMatch) -> bool {
    disjoint_paths(a, b)
        || a.headers.iter().any(|x| b.headers.iter().any(|y| disjoint_headers(x, y) || disjoint_headers(y, x)))
        || a.query_parameters.iter().any(|x| b.query_parameters.iter().any(|y| disjoint_parameters(x, y)))
}

fn disjoint_paths(a: &RouteMatch, b: &RouteMatch) -> bool {
    let any_case = a.case_sensitive == Some(false) || b.case_sensitive == Some(false);
    let fold = |text: &str| if any_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let below = |path: &str, parent: &str| {
        let parent = parent.trim_end_matches('/');
        path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // What every path of a regular expression starts with.
    let (of_a, of_b) = (start(a), start(b));
    if let (Some(x), Some(y)) = (of_a.or_else(|| plain(a)), of_b.or_else(|| plain(b)))
        && matches!((paths(a), paths(b)), (Paths::Regex(_), _) | (_, Paths::Regex(_)))
    {
        let (x, y) = (fold(&x), fold(&y));
        return !x.starts_with(&y) && !y.starts_with(&x);
    }
    match (paths(a), paths(b)) {
        (Paths::Exact(a), Paths::Exact(b)) => fold(a) != fold(b),
        (Paths::Exact(path), Paths::Prefix(prefix)) | (Paths::Prefix(prefix), Paths::Exact(path)) => {
            !fold(path).starts_with(&fold(prefix))
        }
        (Paths::Exact(path), Paths::Below(parent)) | (Paths::Below(parent), Paths::Exact(path)) => {
            !below(&fold(path), &fold(parent))
        }
        (Paths::Prefix(a), Paths::Prefix(b))
        | (Paths::Prefix(a), Paths::Below(b))
        | (Paths::Below(a), Paths::Prefix(b)) => {
            let (a, b) = (fold(a), fold(b));
            !a.starts_with(&b) && !b.starts_with(&a)
        }
        (Paths::Below(a), Paths::Below(b)) => {
            let (a, b) = (fold(a), fold(b));
            !below(&a, &b) && !below(&b, &a)
        }
        (Paths::Regex(_) | Paths::Other, _) | (_, Paths::Regex(_) | Paths::Other) => false,
    }
}

/// The text that every path of a regular expression starts with; `None` is no such text, or no such match.
fn start(matches: &RouteMatch) -> Option<String> {
    let Paths::Regex(regex) = paths(matches) else { return None };
    let hir = regex_syntax::parse(regex).ok()?;
    let mut text = String::new();
    literal(&hir, &mut text);
    (!text.is_empty()).then_some(text)
}

/// Adds the literals that `hir` starts with; `false` is something else behind them.
fn literal(hir: &Hir, text: &mut String) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => {
            text.push_str(&String::from_utf8_lossy(&literal.0));
            true
        }
        HirKind::Capture(capture) => literal(&capture.sub, text),
        HirKind::Concat(parts) => parts.iter().all(|part| literal(part, text)),
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Class(_) | HirKind::Repetition(_) | HirKind::Alternation(_) => false,
    }
}

/// The text that every path of another match starts with.
fn plain(matches: &RouteMatch) -> Option<String> {
    match paths(matches) {
        Paths::Exact(path) | Paths::Prefix(path) | Paths::Below(path) => Some(path.to_owned()),
        Paths::Regex(_) | Paths::Other => None,
    }
}

fn exact(header: &HeaderMatcher) -> Option<String> {
    let matcher = string_match(header)?;
    matcher.exact.filter(|_| !matcher.ignore_case)
}

/// One header cannot be two things, nor be there and be missing.
fn disjoint_headers(a: &HeaderMatcher, b: &HeaderMatcher) -> bool {
    if !a.name.eq_ignore_ascii_case(&b.name) {
        return false;
    }
    let missing = |it: &HeaderMatcher| {
        string_match(it).is_none() && it.range_match.is_none() && it.present_match.unwrap_or(true) == it.invert_match
    };
    match (exact(a), exact(b)) {
        (Some(x), Some(y)) => match (a.invert_match, b.invert_match) {
            (false, false) => x != y,
            (false, true) => x == y,
            (true, _) => false,
        },
        (Some(_), None) => !a.invert_match && missing(b),
        (None, _) => false,
    }
}

fn disjoint_parameters(a: &QueryParameterMatcher, b: &QueryParameterMatcher) -> bool {
    let exact = |it: &QueryParameterMatcher| {
        it.string_match.as_ref().filter(|matcher| !matcher.ignore_case).and_then(|matcher| matcher.exact.clone())
    };
    a.name == b.name && matches!((exact(a), exact(b)), (Some(x), Some(y)) if x != y)
}

/// Whether `a` takes every request that `b` takes, as far as that is plain; `false` is also "who knows".
pub(super) fn covers(a: &Route, b: &Route) -> bool {
    covers_paths(&a.read, &b.read) && covers_others(&a.matches, &b.matches)
}

fn covers_paths(a: &RouteMatch, b: &RouteMatch) -> bool {
    // What takes every path takes it in any case.
    if matches!(paths(a), Paths::Prefix("/" | "")) {
        return paths(b) != Paths::Other;
    }
    let (any_case, exact_case) = (a.case_sensitive == Some(false), b.case_sensitive != Some(false));
    if !any_case && !exact_case {
        return false;
    }
    let fold = |text: &str| if any_case { text.to_ascii_lowercase() } else { text.to_owned() };
    match (paths(a), paths(b)) {
        (Paths::Prefix(a), Paths::Prefix(b) | Paths::Exact(b) | Paths::Below(b)) => fold(b).starts_with(&fold(a)),
        (Paths::Exact(a), Paths::Exact(b)) => fold(a) == fold(b),
        (Paths::Below(a), Paths::Exact(b) | Paths::Below(b)) => {
            fold(b).strip_prefix(&fold(a)).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        (Paths::Below(a), Paths::Prefix(b)) => fold(b).strip_prefix(&fold(a)).is_some_and(|rest| rest.starts_with('/')),
        (Paths::Regex(a), Paths::Regex(b)) => a == b && !any_case,
        _ => false,
    }
}

/// Every condition of `a` but the path is one of `b`'s.
fn covers_others(a: &Value, b: &Value) -> bool {
    const PATH: [&str; 6] =
        ["prefix", "path", "path_separated_prefix", "safe_regex", "case_sensitive", "path_match_policy"];
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return false };
    a.iter().filter(|(key, _)| !PATH.contains(&key.as_str())).all(|(key, wanted)| match (wanted, b.get(key)) {
        // A share of the requests leaves the others.
        _ if key == "runtime_fraction" => false,
        (Value::Array(wanted), Some(Value::Array(given))) => wanted.iter().all(|one| given.contains(one)),
        (wanted, given) => given == Some(wanted),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn route(matches: Value) -> Route {
        Route { read: serde_json::from_value(matches.clone()).expect("a match"), matches, ..Route::default() }
    }

    fn header(value: &str) -> Value {
        json!([{"name": "user", "string_match": {"exact": value}}])
    }

    #[test]
    fn paths_that_exclude_each_other_are_disjoint() {
        let cases = [
            (json!({"path": "/a"}), json!({"path": "/b"}), true),
            (json!({"path": "/a/b"}), json!({"prefix": "/a"}), false),
            (json!({"prefix": "/a"}), json!({"prefix": "/b"}), true),
            (json!({"prefix": "/"}), json!({"prefix": "/b"}), false),
            (json!({"path_separated_prefix": "/a"}), json!({"path": "/ab"}), true),
            (json!({"prefix": "/A", "case_sensitive": false}), json!({"path": "/a"}), false),
            (json!({"prefix": "/", "headers": header("x")}), json!({"prefix": "/", "headers": header("y")}), true),
            (json!({"safe_regex": {"regex": "/a.*"}}), json!({"path": "/b"}), true),
            (json!({"safe_regex": {"regex": "/(a|b)"}}), json!({"path": "/b"}), false),
            (json!({"safe_regex": {"regex": "/a/[0-9]+"}}), json!({"prefix": "/a"}), false),
        ];
        for (a, b, wanted) in cases {
            let (a, b) = (route(a), route(b));
            assert_eq!((disjoint(&a.read, &b.read), disjoint(&b.read, &a.read)), (wanted, wanted), "{a:?} {b:?}");
        }
    }

    #[test]
    fn the_wider_match_covers_the_closer_one() {
        let cases = [
            (json!({"prefix": "/"}), json!({"path": "/b", "headers": header("x")}), true),
            (json!({"prefix": "/", "headers": header("x")}), json!({"path": "/b"}), false),
            (json!({"prefix": "/", "headers": header("x")}), json!({"prefix": "/", "headers": header("x")}), true),
            (json!({"path_separated_prefix": "/a"}), json!({"prefix": "/a"}), false),
            (json!({"prefix": "/a"}), json!({"path_separated_prefix": "/a/b"}), true),
            (json!({"prefix": "/a"}), json!({"prefix": "/a", "case_sensitive": false}), false),
            (json!({"prefix": "/a", "runtime_fraction": {}}), json!({"path": "/a"}), false),
        ];
        for (a, b, wanted) in cases {
            let (a, b) = (route(a), route(b));
            assert_eq!(covers(&a, &b), wanted, "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_match_reads_as_a_line() {
        let matches = route(json!({"prefix": "/api", "headers": header("jason"), "query_parameters": [{"name": "q"}]}));
        assert_eq!(text(&matches.read), "prefix /api; header user exact jason; query q present");
    }
}
