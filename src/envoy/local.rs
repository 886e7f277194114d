//! Changes of the IR for running a proxy's configuration beside others, on one machine.

use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics, Location};
use crate::ir;
use crate::ir::Address;
use crate::ir::listener::{Binding, Transport};

/// Where listeners listen instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebind {
    /// Instead of all addresses (`0.0.0.0`, `::`).
    pub address: Option<String>,
    /// Added to every port.
    pub port_offset: u16,
}

/// `config` with its listeners elsewhere. Those without a socket stay: their address is the
/// destination they stand for. A port beyond 65535 is an error, and stays; two listeners that meet
/// on one address are an error.
pub fn rebind(mut config: ir::ProxyConfig, rebinding: &Rebind) -> (ir::ProxyConfig, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    if *rebinding == Rebind::default() {
        return (config, diagnostics);
    }
    let Rebind { address, port_offset } = rebinding;
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
    // Who listens where, over TCP and over UDP.
    let mut bound: [BTreeMap<&Address, &str>; 2] = Default::default();
    for (_, listener) in config.listeners().filter(|(_, listener)| listener.binding != Binding::Captured) {
        let [tcp, udp] = &mut bound;
        let bound = match listener.transport {
            Transport::Tcp => tcp,
            Transport::Quic => udp,
        };
        for address in &listener.addresses {
            if let Some(other) = bound.insert(address, &listener.name) {
                diagnostics.push(meeting(other, &listener.name));
            }
        }
    }
    (config, diagnostics)
}

fn meeting(one: &str, other: &str) -> Diagnostic {
    let message = format!("the listeners `{one}` and `{other}` would listen on the same address");
    Diagnostic::error("listeners-meet", Location::Nowhere, message).help("bind another address, as 127.0.0.2, or none")
}

fn too_high(listener: &str, port: u32, offset: u16) -> Diagnostic {
    let message = format!("port {port} of the listener `{listener}` plus {offset} is above 65535");
    Diagnostic::error("port-out-of-range", Location::Nowhere, message).help("choose a smaller port offset")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::fixtures::{filter_chain, listener};

    fn socket(address: &str, port: u32) -> Address {
        Address::Socket { address: address.into(), port }
    }

    fn rebound(addresses: Vec<Address>, binding: Binding, port_offset: u16) -> (Vec<Address>, Diagnostics) {
        let listener = ir::Listener { addresses, binding, ..listener(filter_chain("http.8080", None)) };
        let config = ir::Outbound { listeners: vec![listener], ..Default::default() };
        let rebinding = Rebind { address: Some("127.0.0.1".into()), port_offset };
        let (config, diagnostics) = rebind(ir::ProxyConfig::Router(config), &rebinding);
        (config.outbound().listeners.iter().flat_map(|listener| listener.addresses.clone()).collect(), diagnostics)
    }

    #[test]
    fn sockets_move_and_destinations_stay() {
        let both = vec![socket("0.0.0.0", 80), socket("::", 80)];
        assert_eq!(rebound(both.clone(), Binding::Default, 10_000).0, [socket("127.0.0.1", 10_080)]);
        assert_eq!(rebound(both.clone(), Binding::Captured, 10_000).0, both);
        assert_eq!(rebound(vec![socket("10.0.0.9", 80)], Binding::Bound, 0).0, [socket("10.0.0.9", 80)]);
        let pipe = Address::Pipe("/run/gw.sock".into());
        assert_eq!(rebound(vec![pipe.clone()], Binding::Default, 1).0, [pipe]);
    }

    #[test]
    fn two_listeners_must_not_meet() {
        let at = |address| ir::Listener {
            name: format!("{address}_80"),
            addresses: vec![socket(address, 80)],
            ..listener(filter_chain("http.80", None))
        };
        let config = ir::Outbound { listeners: vec![at("0.0.0.0"), at("127.0.0.1")], ..Default::default() };
        let rebinding = Rebind { address: Some("127.0.0.1".into()), port_offset: 0 };
        let (_, diagnostics) = rebind(ir::ProxyConfig::Router(config), &rebinding);
        let messages: Vec<_> = diagnostics.0.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        assert_eq!(messages, ["the listeners `0.0.0.0_80` and `127.0.0.1_80` would listen on the same address"]);
    }

    #[test]
    fn a_port_beyond_the_last_is_an_error() {
        let (addresses, diagnostics) = rebound(vec![socket("0.0.0.0", 60_000)], Binding::Default, 10_000);
        assert_eq!(addresses, [socket("127.0.0.1", 60_000)]);
        assert_eq!(diagnostics.0.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>(), ["port-out-of-range"]);
    }
}
