//! Secret that nothing defines.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// A TLS context names a secret without an `sds_config`, and `static_resources.secrets` has none of
    /// that name. Envoy refuses the listener or cluster.
    "verify/unknown-secret", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for used in facts.secrets.undefined() {
        let message = format!("{} names the secret `{}`, which nothing defines", used.by, used.name);
        found.push(
            Diagnostic::error(CHECK.code, at(&used.place), message)
                .help("add it to `static_resources.secrets`, or name an `sds_config`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn a_name_that_no_secret_has() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config/common_tls_context/tls_certificate_sds_secret_configs/0/name",
                r#""other""#,
            )]),
        );
    }

    #[test]
    fn a_secret_of_a_server() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config/common_tls_context/tls_certificate_sds_secret_configs/0",
                r#"{"name": "other", "sds_config": {"ads": {}}}"#,
            )]),
        );
    }
}
