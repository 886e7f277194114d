//! A port that is none.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, Zero, at};

declare_check! {
    /// A `port_value` is above 65535, which Envoy refuses, or that of an endpoint is 0, which it accepts:
    /// every connection fails.
    "verify/port-range", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for (port, zero) in &facts.ports {
        let message = match (port.text.parse::<u16>(), zero) {
            (Ok(0), Zero::Refused) => "an endpoint cannot have the port 0".to_owned(),
            (Ok(_), _) => continue,
            (Err(_), _) => format!("`{}` is no port: they are 0 to 65535", port.text),
        };
        found.push(Diagnostic::error(CHECK.code, at(&port.place), message));
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn above_the_last() {
        fires(&CHECK, &changed(&[("/static_resources/listeners/0/address/socket_address/port_value", r#"70000"#)]));
    }

    #[test]
    fn an_endpoint_at_0() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/port_value",
                r#"0"#,
            )]),
        );
    }

    #[test]
    fn a_listener_at_0() {
        silent(&CHECK, &changed(&[("/static_resources/listeners/0/address/socket_address/port_value", r#"0"#)]));
    }
}
