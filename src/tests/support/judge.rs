//! Sends the requests of a demo and compares what comes back with what it expects.

use super::binomial;
use super::certificates::Certificates;
use super::client::{Answer, Connection, Failure, Outgoing, TlsClient};
use super::demo::{Exchange, Expect, Request, Seconds, Seen, TlsRequest, TlsVersion};
use super::upstream::{Journal, TOKEN};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// The probability with which all shares of one exchange together fail although Envoy splits as configured.
const FALSE_FAILURE: f64 = 1e-9;

/// How long a mirrored request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);

/// Where the exchanges of a demo take place.
pub(crate) struct Judge<'a> {
    /// The address of the proxy.
    pub(crate) proxy: IpAddr,
    /// What the upstreams received.
    pub(crate) journal: &'a Journal,
    /// The demo's certificates.
    pub(crate) certificates: &'a Certificates,
}

impl Judge<'_> {
    /// Carries out one exchange; gives what is not as expected.
    pub(crate) fn judge(&self, index: usize, exchange: &Exchange) -> Vec<String> {
        let token = format!("exchange-{index}");
        let Exchange { name: _, request, expect } = exchange;
        let answers = match self.send(request, &token) {
            Ok(answers) => answers,
            Err(error) => return vec![error],
        };
        let mut faults = Vec::new();
        for answer in &answers {
            self.compare(expect, answer, &mut faults);
            if !faults.is_empty() {
                break;
            }
        }
        if !expect.shares.is_empty() {
            compare_shares(&expect.shares, &answers, &mut faults);
        }
        if let Some(want) = &expect.received {
            self.compare_received(want, &token, &mut faults);
        }
        faults
    }

    /// The answers to a request, which may be repeated on one connection.
    fn send(&self, request: &Request, token: &str) -> Result<Vec<Result<Answer, Failure>>, String> {
        let Request { port, host, path, method, headers, body, tls, repeat } = request;
        let address = SocketAddr::new(self.proxy, *port);
        let tls = tls.as_ref().map(|tls| self.tls_client(tls, host)).transpose()?;
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        headers.push((TOKEN.to_owned(), token.to_owned()));
        let outgoing =
            Outgoing { method: method.clone(), path: path.clone(), host: host.clone(), headers, body: body.clone() };
        let mut connection: Option<Connection> = None;
        let mut answers = Vec::new();
        for _ in 0..*repeat {
            let open = connection.take().map_or_else(|| Connection::open(address, tls.as_ref()), Ok);
            let answer = open.and_then(|mut open| {
                let answer = open.send(&outgoing)?;
                if answer.message.header("connection").is_none_or(|value| value != "close") {
                    connection = Some(open);
                }
                Ok(answer)
            });
            answers.push(answer);
        }
        Ok(answers)
    }

    fn tls_client(&self, request: &TlsRequest, host: &str) -> Result<TlsClient, String> {
        let TlsRequest { trust, sni, certificate, version, alpn } = request;
        let versions = match version {
            None => rustls::ALL_VERSIONS,
            Some(TlsVersion::Tls12) => &[&rustls::version::TLS12],
            Some(TlsVersion::Tls13) => &[&rustls::version::TLS13],
        };
        let mut roots = RootCertStore::empty();
        roots.add(self.certificates.der(trust)?).map_err(|error| error.to_string())?;
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots);
        let mut config = match certificate {
            None => config.with_no_client_auth(),
            Some(name) => {
                let chain = vec![self.certificates.der(name)?];
                let key = self.certificates.key(name)?;
                config.with_client_auth_cert(chain, key).map_err(|error| error.to_string())?
            }
        };
        let offered = alpn.clone().unwrap_or_else(|| vec!["http/1.1".to_owned()]);
        config.alpn_protocols = offered.into_iter().map(String::into_bytes).collect();
        let name = sni.as_deref().unwrap_or(host).to_owned();
        let server_name = ServerName::try_from(name).map_err(|error| error.to_string())?;
        Ok(TlsClient { config: Arc::new(config), server_name })
    }

    fn compare(&self, expect: &Expect, answer: &Result<Answer, Failure>, faults: &mut Vec<String>) {
        let Expect { status, error, shares: _, upstream, seen, headers, body, received: _, seconds, certificate } =
            expect;
        let answer = match (answer, error) {
            (Ok(answer), None) => answer,
            (Ok(answer), Some(want)) => {
                return faults.push(format!("expected no answer ({want}), got status {}", answer.status));
            }
            (Err(got), Some(want)) => {
                if !got.to_string().contains(want.as_str()) {
                    faults.push(format!("expected no answer because of `{want}`, got `{got}`"));
                }
                return;
            }
            (Err(got), None) => return faults.push(got.to_string()),
        };
        let text = String::from_utf8_lossy(&answer.message.body);
        differ("status", status.as_ref(), &answer.status, faults);
        let saw = Saw::of(answer);
        if let Some(want) = upstream {
            differ("upstream", Some(want), &saw.text("upstream"), faults);
        }
        compare_seen(seen, &saw, faults);
        for (name, want) in headers {
            differ(&format!("response header {name}"), Some(want), &answer.message.header(name), faults);
        }
        if let Some(want) = body
            && !text.contains(want.as_str())
        {
            faults.push(format!("body: expected {want:?} in it, got {text:?}"));
        }
        let Seconds { min, max } = seconds;
        let elapsed = answer.elapsed.as_secs_f64();
        if min.is_some_and(|min| elapsed < min) || max.is_some_and(|max| elapsed > max) {
            faults.push(format!("seconds: expected {min:?} to {max:?}, got {elapsed:.3}"));
        }
        if let Some(want) = certificate {
            match self.certificates.der(want) {
                Ok(want_der) if answer.certificate.as_ref() == Some(&want_der) => {}
                Ok(_) => faults.push(format!("certificate: expected `{want}`, got another one")),
                Err(error) => faults.push(error),
            }
        }
        if !faults.is_empty() {
            faults.push(format!("the answer was {} {:?}\n{text}", answer.message.start_line, answer.message.headers));
        }
    }

    /// Mirrored requests arrive when they arrive: waits for them, and a moment longer for ones too many.
    fn compare_received(&self, want: &BTreeMap<String, u32>, token: &str, faults: &mut Vec<String>) {
        let deadline = Instant::now() + ARRIVAL;
        while self.journal.received(token) != *want && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(100));
        differ("received", Some(want), &self.journal.received(token), faults);
    }
}

/// What an upstream says it received, if an upstream answered.
struct Saw(Option<Value>);

impl Saw {
    fn of(answer: &Answer) -> Saw {
        // The upstreams mark their answers, so that a body that Envoy writes is never taken for theirs.
        let from_upstream = answer.message.header("x-upstream").is_some();
        Saw(from_upstream.then(|| serde_json::from_slice(&answer.message.body).ok()).flatten())
    }

    fn text(&self, key: &str) -> Option<String> {
        self.0.as_ref()?.get(key)?.as_str().map(str::to_owned)
    }

    fn header(&self, name: &str) -> Option<String> {
        self.0.as_ref()?.get("headers")?.get(name)?.as_str().map(str::to_owned)
    }
}

fn compare_seen(Seen { method, path, host, headers }: &Seen, saw: &Saw, faults: &mut Vec<String>) {
    for (key, want) in [("method", method), ("path", path), ("host", host)] {
        if want.is_some() {
            differ(&format!("{key} seen by the upstream"), Some(want), &saw.text(key), faults);
        }
    }
    if !headers.is_empty() && saw.0.is_none() {
        faults.push("no upstream answered".to_owned());
    }
    for (name, want) in headers {
        differ(&format!("header {name} seen by the upstream"), Some(want), &saw.header(name), faults);
    }
}

/// Compares how often each upstream or status answered with the shares, by exact binomial tails.
fn compare_shares(shares: &BTreeMap<String, f64>, answers: &[Result<Answer, Failure>], faults: &mut Vec<String>) {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for answer in answers.iter().flatten() {
        let status = answer.status.to_string();
        let who = if shares.contains_key(&status) { Some(status) } else { answer.message.header("x-upstream") };
        *counts.entry(who.unwrap_or_else(|| "nobody".to_owned())).or_default() += 1;
    }
    let n = u32::try_from(answers.len()).unwrap_or(u32::MAX);
    let in_shares = |who: &&String| !shares.contains_key(who.as_str());
    let strangers: Vec<_> = counts.keys().filter(in_shares).collect();
    // Bonferroni: each share gets its part of the allowed probability.
    let alpha = FALSE_FAILURE / f64::from(u32::try_from(shares.len()).unwrap_or(u32::MAX));
    let surprising = |(who, share): &(&String, &f64)| {
        binomial::surprise(n, **share, counts.get(who.as_str()).copied().unwrap_or_default()) < alpha
    };
    if !strangers.is_empty() || shares.iter().any(|share| surprising(&share)) {
        faults.push(format!("shares: expected {shares:?} of {n}, got {counts:?}"));
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(what: &str, want: Option<&T>, got: &T, faults: &mut Vec<String>) {
    if let Some(want) = want
        && want != got
    {
        faults.push(format!("{what}: expected {want:?}, got {got:?}"));
    }
}
