//! Shows the way of a request: for people, or as JSON.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::json;

use super::exit::Exit;
use super::report;
use super::route::RouteFormat;
use crate::explain::provenance::{self, Citation, Provenance};
use crate::simulate::{self, Configuration, End, Fault, Injection, Outcome, PassedOver, Request, Share};

/// So many of what was passed over are shown; the JSON has all.
const SHOWN: usize = 20;

/// Runs the request and writes what becomes of it. `origins` is of the same configuration.
pub(super) fn show(
    configuration: &Configuration,
    request: &Request,
    origins: Option<&Provenance>,
    format: RouteFormat,
) -> Exit {
    let outcome = simulate::run(configuration, request);
    let way = Way::new(configuration, request, &outcome, origins);
    let text = match format {
        RouteFormat::Text => way.text(),
        RouteFormat::Json => format!("{:#}\n", way.json()),
    };
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => exit(&outcome),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => exit(&outcome),
        Err(error) => report::failure(&format!("the output cannot be written: {error}"), None),
    }
}

/// A request that goes nowhere is a failure; so is one for a cluster that does not exist.
fn exit(outcome: &Outcome) -> Exit {
    let exists = |shares: &[Share]| shares.iter().any(|share| share.weight > 0 && share.discovery.is_some());
    let arrives = match &outcome.end {
        End::Forward(forward) => exists(&forward.clusters),
        End::Tcp(forward) => exists(&forward.clusters),
        End::Redirect { .. } | End::DirectResponse { .. } => true,
        End::Fault(_) => false,
    };
    if arrives { Exit::Ok } else { Exit::Failure }
}

/// A request's way with what the user wrote for it.
pub(super) struct Way<'a> {
    configuration: &'a Configuration,
    request: &'a Request,
    outcome: &'a Outcome,
    cited: Cited<'a>,
}

impl<'a> Way<'a> {
    /// The way of `request`; `origins` is of the same configuration.
    pub(super) fn new(
        configuration: &'a Configuration,
        request: &'a Request,
        outcome: &'a Outcome,
        origins: Option<&'a Provenance>,
    ) -> Self {
        let cited = origins.map(|origins| Cited::new(origins, outcome)).unwrap_or_default();
        Self { configuration, request, outcome, cited }
    }

    /// For people, in lines.
    pub(super) fn text(&self) -> String {
        text(self.configuration, self.request, self.outcome, &self.cited)
    }

    /// As JSON.
    pub(super) fn json(&self) -> serde_json::Value {
        json(self.request, self.outcome, &self.cited)
    }

    /// What made the route.
    pub(super) fn route_origins(&self) -> &'a [Citation] {
        self.cited.route
    }
}

/// What the user wrote for each step.
#[derive(Default)]
struct Cited<'a> {
    listener: &'a [Citation],
    filter_chain: &'a [Citation],
    virtual_host: &'a [Citation],
    route: &'a [Citation],
    routes: &'a [provenance::Route],
    clusters: &'a [provenance::Cluster],
}

impl<'a> Cited<'a> {
    fn new(origins: &'a Provenance, outcome: &Outcome) -> Self {
        let mut cited = Self { clusters: &origins.clusters, ..Self::default() };
        let Some(listener) = outcome.listener.as_ref().and_then(|step| origins.listeners.get(step.index)) else {
            return cited;
        };
        cited.listener = &listener.origins;
        let Some(chain) = outcome.filter_chain.as_ref().and_then(|step| listener.filter_chains.get(step.index)) else {
            return cited;
        };
        cited.filter_chain = &chain.origins;
        let Some(name) = &outcome.route_configuration else { return cited };
        let routes = if outcome.inline { &chain.routes } else { &origins.routes };
        let routes = routes.iter().find(|routes| routes.name == *name);
        let host = outcome.virtual_host.as_ref().and_then(|step| routes?.virtual_hosts.get(step.index));
        let Some(host) = host else { return cited };
        cited.virtual_host = &host.origins;
        cited.routes = &host.routes;
        let route = outcome.route.as_ref().and_then(|step| host.routes.get(step.index));
        cited.route = route.map(|route| &route.origins[..]).unwrap_or_default();
        cited
    }

    fn cluster(&self, name: &str) -> &'a [Citation] {
        let found = self.clusters.iter().find(|cluster| cluster.name == name);
        found.map(|cluster| &cluster.origins[..]).unwrap_or_default()
    }
}

fn json(request: &Request, outcome: &Outcome, cited: &Cited<'_>) -> serde_json::Value {
    let shares = match &outcome.end {
        End::Forward(forward) => &forward.clusters[..],
        End::Tcp(forward) => &forward.clusters[..],
        End::Redirect { .. } | End::DirectResponse { .. } | End::Fault(_) => &[],
    };
    let clusters: serde_json::Map<_, _> =
        shares.iter().map(|share| (share.cluster.clone(), json!(cited.cluster(&share.cluster)))).collect();
    json!({
        "request": request.to_string(),
        "grpc_status": outcome.grpc_status(),
        "outcome": outcome,
        "origins": {
            "listener": cited.listener,
            "filter_chain": cited.filter_chain,
            "virtual_host": cited.virtual_host,
            "route": cited.route,
            "clusters": clusters,
        },
    })
}

/// Lines of a name, a value and a place.
struct Page(String);

impl Page {
    fn line(&mut self, what: &str, value: &str, origins: &[Citation]) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.0, "{what:<17} {}", report::printable(value));
        if let Some(origin) = origins.first() {
            let _ = writeln!(self.0, "{:<18}  {}", "", report::printable(&place(origin)));
        }
    }
}

/// As `k8s/shop.yaml:12:5 VirtualService shop/web spec.http[0]`.
fn place(origin: &Citation) -> String {
    let Citation { kind, namespace, name, file, line, column, path } = origin;
    let object = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
    format!("{file}:{line}:{column}  {kind} {object} {path}").trim_end().to_owned()
}

fn named(name: &str, index: usize) -> String {
    if name.is_empty() { format!("[{index}]") } else { format!("[{index}] {name}") }
}

fn text(configuration: &Configuration, request: &Request, outcome: &Outcome, cited: &Cited<'_>) -> String {
    let mut page = Page(String::new());
    match &outcome.listener {
        Some(step) => page.line("listener", &step.name, cited.listener),
        None => page.line("listener", &format!("none on port {} ({})", request.port, listening(configuration)), &[]),
    }
    if let Some(step) = &outcome.filter_chain {
        let tls = if step.terminates_tls { ", ends TLS" } else { "" };
        page.line("filter chain", &format!("{}{tls}", named(&step.name, step.index)), cited.filter_chain);
    }
    if outcome.filter_chain.is_none() && outcome.listener.is_some() {
        passed_over(&mut page, "filter chain", &outcome.passed_over_chains, &[]);
    }
    if let Some(name) = &outcome.route_configuration {
        page.line("routes", if name.is_empty() { "(without a name)" } else { name }, &[]);
    }
    if let Some(step) = &outcome.virtual_host {
        page.line("virtual host", &format!("{} by the domain {}", step.name, step.domain), cited.virtual_host);
    }
    passed_over(&mut page, "route", &outcome.passed_over_routes, cited.routes);
    if let Some(step) = &outcome.route {
        let share = step.per_million.map(part).unwrap_or_default();
        let matches = cited.routes.get(step.index).map(|route| format!(": {}", route.matches)).unwrap_or_default();
        page.line("route", &format!("{}{matches}{share}", named(&step.name, step.index)), cited.route);
    }
    filters(&mut page, outcome);
    end(&mut page, outcome, cited, request);
    served(&mut page, configuration, outcome);
    if !outcome.unjudged.is_empty() {
        page.line("not judged", &format!("filters on the way: {}", outcome.unjudged.join(", ")), &[]);
    }
    page.0
}

fn listening(configuration: &Configuration) -> String {
    let ports = configuration.listeners.iter().filter(|listener| listener.bind_to_port != Some(false));
    let mut ports: Vec<u16> = ports.filter_map(|it| Some(it.address.socket_address.as_ref()?.port_value)).collect();
    ports.sort_unstable();
    ports.dedup();
    match ports.is_empty() {
        true => "the proxy listens nowhere".to_owned(),
        false => format!("the proxy listens on {}", ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn passed_over(page: &mut Page, what: &str, list: &[PassedOver], routes: &[provenance::Route]) {
    for one in list.iter().take(SHOWN) {
        let origins = routes.get(one.index).map(|route| &route.origins[..]).unwrap_or_default();
        page.line(&format!("  not {what}"), &format!("{}: {}", named(&one.name, one.index), one.why), origins);
    }
    if list.len() > SHOWN {
        page.line("", &format!("and {} more (-o json shows all)", list.len() - SHOWN), &[]);
    }
}

/// Of how many requests something is true, where that is not all.
fn part(per_million: u32) -> String {
    match per_million {
        1_000_000.. => String::new(),
        part => format!(", for {}% of the requests", f64::from(part) / 10_000.0),
    }
}

/// What the filters before the router do.
fn filters(page: &mut Page, outcome: &Outcome) {
    for injection in &outcome.injections {
        let text = match injection {
            Injection::Delay { per_million, duration } => format!("waits {duration}{}", part(*per_million)),
            Injection::Abort { per_million, status, grpc_status } => {
                let named = |status| format!(" with grpc-status {}", simulate::grpc_status_name(status));
                let grpc = grpc_status.map(named).unwrap_or_default();
                format!("answers {status}{grpc}{}", part(*per_million))
            }
        };
        page.line("fault", &text, &[]);
    }
    outcome.cors_headers.iter().for_each(|header| page.line("CORS", header, &[]));
    if let Some(filter) = &outcome.answered_by {
        page.line("answered by", &format!("the filter {filter}"), &[]);
    }
}

fn end(page: &mut Page, outcome: &Outcome, cited: &Cited<'_>, request: &Request) {
    match &outcome.end {
        End::Forward(forward) => {
            clusters(page, &forward.clusters, cited);
            let rewritten = |new: &str, old: &str| if new == old { "" } else { " (rewritten)" };
            let host = if forward.auto_host { "the endpoint's hostname" } else { &forward.host };
            page.line("path", &format!("{}{}", forward.path, rewritten(&forward.path, &request.path)), &[]);
            page.line("host", &format!("{host}{}", rewritten(host, &request.host)), &[]);
            let timeout = if forward.timeout.trim_end_matches('s') == "0" { "none" } else { &forward.timeout };
            page.line("timeout", timeout, &[]);
            if let Some(retries) = &forward.retries {
                let per_try = retries.per_try_timeout.as_ref().map(|it| format!(", {it} each")).unwrap_or_default();
                page.line("retries", &format!("{}{per_try}, on {}", retries.attempts, retries.on), &[]);
            }
            let lists = [
                ("copies to", &forward.mirrors),
                ("request +", &forward.request_headers_added),
                ("request -", &forward.request_headers_removed),
                ("response +", &forward.response_headers_added),
                ("response -", &forward.response_headers_removed),
            ];
            for (what, list) in lists {
                list.iter().for_each(|item| page.line(what, item, &[]));
            }
        }
        End::Tcp(forward) => clusters(page, &forward.clusters, cited),
        End::Redirect { status, location } => page.line("redirect", &format!("{status} to {location}"), &[]),
        End::DirectResponse { status, body } => {
            let body = body.as_ref().map(|body| format!(": {body}")).unwrap_or_default();
            page.line("answer", &format!("{status}{body}"), &[]);
        }
        End::Fault(fault) => page.line("end", &fault.to_string(), &[]),
    }
    if let Some(status) = outcome.grpc_status() {
        page.line("for gRPC", &format!("200 with grpc-status {}", simulate::grpc_status_name(status)), &[]);
    }
}

/// The hosts that are served where nobody serves the one that is asked for.
fn served(page: &mut Page, configuration: &Configuration, outcome: &Outcome) {
    let End::Fault(Fault::NoVirtualHost { .. }) = &outcome.end else { return };
    let name = outcome.route_configuration.as_ref().filter(|_| !outcome.inline);
    let Some(routes) = name.and_then(|name| configuration.routes.get(name)) else { return };
    let domains: Vec<&str> =
        routes.virtual_hosts.iter().flat_map(|host| &host.domains).map(String::as_str).take(SHOWN + 1).collect();
    let shown = domains.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    let more = if domains.len() > SHOWN { " and more" } else { "" };
    let text = if domains.is_empty() { "none".to_owned() } else { format!("{shown}{more}") };
    page.line("hosts served", &text, &[]);
}

fn clusters(page: &mut Page, shares: &[Share], cited: &Cited<'_>) {
    let total: u64 = shares.iter().map(|share| u64::from(share.weight)).sum();
    for share in shares {
        let part = if shares.len() > 1 { format!(" ({} of {total})", share.weight) } else { String::new() };
        page.line("cluster", &format!("{}{part}", share.cluster), cited.cluster(&share.cluster));
        let endpoints = match (&share.discovery, share.missing_status, &share.endpoints[..]) {
            (None, Some(status), _) => format!("does not exist: {status}"),
            (None, None, _) => "does not exist: the connection is closed".to_owned(),
            (Some(kind), _, []) => format!("{kind}, no endpoint is known"),
            (Some(kind), _, known) => format!("{kind}: {}", known.join(", ")),
        };
        page.line("  endpoints", &endpoints, &[]);
    }
}
