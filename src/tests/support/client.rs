//! The client in front of Envoy: HTTP/1.1 over TCP or TLS, one connection at a time.

use super::http1::{self, Body};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No answer of a demo takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// How to do TLS on a connection.
#[derive(Clone)]
pub(crate) struct TlsClient {
    /// Trust, client certificate, versions.
    pub(crate) config: Arc<ClientConfig>,
    /// The SNI to send, and the name that the server's certificate must carry.
    pub(crate) server_name: ServerName<'static>,
}

/// A request as it goes on the wire.
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The whole message.
    pub(crate) message: http1::Message,
    /// The certificate that the server showed, where the connection is TLS.
    pub(crate) certificate: Option<CertificateDer<'static>>,
    /// From the first byte sent to the last byte received.
    pub(crate) elapsed: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No TCP connection.
    Connect(io::Error),
    /// The peer closed or reset the connection without a word.
    Closed,
    /// TLS ended with an alert or an error of ours.
    Tls(rustls::Error),
    /// No answer in time, or one that is not HTTP.
    Other(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Connect(error) => write!(f, "not connected: {error}"),
            Failure::Closed => write!(f, "closed without an answer"),
            Failure::Tls(error) => write!(f, "TLS: {error:?}"),
            Failure::Other(error) => write!(f, "no answer: {error}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Failure::Tls(tls.clone());
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                Failure::Closed
            }
            _ => Failure::Other(error),
        }
    }
}

/// A connection that can be used for one request after the other.
pub(crate) struct Connection {
    stream: BufReader<Stream>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Connection {
    /// Connects; for TLS the handshake happens with the first request.
    pub(crate) fn open(address: SocketAddr, tls: Option<&TlsClient>) -> Result<Connection, Failure> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(Failure::Connect)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let stream = match tls {
            None => Stream::Plain(stream),
            Some(TlsClient { config, server_name }) => {
                let connection =
                    ClientConnection::new(Arc::clone(config), server_name.clone()).map_err(Failure::Tls)?;
                Stream::Tls(Box::new(StreamOwned::new(connection, stream)))
            }
        };
        Ok(Connection { stream: BufReader::new(stream) })
    }

    /// Sends a request and reads the answer to it.
    pub(crate) fn send(&mut self, request: &Outgoing) -> Result<Answer, Failure> {
        let Outgoing { method, path, host, headers, body } = request;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);

        let start = Instant::now();
        let sent = self.stream.get_mut().write_all(text.as_bytes());
        let expected = if method == "HEAD" { Body::Absent } else { Body::AsDeclared };
        // A server that refuses the client may have said why before the sending failed: what it said counts.
        let message = match (http1::read_message(&mut self.stream, expected), sent) {
            (Ok(Some(message)), _) => message,
            (Ok(None), Ok(())) => return Err(Failure::Closed),
            (Ok(None), Err(error)) | (Err(error), _) => return Err(error.into()),
        };
        let elapsed = start.elapsed();
        let status = message.start_line.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status
            .ok_or_else(|| Failure::Other(io::Error::new(io::ErrorKind::InvalidData, message.start_line.clone())))?;
        let certificate = match self.stream.get_ref() {
            Stream::Plain(_) => None,
            Stream::Tls(tls) => {
                tls.conn.peer_certificates().and_then(|chain| chain.first()).map(|leaf| leaf.clone().into_owned())
            }
        };
        Ok(Answer { status, message, certificate, elapsed })
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
