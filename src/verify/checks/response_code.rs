//! A direct response with a code that is none.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// `status` of a `direct_response` is outside 200 to 599. Envoy refuses it; from a control plane late.
    "verify/response-code", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for code in &facts.responses {
        if !code.text.parse::<u32>().is_ok_and(|code| (200..600).contains(&code)) {
            let message = format!("a direct response cannot have the status `{}`", code.text);
            found.push(Diagnostic::error(CHECK.code, at(&code.place), message).help("it is 200 to 599"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn below_200() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/1/routes/0/direct_response/status",
                r#"100"#,
            )]),
        );
    }

    #[test]
    fn an_error() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/1/routes/0/direct_response/status",
                r#"503"#,
            )]),
        );
    }
}
