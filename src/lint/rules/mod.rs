//! The rules, one file each. `RULES` is in the order of their names.

use super::Rule;
use super::rule::declare_rule;

mod application_runs_as_proxy;
mod gateway_host_conflict;
mod gateways_share_certificate;
mod ineffective_route_match;
mod mesh_hosts_claimed_twice;
mod namespace_with_several_injection_labels;
mod service_entry_protocol_conflict;
mod service_entry_without_address;
mod several_sidecars_without_selector;
mod unreachable_route_rule;
mod unverified_upstream_certificate;
mod unverified_upstream_certificate_of_port;

/// Every rule, by name.
pub static RULES: &[&Rule] = &[
    &application_runs_as_proxy::RULE,
    &gateway_host_conflict::RULE,
    &gateways_share_certificate::RULE,
    &ineffective_route_match::RULE,
    &mesh_hosts_claimed_twice::RULE,
    &namespace_with_several_injection_labels::RULE,
    &service_entry_protocol_conflict::RULE,
    &service_entry_without_address::RULE,
    &several_sidecars_without_selector::RULE,
    &unreachable_route_rule::RULE,
    &unverified_upstream_certificate::RULE,
    &unverified_upstream_certificate_of_port::RULE,
];
