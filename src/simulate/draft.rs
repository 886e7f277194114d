//! A request as people write it: a URL, and what the URL does not say.

use std::net::IpAddr;

use super::request::{Mode, Protocol, Request, Tls};

/// What is said of a request. What is left out follows from the URL, as [`Draft::request`] tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// `http`, `https`, `tcp` or `tls`, `://`, a host or an address, perhaps a port, a path and a query.
    pub url: String,
    /// The method; unset is GET.
    pub method: Option<String>,
    /// Headers; `host` is the authority.
    pub headers: Vec<(String, String)>,
    /// The server name in the client's hello.
    pub sni: Option<String>,
    /// The protocols in the client's hello, the best first.
    pub alpn: Option<Vec<String>>,
    /// The port that the proxy sees.
    pub port: Option<u16>,
    /// The address that the client connects to.
    pub address: Option<IpAddr>,
    /// The client's address.
    pub source: Option<IpAddr>,
    /// How the connection reaches the proxy.
    pub mode: Mode,
    /// Whether the client has a certificate that the proxy trusts.
    pub mtls: bool,
    /// Whether it speaks HTTP/2.
    pub http2: bool,
}

impl Draft {
    /// The request. The port is that of the URL or its scheme's, the address the URL's host where
    /// that is one, the server name otherwise that host, and ALPN what common clients offer.
    ///
    /// # Errors
    /// The URL has a blank, no known scheme, no host, or no port where its scheme has none; as a message.
    pub fn request(&self) -> Result<Request, String> {
        let url = self.url.trim();
        if url.contains(char::is_whitespace) {
            return Err(format!("`{url}` has a blank in it: in a URL that is `%20`"));
        }
        let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("`{url}` is no request with a URL"))?;
        let (opaque, encrypted, usual) = match scheme {
            "http" => (false, false, Some(80)),
            "https" => (false, true, Some(443)),
            "tcp" => (true, false, None),
            "tls" => (true, true, Some(443)),
            _ => return Err(format!("`{scheme}` is none of http, https, tcp and tls")),
        };
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = (rest.get(..at).unwrap_or_default(), rest.get(at..).unwrap_or_default());
        let (name, port) = split_port(authority)?;
        let port = self.port.or(port).or(usual).ok_or_else(|| format!("`{url}` names no port"))?;
        if name.is_empty() {
            return Err(format!("`{url}` names no host"));
        }
        let address = self.address.or_else(|| name.trim_matches(['[', ']']).parse().ok());
        let tls = match (encrypted || self.mtls, self.mtls) {
            (false, _) => Tls::Plaintext,
            (true, false) => Tls::Simple,
            (true, true) => Tls::Mutual,
        };
        let protocol = match (opaque, self.http2) {
            (true, _) => Protocol::Tcp,
            (false, true) => Protocol::Http2,
            (false, false) => Protocol::Http1,
        };
        // Names are no addresses in a hello.
        let sni = self.sni.clone().or_else(|| address.is_none().then(|| name.to_owned()));
        let alpn = self.alpn.clone().unwrap_or_else(|| alpn(tls, protocol, self.mode == Mode::Inbound));
        let is_host = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("host");
        let host = self.headers.iter().rfind(is_host).map_or(authority, |(_, value)| value);
        Ok(Request {
            mode: self.mode,
            address,
            port,
            source: self.source,
            protocol,
            tls,
            sni: sni.filter(|_| tls != Tls::Plaintext),
            alpn: if tls == Tls::Plaintext { Vec::new() } else { alpn },
            method: self.method.as_deref().unwrap_or("GET").to_ascii_uppercase(),
            host: host.to_owned(),
            path: if path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
            headers: self.headers.iter().filter(|header| !is_host(header)).cloned().collect(),
        })
    }
}

/// `METHOD URL` or a URL alone, which is a GET.
pub fn split_method(text: &str) -> (&str, &str) {
    match text.trim().split_once(char::is_whitespace) {
        Some((method, url)) if !method.contains("://") => (method, url.trim()),
        _ => ("GET", text.trim()),
    }
}

/// What common clients offer; inside the mesh, what Istio's sidecars do
/// (`istio: pilot/pkg/networking/util`, `ALPNInMesh...`).
fn alpn(tls: Tls, protocol: Protocol, inbound: bool) -> Vec<String> {
    let names: &[&str] = match (inbound && tls == Tls::Mutual, protocol) {
        (true, Protocol::Tcp) => &["istio-peer-exchange", "istio"],
        (true, Protocol::Http1) => &["istio-http/1.1", "istio", "http/1.1"],
        (true, Protocol::Http2) => &["istio-h2", "istio", "h2"],
        (false, Protocol::Tcp) => &[],
        (false, Protocol::Http1 | Protocol::Http2) => &["h2", "http/1.1"],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    match authority.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
            let number = port.parse().map_err(|_| format!("`{port}` is no port"))?;
            Ok((name, Some(number)))
        }
        _ => Ok((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, rest: Draft) -> Result<Request, String> {
        let (method, url) = split_method(text);
        Draft { url: url.to_owned(), method: Some(method.to_owned()), ..rest }.request()
    }

    #[test]
    fn a_url_says_most_of_a_request() {
        let headers = vec![("x-user".to_owned(), "jason".to_owned()), ("Host".to_owned(), "other".to_owned())];
        let got = read("post https://shop.example.com/api?q=1", Draft { headers, ..Draft::default() });
        let got = got.expect("a request");
        assert_eq!((got.method.as_str(), got.host.as_str(), got.path.as_str()), ("POST", "other", "/api?q=1"));
        assert_eq!((got.port, got.tls, got.sni.as_deref()), (443, Tls::Simple, Some("shop.example.com")));
        assert_eq!(got.headers, [("x-user".to_owned(), "jason".to_owned())]);
        let got = read("http://[::1]:8080", Draft { port: Some(9), ..Draft::default() }).expect("a request");
        assert_eq!((got.address, got.port, got.path.as_str()), ("::1".parse().ok(), 9, "/"));
    }

    #[test]
    fn what_is_no_request_is_said() {
        for text in ["GET /api", "ftp://a", "tcp://a", "http://:80", "http://a:x", "http://a/b c", "GET http://a/b c"] {
            assert!(read(text, Draft::default()).is_err(), "{text}");
        }
        let blank = read("http://a/b c", Draft::default()).expect_err("a blank");
        assert!(blank.contains("`http://a/b c`") && blank.contains("%20"), "{blank}");
    }
}
