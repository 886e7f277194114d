//! Which matches of HTTP take all that another one takes, and a request that shows it.

use std::collections::BTreeMap;

use crate::base::HostPattern;
use crate::resource::istio::virtual_service::{HttpMatchRequest, StringMatch};

/// A condition on the path as Envoy sees it: expressions of one form only are that form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Path {
    Exact(String),
    Prefix(String),
    /// Another expression, with the text that all paths it takes begin with.
    Regex(String, String),
}

impl Path {
    /// No condition is the prefix `/`, as every path begins with it.
    pub(super) fn of(one: &HttpMatchRequest) -> Self {
        match &one.uri {
            Some(StringMatch::Exact(text)) => Self::Exact(text.clone()),
            Some(StringMatch::Prefix(text)) => Self::Prefix(text.clone()),
            Some(StringMatch::Regex(regex)) => Self::of_regex(regex.as_str()),
            Some(StringMatch::Unset) | None => Self::Prefix("/".to_owned()),
        }
    }

    fn of_regex(regex: &str) -> Self {
        let (literal, rest) = literal_start(regex);
        match rest {
            "" => Self::Exact(literal),
            ".*" if literal.is_empty() => Self::Prefix("/".to_owned()),
            ".*" => Self::Prefix(literal),
            _ => Self::Regex(regex.to_owned(), literal),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Prefix(own), _) if own == "/" => true,
            (Self::Prefix(own), Self::Exact(text) | Self::Prefix(text) | Self::Regex(_, text)) => text.starts_with(own),
            (Self::Exact(own), Self::Exact(text)) => own == text,
            (Self::Regex(own, _), Self::Regex(text, _)) => own == text,
            (Self::Exact(_) | Self::Regex(..), _) => false,
        }
    }

    /// Whatever the case of letters; expressions do not know of it.
    fn lower(self) -> Self {
        match self {
            Self::Exact(text) => Self::Exact(text.to_ascii_lowercase()),
            Self::Prefix(text) => Self::Prefix(text.to_ascii_lowercase()),
            Self::Regex(text, start) => Self::Regex(text, start.to_ascii_lowercase()),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Prefix(text) | Self::Regex(_, text) => text,
        }
    }
}

/// What every text that an expression takes begins with, and the expression after it. An alternative anywhere may
/// leave out the start, so there is none then.
fn literal_start(regex: &str) -> (String, &str) {
    if regex.contains('|') {
        return (String::new(), regex);
    }
    let mut literal = String::new();
    let mut rest = regex.strip_prefix('^').unwrap_or(regex);
    loop {
        let mut chars = rest.chars();
        let next = match chars.next() {
            Some('\\') => chars.next().filter(|next| next.is_ascii_punctuation()),
            Some('$') if chars.as_str().is_empty() => return (literal, ""),
            next => next.filter(|next| !".[](){}*+?^$\\".contains(*next)),
        };
        // What may be missing or repeated is not what every text has.
        match next.filter(|_| !chars.as_str().starts_with(['*', '?', '{', '+'])) {
            Some(next) => literal.push(next),
            None => return (literal, rest),
        }
        rest = chars.as_str();
    }
}

/// Whether every request that `later` takes is taken by `earlier`, for routes of the same hosts. `bound` are the
/// gateways of the VirtualService of `earlier`.
pub(super) fn covers(earlier: &HttpMatchRequest, later: &HttpMatchRequest, bound: &[String]) -> bool {
    let HttpMatchRequest {
        name: _,
        uri: _,
        scheme,
        method,
        authority,
        headers,
        port,
        source_labels: _,
        gateways: _,
        query_params,
        ignore_uri_case: _,
        without_headers,
        source_namespace: _,
        stat_prefix: _,
    } = earlier;
    (port.is_none() || *port == later.port)
        && client_covers(earlier, later, bound)
        && path_covers(earlier, later)
        && [(scheme, &later.scheme), (method, &later.method), (authority, &later.authority)]
            .into_iter()
            .all(|(own, other)| own.is_none() || own.as_ref().zip(other.as_ref()).is_some_and(|(a, b)| implied(a, b)))
        && headers.iter().all(|(name, own)| {
            later.headers.get(name).is_some_and(|other| own == other || (!name.starts_with('@') && implied(own, other)))
        })
        && query_params.iter().all(|(name, own)| later.query_params.get(name).is_some_and(|other| implied(own, other)))
        && without_headers.iter().all(|(name, own)| later.without_headers.get(name) == Some(own))
}

/// Whether Istio puts it after all others (`istio: route.go: IsCatchAllRoute`). One for some proxies or a port only
/// is not told from others here.
pub(super) fn takes_everything(one: &HttpMatchRequest) -> bool {
    let is_all = match &one.uri {
        None | Some(StringMatch::Unset) => true,
        Some(StringMatch::Prefix(prefix)) => prefix == "/",
        Some(StringMatch::Regex(regex)) => regex.as_str() == ".*",
        Some(StringMatch::Exact(_)) => false,
    };
    is_all
        && one.headers.is_empty()
        && one.without_headers.is_empty()
        && one.query_params.is_empty()
        && one.method.is_none()
        && one.authority.is_none()
        && one.scheme.is_none()
}

/// On each proxy with `later` there is `earlier`; a match that names gateways is not asked for its client
/// (`istio: pilot/pkg/networking/core/route/route.go: sourceMatchHTTP`).
fn client_covers(earlier: &HttpMatchRequest, later: &HttpMatchRequest, bound: &[String]) -> bool {
    let within = |names: &[String]| names.iter().all(|name| earlier.gateways.contains(name));
    match (earlier.gateways.is_empty(), later.gateways.is_empty()) {
        (true, true) => {
            earlier.source_labels.subset_of(&later.source_labels)
                && (earlier.source_namespace.is_empty() || earlier.source_namespace == later.source_namespace)
        }
        (true, false) => earlier.source_labels.is_empty() && earlier.source_namespace.is_empty(),
        (false, true) => within(bound),
        (false, false) => within(&later.gateways),
    }
}

fn path_covers(earlier: &HttpMatchRequest, later: &HttpMatchRequest) -> bool {
    let (own, other) = (Path::of(earlier), Path::of(later));
    let is_regex = |one: &HttpMatchRequest| matches!(one.uri, Some(StringMatch::Regex(_)));
    let has_letters = own.text().bytes().any(|byte| byte.is_ascii_alphabetic());
    match (earlier.ignore_uri_case && !is_regex(earlier), later.ignore_uri_case && !is_regex(later)) {
        (true, _) => own.lower().covers(&other.lower()),
        (false, true) => !has_letters && own.covers(&other),
        (false, false) => own.covers(&other),
    }
}

/// Whether every text that `other` takes is taken by `own`; an empty condition takes every text that is there.
fn implied(own: &StringMatch, other: &StringMatch) -> bool {
    match (own, other) {
        (StringMatch::Unset, _) => other != &StringMatch::Exact(String::new()),
        (StringMatch::Prefix(own), StringMatch::Exact(text) | StringMatch::Prefix(text)) => text.starts_with(own),
        (StringMatch::Regex(own), other) if own.as_str() == ".*" => *other != StringMatch::Unset,
        (own, other) => own == other,
    }
}

/// Matches by their path, to find those that may cover another without a look at each.
#[derive(Debug)]
pub(super) struct ByPath<T> {
    by_text: BTreeMap<String, Vec<T>>,
}

impl<T> Default for ByPath<T> {
    fn default() -> Self {
        Self { by_text: BTreeMap::new() }
    }
}

impl<T> ByPath<T> {
    /// Of more matches with one path than this, further ones are not kept: they are told apart by other conditions,
    /// and looking at all would take too long.
    const MOST: usize = 32;

    /// Adds a match.
    pub(super) fn add(&mut self, one: &HttpMatchRequest, thing: T) {
        let here = self.by_text.entry(Path::of(one).lower().text().to_owned()).or_default();
        if here.len() < Self::MOST {
            here.push(thing);
        }
    }

    /// Those whose path may take all that this match takes.
    pub(super) fn candidates(&self, one: &HttpMatchRequest) -> Vec<&T> {
        let path = Path::of(one).lower();
        let text = path.text();
        // Every path begins with `/`, also where an expression does not say so.
        let any = self.by_text.get("/").filter(|_| !text.starts_with('/'));
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let shorter = ends.filter_map(|end| self.by_text.get(text.get(..end)?));
        any.into_iter().chain(shorter).flatten().collect()
    }
}

/// A request that the match takes, as `GET http://web.example.com/cart` with its headers; `None` where an
/// expression would have to be guessed.
pub(super) fn witness(one: &HttpMatchRequest, hosts: &[HostPattern]) -> Option<String> {
    let value = |condition: &StringMatch| match condition {
        StringMatch::Exact(text) | StringMatch::Prefix(text) => Some(text.clone()),
        StringMatch::Unset => Some("x".to_owned()),
        StringMatch::Regex(_) => None,
    };
    let or = |condition: &Option<StringMatch>, default: &str| match condition {
        Some(condition) => value(condition),
        None => Some(default.to_owned()),
    };
    let path = match Path::of(one) {
        Path::Exact(text) | Path::Prefix(text) => text,
        Path::Regex(..) => return None,
    };
    let host = match hosts.first()?.suffix() {
        Some("") => "example.com".to_owned(),
        Some(suffix) => format!("www{suffix}"),
        None => hosts.first()?.to_string(),
    };
    let port = one.port.filter(|port| !matches!(port.number(), 80 | 443));
    let port = port.map(|port| format!(":{}", port.number())).unwrap_or_default();
    let host = or(&one.authority, &(host + &port))?;
    let query: Option<Vec<_>> =
        one.query_params.iter().map(|(name, condition)| Some(format!("{name}={}", value(condition)?))).collect();
    let query = query.filter(|query| !query.is_empty()).map(|query| format!("?{}", query.join("&")));
    let headers: Option<Vec<_>> =
        one.headers.iter().map(|(name, condition)| Some(format!(" with `{name}: {}`", value(condition)?))).collect();
    let (method, scheme) = (or(&one.method, "GET")?, or(&one.scheme, "http")?);
    let query = if one.query_params.is_empty() { String::new() } else { query? };
    Some(format!("`{method} {scheme}://{host}{path}{query}`{}", headers?.join(" and")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(json: &str) -> HttpMatchRequest {
        serde_json::from_str(json).expect("a match")
    }

    fn covered(earlier: &str, later: &str) -> bool {
        covers(&one(earlier), &one(later), &["mesh".to_owned()])
    }

    #[test]
    fn paths_are_covered() {
        let pairs = [
            (r#"{"uri": {"prefix": "/a"}}"#, r#"{"uri": {"exact": "/a/b"}}"#),
            (r#"{"uri": {"prefix": "/a"}}"#, r#"{"uri": {"regex": "/a/.*"}}"#),
            (r#"{"uri": {"prefix": "/a"}}"#, r#"{"uri": {"regex": "/ab?c"}}"#),
            (r#"{"uri": {"regex": ".*"}}"#, r#"{"uri": {"exact": "/"}}"#),
            (r#"{"uri": {"prefix": "/A"}, "ignoreUriCase": true}"#, r#"{"uri": {"exact": "/a"}}"#),
            (r#"{}"#, r#"{"uri": {"regex": "(/x|/y)"}, "method": {"exact": "PUT"}}"#),
        ];
        for (earlier, later) in pairs {
            assert!(covered(earlier, later), "{earlier} {later}");
            let mut index = ByPath::default();
            index.add(&one(earlier), ());
            assert_eq!(index.candidates(&one(later)).len(), 1, "{earlier} {later}");
        }
    }

    #[test]
    fn what_may_be_outside_is_not_covered() {
        let pairs = [
            (r#"{"uri": {"prefix": "/ab"}}"#, r#"{"uri": {"regex": "/ab?c"}}"#),
            (r#"{"uri": {"prefix": "/a"}}"#, r#"{"uri": {"regex": "/a|/b"}}"#),
            (r#"{"uri": {"prefix": "/a"}}"#, r#"{"uri": {"exact": "/a"}, "ignoreUriCase": true}"#),
            (r#"{"headers": {"x": {"exact": "1"}}}"#, r#"{"headers": {"x": {"prefix": "1"}}}"#),
            (r#"{"sourceLabels": {"a": "b"}}"#, r#"{"gateways": ["mesh"]}"#),
            (r#"{"gateways": ["edge"]}"#, r#"{}"#),
            (r#"{"withoutHeaders": {"x": {}}}"#, r#"{}"#),
        ];
        for (earlier, later) in pairs {
            assert!(!covered(earlier, later), "{earlier} {later}");
        }
    }

    #[test]
    fn requests_have_what_the_match_asks_for() {
        let hosts = [HostPattern::from("*.example.com")];
        let text = r#"{"uri": {"prefix": "/a"}, "method": {"exact": "PUT"}, "queryParams": {"q": {"exact": "1"}},
                       "headers": {"x-user": {"prefix": "j"}}}"#;
        let request = witness(&one(text), &hosts);
        assert_eq!(request.as_deref(), Some("`PUT http://www.example.com/a?q=1` with `x-user: j`"));
        assert_eq!(witness(&one(r#"{"uri": {"regex": "/[a-z]"}}"#), &hosts), None);
    }
}
