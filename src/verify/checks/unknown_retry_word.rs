//! A condition for retries that Envoy does not know.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// `retry_on` has a word that is no condition. Envoy accepts it and never retries for it.
    "verify/unknown-retry-word", check
}

/// `envoy: x-envoy-retry-on` and `x-envoy-retry-grpc-on`
/// (<https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter>).
const WORDS: [&str; 16] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "envoy-ratelimited",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for retry in &facts.retries {
        for word in retry.text.split(',').map(str::trim).filter(|word| !WORDS.contains(word) && !word.is_empty()) {
            let nearest = WORDS.into_iter().min_by_key(|known| strsim::levenshtein(known, word));
            let nearest = nearest.filter(|known| strsim::levenshtein(known, word) <= 3);
            let help = nearest.map_or_else(
                || format!("the conditions are {}", WORDS.join(", ")),
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
