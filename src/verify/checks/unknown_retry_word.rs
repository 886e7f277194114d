//! A condition for retries that Envoy does not know.

use crate::base::{Diagnostic, Diagnostics, retry};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// `retry_on` has a word that is no condition. Envoy accepts it and never retries for it.
    "verify/unknown-retry-word", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    // Routes one after the other mostly say the same.
    let mut last = ("", Vec::new());
    for retry in &facts.retries {
        if retry.text != last.0 {
            let words = retry.text.split(',').map(str::trim);
            let unknown = words.filter(|word| !retry::CONDITIONS.contains(word) && !word.is_empty());
            last = (retry.text, unknown.collect());
        }
        for word in &last.1 {
            let nearest = retry::CONDITIONS.into_iter().min_by_key(|known| strsim::levenshtein(known, word));
            let nearest = nearest.filter(|known| strsim::levenshtein(known, word) <= 3);
            let help = nearest.map_or_else(
                || format!("the conditions are {}", retry::CONDITIONS.join(", ")),
                |known| format!("`{known}` is meant, perhaps"),
            );
            let message = format!("`{word}` is no condition of `retry_on`: Envoy passes over it");
            found.push(Diagnostic::error(CHECK.code, at(&retry.place), message).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn a_word_that_is_none() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/route/retry_policy/retry_on",
                r#""5xx,bogus""#,
            )]),
        );
    }

    #[test]
    fn words_of_both_headers() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/route/retry_policy/retry_on",
                r#""5xx, unavailable,reset""#,
            )]),
        );
    }
}
