//! Which requests a route takes.

use std::collections::BTreeMap;
use std::iter;

use crate::ir::StringMatch;
use crate::ir::route::{ClaimMatch, HeaderMatch, PathMatch, QueryMatch, RouteMatch, ValueMatch};
use crate::mesh::Semantics;
use crate::resource::istio::virtual_service::{HttpMatchRequest, StringMatch as Wanted};

/// Conditions on claims of the request's JWT are written as headers of this name
/// (Istio documentation, "JWT claim based routing"; `istio: pkg/jwt.ToRoutingClaim`).
const CLAIM_HEADER: &str = "@request.auth.claims";

/// Where Envoy's JWT filter keeps the claims, in the name Istio gives it (`istio: xds/filters.EnvoyJwtFilterPayload`).
const PAYLOAD: &str = "payload";

/// The conditions of a match; none takes every request (`istio: route.TranslateRouteMatch`).
pub(super) fn route_match(semantics: Semantics, request: Option<&HttpMatchRequest>) -> RouteMatch {
    let mut matches = RouteMatch::everything();
    let Some(request) = request else {
        return matches;
    };
    matches.case_sensitive = Some(!request.ignore_uri_case);
    if let Some(uri) = &request.uri {
        matches.path = path(semantics, uri);
    }
    add_headers(&mut matches, &request.headers, false);
    add_headers(&mut matches, &request.without_headers, true);
    // Istio writes headers by name, whether they must be there or not.
    matches.headers.sort_by(|a, b| a.name.cmp(&b.name));
    let pseudo = [(":method", &request.method), (":authority", &request.authority), (":scheme", &request.scheme)];
    for (name, wanted) in pseudo {
        matches.headers.extend(wanted.as_ref().map(|wanted| header(name, wanted)));
    }
    matches.query_parameters = request
        .query_params
        .iter()
        .map(|(name, wanted)| QueryMatch { name: name.clone(), matches: value(wanted) })
        .collect();
    matches
}

fn path(semantics: Semantics, uri: &Wanted) -> PathMatch {
    match uri {
        Wanted::Unset => PathMatch::Prefix("/".to_owned()),
        Wanted::Exact(path) => PathMatch::Exact(path.clone()),
        Wanted::Regex(regex) => PathMatch::Regex(regex.as_str().to_owned()),
        Wanted::Prefix(prefix) => match semantics {
            Semantics::Ingress if prefix != "/" => {
                PathMatch::PathSeparatedPrefix(prefix.strip_suffix('/').unwrap_or(prefix).to_owned())
            }
            Semantics::Ingress | Semantics::Istio => PathMatch::Prefix(prefix.clone()),
        },
    }
}

fn add_headers(matches: &mut RouteMatch, wanted: &BTreeMap<String, Wanted>, invert: bool) {
    for (name, wanted) in wanted {
        match claim(name).zip(string(wanted)) {
            Some((path, string)) => matches.claims.push(ClaimMatch { path, matches: string, invert }),
            None => {
                let header = header(name, wanted);
                let treat_missing_as_empty = invert && header.matches != ValueMatch::Present;
                matches.headers.push(HeaderMatch { invert, treat_missing_as_empty, ..header });
            }
        }
    }
}

fn header(name: &str, wanted: &Wanted) -> HeaderMatch {
    HeaderMatch { name: name.to_owned(), matches: value(wanted), invert: false, treat_missing_as_empty: false }
}

/// `*` is no RE2 expression: Istio takes it, like no condition at all, as "is there"
/// (`istio: route.canBeConvertedToPresentMatch`).
fn value(wanted: &Wanted) -> ValueMatch {
    match wanted {
        Wanted::Regex(regex) if regex.as_str() == "*" => ValueMatch::Present,
        _ => string(wanted).map_or(ValueMatch::Present, ValueMatch::String),
    }
}

/// A condition on a text; `None` where none is written.
pub(super) fn string(wanted: &Wanted) -> Option<StringMatch> {
    match wanted {
        Wanted::Unset => None,
        Wanted::Exact(text) => Some(StringMatch::Exact(text.clone())),
        Wanted::Prefix(text) => Some(StringMatch::Prefix(text.clone())),
        Wanted::Regex(regex) => Some(StringMatch::Regex(regex.as_str().to_owned())),
    }
}

/// Where the claim is that a header's name stands for: `@request.auth.claims.group.id` or
/// `@request.auth.claims[group][id]`.
fn claim(name: &str) -> Option<Vec<String>> {
    let head = name.get(..CLAIM_HEADER.len())?;
    if !head.eq_ignore_ascii_case(CLAIM_HEADER) {
        return None;
    }
    let rest = &name[CLAIM_HEADER.len()..];
    let (inner, separator) = match rest.strip_prefix('.') {
        Some(inner) => (inner, "."),
        None => (rest.strip_prefix('[')?.strip_suffix(']')?, "]["),
    };
    (!inner.is_empty()).then(|| iter::once(PAYLOAD).chain(inner.split(separator)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_in_both_spellings() {
        let path = |name| claim(name).map(|path| path.join("/"));
        assert_eq!(path("@request.auth.claims.group.id").as_deref(), Some("payload/group/id"));
        assert_eq!(path("@Request.Auth.Claims[group.a][id]").as_deref(), Some("payload/group.a/id"));
        assert_eq!((path("@request.auth.claims"), path("@request.auth.claims[]"), path("x-user")), (None, None, None));
    }

    #[test]
    fn ingress_prefixes_end_at_separators() {
        let prefix = |text: &str| Wanted::Prefix(text.to_owned());
        assert_eq!(path(Semantics::Ingress, &prefix("/a/")), PathMatch::PathSeparatedPrefix("/a".to_owned()));
        assert_eq!(path(Semantics::Ingress, &prefix("/")), PathMatch::Prefix("/".to_owned()));
        assert_eq!(path(Semantics::Istio, &prefix("/a/")), PathMatch::Prefix("/a/".to_owned()));
    }

    #[test]
    fn absent_headers_count_as_empty_unless_only_presence_is_asked() {
        let request = HttpMatchRequest {
            without_headers: BTreeMap::from([
                ("x-a".to_owned(), Wanted::Unset),
                ("x-b".to_owned(), Wanted::Exact("1".to_owned())),
            ]),
            ..HttpMatchRequest::default()
        };
        let headers = route_match(Semantics::Istio, Some(&request)).headers;
        let seen: Vec<_> = headers.iter().map(|header| (header.invert, header.treat_missing_as_empty)).collect();
        assert_eq!(seen, [(true, false), (true, true)]);
    }
}
