//! A redirect with a code that Envoy does not send.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// `response_code` of a redirect is an enumeration: `MOVED_PERMANENTLY` (301), `FOUND` (302),
    /// `SEE_OTHER` (303), `TEMPORARY_REDIRECT` (307), `PERMANENT_REDIRECT` (308). Envoy refuses anything
    /// else; from a control plane late.
    "verify/redirect-code", check
}

const CODES: [&str; 5] = ["MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"];

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for code in &facts.redirects {
        if CODES.contains(&code.text.as_ref()) || code.text.parse::<usize>().is_ok_and(|code| code < CODES.len()) {
            continue;
        }
        let message = format!("`{}` is no code of a redirect", code.text);
        found.push(
            Diagnostic::error(CHECK.code, at(&code.place), message)
                .help(format!("it is one of {}", CODES.map(|code| format!("`{code}`")).join(", "))),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn a_number() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/1/routes/0/redirect",
                r#"{"response_code": 301}"#,
            )]),
        );
    }

    #[test]
    fn a_name() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/1/routes/0/redirect",
                r#"{"response_code": "FOUND"}"#,
            )]),
        );
    }
}
