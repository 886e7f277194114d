//! The rules, one file each. `RULES` is in the order of their names.

use super::Rule;
use super::rule::declare_rule;

mod access_log_without_provider;
mod allow_by_http_of_tcp_workload;
mod alpha_annotation;
mod application_runs_as_proxy;
mod case_ignored_in_regex;
mod claim_route_without_authentication;
mod client_condition_on_gateway;
mod cors_lets_in_others;
mod covered_route_match;
mod delegate_replaces_settings;
mod delegate_without_root;
mod denied_host_without_port;
mod deployment_port_of_two_protocols;
mod deployment_target_port_conflict;
mod deprecated_annotation;
mod deprecated_field;
mod destination_rule_hides_another;
mod destination_rule_merged_away;
mod destination_rule_of_other_namespace;
mod destination_rule_of_unknown_host;
mod destination_twice_in_route;
mod destination_without_waypoint;
mod destination_without_weight;
mod duplicate_server_name;
mod entries_share_address;
mod entry_against_service;
mod entry_without_workload;
mod envoy_filter_add_ignored;
mod envoy_filter_part_dropped;
mod envoy_filter_relative_operation;
mod envoy_filter_relative_operation_of_version;
mod envoy_filter_remove_ignored;
mod envoy_filter_replace_ignored;
mod envoy_filter_value_refused;
mod envoy_filter_without_typed_config;
mod external_name_port_protocol;
mod fault_disables_retries;
mod from_and_to_apart;
mod gateway_host_conflict;
mod gateway_of_other_group;
mod gateway_port_not_in_service;
mod gateway_without_selector;
mod gateways_share_certificate;
mod header_name_not_token;
mod header_stands_for_field;
mod http_settings_of_tcp_host;
mod image_auto_without_injection;
mod ineffective_route_match;
mod internal_gateway;
mod invalid_injection_webhook;
mod keys_without_key;
mod lightstep_tracing;
mod listener_twice;
mod malformed_certificate_hash;
mod match_gateway_not_bound;
mod match_port_not_served;
mod mesh_hosts_claimed_twice;
mod misplaced_annotation;
mod mtls_modes_clash;
mod mutual_tls_outside_mesh;
mod namespace_in_some_objects;
mod namespace_injected_by_default;
mod namespace_with_several_injection_labels;
mod namespace_without_injection;
mod negative_condition;
mod old_gateway_api_crd;
mod outbound_policy_without_mode;
mod outdated_proxy_image;
mod partial_wildcard_server_name;
mod path_template_without_slash;
mod peer_authentications_of_one_workload;
mod plain_text_to_strict_service;
mod pod_without_proxy;
mod policy_of_unused_subset;
mod policy_without_waypoint;
mod policy_without_workload;
mod port_mtls_of_service_port;
mod port_name_against_app_protocol;
mod port_number_against_protocol;
mod port_of_destination_missing;
mod port_settings_replace;
mod prefix_takes_sibling;
mod principal_with_scheme;
mod principal_without_mtls;
mod redirect_to_itself;
mod redirect_without_https;
mod regex_written_as_search;
mod reserved_gateway_port;
mod retries_off_with_backoff;
mod rewrite_group_missing;
mod rewrite_of_regex_match;
mod rewrite_slash_mismatch;
mod ring_too_large;
mod root_sidecar_with_selector;
mod route_kind_not_served;
mod route_of_older_virtual_service;
mod rule_of_other_ambient_namespace;
mod selector_for_gateway_api;
mod selector_in_ambient;
mod selector_in_root_namespace;
mod selector_without_workload;
mod server_lost_on_port;
mod server_name_outside_gateway;
mod server_name_taken;
mod server_without_routes;
mod service_entry_host_twice;
mod service_entry_protocol_conflict;
mod service_entry_without_address;
mod service_port_without_protocol;
mod settings_of_passthrough_host;
mod several_sidecars_without_selector;
mod short_host_on_gateway;
mod sidecar_in_ambient;
mod sidecars_of_one_workload;
mod static_entry_without_endpoints;
mod status_beyond_range;
mod subset_not_seen;
mod subset_route_not_at_gateway;
mod subset_without_labels;
mod subset_without_pods;
mod superseded_setting;
mod target_port_not_exposed;
mod tcp_route_never_first;
mod telemetries_of_one_workload;
mod telemetries_without_selector;
mod tls_within_tls;
mod tls_without_mode;
mod token_not_required;
mod try_outlasts_timeout;
mod two_part_host;
mod udp_server;
mod uncovered_workload;
mod unknown_annotation;
mod unknown_app_protocol;
mod unknown_authorized_host;
mod unknown_backend;
mod unknown_credential;
mod unknown_egress_host;
mod unknown_export_namespace;
mod unknown_extension_provider;
mod unknown_grant_namespace;
mod unknown_header_variable;
mod unknown_http_method;
mod unknown_parent_gateway;
mod unknown_principal;
mod unknown_registry;
mod unknown_service_account;
mod unknown_source_namespace;
mod unknown_waypoint;
mod unreachable_destination;
mod unreachable_route_rule;
mod unreadable_annotation_value;
mod unresolved_image_auto;
mod unrestricted_jwks_fetch;
mod unusable_credential;
mod unverified_upstream_certificate;
mod unverified_upstream_certificate_of_port;
mod webhook_address_is_ip;
mod webhook_without_address;
mod weight_of_only_destination;
mod weights_not_hundred;
mod weights_too_large;
mod wildcard_inside_value;
mod wildcard_routes_hidden;
mod workload_groups_alike;
mod workload_in_both_modes;

/// Every rule, by name.
pub static RULES: &[&Rule] = &[
    &access_log_without_provider::RULE,
    &allow_by_http_of_tcp_workload::RULE,
    &alpha_annotation::RULE,
    &application_runs_as_proxy::RULE,
    &case_ignored_in_regex::RULE,
    &claim_route_without_authentication::RULE,
    &client_condition_on_gateway::RULE,
    &cors_lets_in_others::RULE,
    &covered_route_match::RULE,
    &delegate_replaces_settings::RULE,
    &delegate_without_root::RULE,
    &denied_host_without_port::RULE,
    &deployment_port_of_two_protocols::RULE,
    &deployment_target_port_conflict::RULE,
    &deprecated_annotation::RULE,
    &deprecated_field::RULE,
    &destination_rule_hides_another::RULE,
    &destination_rule_merged_away::RULE,
    &destination_rule_of_other_namespace::RULE,
    &destination_rule_of_unknown_host::RULE,
    &destination_twice_in_route::RULE,
    &destination_without_waypoint::RULE,
    &destination_without_weight::RULE,
    &duplicate_server_name::RULE,
    &entries_share_address::RULE,
    &entry_against_service::RULE,
    &entry_without_workload::RULE,
    &envoy_filter_add_ignored::RULE,
    &envoy_filter_part_dropped::RULE,
    &envoy_filter_relative_operation::RULE,
    &envoy_filter_relative_operation_of_version::RULE,
    &envoy_filter_remove_ignored::RULE,
    &envoy_filter_replace_ignored::RULE,
    &envoy_filter_value_refused::RULE,
    &envoy_filter_without_typed_config::RULE,
    &external_name_port_protocol::RULE,
    &fault_disables_retries::RULE,
    &from_and_to_apart::RULE,
    &gateway_host_conflict::RULE,
    &gateway_of_other_group::RULE,
    &gateway_port_not_in_service::RULE,
    &gateway_without_selector::RULE,
    &gateways_share_certificate::RULE,
    &header_name_not_token::RULE,
    &header_stands_for_field::RULE,
    &http_settings_of_tcp_host::RULE,
    &image_auto_without_injection::RULE,
    &ineffective_route_match::RULE,
    &internal_gateway::RULE,
    &invalid_injection_webhook::RULE,
    &keys_without_key::RULE,
    &lightstep_tracing::RULE,
    &listener_twice::RULE,
    &malformed_certificate_hash::RULE,
    &match_gateway_not_bound::RULE,
    &match_port_not_served::RULE,
    &mesh_hosts_claimed_twice::RULE,
    &misplaced_annotation::RULE,
    &mtls_modes_clash::RULE,
    &mutual_tls_outside_mesh::RULE,
    &namespace_in_some_objects::RULE,
    &namespace_injected_by_default::RULE,
    &namespace_with_several_injection_labels::RULE,
    &namespace_without_injection::RULE,
    &negative_condition::RULE,
    &old_gateway_api_crd::RULE,
    &outbound_policy_without_mode::RULE,
    &outdated_proxy_image::RULE,
    &partial_wildcard_server_name::RULE,
    &path_template_without_slash::RULE,
    &peer_authentications_of_one_workload::RULE,
    &plain_text_to_strict_service::RULE,
    &pod_without_proxy::RULE,
    &policy_of_unused_subset::RULE,
    &policy_without_waypoint::RULE,
    &policy_without_workload::RULE,
    &port_mtls_of_service_port::RULE,
    &port_name_against_app_protocol::RULE,
    &port_number_against_protocol::RULE,
    &port_of_destination_missing::RULE,
    &port_settings_replace::RULE,
    &prefix_takes_sibling::RULE,
    &principal_with_scheme::RULE,
    &principal_without_mtls::RULE,
    &redirect_to_itself::RULE,
    &redirect_without_https::RULE,
    &regex_written_as_search::RULE,
    &reserved_gateway_port::RULE,
    &retries_off_with_backoff::RULE,
    &rewrite_group_missing::RULE,
    &rewrite_of_regex_match::RULE,
    &rewrite_slash_mismatch::RULE,
    &ring_too_large::RULE,
    &root_sidecar_with_selector::RULE,
    &route_kind_not_served::RULE,
    &route_of_older_virtual_service::RULE,
    &rule_of_other_ambient_namespace::RULE,
    &selector_for_gateway_api::RULE,
    &selector_in_ambient::RULE,
    &selector_in_root_namespace::RULE,
    &selector_without_workload::RULE,
    &server_lost_on_port::RULE,
    &server_name_outside_gateway::RULE,
    &server_name_taken::RULE,
    &server_without_routes::RULE,
    &service_entry_host_twice::RULE,
    &service_entry_protocol_conflict::RULE,
    &service_entry_without_address::RULE,
    &service_port_without_protocol::RULE,
    &settings_of_passthrough_host::RULE,
    &several_sidecars_without_selector::RULE,
    &short_host_on_gateway::RULE,
    &sidecar_in_ambient::RULE,
    &sidecars_of_one_workload::RULE,
    &static_entry_without_endpoints::RULE,
    &status_beyond_range::RULE,
    &subset_not_seen::RULE,
    &subset_route_not_at_gateway::RULE,
    &subset_without_labels::RULE,
    &subset_without_pods::RULE,
    &superseded_setting::RULE,
    &target_port_not_exposed::RULE,
    &tcp_route_never_first::RULE,
    &telemetries_of_one_workload::RULE,
    &telemetries_without_selector::RULE,
    &tls_within_tls::RULE,
    &tls_without_mode::RULE,
    &token_not_required::RULE,
    &try_outlasts_timeout::RULE,
    &two_part_host::RULE,
    &udp_server::RULE,
    &uncovered_workload::RULE,
    &unknown_annotation::RULE,
    &unknown_app_protocol::RULE,
    &unknown_authorized_host::RULE,
    &unknown_backend::RULE,
    &unknown_credential::RULE,
    &unknown_egress_host::RULE,
    &unknown_export_namespace::RULE,
    &unknown_extension_provider::RULE,
    &unknown_grant_namespace::RULE,
    &unknown_header_variable::RULE,
    &unknown_http_method::RULE,
    &unknown_parent_gateway::RULE,
    &unknown_principal::RULE,
    &unknown_registry::RULE,
    &unknown_service_account::RULE,
    &unknown_source_namespace::RULE,
    &unknown_waypoint::RULE,
    &unreachable_destination::RULE,
    &unreachable_route_rule::RULE,
    &unreadable_annotation_value::RULE,
    &unresolved_image_auto::RULE,
    &unrestricted_jwks_fetch::RULE,
    &unusable_credential::RULE,
    &unverified_upstream_certificate::RULE,
    &unverified_upstream_certificate_of_port::RULE,
    &webhook_address_is_ip::RULE,
    &webhook_without_address::RULE,
    &weight_of_only_destination::RULE,
    &weights_not_hundred::RULE,
    &weights_too_large::RULE,
    &wildcard_inside_value::RULE,
    &wildcard_routes_hidden::RULE,
    &workload_groups_alike::RULE,
    &workload_in_both_modes::RULE,
];
