//! What a port speaks.

use std::fmt;

/// The protocol of a port, as Istio's port names and `protocol` fields say it
/// (`pkg/config/protocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Bytes; the default of a Kubernetes port once detection is off.
    Tcp,
    /// Datagrams, which the mesh does not carry.
    Udp,
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-Web.
    GrpcWeb,
    /// HTTP/1.1.
    Http,
    /// An explicit forward proxy, for Sidecar egress listeners.
    HttpProxy,
    /// HTTP/2.
    Http2,
    /// TLS whose content is HTTP.
    Https,
    /// TLS with SNI.
    Tls,
    /// MongoDB.
    Mongo,
    /// Redis.
    Redis,
    /// MySQL.
    Mysql,
    /// Istio's tunnel; never written by users.
    Hbone,
    /// Not declared or not known: Istio detects HTTP or TCP on the first bytes.
    Unsupported,
}

impl Protocol {
    /// Reads the name in any case (`protocol.Parse`); an unknown or empty one gives [`Protocol::Unsupported`].
    pub fn parse(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "grpc" => Self::Grpc,
            "grpc-web" => Self::GrpcWeb,
            "http" => Self::Http,
            "http_proxy" => Self::HttpProxy,
            "http2" => Self::Http2,
            "https" => Self::Https,
            "tls" => Self::Tls,
            "mongo" => Self::Mongo,
            "redis" => Self::Redis,
            "mysql" => Self::Mysql,
            _ => Self::Unsupported,
        }
    }

    /// The name Istio prints, also in the names of listeners and gateway routes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Grpc => "GRPC",
            Self::GrpcWeb => "GRPC-Web",
            Self::Http => "HTTP",
            Self::HttpProxy => "HTTP_PROXY",
            Self::Http2 => "HTTP2",
            Self::Https => "HTTPS",
            Self::Tls => "TLS",
            Self::Mongo => "Mongo",
            Self::Redis => "Redis",
            Self::Mysql => "MySQL",
            Self::Hbone => "HBONE",
            Self::Unsupported => "UnsupportedProtocol",
        }
    }

    /// Whether Envoy parses it as HTTP.
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Http2 | Self::HttpProxy | Self::Grpc | Self::GrpcWeb)
    }

    /// Whether it is HTTP, or may turn out to be.
    pub fn is_http_or_sniffed(self) -> bool {
        self.is_http() || self.is_unsupported()
    }

    /// Whether it is HTTP/2 on the wire.
    pub fn is_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::Grpc | Self::GrpcWeb)
    }

    /// Whether it is gRPC.
    pub fn is_grpc(self) -> bool {
        matches!(self, Self::Grpc | Self::GrpcWeb)
    }

    /// Whether Envoy carries it as bytes.
    pub fn is_tcp(self) -> bool {
        matches!(self, Self::Tcp | Self::Https | Self::Tls | Self::Mongo | Self::Redis | Self::Mysql)
    }

    /// Whether the bytes are TLS.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Tls)
    }

    /// Whether it is not declared or not known.
    pub fn is_unsupported(self) -> bool {
        self == Self::Unsupported
    }

    /// What is inside once TLS is taken off (`Instance.AfterTLSTermination`).
    #[must_use]
    pub fn after_tls_termination(self) -> Self {
        match self {
            Self::Https => Self::Http,
            Self::Tls => Self::Tcp,
            other => other,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(Protocol::parse("gRPC-web"), Protocol::GrpcWeb);
        assert_eq!(Protocol::parse("HTTP2"), Protocol::Http2);
        assert_eq!(Protocol::parse("hbone"), Protocol::Unsupported);
        assert_eq!(Protocol::parse(""), Protocol::Unsupported);
        assert!(Protocol::Https.is_tcp() && !Protocol::Https.is_http());
    }
}
