//! What the evaluator says of the exchanges of a demo: the same as they expect of a live Envoy.

use super::demo::{Exchange, Expect, Request, Seen, TlsRequest};
use meshc::simulate::{self, Configuration, End, Injection, Mode, Outcome, Protocol, Share, Tls};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Ends of TLS that no configuration decides alone: whom a client trusts, and which versions it speaks.
const OF_THE_CLIENT: [&str; 2] = ["UnknownCA", "ProtocolVersion"];

/// The proxy's own answers where the upstream that is chosen does not answer in time or shows a wrong certificate: of
/// that a configuration says nothing.
const OF_THE_UPSTREAM: [u16; 2] = [503, 504];

/// What is not as the exchange expects. `upstreams` are the addresses of the servers.
pub(crate) fn compare(
    configuration: &Configuration,
    proxy: IpAddr,
    upstreams: &BTreeMap<String, SocketAddr>,
    exchange: &Exchange,
) -> Vec<String> {
    let Exchange { request, expect, .. } = exchange;
    if expect.error.as_deref().is_some_and(|error| OF_THE_CLIENT.contains(&error)) {
        return Vec::new();
    }
    let outcome = simulate::run(configuration, &asked(request, proxy));
    let mut faults = Vec::new();
    if !outcome.unjudged.is_empty() {
        faults.push(format!("not judged: {}", outcome.unjudged.join(", ")));
    }
    let shares = shares(&outcome);
    let reaches = |share: &Share, name: &str| {
        upstreams.get(name).is_some_and(|address| share.endpoints.contains(&address.to_string()))
    };
    let part = |name: &str| part(&outcome, shares, &|share| reaches(share, name), name.parse().ok());
    for (name, want) in &expect.shares {
        if (part(name) - want).abs() > 1e-9 {
            faults.push(format!("{name} gets {}, expected {want}", part(name)));
        }
    }
    if expect.error.is_some() && status(&outcome).is_some() {
        faults.push("an answer, expected none".to_owned());
    }
    match &expect.upstream {
        Some(Some(name)) if part(name) <= 0.0 => faults.push(format!("`{name}` is not reached")),
        Some(None) => {
            let own = status(&outcome);
            let of_upstream = own == Some(None) && expect.status.is_some_and(|it| OF_THE_UPSTREAM.contains(&it));
            if own.flatten() != expect.status && !of_upstream {
                faults.push(format!("expected status {:?} of the proxy", expect.status));
            }
        }
        Some(Some(_)) | None => {}
    }
    if let Some(first) = shares.first() {
        seen(&expect.seen, &outcome, first, &mut faults);
    }
    answer(expect, &outcome, &mut faults);
    if !faults.is_empty() {
        faults.push(format!("the outcome was {:?}", outcome.end));
    }
    faults
}

fn asked(request: &Request, proxy: IpAddr) -> simulate::Request {
    let Request { port, host, path, method, headers, tls, .. } = request;
    let alpn = |tls: &TlsRequest| tls.alpn.clone().unwrap_or_else(|| vec!["http/1.1".to_owned()]);
    simulate::Request {
        mode: Mode::Gateway,
        address: Some(proxy),
        port: *port,
        source: Some([127, 0, 0, 1].into()),
        protocol: Protocol::Http1,
        tls: match tls {
            None => Tls::Plaintext,
            Some(tls) if tls.certificate.is_some() => Tls::Mutual,
            Some(_) => Tls::Simple,
        },
        sni: tls.as_ref().map(|tls| tls.sni.clone().unwrap_or_else(|| host.clone())),
        alpn: tls.as_ref().map(alpn).unwrap_or_default(),
        method: method.clone(),
        host: host.clone(),
        path: path.clone(),
        headers: headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

fn shares(outcome: &Outcome) -> &[Share] {
    match &outcome.end {
        End::Forward(forward) => &forward.clusters,
        End::Tcp(forward) => &forward.clusters,
        End::Redirect { .. } | End::DirectResponse { .. } | End::Fault(_) => &[],
    }
}

/// The part of the requests that an upstream gets, or that is aborted with a status.
fn part(outcome: &Outcome, shares: &[Share], reaches: &dyn Fn(&Share) -> bool, status: Option<u16>) -> f64 {
    let aborted = outcome.injections.iter().find_map(|injection| match injection {
        Injection::Abort { per_million, status, .. } => Some((f64::from(*per_million) / 1e6, *status)),
        Injection::Delay { .. } => None,
    });
    if status.is_some() {
        return aborted.filter(|(_, with)| Some(*with) == status).map_or(0.0, |(part, _)| part);
    }
    let weight = |share: &Share| f64::from(share.weight);
    let total: f64 = shares.iter().map(weight).sum();
    let mine: f64 = shares.iter().filter(|share| reaches(share)).map(weight).sum();
    mine / total.max(1.0) * (1.0 - aborted.map_or(0.0, |(part, _)| part))
}

/// The status that the proxy answers with itself: none of its own, or no answer at all.
fn status(outcome: &Outcome) -> Option<Option<u16>> {
    match &outcome.end {
        End::Redirect { status, .. } | End::DirectResponse { status, .. } => Some(Some(*status)),
        End::Fault(fault) => fault.status().map(Some),
        End::Forward(forward) => {
            let nobody = |share: &&Share| share.weight > 0 && share.endpoints.is_empty();
            Some(forward.clusters.iter().find(nobody).map(|share| share.missing_status.unwrap_or(503)))
        }
        End::Tcp(forward) => forward.clusters.iter().any(|share| !share.endpoints.is_empty()).then_some(None),
    }
}

fn seen(want: &Seen, outcome: &Outcome, share: &Share, faults: &mut Vec<String>) {
    let Seen { method: _, path, host, headers } = want;
    let End::Forward(forward) = &outcome.end else { return };
    if path.as_ref().is_some_and(|path| *path != forward.path) {
        faults.push(format!("path {}, expected {path:?}", forward.path));
    }
    if host.as_ref().is_some_and(|host| *host != share.host) && !forward.auto_host {
        faults.push(format!("host {}, expected {host:?}", share.host));
    }
    let of_envoy = |name: &&String| name.starts_with("x-forwarded-") || *name == "content-length";
    for (name, want) in headers.iter().filter(|(name, _)| !of_envoy(name)) {
        let values = share.request_headers.iter().filter(|(one, _)| one == name);
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        let got = (!values.is_empty()).then(|| values.join(","));
        // A variable of Envoy stays as it is written.
        if got != *want && !got.as_ref().is_some_and(|got| got.contains('%')) {
            faults.push(format!("header {name}: {got:?}, expected {want:?}"));
        }
    }
}

fn answer(expect: &Expect, outcome: &Outcome, faults: &mut Vec<String>) {
    for (name, want) in &expect.headers {
        let of_cors = || {
            let prefix = format!("{name}: ");
            outcome.cors_headers.iter().find_map(|header| header.strip_prefix(&prefix)).map(str::to_owned)
        };
        let got = match (name.as_str(), &outcome.end) {
            ("location", End::Redirect { location, .. }) => Some(location.clone()),
            (name, _) if name.starts_with("access-control-") => of_cors(),
            _ => continue,
        };
        if got != *want {
            faults.push(format!("{name}: {got:?}, expected {want:?}"));
        }
    }
    if let (Some(want), End::DirectResponse { body: Some(body), .. }) = (&expect.body, &outcome.end)
        && !body.contains(want)
    {
        faults.push(format!("body {body:?}, expected {want:?} in it"));
    }
}
