//! Internal listener that nothing defines.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// An endpoint is an internal listener that is not there. Envoy accepts it: every connection to the
    /// endpoint fails.
    "verify/unknown-internal-listener", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for used in facts.internal_listeners.undefined() {
        let message = format!("{} names the internal listener `{}`, which nothing defines", used.by, used.name);
        found.push(
            Diagnostic::error(CHECK.code, at(&used.place), message)
                .help("define the internal listener or correct the name"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn a_listener_that_is_not_there() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address",
                r#"{"envoy_internal_address": {"server_listener_name": "inner"}}"#,
            )]),
        );
    }

    #[test]
    fn a_listener_that_is_there() {
        silent(
            &CHECK,
            &changed(&[
                (
                    "/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address",
                    r#"{"envoy_internal_address": {"server_listener_name": "inner"}}"#,
                ),
                ("/static_resources/listeners/2", r#"{"name": "inner", "internal_listener": {}}"#),
            ]),
        );
    }
}
