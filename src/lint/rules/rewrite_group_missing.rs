//! A group in the text of `uriRegexRewrite` that its expression has not.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;

declare_rule! {
    /// ## What it does
    /// Reports `\\3` in `uriRegexRewrite.rewrite` where `match` has fewer groups, and `$1`, which is not a group but
    /// text.
    /// ## Why is this bad
    /// Envoy puts in `\\1` for the first group. It takes a group that is not there for an empty or literal text, so the
    /// path is a wrong one.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - rewrite: {uriRegexRewrite: {match: "/old/(.*)", rewrite: "/new/$1"}}
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - rewrite: {uriRegexRewrite: {match: "/old/(.*)", rewrite: '/new/\1'}}
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#RegexRewrite>
    pub(super) RULE = { name: "rewrite-group-missing", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context) {
        let Some(regex) = route.rewrite.as_ref().and_then(|rewrite| rewrite.uri_regex_rewrite.as_ref()) else {
            continue;
        };
        if let Some((message, help)) = fault(regex.pattern.as_str(), &regex.rewrite) {
            let at = origin.key("rewrite").key("uriRegexRewrite");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(at.key("rewrite")), message)
                    .related(Location::Value(at.key("match")), "the groups are counted here")
                    .help(help),
            );
        }
    }
}

fn fault(pattern: &str, rewrite: &str) -> Option<(String, String)> {
    let count = groups(pattern);
    let digit = |text: &str| text.chars().next().and_then(|next| next.to_digit(10));
    let most = rewrite.split('\\').skip(1).filter_map(digit).max();
    if let Some(most) = most.filter(|most| *most > count) {
        let message = format!("`\\{most}` is a group that the expression has not: it has {count}");
        return Some((message, "groups are counted by their `(`, from 1; `\\0` is all that matched".to_owned()));
    }
    let dollar = rewrite.split('$').skip(1).find_map(digit).filter(|group| (1..=count).contains(group))?;
    let message = format!("`${dollar}` is put in as it is: a group is written with a backslash");
    Some((message, format!("write `\\{dollar}`")))
}

/// How many groups an expression has that are counted: `(…)` and `(?P<name>…)`.
fn groups(pattern: &str) -> u32 {
    let mut count = 0;
    let mut in_class = false;
    let mut rest = pattern.chars();
    while let Some(next) = rest.next() {
        match next {
            '\\' => {
                rest.next();
            }
            '[' if !in_class => {
                in_class = true;
                // A `]` that comes first is one of the class.
                let after = rest.as_str().strip_prefix('^').unwrap_or(rest.as_str());
                rest = after.strip_prefix(']').unwrap_or(after).chars();
            }
            ']' => in_class = false,
            '(' if !in_class => {
                let after = rest.as_str();
                let is_counted = !after.starts_with('?') || after.starts_with("?P<") || after.starts_with("?<");
                count += u32::from(is_counted);
            }
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted_as_re2_does() {
        let expected = [("/a", 0), ("(a)(b)", 2), ("(?:a)(?P<b>c)", 1), (r"\(a\)", 0), ("[(]([)])", 1), ("[]()]", 0)];
        for (pattern, count) in expected {
            assert_eq!(groups(pattern), count, "{pattern}");
        }
    }
}
