//! Listeners that bind the same socket.

use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, Pipe, Socket, at};

declare_check! {
    /// Two listeners bind one address and port: Envoy refuses the second. With `enable_reuse_port: false`
    /// it is the same for all addresses (`0.0.0.0`) and one of them, but only when the port is bound:
    /// `--mode validate` accepts it, and then nothing listens; so it is for a listener and the admin
    /// interface. Listeners with `bind_to_port: false` bind nothing. Two listeners on one Unix socket are
    /// refused as well.
    "verify/bind-conflict", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    type Bound<'f> = (&'f str, &'f Socket<'f>);
    let mut ports: BTreeMap<(u64, bool), Vec<Bound<'_>>> = BTreeMap::new();
    for listener in &facts.listeners {
        for socket in &listener.sockets {
            ports.entry((socket.port, socket.udp)).or_default().push((listener.name, socket));
        }
    }
    if let Some(socket) = &facts.admin {
        ports.entry((socket.port, socket.udp)).or_default().push(("admin interface", socket));
    }
    let mut paths: BTreeMap<&str, &Pipe<'_>> = BTreeMap::new();
    for pipe in facts.pipes.iter().filter(|pipe| pipe.is_bound) {
        match paths.get(pipe.path) {
            Some(first) => found.push(
                Diagnostic::error(CHECK.code, at(&pipe.place), format!("the socket `{}` is bound twice", pipe.path))
                    .related(at(&first.place), "bound here")
                    .help("give the listeners different paths"),
            ),
            None => drop(paths.insert(pipe.path, pipe)),
        }
    }
    for bound in ports.values() {
        let mut taken: BTreeMap<&str, Bound<'_>> = BTreeMap::new();
        for (name, socket) in bound {
            if let Some((other, first)) = taken.get(socket.address) {
                conflict((other, first), (name, socket), found);
            } else {
                taken.insert(socket.address, (name, socket));
            }
        }
        for any in ["0.0.0.0", "::"] {
            let Some(wildcard) = taken.get(any) else { continue };
            let same_family = |socket: &Socket<'_>| socket.address.contains(':') == any.contains(':');
            for one in taken.values().filter(|(_, socket)| socket.address != any && same_family(socket)) {
                if !(wildcard.1.reuse && one.1.reuse) {
                    conflict(*wildcard, *one, found);
                }
            }
        }
    }
}

fn conflict((other, first): (&str, &Socket<'_>), (name, socket): (&str, &Socket<'_>), found: &mut Diagnostics) {
    let Socket { address, port, .. } = socket;
    let message = format!("the listener `{name}` cannot bind `{address}:{port}`: the listener `{other}` has it");
    found.push(
        Diagnostic::error(CHECK.code, at(&socket.place), message)
            .related(at(&first.place), "bound here")
            .help("give the listeners different ports or addresses"),
    );
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn one_address_twice() {
        fires(&CHECK, &changed(&[("/static_resources/listeners/1/address/socket_address/port_value", r#"8443"#)]));
    }

    #[test]
    fn all_addresses_and_one_without_reuse() {
        fires(
            &CHECK,
            &changed(&[
                (
                    "/static_resources/listeners/1/address/socket_address",
                    r#"{"address": "127.0.0.1", "port_value": 8443}"#,
                ),
                ("/static_resources/listeners/1/enable_reuse_port", r#"false"#),
            ]),
        );
    }

    #[test]
    fn all_addresses_and_one() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/1/address/socket_address",
                r#"{"address": "127.0.0.1", "port_value": 8443}"#,
            )]),
        );
    }

    #[test]
    fn the_admin_interface_shares_no_port() {
        let address = r#"{"address": {"socket_address": {"address": "127.0.0.1", "port_value": 8443}}}"#;
        fires(&CHECK, &changed(&[("/admin", address)]));
        silent(&CHECK, &changed(&[("/admin", &address.replace("8443", "15000"))]));
    }

    #[test]
    fn one_path_twice() {
        let address = r#"{"pipe": {"path": "/there/x"}}"#;
        fires(
            &CHECK,
            &changed(&[
                ("/static_resources/listeners/0/address", address),
                ("/static_resources/listeners/1/address", address),
            ]),
        );
    }

    #[test]
    fn what_is_not_bound() {
        silent(
            &CHECK,
            &changed(&[
                ("/static_resources/listeners/1/address/socket_address/port_value", r#"8443"#),
                ("/static_resources/listeners/1/bind_to_port", r#"false"#),
            ]),
        );
    }

    #[test]
    fn tcp_and_udp() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/1/address/socket_address",
                r#"{"address": "0.0.0.0", "port_value": 8443, "protocol": "UDP"}"#,
            )]),
        );
    }
}
