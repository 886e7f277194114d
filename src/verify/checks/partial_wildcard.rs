//! A server name with a `*` inside.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// A filter chain's server name has a `*` that is not the whole first label. Envoy refuses `*` and
    /// `a*.example.com`, and accepts `*.*.example.com`, which no connection matches.
    "verify/partial-wildcard", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for name in &facts.server_names {
        if name.text.strip_prefix("*.").unwrap_or(name.text).contains('*') {
            let message = format!("`{}` is no server name: a `*` stands only for the whole first label", name.text);
            found.push(
                Diagnostic::error(CHECK.code, at(&name.place), message)
                    .help("write `*.example.com`, or no server name at all where every one is meant"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn a_star_in_a_label() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filter_chain_match/server_names/0",
                r#""shop*.example.com""#,
            )]),
        );
    }

    #[test]
    fn two_stars() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filter_chain_match/server_names/0",
                r#""*.*.example.com""#,
            )]),
        );
    }

    #[test]
    fn the_first_label() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filter_chain_match/server_names/0",
                r#""*.example.com""#,
            )]),
        );
    }
}
