//! `envoy.config.route.v3.RouteMatch` and its matchers of headers, query parameters and claims.

use envoy_types::pb::envoy::config::route::v3 as route;
use envoy_types::pb::envoy::r#type::matcher::v3 as matcher;

use super::core::{bool_value, regex_matcher, string_matcher};
use crate::ir::StringMatch;
use crate::ir::route::{ClaimMatch, HeaderMatch, PathMatch, QueryMatch, RouteMatch, ValueMatch};

/// Which requests a route takes.
pub fn route_match(matches: &RouteMatch) -> route::RouteMatch {
    use route::route_match::{GrpcRouteMatchOptions, PathSpecifier};
    let RouteMatch { path, case_sensitive, headers, query_parameters, claims, grpc } = matches;
    let path = match path {
        PathMatch::Prefix(text) => PathSpecifier::Prefix(text.clone()),
        PathMatch::Exact(text) => PathSpecifier::Path(text.clone()),
        PathMatch::Regex(text) => PathSpecifier::SafeRegex(regex_matcher(text)),
        PathMatch::PathSeparatedPrefix(text) => PathSpecifier::PathSeparatedPrefix(text.clone()),
    };
    route::RouteMatch {
        path_specifier: Some(path),
        case_sensitive: case_sensitive.map(bool_value),
        headers: headers.iter().map(header_matcher).collect(),
        query_parameters: query_parameters.iter().map(query_parameter_matcher).collect(),
        dynamic_metadata: claims.iter().map(claim_matcher).collect(),
        grpc: grpc.then(GrpcRouteMatchOptions::default),
        ..Default::default()
    }
}

/// One condition on a header.
pub fn header_matcher(header: &HeaderMatch) -> route::HeaderMatcher {
    use route::header_matcher::HeaderMatchSpecifier;
    let HeaderMatch { name, matches, invert, treat_missing_as_empty } = header;
    let specifier = match matches {
        ValueMatch::Present => HeaderMatchSpecifier::PresentMatch(true),
        ValueMatch::String(matches) => HeaderMatchSpecifier::StringMatch(string_matcher(matches)),
    };
    route::HeaderMatcher {
        name: name.clone(),
        header_match_specifier: Some(specifier),
        invert_match: *invert,
        treat_missing_header_as_empty: *treat_missing_as_empty,
    }
}

fn query_parameter_matcher(query: &QueryMatch) -> route::QueryParameterMatcher {
    use route::query_parameter_matcher::QueryParameterMatchSpecifier;
    let QueryMatch { name, matches } = query;
    let specifier = match matches {
        ValueMatch::Present => QueryParameterMatchSpecifier::PresentMatch(true),
        ValueMatch::String(matches) => QueryParameterMatchSpecifier::StringMatch(string_matcher(matches)),
    };
    route::QueryParameterMatcher { name: name.clone(), query_parameter_match_specifier: Some(specifier) }
}

/// The claim is a string, or a list that holds it (`istio: authz/matcher.MetadataMatcherForJWTClaims`).
fn claim_matcher(claim: &ClaimMatch) -> matcher::MetadataMatcher {
    use matcher::metadata_matcher::{PathSegment, path_segment::Segment};
    let ClaimMatch { path, matches, invert } = claim;
    let segment = |key: String| PathSegment { segment: Some(Segment::Key(key)) };
    matcher::MetadataMatcher {
        filter: "envoy.filters.http.jwt_authn".to_owned(),
        path: path.iter().cloned().map(segment).collect(),
        value: Some(string_or_element(matches)),
        invert: *invert,
    }
}

fn string_or_element(matches: &StringMatch) -> matcher::ValueMatcher {
    use matcher::value_matcher::MatchPattern;
    let value = |pattern| matcher::ValueMatcher { match_pattern: Some(pattern) };
    let string = || value(MatchPattern::StringMatch(string_matcher(matches)));
    let one_of = matcher::list_matcher::MatchPattern::OneOf(Box::new(string()));
    let element = value(MatchPattern::ListMatch(Box::new(matcher::ListMatcher { match_pattern: Some(one_of) })));
    value(MatchPattern::OrMatch(matcher::OrMatcher { value_matchers: vec![element, string()] }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;

    #[test]
    fn all_conditions_as_istiod_writes_them() {
        let text = |text: &str| ValueMatch::String(StringMatch::Exact(text.into()));
        let matches = RouteMatch {
            path: PathMatch::PathSeparatedPrefix("/api".into()),
            case_sensitive: Some(true),
            headers: vec![HeaderMatch {
                name: "x".into(),
                matches: text("1"),
                invert: true,
                treat_missing_as_empty: true,
            }],
            query_parameters: vec![QueryMatch { name: "q".into(), matches: ValueMatch::Present }],
            ..RouteMatch::everything()
        };
        assert_eq!(
            to_value(&route_match(&matches)),
            json!({
                "path_separated_prefix": "/api",
                "case_sensitive": true,
                "headers": [{
                    "name": "x", "string_match": {"exact": "1"},
                    "invert_match": true, "treat_missing_header_as_empty": true
                }],
                "query_parameters": [{"name": "q", "present_match": true}]
            })
        );
        assert_eq!(to_value(&route_match(&RouteMatch::everything())), json!({"prefix": "/"}));
    }

    #[test]
    fn a_claim_is_a_string_or_an_element_of_a_list() {
        let claim = ClaimMatch {
            path: vec!["payload".into(), "group".into()],
            matches: StringMatch::Exact("admin".into()),
            invert: false,
        };
        assert_eq!(
            to_value(&route_match(&RouteMatch { claims: vec![claim], ..RouteMatch::everything() }))
                .get("dynamic_metadata"),
            Some(&json!([{
                "filter": "envoy.filters.http.jwt_authn",
                "path": [{"key": "payload"}, {"key": "group"}],
                "value": {"or_match": {"value_matchers": [
                    {"list_match": {"one_of": {"string_match": {"exact": "admin"}}}},
                    {"string_match": {"exact": "admin"}}
                ]}}
            }]))
        );
    }
}
