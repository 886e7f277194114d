//! No TLS version is left.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// The lowest TLS version of a TLS context is above its highest. Envoy accepts it, and every
    /// handshake fails.
    "verify/tls-versions", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for versions in &facts.tls_versions {
        if let (Some(least), Some(most)) = (versions.least, versions.most)
            && least > most
        {
            let message = format!("the lowest TLS version (1.{least}) is above the highest (1.{most})");
            found.push(
                Diagnostic::error(CHECK.code, at(&versions.place), message).help("swap them: no handshake can succeed"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn the_lowest_above_the_highest() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config/common_tls_context/tls_params",
                r#"{"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_2"}"#,
            )]),
        );
    }

    #[test]
    fn one_version() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config/common_tls_context/tls_params",
                r#"{"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_2"}"#,
            )]),
        );
    }
}
