//! From what one proxy sees to what it does: precedence, defaults and conflicts are decided here
//! and nowhere else.
//!
//! Takes a [`ProxyView`], gives [`ir`](crate::ir) and the diagnostics of
//! this proxy: servers that conflict, credentials that are missing, fields that are not translated.
//! Every sort is in [`precedence`], every value that the user did not write in [`defaults`].

pub mod access_log;
pub mod cluster;
pub mod connection_manager;
pub mod defaults;
pub mod destination;
pub mod destination_rule;
pub mod endpoint;
pub mod http;
pub mod precedence;
pub mod router;
pub mod secret;
pub mod settings;
pub mod sidecar;
pub mod stat_name;
pub mod tcp;
mod time;
pub mod tls;
pub mod tracing;
pub mod traffic_policy;

use crate::base::Diagnostics;
use crate::ir::ProxyConfig;
use crate::proxy::{ProxyKind, ProxyView};

/// Decides everything about one proxy. Whether it is a router is asked here and nowhere below.
pub fn lower(view: &ProxyView<'_>) -> (ProxyConfig, Diagnostics) {
    match view.proxy.node.kind {
        ProxyKind::Router => {
            let (outbound, diagnostics) = router::lower(view);
            (ProxyConfig::Router(outbound), diagnostics)
        }
        ProxyKind::Sidecar => {
            let (outbound, inbound, diagnostics) = sidecar::lower(view);
            (ProxyConfig::Sidecar(outbound, inbound), diagnostics)
        }
    }
}
