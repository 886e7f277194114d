//! Whether the evaluator and a live Envoy say the same of a request.

use std::collections::BTreeMap;

use meshc::simulate::{End, Fault, Forward, Outcome, Protocol, Request, Share, TcpForward, grpc_status};

use super::live::{Answer, Received, Reply};

/// What differs, as text; `None` where they agree.
pub(crate) fn difference(request: &Request, outcome: &Outcome, reply: &Reply) -> Option<String> {
    if !outcome.unjudged.is_empty() {
        return Some(format!("not judged: {}", outcome.unjudged.join(", ")));
    }
    match (&outcome.end, reply) {
        (End::Fault(Fault::NoListener), Reply::NotConnected) => None,
        (End::Fault(fault), Reply::Closed) if fault.status().is_none() => None,
        // The server behind it speaks no HTTP/2.
        (End::Tcp(_), Reply::Closed) if request.protocol == Protocol::Http2 => None,
        (End::Tcp(forward), Reply::Closed) => nobody(&forward.clusters),
        (_, Reply::NotConnected | Reply::Closed) => Some("there is an answer".to_owned()),
        (End::Forward(forward), Reply::Answer(answer)) => {
            forwarded(forward, outcome, answer).or_else(|| cors(outcome, answer))
        }
        (End::Tcp(forward), Reply::Answer(answer)) => passed_on(forward, answer),
        (End::Redirect { status, location }, Reply::Answer(answer)) => own(*status, outcome, answer)
            .or_else(|| differ("location", &[location.as_str()][..], &answer.header("location"))),
        (End::DirectResponse { status, body }, Reply::Answer(answer)) => own(*status, outcome, answer)
            .or_else(|| {
                // The answer to a HEAD has the headers of the body, and no body.
                // That to a client of gRPC has it in a header.
                let body = body.as_deref().filter(|_| request.method != "HEAD" && !outcome.grpc);
                differ("body", body.unwrap_or_default(), answer.body.as_str())
            })
            .or_else(|| cors(outcome, answer)),
        (End::Fault(fault), Reply::Answer(answer)) => match fault.status() {
            Some(status) => own(status, outcome, answer),
            None => Some(format!("there is no answer: {fault}")),
        },
    }
}

/// Envoy answers itself with this status.
fn own(status: u16, outcome: &Outcome, answer: &Answer) -> Option<String> {
    match &answer.received {
        Some(Received { cluster, .. }) => Some(format!("{status}, and no cluster is reached but `{cluster}`")),
        None => differ("status", &seen(status, outcome), &shown(answer)),
    }
}

/// The status as this client sees it: that of HTTP, and that of gRPC for those who speak it.
fn seen(status: u16, outcome: &Outcome) -> (u16, Option<String>) {
    match outcome.grpc {
        true => (200, Some(outcome.grpc_status().unwrap_or_else(|| grpc_status(status)).to_string())),
        false => (status, None),
    }
}

fn shown(answer: &Answer) -> (u16, Option<String>) {
    let of_grpc = answer.headers.iter().find(|(name, _)| name == "grpc-status").map(|(_, value)| value.clone());
    (answer.status, of_grpc)
}

fn forwarded(forward: &Forward, outcome: &Outcome, answer: &Answer) -> Option<String> {
    let Some(received) = &answer.received else { return no_cluster(&forward.clusters, outcome, answer) };
    cluster(&forward.clusters, received)
        .or_else(|| differ("status", &200, &answer.status))
        .or_else(|| differ("path", forward.path.as_str(), received.path.as_str()))
        .or_else(|| headers(&forward.clusters, received))
}

/// The host and the headers that Envoy does not add by itself, as the cluster that was reached receives them.
fn headers(shares: &[Share], received: &Received) -> Option<String> {
    let of_envoy = |name: &str| {
        name.starts_with("x-envoy-")
            || matches!(name, "host" | "x-forwarded-for" | "x-forwarded-proto" | "x-request-id" | "content-length")
            // How long the route lets gRPC take.
            || name == "grpc-timeout"
    };
    let joined = |all: &[(String, String)]| {
        let mut joined: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in all.iter().filter(|(name, _)| !of_envoy(name)) {
            let text = joined.entry(name.clone()).and_modify(|text| text.push(',')).or_default();
            // HTTP/1.1 carries no space at the end of a value.
            text.push_str(value.trim_end());
        }
        joined
    };
    let live = (received.header("host").join(","), joined(&received.headers));
    // The same cluster may stand there twice, with other headers.
    let reached = shares.iter().filter(|share| share.weight > 0 && share.cluster == received.cluster);
    let evaluated: Vec<_> = reached.map(|share| (share.host.clone(), joined(&share.request_headers))).collect();
    (!evaluated.contains(&live)).then(|| format!("host and headers: one of {evaluated:?}"))
}

fn passed_on(forward: &TcpForward, answer: &Answer) -> Option<String> {
    match &answer.received {
        Some(received) => cluster(&forward.clusters, received),
        None => Some("a cluster is reached".to_owned()),
    }
}

/// The cluster that was reached is one of those with a weight and an endpoint.
fn cluster(shares: &[Share], received: &Received) -> Option<String> {
    let able = |share: &&Share| share.weight > 0 && !share.endpoints.is_empty();
    let names: Vec<&str> = shares.iter().filter(able).map(|share| share.cluster.as_str()).collect();
    (!names.contains(&received.cluster.as_str())).then(|| format!("one of the clusters {names:?} is reached"))
}

/// The headers that CORS sets, in any order.
fn cors(outcome: &Outcome, answer: &Answer) -> Option<String> {
    let of_cors = |(name, _): &&(String, String)| name.starts_with("access-control-");
    let mut live: Vec<String> =
        answer.headers.iter().filter(of_cors).map(|(name, value)| format!("{name}: {value}")).collect();
    let mut evaluated = outcome.cors_headers.clone();
    live.sort();
    evaluated.sort();
    differ("headers of CORS", &evaluated, &live)
}

/// A connection is closed where the chosen cluster has no endpoint.
fn nobody(shares: &[Share]) -> Option<String> {
    let unable = |share: &Share| share.weight > 0 && share.endpoints.is_empty();
    (!shares.iter().any(unable)).then(|| "a cluster is reached".to_owned())
}

/// Some cluster with a weight is missing or has no endpoint.
fn no_cluster(shares: &[Share], outcome: &Outcome, answer: &Answer) -> Option<String> {
    let status = |share: &Share| share.missing_status.or(share.endpoints.is_empty().then_some(503));
    let able = shares.iter().filter(|share| share.weight > 0).filter_map(status);
    let statuses: Vec<_> = able.map(|status| seen(status, outcome)).collect();
    (!statuses.contains(&shown(answer))).then(|| format!("a cluster is reached, or the status is one of {statuses:?}"))
}

fn differ<T, U>(what: &str, evaluated: &T, live: &U) -> Option<String>
where
    T: PartialEq<U> + std::fmt::Debug + ?Sized,
    U: std::fmt::Debug + ?Sized,
{
    (evaluated != live).then(|| format!("{what}: {evaluated:?}"))
}

/// How often the clusters that share the requests of a route were reached.
#[derive(Debug, Default)]
pub(crate) struct Split {
    /// By the names of all clusters of a route and the one: how many requests it should get, and how many it got.
    counts: BTreeMap<(String, String), (f64, u32)>,
}

impl Split {
    /// A cluster that should get so many and gets none is no chance: the probability is below e^-30.
    const SURE: f64 = 30.0;

    /// Counts a request.
    pub(crate) fn count(&mut self, outcome: &Outcome, reply: &Reply) {
        let (End::Forward(forward), Reply::Answer(answer)) = (&outcome.end, reply) else { return };
        let total: f64 = forward.clusters.iter().map(|share| f64::from(share.weight)).sum();
        let all: Vec<String> =
            forward.clusters.iter().map(|share| format!("{} {}", share.cluster, share.weight)).collect();
        for share in forward.clusters.iter().filter(|share| !share.endpoints.is_empty()) {
            let reached = answer.received.as_ref().is_some_and(|received| received.cluster == share.cluster);
            let (expected, got) = self.counts.entry((all.join(", "), share.cluster.clone())).or_default();
            *expected += f64::from(share.weight) / total.max(1.0);
            *got += u32::from(reached);
        }
    }

    /// The clusters that should have been reached and never were.
    pub(crate) fn missed(&self) -> Vec<String> {
        let missed = self.counts.iter().filter(|(_, (expected, got))| *expected > Self::SURE && *got == 0);
        missed.map(|((all, one), (expected, _))| format!("{one} of {all}: none of about {expected:.0}")).collect()
    }
}
