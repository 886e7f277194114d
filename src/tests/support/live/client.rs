//! The client: it sends a request as it is, odd or not.

use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use meshc::simulate::{Protocol, Request, Tls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use serde::Deserialize;

use super::super::http1::{Body, Message, read_message};
use super::http2::{Exchanged, Http2};
use super::server::{ENDPOINT, MARK};
use super::{Answer, Received, Reply};

/// No answer takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// What requests on the same connection have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Channel {
    pub(super) address: SocketAddr,
    pub(super) tls: bool,
    pub(super) server_name: Option<String>,
    pub(super) alpn: Vec<String>,
    pub(super) http2: bool,
}

/// A connection to Envoy.
pub(super) struct Connection {
    stream: BufReader<Stream>,
    http2: Http2,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// Trusts everyone: which certificate is shown is not what is asked.
#[derive(Debug)]
struct Trusting;

impl Connection {
    pub(super) fn open(channel: &Channel, tls: Option<Arc<ClientConfig>>) -> io::Result<Connection> {
        let stream = TcpStream::connect_timeout(&channel.address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let stream = match tls {
            None => Stream::Plain(stream),
            Some(config) => {
                let name = channel.server_name.clone().unwrap_or_else(|| "nobody".to_owned());
                let name = ServerName::try_from(name).map_err(io::Error::other)?;
                let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
                Stream::Tls(Box::new(StreamOwned::new(connection, stream)))
            }
        };
        Ok(Connection { stream: BufReader::new(stream), http2: Http2::default() })
    }
}

/// A client that offers these protocols.
pub(super) fn tls(alpn: &[String], sends_name: bool) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("ring knows the default versions");
    let mut config = builder.dangerous().with_custom_certificate_verifier(Arc::new(Trusting)).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.clone().into_bytes()).collect();
    config.enable_sni = sends_name;
    Arc::new(config)
}

/// Sends the request; the connection comes back where another can follow.
pub(super) fn exchange(connection: io::Result<Connection>, request: &Request) -> (Reply, Option<Connection>) {
    let mut connection = match connection {
        Ok(connection) => connection,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return (Reply::NotConnected, None),
        Err(_) => return (Reply::Closed, None),
    };
    let sent = match request.protocol {
        Protocol::Http2 => send_http2(&mut connection, request),
        Protocol::Http1 | Protocol::Tcp => send(&mut connection, request),
    };
    match sent {
        Some((answer, last)) => (Reply::Answer(answer), (!last).then_some(connection)),
        None => (Reply::Closed, None),
    }
}

fn send(connection: &mut Connection, request: &Request) -> Option<(Answer, bool)> {
    let Request { method, path, host, headers, .. } = request;
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    if request.protocol == Protocol::Tcp {
        // No HTTP, as a listener that looks at the first bytes sees; the server takes it for a message all the same.
        text = "\0 / TCP\r\n\r\n".to_owned();
    }
    // An answer may be there although the sending failed.
    let _ = connection.stream.get_mut().write_all(text.as_bytes());
    let body = if method == "HEAD" { Body::Absent } else { Body::AsDeclared };
    let message = read_message(&mut connection.stream, body).ok().flatten()?;
    let last = message.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Some((answer(message)?, last))
}

/// A stream that Envoy ends without an answer ends the connection too, as far as this client goes.
fn send_http2(connection: &mut Connection, request: &Request) -> Option<(Answer, bool)> {
    let Request { method, path, host, headers, tls, .. } = request;
    let scheme = if *tls == Tls::Plaintext { "http" } else { "https" };
    let pseudo = [(":method", method.as_str()), (":scheme", scheme), (":authority", host), (":path", path)];
    let mut all: Vec<(String, String)> =
        pseudo.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    all.extend(headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
    let mut http2 = std::mem::take(&mut connection.http2);
    let exchanged = http2.exchange(connection, &all);
    connection.http2 = http2;
    match exchanged {
        Ok(Exchanged::Answer(message)) => Some((answer(message)?, false)),
        Ok(Exchanged::Reset) | Err(_) => None,
    }
}

#[derive(Deserialize)]
struct Echo {
    start_line: String,
    headers: Vec<(String, String)>,
}

fn answer(message: Message) -> Option<Answer> {
    let status = message.start_line.split(' ').nth(1)?.parse().ok()?;
    let received = message.header("x-live-received").and_then(|text| {
        let Echo { start_line, headers } = serde_json::from_str(&text).ok()?;
        let (method, rest) = start_line.split_once(' ')?;
        let path = rest.rsplit_once(' ').map_or(rest, |(path, _)| path);
        let (method, path) = (method.to_owned(), path.to_owned());
        Some(Received { cluster: message.header(MARK)?, endpoint: message.header(ENDPOINT)?, method, path, headers })
    });
    let body = String::from_utf8_lossy(&message.body).into_owned();
    let ours = [MARK, ENDPOINT, "x-live-received"];
    let headers = message.headers.into_iter().filter(|(name, _)| !ours.contains(&name.as_str())).collect();
    Some(Answer { status, headers, body, received })
}

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.get_mut().write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.get_mut().flush()
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(buffer),
            Stream::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}
