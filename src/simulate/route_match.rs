//! Whether a route takes a request, or the first condition that fails.

use super::config::route::RouteMatch;
use super::grpc::is_grpc;
use super::http::Seen;
use super::path;
use super::regex::full_match;
use super::string_match::{self, Verdict};

/// What a route makes of a request.
pub(super) enum Matched {
    /// It takes every such request.
    All,
    /// It takes this part of them.
    Some {
        /// Of a million.
        per_million: u32,
    },
    /// It does not take it, for this reason.
    Fails(String),
}

/// Whether `matches` takes the request (`envoy.config.route.v3.RouteMatch`). The path comes first,
/// because it says most; Envoy's own order makes no difference to the result.
pub(super) fn route_match(matches: &RouteMatch, seen: &Seen) -> Matched {
    let failed = path_fails(matches, seen).or_else(|| others_fail(matches, seen)).or_else(|| unknown_fails(matches));
    if let Some(why) = failed {
        return Matched::Fails(why);
    }
    let Some(fraction) = &matches.runtime_fraction else { return Matched::All };
    let per_million = fraction.default_value.per_million();
    match per_million {
        0 => Matched::Fails(format!("its share of requests is 0 (runtime key `{}`)", fraction.runtime_key)),
        1_000_000.. => Matched::All,
        per_million => Matched::Some { per_million },
    }
}

fn path_fails(matches: &RouteMatch, seen: &Seen) -> Option<String> {
    let (path, _) = path::split(&seen.request.path);
    let connect = seen.request.method == "CONNECT";
    if matches.connect_matcher.is_some() {
        return (!connect).then(|| "it takes only CONNECT".to_owned());
    }
    if connect {
        return Some("it takes no CONNECT".to_owned());
    }
    let any_case = matches.case_sensitive == Some(false);
    let fold = |text: &str| if any_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let (given, in_case) = (fold(path), if any_case { " in any case" } else { "" });
    let (holds, wanted) = if let Some(prefix) = &matches.prefix {
        (given.starts_with(&fold(prefix)), format!("start with `{prefix}`{in_case}"))
    } else if let Some(exact) = &matches.path {
        (given == fold(exact), format!("be `{exact}`{in_case}"))
    } else if let Some(prefix) = &matches.path_separated_prefix {
        let rest = given.strip_prefix(&fold(prefix));
        let holds = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        (holds, format!("be `{prefix}` or below it{in_case}"))
    } else if let Some(regex) = &matches.safe_regex {
        match full_match(&regex.regex, path) {
            Some(holds) => (holds, format!("match the regular expression `{}`", regex.regex)),
            None => return Some(format!("its regular expression `{}` is not evaluated", regex.regex)),
        }
    } else {
        return Some("its match of the path is an extension, which is not evaluated".to_owned());
    };
    (!holds).then(|| format!("the path must {wanted}, and it is `{path}`"))
}

fn others_fail(matches: &RouteMatch, seen: &Seen) -> Option<String> {
    for header in &matches.headers {
        if let Verdict::Fails(why) = string_match::header(header, &seen.values(&header.name)) {
            return Some(why);
        }
    }
    let (_, query) = path::split(&seen.request.path);
    for parameter in &matches.query_parameters {
        if let Verdict::Fails(why) = string_match::query(parameter, query.unwrap_or_default()) {
            return Some(why);
        }
    }
    let grpc = || seen.header("content-type").is_some_and(|kind| is_grpc(&kind));
    (matches.grpc.is_some() && !grpc()).then(|| "it takes only gRPC, by `content-type`".to_owned())
}

/// Conditions on what a request does not show. A claim that must not be there holds without a token.
fn unknown_fails(matches: &RouteMatch) -> Option<String> {
    if let Some(metadata) = matches.dynamic_metadata.iter().find(|metadata| !metadata.invert) {
        return Some(format!("it asks for what the filter `{}` finds, and the request has no such", metadata.filter));
    }
    let others = [
        ("the client's certificate", matches.tls_context.is_some()),
        ("what filters left", !matches.filter_state.is_empty()),
        ("cookies", !matches.cookies.is_empty()),
    ];
    others.iter().find(|(_, asks)| *asks).map(|(what, _)| format!("it asks for {what}, which is not evaluated"))
}
