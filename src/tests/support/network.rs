//! A private stretch of the loopback network for each demo.
//!
//! The demos' YAML uses 127.1.0.0/16 as the pod network, so that it also runs by hand. The tests map it to another
//! 127.N.0.0/16 each, so that any number of them run at once, each on the ports that its YAML names. All of
//! 127.0.0.0/8 is loopback on Linux.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// The pod network that the demos are written with.
const WRITTEN: &str = "127.1.";

/// A /16 of loopback that nobody else has while this value lives.
pub(crate) struct Network {
    second_octet: u8,
    /// Bound for as long as the network is taken, which is what makes it ours among all processes.
    _lock: TcpListener,
}

impl Network {
    /// Takes a free network, 127.2 to 127.254.
    pub(crate) fn take() -> Result<Network, String> {
        static TAKEN: AtomicU32 = AtomicU32::new(0);
        for _ in 0..1000 {
            // Starting from the process id keeps parallel test runs from trying the same ones first.
            let attempt = TAKEN.fetch_add(1, Ordering::Relaxed).wrapping_add(process::id().wrapping_mul(37));
            let second_octet = u8::try_from(2 + attempt % 253).map_err(|error| error.to_string())?;
            if let Ok(lock) = TcpListener::bind((Ipv4Addr::new(127, second_octet, 255, 254), 9999)) {
                return Ok(Network { second_octet, _lock: lock });
            }
        }
        Err("no free loopback network: can 127.2.255.254:9999 be bound on this machine?".to_owned())
    }

    /// `text` with every address of the written pod network moved into this one.
    pub(crate) fn place(&self, text: &str) -> String {
        text.replace(WRITTEN, &format!("127.{}.", self.second_octet))
    }

    /// An address written `127.1.x.y:port`, moved into this network.
    pub(crate) fn address(&self, written: &str) -> Result<SocketAddr, String> {
        match written.starts_with(WRITTEN) {
            true => self.place(written).parse().map_err(|error| format!("{written}: {error}")),
            false => Err(format!("{written}: addresses of a demo start with {WRITTEN}")),
        }
    }
}
