//! A group that the expression has not.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};
use crate::verify::pattern::{groups, highest_reference};

declare_check! {
    /// The `substitution` of a `regex_rewrite` puts in a group (`\\1`) that its expression does not
    /// capture, or has a `\\` that stands for nothing. Envoy accepts it and leaves the path as it is.
    "verify/capture-group", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for rewrite in &facts.rewrites {
        let captured = groups(rewrite.pattern);
        let message = match highest_reference(rewrite.substitution) {
            Ok(highest) if highest <= captured => continue,
            Ok(highest) => format!(
                "`{}` puts in group {highest}, and `{}` captures {captured}",
                rewrite.substitution, rewrite.pattern
            ),
            Err(_) => format!("`{}` has a `\\` that is not before a digit", rewrite.substitution),
        };
        found.push(
            Diagnostic::error(CHECK.code, at(&rewrite.place), message)
                .help("groups are `(...)` and count from 1; `\\0` is all that matched, `\\\\` a plain `\\`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn a_group_too_many() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/route/regex_rewrite/substitution",
                r#""/x/\\9""#,
            )]),
        );
    }

    #[test]
    fn a_letter() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/route/regex_rewrite/substitution",
                r#""/x/\\w""#,
            )]),
        );
    }

    #[test]
    fn all_of_the_match() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/route/regex_rewrite/substitution",
                r#""/x\\0/\\1""#,
            )]),
        );
    }
}
