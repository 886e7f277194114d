//! What a regular expression captures.

/// How many groups an RE2 expression captures: `(...)` and `(?P<name>...)`, but not `(?:...)`, nor
/// what stands in `[...]`, in `\Q...\E` or behind a `\`.
pub(super) fn groups(pattern: &str) -> u32 {
    let mut rest = pattern.chars();
    let mut count = 0;
    while let Some(next) = rest.next() {
        match next {
            '\\' if rest.next() == Some('Q') => rest = skip_quoted(rest.as_str()).chars(),
            '[' => rest = skip_class(rest.as_str()).chars(),
            '(' => {
                let inside = rest.as_str();
                let named = inside.starts_with("?P<") || inside.starts_with("?<");
                count += u32::from(named || !inside.starts_with('?'));
            }
            _ => {}
        }
    }
    count
}

/// The highest group that a substitution puts in (`\1`), 0 where it has none; `Err` with what
/// follows a `\` that is neither a digit nor a `\` (`re2: RE2::CheckRewriteString`).
pub(super) fn highest_reference(substitution: &str) -> Result<u32, Option<char>> {
    let mut highest = 0;
    let mut rest = substitution.chars();
    while let Some(next) = rest.next() {
        if next == '\\' {
            match rest.next() {
                Some('\\') => {}
                Some(digit) if digit.is_ascii_digit() => highest = highest.max(digit.to_digit(10).unwrap_or_default()),
                other => return Err(other),
            }
        }
    }
    Ok(highest)
}

fn skip_quoted(text: &str) -> &str {
    text.split_once("\\E").map_or("", |(_, rest)| rest)
}

/// What follows the `]` of a class; a `]` right behind its `[` or `[^` is a plain one.
fn skip_class(text: &str) -> &str {
    let body = text.strip_prefix('^').unwrap_or(text);
    let mut rest = body.strip_prefix(']').unwrap_or(body).chars();
    while let Some(next) = rest.next() {
        match next {
            '\\' => drop(rest.next()),
            '[' if rest.as_str().starts_with(':') => {
                if let Some((_, after)) = rest.as_str().split_once(":]") {
                    rest = after.chars();
                }
            }
            ']' => break,
            _ => {}
        }
    }
    rest.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_groups_that_capture_count() {
        let counts = [
            ("^/a/(.*)$", 1),
            (r"(a)(?:b)(?P<c>d)(?<e>f)(?i)", 3),
            (r"\((a)\)", 1),
            (r"[(](b)[^])(](c)", 2),
            (r"[[:alpha:](]+(x)", 1),
            (r"\Q(\E(y)", 1),
            ("", 0),
        ];
        for (pattern, count) in counts {
            assert_eq!(groups(pattern), count, "{pattern}");
        }
    }

    #[test]
    fn references_are_found() {
        assert_eq!(highest_reference(r"/x/\1/\3"), Ok(3));
        assert_eq!(highest_reference(r"\\9"), Ok(0));
        assert_eq!(highest_reference(r"a\g"), Err(Some('g')));
        assert_eq!(highest_reference(r"a\"), Err(None));
    }
}
