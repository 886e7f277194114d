//! Changes of the IR for running a proxy's configuration beside others, on one machine.

use crate::base::{Diagnostic, Diagnostics, Location};
use crate::ir;
use crate::ir::Address;
use crate::ir::listener::Binding;

/// Where listeners listen instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebind {
    /// Instead of all addresses (`0.0.0.0`, `::`).
    pub address: Option<String>,
    /// Added to every port.
    pub port_offset: u16,
}

/// `config` with its listeners elsewhere. Those without a socket stay: their address is the
/// destination they stand for. A port beyond 65535 is an error, and stays.
pub fn rebind(mut config: ir::ProxyConfig, Rebind { address, port_offset }: &Rebind) -> (ir::ProxyConfig, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    for listener in config.listeners_mut().filter(|listener| listener.binding != Binding::Captured) {
        for bound in &mut listener.addresses {
            let Address::Socket { address: ip, port } = bound else { continue };
            if let Some(address) = address.as_ref().filter(|_| ip == "0.0.0.0" || ip == "::") {
                ip.clone_from(address);
            }
            match u16::try_from(*port + u32::from(*port_offset)) {
                Ok(moved) => *port = moved.into(),
                Err(_) => diagnostics.push(too_high(&listener.name, *port, *port_offset)),
            }
        }
        // `0.0.0.0` and `::` of one listener are one address now.
        listener.addresses.dedup();
    }
    (config, diagnostics)
}

fn too_high(listener: &str, port: u32, offset: u16) -> Diagnostic {
    let message = format!("port {port} of the listener `{listener}` plus {offset} is above 65535");
    Diagnostic::error("port-out-of-range", Location::Nowhere, message).help("choose a smaller port offset")
}
