//! What a route makes of a path.

use super::config::matcher::RegexRewrite;
use super::config::route::RouteMatch;
use super::path;
use super::regex::replace_all;

/// The path with `by` in place of what the route's match took of it; the query stays.
/// A regular expression takes the whole path.
pub(super) fn prefix(matches: &RouteMatch, by: &str, path_and_query: &str) -> String {
    let (path, query) = path::split(path_and_query);
    let taken = matches.prefix.as_ref().or(matches.path_separated_prefix.as_ref()).map_or(path.len(), String::len);
    let rest = path.get(taken..).unwrap_or_default();
    with_query(&format!("{by}{rest}"), query)
}

/// The path with each match replaced; the query stays, and so does a path of which nothing would be left. `None` where the
/// expression is not evaluated.
pub(super) fn regex(rewrite: &RegexRewrite, path_and_query: &str) -> Option<String> {
    let (path, query) = path::split(path_and_query);
    let new = replace_all(&rewrite.pattern.regex, path, &rewrite.substitution)?;
    Some(with_query(if new.is_empty() { path } else { &new }, query))
}

/// A path and its query.
pub(super) fn with_query(path: &str, query: Option<&str>) -> String {
    query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}
