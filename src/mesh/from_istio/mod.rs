//! Istio's kinds → services, endpoints, routes and policies, with names resolved.

mod delegate;
mod destination_rule;
mod gateway;
mod instance;
mod policy;
mod service_entry;
mod virtual_service;

pub(super) use destination_rule::destination_rules;
pub(super) use gateway::gateways;
pub(super) use instance::{Instance, Instances, pod_instance, workload_entry_instance};
pub(super) use policy::{peer_authentications, policies, sidecars};
pub(super) use service_entry::{EntryEndpoints, entry_services};
pub(super) use virtual_service::virtual_services;
