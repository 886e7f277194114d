//! HTTP routes of a VirtualService, for gateways and sidecars alike.

mod action;
mod hash;
mod headers;
mod policy;
mod retry;
mod route;
mod route_match;

pub use hash::{hash_policy, service_hash};
pub use headers::header_changes;
pub use retry::{inbound_retry_policy, retry_policy};
pub use route::{RouteContext, routes};
