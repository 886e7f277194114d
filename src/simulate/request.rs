//! What a client sends.

use std::fmt;
use std::net::IpAddr;

use super::header;

/// How the client's connection reaches the proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Outbound where a listener takes connections for their original destination, else gateway.
    #[default]
    Auto,
    /// The client connects to a port that the proxy listens on.
    Gateway,
    /// The workload's own connection, which the machine redirects to the proxy.
    Outbound,
    /// A connection to the workload, which the machine redirects to the proxy.
    Inbound,
}

/// What the client speaks, below any TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// Bytes that are no HTTP.
    Tcp,
}

/// What the client does for TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// None.
    Plaintext,
    /// TLS, without a certificate of its own.
    Simple,
    /// TLS, with a certificate that the proxy trusts.
    Mutual,
}

/// One request on a connection of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How the connection reaches the proxy.
    pub mode: Mode,
    /// The address that the client connects to; without one, only listeners on all addresses take
    /// it, or in [`Mode::Gateway`] any on the port.
    pub address: Option<IpAddr>,
    /// The port that the client connects to.
    pub port: u16,
    /// The client's address, where it is known.
    pub source: Option<IpAddr>,
    /// What it speaks.
    pub protocol: Protocol,
    /// What it does for TLS.
    pub tls: Tls,
    /// The server name in the client's hello.
    pub sni: Option<String>,
    /// The protocols that the client offers in its hello, the best first.
    pub alpn: Vec<String>,
    /// The method.
    pub method: String,
    /// The authority, perhaps with a port.
    pub host: String,
    /// The path with the query.
    pub path: String,
    /// The other headers, in order; names in any case.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// The values of a header that a match looks at; `name` may be a pseudo header.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        match name {
            ":method" => vec![self.method.clone()],
            ":authority" | "host" => vec![self.host.clone()],
            ":path" => vec![self.path.clone()],
            _ => header::values(&self.headers, name),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.protocol, self.tls) {
            (Protocol::Tcp, Tls::Plaintext) => "tcp",
            (Protocol::Tcp, _) => "tls",
            (_, Tls::Plaintext) => "http",
            (_, _) => "https",
        };
        match self.protocol {
            Protocol::Tcp => write!(f, "{scheme}://{}", self.host)?,
            Protocol::Http1 | Protocol::Http2 => write!(f, "{} {scheme}://{}{}", self.method, self.host, self.path)?,
        }
        for (name, value) in &self.headers {
            write!(f, " {name}: {value}")?;
        }
        Ok(())
    }
}
