//! Route configuration that nothing defines.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// A listener takes its routes by RDS from the control plane's stream, and no stream is configured or
    /// the dump has no such route configuration. Envoy accepts it: the listener never becomes ready, or
    /// answers 404.
    "verify/unknown-route-configuration", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for used in facts.route_configurations.undefined() {
        let message = format!("{} names the route configuration `{}`, which nothing defines", used.by, used.name);
        found.push(
            Diagnostic::error(CHECK.code, at(&used.place), message)
                .help("name a route configuration that is sent, or write it into the listener"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn routes_that_nobody_sends() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/rds",
                r#"{"route_config_name": "r", "config_source": {"ads": {}}}"#,
            )]),
        );
    }

    #[test]
    fn routes_of_a_stream() {
        silent(
            &CHECK,
            &changed(&[
                (
                    "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/rds",
                    r#"{"route_config_name": "r", "config_source": {"ads": {}}}"#,
                ),
                ("/dynamic_resources", r#"{"ads_config": {}}"#),
            ]),
        );
    }
}
