//! A port that only root can open.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// A listener binds a port that the user who runs the check cannot open: below 1024, unless the system says
    /// otherwise (`net.ipv4.ip_unprivileged_port_start`) or the user has the capability. `--mode validate` opens no
    /// port, so Envoy accepts it, and exits when it is started. `--no-files` leaves it out, for another machine.
    "verify/privileged-port", check
}

fn check(facts: &Facts<'_>, options: &Options<'_>, found: &mut Diagnostics) {
    let Some(first) = options.first_port else { return };
    for listener in &facts.listeners {
        for socket in listener.sockets.iter().filter(|socket| socket.port < first) {
            let message = format!("only root can open port {} of the listener `{}`", socket.port, listener.name);
            found.push(
                Diagnostic::error(CHECK.code, at(&socket.place), message)
                    .help("use a port of 1024 or above, or give Envoy the capability CAP_NET_BIND_SERVICE"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    const PORT: &str = "/static_resources/listeners/1/address/socket_address/port_value";

    #[test]
    fn below_1024() {
        fires(&CHECK, &changed(&[(PORT, "443")]));
        silent(&CHECK, &changed(&[(PORT, "1024")]));
    }

    #[test]
    fn what_is_not_bound() {
        silent(&CHECK, &changed(&[(PORT, "443"), ("/static_resources/listeners/1/bind_to_port", "false")]));
    }
}
