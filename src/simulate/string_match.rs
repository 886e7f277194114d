//! Matches of texts, headers and query parameters, each with what it says when it fails.

use super::config::matcher::{HeaderMatcher, QueryParameterMatcher, StringMatcher};
use super::regex::full_match;

/// Whether a matcher takes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does.
    Takes,
    /// It does not, and asks for this.
    Fails(String),
}

/// Whether `matcher` takes `value`.
pub(super) fn string(matcher: &StringMatcher, value: &str) -> Verdict {
    let StringMatcher { exact, prefix, suffix, contains, safe_regex, ignore_case } = matcher;
    let fold = |text: &str| if *ignore_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let folded = fold(value);
    let (holds, wanted) = if let Some(text) = exact {
        (Some(folded == fold(text)), format!("`{text}`"))
    } else if let Some(text) = prefix {
        (Some(folded.starts_with(&fold(text))), format!("a value that starts with `{text}`"))
    } else if let Some(text) = suffix {
        (Some(folded.ends_with(&fold(text))), format!("a value that ends with `{text}`"))
    } else if let Some(text) = contains {
        (Some(folded.contains(&fold(text))), format!("a value with `{text}` in it"))
    } else if let Some(regex) = safe_regex {
        (full_match(&regex.regex, value), format!("a match of the regular expression `{}`", regex.regex))
    } else {
        (None, "a custom matcher".to_owned())
    };
    match holds {
        Some(true) => Verdict::Takes,
        Some(false) => Verdict::Fails(wanted),
        None => Verdict::Fails(format!("{wanted}, which is not evaluated")),
    }
}

/// Whether `matcher` takes some of the header's values, which are none where it is missing
/// (`envoy: source/common/http/header_utility.cc`, `matchesHeaders`: where a header is missing and
/// does not count as empty, inverting does not make a match; otherwise it means that no value
/// matches). Envoy before 1.38 or so looks at the values joined by commas.
pub(super) fn header(matcher: &HeaderMatcher, values: &[String]) -> Verdict {
    let name = &matcher.name;
    let there = !values.is_empty() || matcher.treat_missing_header_as_empty;
    let of_values = || {
        let mut verdicts = values.iter().map(|value| content(matcher, value));
        let first = verdicts.next().unwrap_or_else(|| content(matcher, ""));
        verdicts.find(|verdict| *verdict == Verdict::Takes).unwrap_or(first)
    };
    let verdict = match present(matcher) {
        Some(wanted) if wanted == there => Verdict::Takes,
        Some(wanted) => Verdict::Fails(if wanted { "present" } else { "missing" }.to_owned()),
        None if !there => return Verdict::Fails(format!("the header `{name}` is missing")),
        None => of_values(),
    };
    let got = if values.is_empty() { "it is missing".to_owned() } else { format!("it is `{}`", values.join("`, `")) };
    match (verdict, matcher.invert_match) {
        (Verdict::Takes, false) | (Verdict::Fails(_), true) => Verdict::Takes,
        (Verdict::Fails(wanted), false) => Verdict::Fails(format!("the header `{name}` must be {wanted}, and {got}")),
        (Verdict::Takes, true) => Verdict::Fails(format!("the header `{name}` must be something else, and {got}")),
    }
}

/// Whether the matcher only asks if the header is there; one without any condition does so.
fn present(matcher: &HeaderMatcher) -> Option<bool> {
    let asks = matcher.string_match.is_some()
        || matcher.range_match.is_some()
        || matcher.exact_match.is_some()
        || matcher.prefix_match.is_some()
        || matcher.suffix_match.is_some()
        || matcher.contains_match.is_some()
        || matcher.safe_regex_match.is_some();
    matcher.present_match.or((!asks).then_some(true))
}

fn content(matcher: &HeaderMatcher, value: &str) -> Verdict {
    if let Some(matcher) = &matcher.string_match {
        return string(matcher, value);
    }
    if let Some(range) = &matcher.range_match {
        let (start, end) = (range.start.get(), range.end.get());
        let inside = value.parse::<i64>().is_ok_and(|number| (start..end).contains(&number));
        return if inside { Verdict::Takes } else { Verdict::Fails(format!("a number from {start} and below {end}")) };
    }
    let older = StringMatcher {
        exact: matcher.exact_match.clone(),
        prefix: matcher.prefix_match.clone(),
        suffix: matcher.suffix_match.clone(),
        contains: matcher.contains_match.clone(),
        safe_regex: matcher.safe_regex_match.clone(),
        ignore_case: false,
    };
    string(&older, value)
}

/// Whether `matcher` takes the first value of its parameter in the query, which is not unescaped
/// (`envoy: source/common/router/config_utility.cc`, `matchQueryParams`).
pub(super) fn query(matcher: &QueryParameterMatcher, query: &str) -> Verdict {
    let name = &matcher.name;
    let pair =
        |part: &str| part.split_once('=').map_or((part.to_owned(), String::new()), |(a, b)| (a.into(), b.into()));
    let value = query.split('&').map(pair).find(|(one, _)| one == name).map(|(_, value)| value);
    match (&matcher.string_match, matcher.present_match, value) {
        (Some(matcher), _, Some(value)) => match string(matcher, &value) {
            Verdict::Takes => Verdict::Takes,
            Verdict::Fails(wanted) => {
                Verdict::Fails(format!("the query parameter `{name}` must be {wanted}, and it is `{value}`"))
            }
        },
        (None, Some(false), None) | (None, Some(true) | None, Some(_)) => Verdict::Takes,
        (None, Some(false), Some(_)) => Verdict::Fails(format!("the query parameter `{name}` must be missing")),
        (_, _, None) => Verdict::Fails(format!("the query parameter `{name}` is missing")),
    }
}
