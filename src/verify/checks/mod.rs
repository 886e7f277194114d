//! The checks, one a file. Each reads facts and says what breaks.

use super::Options;
use super::facts::Facts;
use crate::base::Diagnostics;

/// Something that can be wrong with a configuration.
pub struct Check {
    /// `verify/` and the fault itself in kebab-case.
    pub code: &'static str,
    /// What it finds, and what Envoy does with it: Markdown.
    pub docs: &'static str,
    pub(super) run: fn(&Facts<'_>, &Options<'_>, &mut Diagnostics),
}

/// Declares a check from its documentation.
macro_rules! declare_check {
    ($(#[doc = $docs:literal])+ $code:literal, $run:path) => {
        $(#[doc = $docs])+
        pub(in crate::verify) static CHECK: crate::verify::checks::Check =
            crate::verify::checks::Check { code: $code, docs: concat!($($docs, "\n"),+), run: $run };
    };
}

mod bad_header_name;
mod bad_regex;
mod bind_conflict;
mod capture_group;
mod duplicate_cluster;
mod duplicate_domain;
mod duplicate_filter_chain;
mod duplicate_listener;
mod duplicate_secret;
mod missing_file;
mod partial_wildcard;
mod port_range;
mod privileged_port;
mod redirect_code;
mod response_code;
mod socket_path;
mod tls_versions;
mod unknown_cluster;
mod unknown_endpoints;
mod unknown_internal_listener;
mod unknown_retry_word;
mod unknown_route_configuration;
mod unknown_secret;

/// Every check, by name.
pub static CHECKS: [&Check; 23] = [
    &bad_header_name::CHECK,
    &bad_regex::CHECK,
    &bind_conflict::CHECK,
    &capture_group::CHECK,
    &duplicate_cluster::CHECK,
    &duplicate_domain::CHECK,
    &duplicate_filter_chain::CHECK,
    &duplicate_listener::CHECK,
    &duplicate_secret::CHECK,
    &missing_file::CHECK,
    &partial_wildcard::CHECK,
    &port_range::CHECK,
    &privileged_port::CHECK,
    &redirect_code::CHECK,
    &response_code::CHECK,
    &socket_path::CHECK,
    &tls_versions::CHECK,
    &unknown_cluster::CHECK,
    &unknown_endpoints::CHECK,
    &unknown_internal_listener::CHECK,
    &unknown_retry_word::CHECK,
    &unknown_route_configuration::CHECK,
    &unknown_secret::CHECK,
];

/// Runs all of them.
pub(super) fn run(facts: &Facts<'_>, options: &Options<'_>) -> Diagnostics {
    let mut found = Diagnostics::default();
    CHECKS.iter().for_each(|check| (check.run)(facts, options, &mut found));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_sorted_and_documented() {
        assert!(CHECKS.is_sorted_by(|one, other| one.code < other.code));
        assert!(CHECKS.iter().all(|check| check.code.starts_with("verify/") && check.docs.len() > 40));
    }
}
