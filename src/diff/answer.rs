//! What a client sees of a request, as far as the evaluator knows.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::action;
use super::model::{Chain, Route, Side};
use crate::simulate::{self, End, Fault, Forward, Injection, Outcome, Request, Share};

/// A side of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// Where it goes, or what the proxy answers.
    Result,
    /// Which endpoints take it.
    Endpoints,
    /// The path that the endpoint sees.
    Path,
    /// The host that the endpoint sees.
    Host,
    /// The headers that the endpoint sees.
    RequestHeaders,
    /// The headers that the client sees.
    ResponseHeaders,
    /// An injected delay.
    Delay,
    /// An answer injected for a part of the requests.
    Fault,
    /// What a browser may do.
    Cors,
    /// The certificate that the client sees.
    Certificate,
    /// The versions of TLS.
    TlsVersions,
    /// Copies elsewhere.
    Mirrors,
    /// How long the endpoint may take.
    Timeout,
    /// How often a failed try is repeated.
    Retries,
}

impl Aspect {
    /// The words for it, before a value; the result needs none.
    fn label(self) -> &'static str {
        match self {
            Self::Result => "",
            Self::Endpoints => "endpoints ",
            Self::Path => "path ",
            Self::Host => "host ",
            Self::RequestHeaders => "request headers ",
            Self::ResponseHeaders => "response headers ",
            Self::Delay => "delay ",
            Self::Fault => "fault ",
            Self::Cors => "CORS ",
            Self::Certificate => "certificate ",
            Self::TlsVersions => "TLS ",
            Self::Mirrors => "copies to ",
            Self::Timeout => "timeout ",
            Self::Retries => "retries ",
        }
    }

    /// When a client sees it, where it does not do so each time.
    pub(super) fn when(self) -> Option<&'static str> {
        match self {
            Self::Endpoints => Some("seen by which endpoint answers"),
            Self::Mirrors => Some("seen where the copies go"),
            Self::Delay => Some("by the time that the answer takes"),
            Self::Fault => Some("over many requests"),
            Self::Timeout => Some("where the endpoint takes longer than the shorter of the two"),
            Self::Retries => Some("where the endpoint fails in such a way"),
            Self::TlsVersions => Some("by a client that speaks only such a version"),
            Self::Result
            | Self::Path
            | Self::Host
            | Self::RequestHeaders
            | Self::ResponseHeaders
            | Self::Cors
            | Self::Certificate => None,
        }
    }
}

/// What is known of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub parts: BTreeMap<Aspect, String>,
    /// The result with its reason, where a client sees only the result.
    pub reason: Option<String>,
    /// The place of the route that takes it.
    pub route: Option<usize>,
    /// Filters that may answer first.
    pub unjudged: Vec<String>,
    /// Whether a route or TCP proxy was reached by weights.
    pub weighted: bool,
}

impl Answer {
    /// In what two answers differ. Where they go to different places the rest follows from that.
    pub(super) fn differs(&self, other: &Self) -> Vec<Aspect> {
        let differs = |aspect: &&Aspect| self.parts.get(aspect) != other.parts.get(aspect);
        let mut aspects: Vec<&Aspect> = self.parts.keys().chain(other.parts.keys()).collect();
        aspects.sort();
        aspects.dedup();
        aspects.into_iter().filter(differs).copied().collect()
    }

    /// These parts of it, in words.
    pub(super) fn text(&self, aspects: &[Aspect]) -> String {
        let part = |aspect: &Aspect| {
            let reason = self.reason.as_ref().filter(|_| *aspect == Aspect::Result);
            let value = reason.or_else(|| self.parts.get(aspect)).map_or("none", String::as_str);
            format!("{}{value}", aspect.label())
        };
        aspects.iter().map(part).collect::<Vec<_>>().join("; ")
    }
}

/// The result of what the evaluator leaves out.
pub(super) const NOT_EVALUATED: &str = "not evaluated";

/// The result where the proxy ends the connection without an answer.
const CLOSED: &str = "the connection is closed";

/// What becomes of `request`.
pub(super) fn answer(side: &Side, request: &Request) -> Answer {
    let outcome = simulate::run(&side.configuration, request);
    let mut answer = of_way(&outcome);
    let chain = chain(side, &outcome);
    if let Some(chain) = chain.filter(|_| outcome.filter_chain.as_ref().is_some_and(|step| step.terminates_tls)) {
        answer.parts.insert(Aspect::Certificate, certificate(side, chain));
        answer.parts.insert(Aspect::TlsVersions, versions(chain));
    }
    // What goes nowhere is not copied either.
    let arrives = outcome.answered_by.is_none() && answer.parts.contains_key(&Aspect::Path);
    let route = chain.filter(|_| arrives).and_then(|chain| route(side, chain, &outcome));
    if let Some(route) = route {
        let exists = |cluster: &str| {
            let found = side.clusters.get(cluster);
            found.is_some_and(|it| {
                !it.endpoints.is_empty() || !needs_endpoints(it.fields.get("type").and_then(Value::as_str))
            })
        };
        let mirrors = action::mirrors(&route.fields, &exists);
        if let Some(mirrors) = mirrors {
            add(&mut answer, Aspect::Mirrors, mirrors);
        }
    }
    answer
}

/// What the way of a request alone says: nothing of certificates and copies.
pub(super) fn of_way(outcome: &Outcome) -> Answer {
    let route_at = outcome.route.as_ref().map(|step| step.index);
    let mut answer = Answer { unjudged: outcome.unjudged.clone(), route: route_at, ..Answer::default() };
    match &outcome.end {
        End::Forward(forward) => forwarded(&mut answer, forward),
        End::Tcp(forward) => shares(&mut answer, &forward.clusters, CLOSED),
        End::Redirect { status, location } => add(&mut answer, Aspect::Result, format!("{status} to {location}")),
        End::DirectResponse { status, body } => {
            let body = body.as_ref().filter(|body| !body.is_empty());
            let body = body.map(|body| format!(" `{body}`")).unwrap_or_default();
            answer.reason = Some(format!("the proxy answers {status}{body}"));
            // Who answers so is not to be seen.
            add(&mut answer, Aspect::Result, format!("{status}{body}"));
        }
        End::Fault(fault) => {
            let seen = match (fault.status(), fault) {
                (Some(status), _) => status.to_string(),
                (None, Fault::NotEvaluated { .. }) => NOT_EVALUATED.to_owned(),
                (None, Fault::NoListener) => "refused".to_owned(),
                (None, _) => CLOSED.to_owned(),
            };
            answer.reason = Some(fault.to_string());
            add(&mut answer, Aspect::Result, seen);
        }
    }
    for injection in &outcome.injections {
        if let Some((aspect, text)) = partial(injection) {
            add(&mut answer, aspect, text);
        }
    }
    if !outcome.cors_headers.is_empty() {
        add(&mut answer, Aspect::Cors, outcome.cors_headers.join(", "));
    }
    answer
}

fn add(answer: &mut Answer, aspect: Aspect, text: String) {
    answer.parts.insert(aspect, text);
}

fn chain<'a>(side: &'a Side, outcome: &Outcome) -> Option<&'a Chain> {
    let listener = side.listeners.get(outcome.listener.as_ref()?.index)?;
    listener.chains.get(outcome.filter_chain.as_ref()?.index)
}

fn route<'a>(side: &'a Side, chain: &Chain, outcome: &Outcome) -> Option<&'a Route> {
    let host = side.routes_of(chain)?.hosts.get(outcome.virtual_host.as_ref()?.index)?;
    host.routes.get(outcome.route.as_ref()?.index)
}

/// An injected fault; one that ends the way of every request is the result.
fn partial(injection: &Injection) -> Option<(Aspect, String)> {
    const ALL: u32 = 1_000_000;
    let share = |per_million: u32| match per_million {
        ALL.. => String::new(),
        part => format!(" for {}%", f64::from(part) / 10_000.0),
    };
    match injection {
        Injection::Delay { per_million, duration } => {
            Some((Aspect::Delay, format!("{duration}{}", share(*per_million))))
        }
        Injection::Abort { per_million: ALL.., .. } => None,
        Injection::Abort { per_million, status, .. } => {
            Some((Aspect::Fault, format!("{status}{}", share(*per_million))))
        }
    }
}

fn forwarded(answer: &mut Answer, forward: &Forward) {
    let status = forward.clusters.iter().find_map(|share| share.missing_status).unwrap_or(503);
    shares(answer, &forward.clusters, &status.to_string());
    // Where nothing gets through, nobody sees what would.
    if !answer.parts.get(&Aspect::Result).is_some_and(|result| result.contains("to ")) {
        return;
    }
    add(answer, Aspect::Path, forward.path.clone());
    let of_share =
        |share: &Share| if forward.auto_host { "the endpoint's hostname".to_owned() } else { share.host.clone() };
    add(answer, Aspect::Host, each(&forward.clusters, &of_share));
    add(answer, Aspect::Timeout, action::duration(&forward.timeout));
    if let Some(retries) = &forward.retries {
        let each = retries.per_try_timeout.as_ref().map(|it| format!(", {it} each")).unwrap_or_default();
        add(answer, Aspect::Retries, format!("{}{each}, on {}", retries.attempts, retries.on));
    }
    let list = |added: &[String], removed: &[String]| {
        let removed = removed.iter().map(|name| format!("-{name}"));
        added.iter().map(|text| format!("+{text}")).chain(removed).collect::<Vec<_>>().join(", ")
    };
    let headers = [
        (Aspect::RequestHeaders, each(&forward.clusters, &received)),
        (Aspect::ResponseHeaders, list(&forward.response_headers_added, &forward.response_headers_removed)),
    ];
    for (aspect, text) in headers {
        if !text.is_empty() {
            add(answer, aspect, text);
        }
    }
}

/// The clusters with their parts, and the endpoints. `missing` is what a client gets of a cluster
/// that does not exist.
fn shares(answer: &mut Answer, shares: &[Share], missing: &str) {
    let without_endpoint = if missing == CLOSED { CLOSED } else { "503" };
    let taken: Vec<&Share> = shares.iter().filter(|share| share.weight > 0 || shares.len() == 1).collect();
    // A client cannot tell two clusters apart that are not there.
    let mut results: Vec<(String, String, u32)> = Vec::new();
    for share in &taken {
        let known = needs_endpoints(share.discovery.as_deref());
        let (seen, why) = match &share.discovery {
            None => (missing.to_owned(), format!(": there is no cluster `{}`", share.cluster)),
            Some(_) if known && share.endpoints.is_empty() => {
                (without_endpoint.to_owned(), format!(": the cluster `{}` has no endpoint", share.cluster))
            }
            Some(_) => (format!("to {}", share.cluster), String::new()),
        };
        match results.iter_mut().find(|(other, ..)| *other == seen) {
            Some((.., weight)) => *weight = weight.saturating_add(share.weight),
            None => results.push((seen, why, share.weight)),
        }
    }
    let divisor = results.iter().fold(0, |sum, (.., weight)| gcd(sum, *weight)).max(1);
    let total: u64 = results.iter().map(|(.., weight)| u64::from(*weight / divisor)).sum();
    answer.weighted = results.len() > 1;
    let part = |weight: u32| match results.len() {
        0 | 1 => String::new(),
        _ => format!("{} of {total} ", weight / divisor),
    };
    let seen: Vec<String> = results.iter().map(|(seen, _, weight)| format!("{}{seen}", part(*weight))).collect();
    let words: Vec<String> =
        results.iter().map(|(seen, why, weight)| format!("{}{seen}{why}", part(*weight))).collect();
    answer.reason = Some(words.join(", "));
    add(answer, Aspect::Result, seen.join(", "));
    let mut endpoints: Vec<&str> = taken.iter().flat_map(|share| share.endpoints.iter().map(String::as_str)).collect();
    endpoints.sort_unstable();
    endpoints.dedup();
    if !endpoints.is_empty() {
        add(answer, Aspect::Endpoints, endpoints.join(", "));
    }
}

/// Whether a cluster without a known endpoint has none: others find theirs by DNS, or take where a connection went.
fn needs_endpoints(kind: Option<&str>) -> bool {
    ["EDS", "STATIC"].contains(&kind.unwrap_or("STATIC"))
}

/// What is the same of all clusters once, else each with its name.
fn each(shares: &[Share], text: &dyn Fn(&Share) -> String) -> String {
    let mut texts: Vec<String> = shares.iter().map(text).collect();
    texts.dedup();
    match &texts[..] {
        [one] => one.clone(),
        _ => shares.iter().map(|share| format!("{}: {}", share.cluster, text(share))).collect::<Vec<_>>().join("; "),
    }
}

/// The headers that a cluster receives.
fn received(share: &Share) -> String {
    share.request_headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The names of the chain's certificates, with a mark of the public part where it is known.
fn certificate(side: &Side, chain: &Chain) -> String {
    let Some(tls) = chain.fields.pointer("/transport_socket/typed_config/common_tls_context") else {
        return String::new();
    };
    let list = |key: &str| tls.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for config in list("tls_certificate_sds_secret_configs") {
        let name = config.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let known = side.secrets.get(&name).and_then(|secret| secret.fields.pointer("/tls_certificate"));
        names.push(known.map_or_else(|| name.clone(), |known| format!("{name} {}", public(known))));
    }
    names.extend(list("tls_certificates").iter().map(public));
    names.join(", ")
}

/// The file of a certificate, or a mark of its text.
pub(super) fn public(certificate: &Value) -> String {
    let chain = certificate.get("certificate_chain").unwrap_or(&Value::Null);
    match chain.get("filename").and_then(Value::as_str) {
        Some(file) => file.to_owned(),
        None => mark_of(chain),
    }
}

/// A mark of a value.
pub(super) fn mark_of(value: &Value) -> String {
    format!("#{:016x}", mark(&value.to_string()))
}

/// FNV-1a: the same for the same text, on every machine. It is no protection.
fn mark(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn versions(chain: &Chain) -> String {
    let at = |key: &str| {
        let pointer = format!("/transport_socket/typed_config/common_tls_context/tls_params/{key}");
        chain.fields.pointer(&pointer).and_then(Value::as_str).unwrap_or("default").to_owned()
    };
    format!("{} to {}", at("tls_minimum_protocol_version"), at("tls_maximum_protocol_version"))
}
