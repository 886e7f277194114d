//! Two clusters of one name.

use crate::base::Diagnostics;
use crate::verify::Options;
use crate::verify::facts::{Facts, report_repeated};

declare_check! {
    /// Two clusters have one name. Envoy refuses the bootstrap; from a control plane it keeps only one of
    /// them.
    "verify/duplicate-cluster", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    report_repeated(CHECK.code, "cluster", &facts.clusters.defined, found);
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn two_of_one_name() {
        fires(&CHECK, &changed(&[("/static_resources/clusters/1/name", r#""web""#)]));
    }

    #[test]
    fn each_of_its_own_name() {
        silent(&CHECK, &changed(&[]));
    }
}
