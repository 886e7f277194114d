//! Two secrets of one name.

use crate::base::Diagnostics;
use crate::verify::Options;
use crate::verify::facts::{Facts, report_repeated};

declare_check! {
    /// Two secrets have one name. Envoy refuses the bootstrap.
    "verify/duplicate-secret", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    report_repeated(CHECK.code, "secret", &facts.secrets.defined, found);
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn two_of_one_name() {
        fires(&CHECK, &changed(&[("/static_resources/secrets/1", r#"{"name": "cert"}"#)]));
    }

    #[test]
    fn each_of_its_own_name() {
        silent(&CHECK, &changed(&[]));
    }
}
