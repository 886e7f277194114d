//! Endpoints that nothing defines.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// A cluster takes its endpoints by EDS from the control plane's stream, and no stream is configured or
    /// the dump (with `?include_eds`) has none. Envoy accepts it and answers 503.
    "verify/unknown-endpoints", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for used in facts.endpoints.undefined() {
        let message = format!("{} `{}` waits for endpoints that nothing delivers", used.by, used.name);
        found.push(
            Diagnostic::error(CHECK.code, at(&used.place), message)
                .help("write a `load_assignment`, or configure `ads_config`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn endpoints_that_nobody_sends() {
        fires(
            &CHECK,
            &changed(&[("/static_resources/clusters/0/eds_cluster_config", r#"{"eds_config": {"ads": {}}}"#)]),
        );
    }

    #[test]
    fn endpoints_of_a_file() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/clusters/0/eds_cluster_config",
                r#"{"eds_config": {"path_config_source": {"path": "/there/eds.yaml"}}}"#,
            )]),
        );
    }
}
