//! The servers behind Envoy: each answers with its own name and what it received.
//!
//! What one does is in the path that arrives, in the manner of httpbin:
//!
//! | path | answer |
//! |---|---|
//! | `/status/N` | status N |
//! | `/delay/S` | 200 after S seconds |
//! | `/flaky/N/KEY` | 503 to the first N requests with that KEY, whichever upstream they reach, then 200 |
//! | else | 200 |

use super::http1::{self, Body, Message};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The request header by which [`Journal::received`] tells the requests of one exchange from those of another.
pub(crate) const TOKEN: &str = "x-demo-token";

/// What all upstreams of a demo received.
#[derive(Clone, Default)]
pub(crate) struct Journal {
    /// How many requests arrived, by token and upstream.
    received: Arc<Mutex<BTreeMap<(String, String), u32>>>,
    /// How many requests arrived for each KEY of `/flaky/N/KEY`.
    flaky: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Journal {
    /// How many requests with this token each upstream received.
    pub(crate) fn received(&self, token: &str) -> BTreeMap<String, u32> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.iter().filter(|((of, _), _)| of == token).map(|((_, name), count)| (name.clone(), *count)).collect()
    }

    fn write(&self, token: String, upstream: &str) {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        *received.entry((token, upstream.to_owned())).or_default() += 1;
    }

    fn attempt(&self, key: &str) -> u32 {
        let mut flaky = self.flaky.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = flaky.entry(key.to_owned()).or_default();
        *attempt += 1;
        *attempt
    }
}

/// A listening upstream. Dropping it closes its port; open connections end when Envoy closes them.
pub(crate) struct Upstream {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    accepting: Option<thread::JoinHandle<()>>,
}

impl Upstream {
    /// Starts an upstream called `name`, with TLS where `tls` is given.
    pub(crate) fn start(
        name: &str,
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        journal: Journal,
    ) -> Result<Upstream, String> {
        let listener = TcpListener::bind(address).map_err(|error| format!("upstream {name} on {address}: {error}"))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let name = name.to_owned();
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Acquire) {
                    return;
                }
                let (Ok(stream), name, tls, journal) = (stream, name.clone(), tls.clone(), journal.clone()) else {
                    continue;
                };
                // A connection that breaks off is Envoy's business: what it makes of it is what the demo asserts.
                thread::spawn(move || serve(stream, &name, tls, &journal));
            }
        });
        Ok(Upstream { address, stop, accepting: Some(accepting) })
    }
}

impl Drop for Upstream {
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

fn serve(stream: TcpStream, name: &str, tls: Option<Arc<ServerConfig>>, journal: &Journal) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        None => answer_all(&mut BufReader::new(stream), name, journal),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            answer_all(&mut BufReader::new(StreamOwned::new(connection, stream)), name, journal)
        }
    }
}

fn answer_all<S: Read + Write>(stream: &mut BufReader<S>, name: &str, journal: &Journal) -> io::Result<()>
where
    BufReader<S>: BufRead,
{
    while let Some(request) = http1::read_message(stream, Body::AsDeclared)? {
        let answer = answer(&request, name, journal);
        stream.get_mut().write_all(&answer)?;
        stream.get_mut().flush()?;
    }
    Ok(())
}

fn answer(request: &Message, name: &str, journal: &Journal) -> Vec<u8> {
    journal.write(request.header(TOKEN).unwrap_or_default(), name);
    let mut words = request.start_line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let status = match path.split('/').skip(1).collect::<Vec<_>>().as_slice() {
        ["status", status] => status.parse().unwrap_or(400),
        ["delay", seconds] => {
            thread::sleep(Duration::from_secs_f64(seconds.parse().unwrap_or(0.0)));
            200
        }
        ["flaky", times, key] if journal.attempt(key) <= times.parse().unwrap_or(0) => 503,
        _ => 200,
    };
    let headers: serde_json::Map<String, serde_json::Value> =
        request.headers.iter().map(|(key, _)| (key.clone(), request.header(key).unwrap_or_default().into())).collect();
    let body = serde_json::json!({
        "upstream": name,
        "method": method,
        "path": target,
        "host": request.header("host"),
        "headers": headers,
    });
    let body = match method {
        "HEAD" => String::new(),
        _ => body.to_string(),
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Demo\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         x-upstream: {name}\r\nx-powered-by: demo\r\n\r\n{body}"
    )
    .into_bytes()
}
