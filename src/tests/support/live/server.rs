//! The servers behind the clusters. Each speaks HTTP/1.1, and TLS below it where a client begins so, as through a
//! proxy that passes TLS on; it answers with its cluster and what it received.

use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use super::super::http1::{Body, Message, read_message};
use super::bootstrap::Behind;

/// The header by which a client says with which status to answer.
const STATUS: &str = "x-live-status";

/// The header that tells an answer of a server from one of Envoy.
pub(super) const MARK: &str = "x-live-cluster";

/// The header that says which endpoint of the cluster it stands for.
pub(super) const ENDPOINT: &str = "x-live-endpoint";

/// A server; dropping it closes its port.
pub(super) struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    accepting: Option<thread::JoinHandle<()>>,
    cluster: String,
    received: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server.
    pub(super) fn start(behind: Behind, tls: Arc<ServerConfig>) -> Result<Server, String> {
        let Behind { cluster, endpoint, address } = behind;
        let listener = TcpListener::bind(address).map_err(|error| format!("{cluster} on {address}: {error}"))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let marks = format!("{MARK}: {cluster}\r\n{ENDPOINT}: {endpoint}");
        let received = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&received);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Acquire) {
                    return;
                }
                let (Ok(stream), marks, tls) = (stream, marks.clone(), Arc::clone(&tls)) else { continue };
                let count = Arc::clone(&count);
                // What a connection that breaks off means is Envoy's to say.
                thread::spawn(move || serve(stream, &marks, tls, &count));
            }
        });
        Ok(Server { address, stop, accepting: Some(accepting), cluster, received })
    }

    /// The cluster, and how many requests it received.
    pub(super) fn count(&self) -> (String, usize) {
        (self.cluster.clone(), self.received.load(Ordering::Acquire))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Wakes the accepting thread, which then sees that it has to stop.
        if TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok()
            && let Some(accepting) = self.accepting.take()
        {
            let _ = accepting.join();
        }
    }
}

/// A certificate for any client that does not look at it.
pub(super) fn tls() -> Result<Arc<ServerConfig>, String> {
    let made = rcgen::generate_simple_self_signed(vec!["server".to_owned()]).map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(config))
}

fn serve(stream: TcpStream, marks: &str, tls: Arc<ServerConfig>, count: &AtomicUsize) -> io::Result<()> {
    /// The type of a TLS record with a hello.
    const HANDSHAKE: u8 = 0x16;
    stream.set_nodelay(true)?;
    let mut first = [0];
    if stream.peek(&mut first)? == 0 {
        return Ok(());
    }
    if first == [HANDSHAKE] {
        let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
        answer_all(BufReader::new(StreamOwned::new(connection, stream)), marks, count)
    } else {
        answer_all(BufReader::new(stream), marks, count)
    }
}

fn answer_all<S: Read + Write>(mut stream: BufReader<S>, marks: &str, count: &AtomicUsize) -> io::Result<()> {
    while let Some(request) = read_message(&mut stream, Body::AsDeclared)? {
        count.fetch_add(1, Ordering::AcqRel);
        stream.get_mut().write_all(&answer(&request, marks))?;
        stream.get_mut().flush()?;
    }
    Ok(())
}

/// The request goes back in a header too, so that the answer to a HEAD has it.
fn answer(request: &Message, marks: &str) -> Vec<u8> {
    let received = json!({"start_line": request.start_line, "headers": request.headers});
    let status = request.header(STATUS).unwrap_or_else(|| "200".to_owned());
    format!("HTTP/1.1 {status} Live\r\n{marks}\r\nx-live-received: {received}\r\nx-powered-by: live\r\ncontent-length: 0\r\n\r\n")
        .into_bytes()
}
