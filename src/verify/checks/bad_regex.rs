//! A regular expression that RE2 does not take.

use crate::base::{Diagnostic, Diagnostics, Regex};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// Envoy reads regular expressions with RE2: no look-around, no back-references. It refuses what has
    /// one; from a control plane late.
    "verify/bad-regex", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for regex in &facts.regexes {
        if let Err(error) = Regex(regex.text.to_owned()).check() {
            let message = format!("`{}` is no regular expression of RE2: {error}", regex.text);
            found.push(Diagnostic::error(CHECK.code, at(&regex.place), message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn look_ahead() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/route/regex_rewrite/pattern/regex",
                r#""^/(?!x)""#,
            )]),
        );
    }

    #[test]
    fn a_class() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/route/regex_rewrite/pattern/regex",
                r#""^/([a-z]+)$""#,
            )]),
        );
    }
}
