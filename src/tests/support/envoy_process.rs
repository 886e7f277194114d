//! A running Envoy.

use super::envoy::Envoy;
use super::http1;
use std::fs;
use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(30);

/// How long an Envoy that is live may take to open its listeners.
const LISTEN: Duration = Duration::from_secs(10);

/// An Envoy serving one bootstrap; it is killed when this value goes, also on panic.
pub(crate) struct EnvoyProcess {
    child: Child,
    log: PathBuf,
}

impl EnvoyProcess {
    /// Starts Envoy on `config` and waits until its admin interface at `admin` says that it is live and every
    /// address in `listeners` accepts connections. The log goes to `log`.
    pub(crate) fn start(
        envoy: &Envoy,
        config: &Path,
        log: &Path,
        admin: SocketAddr,
        listeners: &[SocketAddr],
    ) -> Result<EnvoyProcess, String> {
        let child = Command::new(&envoy.path)
            .args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "info", "--log-path"])
            .arg(log)
            .arg("-c")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", envoy.path.display()))?;
        let mut process = EnvoyProcess { child, log: log.to_owned() };
        process.wait_until(START, "is not ready", || is_live(admin))?;
        for &listener in listeners {
            process.wait_until(LISTEN, &format!("does not listen on {listener}"), || accepts(listener))?;
        }
        Ok(process)
    }

    /// What Envoy logged as warning or worse.
    pub(crate) fn complaints(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let worse = |line: &&str| ["[warning]", "[error]", "[critical]"].iter().any(|level| line.contains(level));
        log.lines()
            .filter(worse)
            .filter(|line| !line.contains("Deprecated field"))
            .take(20)
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn wait_until(&mut self, patience: Duration, what: &str, done: impl Fn() -> bool) -> Result<(), String> {
        let deadline = Instant::now() + patience;
        while !done() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("Envoy ended with {status}\n{}", self.complaints()));
            }
            if Instant::now() > deadline {
                return Err(format!("Envoy {what} after {} s\n{}", patience.as_secs(), self.complaints()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for EnvoyProcess {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to kill, and `wait` still reaps it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn accepts(address: SocketAddr) -> bool {
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// `GET /ready` on the admin interface.
fn is_live(admin: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&admin, Duration::from_secs(1)) else { return false };
    let request = format!("GET /ready HTTP/1.1\r\nhost: {admin}\r\nconnection: close\r\n\r\n");
    if stream.set_read_timeout(Some(Duration::from_secs(5))).is_err() || stream.write_all(request.as_bytes()).is_err() {
        return false;
    }
    match http1::read_message(&mut BufReader::new(stream), http1::Body::AsDeclared) {
        Ok(Some(answer)) => answer.start_line.contains(" 200 "),
        Ok(None) | Err(_) => false,
    }
}
