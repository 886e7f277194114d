//! A delegate's route under the route that delegates to it (`istio: model/virtualservice.go`).

use std::collections::BTreeMap;

use crate::resource::istio::virtual_service::{HttpMatchRequest, HttpRoute, StringMatch};

/// The delegate's route with what the root's adds: its matches narrow the root's, its settings win
/// and the root's fill the gaps. `None` where no match of it fits into the root's
/// (`mergeHTTPRoute`).
pub(super) fn merged(root: &HttpRoute, mut delegate: HttpRoute) -> Option<HttpRoute> {
    delegate.matches = merged_matches(&root.matches, delegate.matches)?;
    delegate.name = joined(&root.name, &delegate.name);
    fill(&mut delegate.rewrite, &root.rewrite);
    fill(&mut delegate.direct_response, &root.direct_response);
    fill(&mut delegate.timeout, &root.timeout);
    fill(&mut delegate.retries, &root.retries);
    fill(&mut delegate.fault, &root.fault);
    fill(&mut delegate.mirror, &root.mirror);
    fill(&mut delegate.mirror_percent, &root.mirror_percent);
    fill(&mut delegate.mirror_percentage, &root.mirror_percentage);
    fill(&mut delegate.cors_policy, &root.cors_policy);
    fill(&mut delegate.headers, &root.headers);
    if delegate.mirrors.is_empty() {
        delegate.mirrors.clone_from(&root.mirrors);
    }
    Some(delegate)
}

fn fill<T: Clone>(own: &mut Option<T>, from: &Option<T>) {
    if own.is_none() {
        own.clone_from(from);
    }
}

fn joined(root: &str, own: &str) -> String {
    match (root, own) {
        (name, "") | ("", name) => name.to_owned(),
        (root, own) => format!("{root}-{own}"),
    }
}

fn merged_matches(root: &[HttpMatchRequest], delegate: Vec<HttpMatchRequest>) -> Option<Vec<HttpMatchRequest>> {
    let pairs = match_pairs(root, &delegate)?;
    let merged = pairs.into_iter().filter_map(|(own, of_root)| {
        let own = own.and_then(|at| delegate.get(at));
        match (own, of_root.and_then(|at| root.get(at))) {
            (Some(own), Some(root)) => Some(merged_match(root, own)),
            (one, other) => one.or(other).cloned(),
        }
    });
    Some(merged.collect())
}

/// Which of the delegate's matches and which of the root's each merged match is made of: each match
/// of the delegate in each of the root's that it fits into, all of one side where the other has
/// none; `None` where one fits into none (`mergeHTTPMatchRequests`).
pub(super) fn match_pairs(
    root: &[HttpMatchRequest],
    delegate: &[HttpMatchRequest],
) -> Option<Vec<(Option<usize>, Option<usize>)>> {
    if root.is_empty() {
        return Some((0..delegate.len()).map(|own| (Some(own), None)).collect());
    }
    if delegate.is_empty() {
        return Some((0..root.len()).map(|of_root| (None, Some(of_root))).collect());
    }
    let mut all = Vec::new();
    for (at, own) in delegate.iter().enumerate() {
        let before = all.len();
        let fitting = root.iter().enumerate().filter(|(_, root)| !conflict(root, own));
        all.extend(fitting.map(|(of_root, _)| (Some(at), Some(of_root))));
        if all.len() == before {
            return None;
        }
    }
    Some(all)
}

fn merged_match(root: &HttpMatchRequest, own: &HttpMatchRequest) -> HttpMatchRequest {
    let either = |own: &str, root: &str| if own.is_empty() { root.to_owned() } else { own.to_owned() };
    let mut source_labels = root.source_labels.clone();
    source_labels.0.extend(own.source_labels.0.clone());
    HttpMatchRequest {
        name: joined(&root.name, &own.name),
        uri: own.uri.clone().or_else(|| root.uri.clone()),
        scheme: own.scheme.clone().or_else(|| root.scheme.clone()),
        method: own.method.clone().or_else(|| root.method.clone()),
        authority: own.authority.clone().or_else(|| root.authority.clone()),
        headers: overlaid(&root.headers, &own.headers),
        port: own.port.or(root.port),
        source_labels,
        gateways: if own.gateways.is_empty() { root.gateways.clone() } else { own.gateways.clone() },
        query_params: overlaid(&root.query_params, &own.query_params),
        ignore_uri_case: own.ignore_uri_case,
        without_headers: overlaid(&root.without_headers, &own.without_headers),
        source_namespace: either(&own.source_namespace, &root.source_namespace),
        stat_prefix: either(&own.stat_prefix, &root.stat_prefix),
    }
}

type Conditions = BTreeMap<String, StringMatch>;

fn overlaid(root: &Conditions, own: &Conditions) -> Conditions {
    let mut all = root.clone();
    all.extend(own.clone());
    all
}

/// Whether a match of the delegate does not fit into one of the root's (`hasConflict`).
fn conflict(root: &HttpMatchRequest, own: &HttpMatchRequest) -> bool {
    let texts = [
        (&root.uri, &own.uri),
        (&root.scheme, &own.scheme),
        (&root.method, &own.method),
        (&root.authority, &own.authority),
    ];
    let conditions = [
        (&root.headers, &own.headers),
        (&root.without_headers, &own.without_headers),
        (&root.query_params, &own.query_params),
    ];
    let in_conditions = |(root, own): &(&Conditions, &Conditions)| {
        own.iter().any(|(key, own)| root.get(key).is_some_and(|root| texts_conflict(root, own)))
    };
    let source_labels = own
        .source_labels
        .iter()
        .any(|(key, value)| root.source_labels.get(key).is_some_and(|of_root| of_root != value));
    let gateways = !root.gateways.is_empty()
        && !own.gateways.is_empty()
        && (root.gateways.len() < own.gateways.len() || own.gateways.iter().any(|it| !root.gateways.contains(it)));
    texts.iter().any(|(root, own)| root.as_ref().zip(own.as_ref()).is_some_and(|(root, own)| texts_conflict(root, own)))
        || conditions.iter().any(in_conditions)
        || root.ignore_uri_case != own.ignore_uri_case
        || root.port.zip(own.port).is_some_and(|(root, own)| root != own)
        || (!root.source_namespace.is_empty() && root.source_namespace != own.source_namespace)
        || source_labels
        || gateways
}

/// Whether texts that `own` takes may not be taken by `root` (`stringMatchConflict`). Expressions
/// never fit anything; an empty condition fits nothing.
fn texts_conflict(root: &StringMatch, own: &StringMatch) -> bool {
    match (root, own) {
        (StringMatch::Exact(root), StringMatch::Exact(own)) if !root.is_empty() => root != own,
        (StringMatch::Prefix(root), StringMatch::Prefix(own) | StringMatch::Exact(own))
            if !root.is_empty() && !own.is_empty() =>
        {
            !own.starts_with(root.as_str())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(json: &str) -> HttpRoute {
        serde_json::from_str(json).expect("a route")
    }

    fn matches(root: &str, delegate: &str) -> Option<Vec<String>> {
        let route_of = |uri: &str| route(&format!(r#"{{"match": [{{"uri": {uri}}}]}}"#));
        let merged = merged(&route_of(root), route_of(delegate))?;
        Some(merged.matches.iter().map(|it| format!("{:?}", it.uri)).collect())
    }

    #[test]
    fn matches_must_narrow() {
        let one = |text: &str| Some(vec![format!("Some({text})")]);
        assert_eq!(matches(r#"{"prefix": "/a"}"#, r#"{"prefix": "/a/b"}"#), one(r#"Prefix("/a/b")"#));
        assert_eq!(matches(r#"{"prefix": "/a"}"#, r#"{"exact": "/a/b"}"#), one(r#"Exact("/a/b")"#));
        assert_eq!(matches(r#"{"prefix": "/a/b"}"#, r#"{"prefix": "/a"}"#), None);
        assert_eq!(matches(r#"{"exact": "/a"}"#, r#"{"prefix": "/a"}"#), None);
        assert_eq!(matches(r#"{"regex": "/a"}"#, r#"{"regex": "/a"}"#), None);
    }

    #[test]
    fn the_delegates_settings_win_and_gaps_are_filled() {
        let root = route(r#"{"name": "root", "timeout": "1s", "headers": {"request": {"remove": ["a"]}}}"#);
        let own = route(r#"{"name": "own", "timeout": "2s"}"#);
        let merged = merged(&root, own).expect("no conflict");
        assert_eq!(merged.name, "root-own");
        assert_eq!(merged.timeout.map(|timeout| timeout.seconds()), Some(2));
        assert!(merged.headers.is_some());
    }
}
