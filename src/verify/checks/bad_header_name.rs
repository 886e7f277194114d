//! A header name that is none.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// A header to add, remove or match has a name that is no token (RFC 9110, 5.6.2), as one with a space.
    /// Envoy accepts it and answers every request that gets the header with a 503.
    "verify/bad-header-name", check
}

/// Characters of a token beside letters and digits.
const TOKEN: &str = "!#$%&'*+-.^_`|~";

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for header in &facts.headers {
        let name = header.text.strip_prefix(':').unwrap_or(header.text);
        let bad = name.chars().find(|c| !c.is_ascii_alphanumeric() && !TOKEN.contains(*c));
        let why = match bad {
            Some(c) => format!("it has a `{}`", c.escape_default()),
            None if name.is_empty() => "it is empty".to_owned(),
            None => continue,
        };
        let message = format!("`{}` is no name of a header: {why}", header.text.escape_debug());
        found.push(
            Diagnostic::error(CHECK.code, at(&header.place), message)
                .help("use letters, digits and `-`: Envoy answers with 503 where it should write this header"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn a_space_in_a_header_to_add() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/request_headers_to_add/0/header/key",
                r#""a b""#,
            )]),
        );
    }

    #[test]
    fn a_colon_in_a_match() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/match/headers/0/name",
                r#""x:y""#,
            )]),
        );
    }

    #[test]
    fn a_pseudo_header() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/match/headers/0/name",
                r#"":method""#,
            )]),
        );
    }
}
