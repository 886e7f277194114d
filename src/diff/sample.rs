//! Requests that a match takes.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::Value;

use super::matches::{self, Paths};
use super::topic::Topic;
use crate::simulate::Request;
use crate::simulate::config::matcher::{HeaderMatcher, StringMatcher};
use crate::simulate::config::route::RouteMatch;

/// Variants of `base` that fit all of `wanted`, as far as they can; who evaluates them sees which do.
/// The plainest comes first.
pub(super) fn requests(base: &Request, wanted: &[&RouteMatch]) -> Vec<Request> {
    let mut paths: Vec<String> = wanted.iter().flat_map(|one| paths(one)).collect();
    paths.sort_by_key(|path| path.len());
    paths.dedup();
    let mut found = Vec::new();
    for path in paths {
        let mut request = Request { path, ..base.clone() };
        wanted.iter().for_each(|one| apply(&mut request, one));
        found.push(request);
    }
    found
}

/// Paths that the match takes: the plainest, one below it, one that only starts so.
fn paths(matches: &RouteMatch) -> Vec<String> {
    match matches::paths(matches) {
        Paths::Exact(path) => vec![path.to_owned()],
        Paths::Prefix(prefix) if prefix.ends_with('/') || prefix.is_empty() => {
            let root = if prefix.is_empty() { "/" } else { prefix };
            vec![root.to_owned(), format!("{root}other")]
        }
        Paths::Prefix(prefix) => vec![prefix.to_owned(), format!("{prefix}/other"), format!("{prefix}other")],
        Paths::Below(prefix) => vec![prefix.to_owned(), format!("{prefix}/other")],
        Paths::Regex(regex) => texts(regex).into_iter().filter(|path| path.starts_with('/')).collect(),
        Paths::Other => Vec::new(),
    }
}

fn apply(request: &mut Request, matches: &RouteMatch) {
    for header in &matches.headers {
        let Some(value) = header_value(header) else { continue };
        match header.name.as_str() {
            ":method" => request.method = value,
            ":authority" => request.host = value,
            // They follow from the rest.
            name if name.starts_with(':') => {}
            name if request.headers.iter().any(|(one, _)| one.eq_ignore_ascii_case(name)) => {}
            name => request.headers.push((name.to_owned(), value)),
        }
    }
    for parameter in &matches.query_parameters {
        if parameter.string_match.is_none() && parameter.present_match == Some(false) {
            continue;
        }
        let value = parameter.string_match.as_ref().map_or_else(|| "1".to_owned(), text);
        let sign = if request.path.contains('?') { '&' } else { '?' };
        request.path.push_str(&format!("{sign}{}={value}", parameter.name));
    }
    if matches.grpc.is_some() {
        request.method = "POST".to_owned();
        request.headers.push(("content-type".to_owned(), "application/grpc".to_owned()));
    }
}

/// The same requests with a header that decides about `topic` in the fields of a route: one that is removed or set where
/// it is there, or the origin of a browser.
pub(super) fn with_headers(requests: &[Request], topic: Topic, fields: [&Value; 2]) -> Vec<Request> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for fields in fields {
        match topic {
            Topic::Headers => names(fields, &mut headers),
            Topic::Cors => origins(fields, &mut headers),
            _ => {}
        }
    }
    headers.sort();
    headers.dedup();
    let with = |header: &(String, String)| {
        let header = header.clone();
        requests.iter().map(move |request| {
            let mut request = request.clone();
            request.headers.push(header.clone());
            request
        })
    };
    headers.iter().flat_map(with).collect()
}

/// The names in lists of headers of requests, at any depth.
fn names(fields: &Value, found: &mut Vec<(String, String)>) {
    let Value::Object(map) = fields else {
        fields.as_array().into_iter().flatten().for_each(|item| names(item, found));
        return;
    };
    for (key, value) in map {
        let items = value.as_array().into_iter().flatten();
        match key.as_str() {
            "request_headers_to_add" => {
                let key = |item: &Value| Some(item.pointer("/header/key")?.as_str()?.to_owned());
                found.extend(items.filter_map(key).map(|name| (name, "given".to_owned())));
            }
            "request_headers_to_remove" => {
                found.extend(items.filter_map(|item| Some((item.as_str()?.to_owned(), "given".to_owned()))));
            }
            _ => names(value, found),
        }
    }
}

/// An origin that each matcher of a CORS policy takes, and one that none does.
fn origins(fields: &Value, found: &mut Vec<(String, String)>) {
    let policy = fields.pointer("/typed_per_filter_config/envoy.filters.http.cors");
    let matchers = policy.and_then(|policy| policy.get("allow_origin_string_match")).and_then(Value::as_array);
    for matcher in matchers.into_iter().flatten() {
        let matcher: StringMatcher = serde_json::from_value(matcher.clone()).unwrap_or_default();
        found.push(("origin".to_owned(), text(&matcher)));
    }
    found.push(("origin".to_owned(), "https://any.example".to_owned()));
}

/// A value that fits, or `None` where the header must be missing.
fn header_value(header: &HeaderMatcher) -> Option<String> {
    let value = match (matches::string_match(header), &header.range_match, header.present_match) {
        (Some(matcher), _, _) if header.invert_match => return Some(format!("no-{}", text(&matcher))),
        (Some(matcher), _, _) => text(&matcher),
        (None, Some(range), _) => range.start.get().saturating_sub(i64::from(header.invert_match)).to_string(),
        (None, None, present) => return (present.unwrap_or(true) != header.invert_match).then(|| "1".to_owned()),
    };
    Some(value)
}

/// A text that fits.
fn text(matcher: &StringMatcher) -> String {
    let StringMatcher { exact, prefix, suffix, contains, safe_regex, ignore_case: _ } = matcher;
    let plain = exact.as_ref().or(prefix.as_ref()).or(suffix.as_ref()).or(contains.as_ref());
    let found = safe_regex.as_ref().and_then(|regex| texts(&regex.regex).into_iter().find(|text| !text.is_empty()));
    plain.cloned().or(found).unwrap_or_else(|| "1".to_owned())
}

/// Up to two texts that fit a regular expression: the shortest, and one with more where it may repeat.
pub(super) fn texts(regex: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(regex) else { return Vec::new() };
    let mut found = Vec::new();
    for more in [0, 1] {
        let mut text = String::new();
        let fits = write(&hir, more, &mut text);
        if fits && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

/// No text is longer than this.
const LONGEST: usize = 256;

/// `false` where no text fits.
fn write(hir: &Hir, more: u32, out: &mut String) -> bool {
    if out.len() > LONGEST {
        return false;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            out.push_str(&String::from_utf8_lossy(&literal.0));
            true
        }
        HirKind::Class(class) => sign(class).map(|sign| out.push(sign)).is_some(),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            (0..(repetition.min.saturating_add(more)).min(most)).all(|_| write(&repetition.sub, more, out))
        }
        HirKind::Capture(capture) => write(&capture.sub, more, out),
        HirKind::Concat(parts) => parts.iter().all(|part| write(part, more, out)),
        HirKind::Alternation(parts) => parts.first().is_some_and(|part| write(part, more, out)),
    }
}

/// A plain letter or digit where the class has one.
fn sign(class: &Class) -> Option<char> {
    const PLAIN: &str = "ab019ZX-_.~/";
    let takes = |sign: char| match class {
        Class::Unicode(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&sign)),
        Class::Bytes(class) => {
            u8::try_from(sign).is_ok_and(|byte| class.iter().any(|range| (range.start()..=range.end()).contains(&byte)))
        }
    };
    let visible = ('!'..='~').filter(|sign| !"#?%".contains(*sign));
    PLAIN.chars().chain(visible).find(|sign| takes(*sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_expressions() {
        for (regex, wanted) in [
            ("/orders/[0-9]+", ["/orders/0", "/orders/00"]),
            ("^(.*?;)?(user=jason)(;.*)?$", ["user=jason", "a;user=jason;a"]),
            (".*Mobile.*", ["Mobile", "aMobilea"]),
        ] {
            assert_eq!(texts(regex), wanted, "{regex}");
        }
        assert_eq!(texts("("), Vec::<String>::new());
    }
}
