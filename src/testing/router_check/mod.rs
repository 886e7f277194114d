//! Tests of Envoy's router_check_tool (`envoyproxy.io/docs`, "Route table check tool", and
//! `envoy: test/tools/router_check/validation.proto`).
//!
//! They ask a RouteConfiguration and nothing before it. What a test says of runtime, randomness and
//! metadata is put into the routes, so that [`simulate`] decides as for any other request.

mod finalized;
mod given;
mod metadata;

use serde_json::{Map, Value, json};

use super::expectation::Mismatch;
use super::reader::Reader;
use super::suite::{Question, Suite, Test};
use super::table::{self, Named, PORT, Table};
use crate::base::{Duration, SourceMap, Span};
use crate::explain::provenance;
use crate::simulate::Lists;
use crate::simulate::{self, Configuration, Draft, End, Forward, Outcome, ReadError, Request};
use crate::yaml::{Document, Kind, Node};
use finalized::Finalized;

const INPUT: [&str; 11] = [
    "authority",
    "path",
    "method",
    "random_value",
    "ssl",
    "internal",
    "runtime",
    "additional_request_headers",
    "additional_response_headers",
    "additional_headers",
    "dynamic_metadata",
];

const VALIDATE: [&str; 15] = [
    "cluster_name",
    "virtual_cluster_name",
    "virtual_host_name",
    "host_rewrite",
    "path_rewrite",
    "path_redirect",
    "code_redirect",
    "timeout",
    "request_header_matches",
    "response_header_matches",
    "request_header_fields",
    "response_header_fields",
    "header_fields",
    "custom_header_fields",
    "route_metadata",
];

/// A test.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The request.
    pub request: Request,
    /// The runtime setting that is on; empty is none.
    runtime: String,
    /// Whether the client is internal.
    internal: bool,
    /// Chooses among weights, and whether a share of requests has this one.
    random_value: u64,
    /// Headers of the response before the route changes it.
    response_headers: Vec<(String, String)>,
    /// What filters left.
    metadata: Map<String, Value>,
    /// What must hold.
    wanted: Vec<Wanted>,
}

/// A field of `validate`.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    at: Span,
    field: &'static str,
    value: Value,
}

/// The tests of a document.
pub(super) fn suite(document: &Document<'_>, reader: &mut Reader<'_>) -> Suite {
    let mut tests = Vec::new();
    // The settings in `runtime` are limits of Envoy's: they decide no route.
    for (name, items) in reader.fields(&document.root, "a document of tests", &["tests", "runtime"]) {
        if name == "runtime" {
            continue;
        }
        tests.extend(reader.elements(items).into_iter().filter_map(|node| test(node, reader)));
    }
    Suite { file: document.file, config: Vec::new(), subject: None, tests }
}

fn test(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Test> {
    let fields = reader.fields(node, "a test", &["test_name", "input", "validate"]);
    let (mut name, mut case, mut wanted) = (None, None, Vec::new());
    for (field, value) in &fields {
        match *field {
            "test_name" => name = reader.text(value, "`test_name`").map(|name| name.into_owned()),
            "input" => case = input(value, reader),
            _ => wanted = validate(value, reader),
        }
    }
    for needed in ["test_name", "input", "validate"] {
        if matches!(node.kind, Kind::Map(_)) && !fields.iter().any(|(field, _)| *field == needed) {
            reader.fault("missing-field", node, format!("a test without `{needed}`"));
        }
    }
    let case = Case { wanted, ..case? };
    Some(Test { name: name?, at: reader.span(node), subject: None, question: Question::RouteTable(Box::new(case)) })
}

fn input(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Case> {
    let (mut authority, mut path) = (String::new(), String::new());
    let (mut headers, mut ssl, mut internal) = (Vec::new(), false, false);
    let (mut runtime, mut random_value, mut method) = (String::new(), 0, None);
    let (mut response_headers, mut metadata) = (Vec::new(), Map::new());
    for (name, value) in reader.fields(node, "`input`", &INPUT) {
        match name {
            "authority" => authority = reader.text(value, "`authority`")?.into_owned(),
            "path" => path = reader.text(value, "`path`")?.into_owned(),
            "method" => method = Some(reader.text(value, "`method`")?.into_owned()),
            "random_value" => random_value = reader.parsed(value, "random value")?,
            "ssl" => ssl = reader.flag(value, "`ssl`")?,
            "internal" => internal = reader.flag(value, "`internal`")?,
            "runtime" => runtime = reader.text(value, "`runtime`")?.into_owned(),
            "additional_response_headers" => response_headers = headers_of(value, reader),
            "dynamic_metadata" => metadata = metadata::read(value, reader),
            _ => headers = headers_of(value, reader),
        }
    }
    for (name, value) in [("authority", &authority), ("path", &path)] {
        if value.is_empty() && matches!(node.kind, Kind::Map(_)) {
            reader.fault("missing-field", node, format!("an input without `{name}`"));
        }
    }
    // The tool sets these two headers itself (`ToolConfig::create`).
    headers.insert(0, ("x-forwarded-proto".to_owned(), if ssl { "https" } else { "http" }.to_owned()));
    if internal {
        headers.insert(1, ("x-envoy-internal".to_owned(), "true".to_owned()));
    }
    let draft = Draft { url: "http://0.0.0.0".to_owned(), method, port: Some(PORT), ..Draft::default() };
    let request = Request { host: authority, path, headers, address: None, ..draft.request().ok()? };
    Some(Case { request, runtime, internal, random_value, response_headers, metadata, wanted: Vec::new() })
}

/// `[{key: name, value: text}]`.
fn headers_of(node: &Node<'_>, reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for element in reader.elements(node) {
        let (mut key, mut text) = (String::new(), String::new());
        for (name, value) in reader.fields(element, "a header", &["key", "value"]) {
            let read = reader.text(value, "a header").unwrap_or_default().into_owned();
            if name == "key" { key = read } else { text = read }
        }
        headers.push((key, text));
    }
    headers
}

fn validate(node: &Node<'_>, reader: &mut Reader<'_>) -> Vec<Wanted> {
    let fields = reader.fields(node, "`validate`", &VALIDATE);
    let of = |(name, value): (&str, &Node<'_>)| {
        let field = VALIDATE.into_iter().find(|known| *known == name)?;
        let mut wanted = value.to_json();
        durations(&mut wanted);
        let several = field.ends_with("_matches") || field.ends_with("_fields") || field == "route_metadata";
        let wanted = match wanted {
            Value::Object(_) if several => Value::Array(vec![wanted]),
            // In text of protobuf a wrapper stands around what is wanted.
            Value::Object(mut wrapper) => {
                let unset = if field == "code_redirect" { json!(0) } else { json!("") };
                wrapper.remove("value").unwrap_or(unset)
            }
            wanted => wanted,
        };
        Some(Wanted { at: reader.span(value), field, value: wanted })
    };
    fields.into_iter().filter_map(of).collect()
}

/// A route configuration that tests ask.
pub struct RouteTable {
    value: Value,
    provenance: Option<provenance::Provenance>,
    user: User,
}

/// Which filter chain has a route configuration, by the places of the listener and of the chain.
#[derive(Clone, Copy, Debug, Default)]
struct User {
    listener: usize,
    chain: usize,
    inline: bool,
}

/// What became of a request.
pub struct Answered {
    /// The routes that were asked.
    pub configuration: Configuration,
    /// The way.
    pub outcome: Outcome,
    /// What differs.
    pub mismatches: Vec<Mismatch>,
}

impl RouteTable {
    /// Of a RouteConfiguration in a document of its own.
    ///
    /// # Errors
    /// It is none; as a message.
    pub fn written(document: &Document<'_>, sources: &SourceMap) -> Result<Self, ReadError> {
        let hosts = document.root.get("virtual_hosts").or_else(|| document.root.get("virtualHosts"));
        let name = document.root.get("name").and_then(Node::as_str).unwrap_or_default();
        let named = Named { kind: "RouteConfiguration", namespace: "", name, file: document.file };
        let mut written = Vec::new();
        for (at, host) in hosts.map_or(&[][..], Node::elements).iter().enumerate() {
            let path = format!("virtual_hosts[{at}]");
            let mut routes = Vec::new();
            for (number, route) in host.get("routes").map_or(&[][..], Node::elements).iter().enumerate() {
                let name = route.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
                let matches = route.get("match").map(|it| it.to_json().to_string()).unwrap_or_default();
                let origin = named.citation(route, format!("{path}.routes[{number}]"), sources);
                routes.push(provenance::Route { name, matches, origins: vec![origin] });
            }
            written.push(provenance::VirtualHost {
                name: host.get("name").and_then(Node::as_str).unwrap_or_default().to_owned(),
                domains: Vec::new(),
                origins: vec![named.citation(host, path, sources)],
                routes,
            });
        }
        let user = User { inline: true, ..User::default() };
        Self::new(document.root.to_json(), Some(table::provenance(name, written)), user)
    }

    /// The route configurations of a proxy, in the order in which filter chains have or name them.
    ///
    /// # Errors
    /// A field that is read has a wrong type; as a message.
    pub fn all(lists: &Lists) -> Result<Vec<Self>, ReadError> {
        let items =
            |value: &Value, field: &str| value.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
        let named = |name: &Value| lists.routes.iter().find(|routes| routes.get("name") == Some(name)).cloned();
        let mut tables: Vec<Self> = Vec::new();
        for (at, listener) in lists.listeners.iter().enumerate() {
            let chains = items(listener, "filter_chains").into_iter();
            for (number, chain) in chains.chain(listener.get("default_filter_chain").cloned()).enumerate() {
                for filter in items(&chain, "filters") {
                    let Some(config) = filter.get("typed_config") else { continue };
                    let written = config.get("route_config").cloned();
                    let user = User { listener: at, chain: number, inline: written.is_some() };
                    let rds = || config.get("rds")?.get("route_config_name").and_then(named);
                    let Some(value) = written.or_else(rds) else { continue };
                    let name = value.get("name").cloned();
                    let known = |table: &Self| !table.user.inline && table.value.get("name") == name.as_ref();
                    if user.inline || !tables.iter().any(known) {
                        tables.push(Self::new(value, None, user)?);
                    }
                }
            }
        }
        Ok(tables)
    }

    fn new(value: Value, provenance: Option<provenance::Provenance>, user: User) -> Result<Self, ReadError> {
        let lists = Lists::from_value(json!({"listeners": [], "routes": [value]}))?;
        let mut value = lists.routes.into_iter().next().unwrap_or_default();
        durations(&mut value);
        let table = Self { value, provenance, user };
        table::configuration(&table.value).map(|_| table)
    }

    /// All its routes.
    ///
    /// # Errors
    /// A field that is read has a wrong type; as a message.
    pub fn table(&self) -> Result<Table, ReadError> {
        let provenance = self.provenance.clone().unwrap_or_else(|| table::provenance("", Vec::new()));
        Ok(Table { configuration: table::configuration(&self.value)?, provenance })
    }

    /// Where its parts are written, where that is known.
    pub fn provenance(&self) -> Option<&provenance::Provenance> {
        self.provenance.as_ref()
    }

    /// What becomes of the request of a test.
    ///
    /// # Errors
    /// A field that is read has a wrong type; as a message.
    pub fn ask(&self, case: &Case) -> Result<Answered, ReadError> {
        let routes = given::decided(&self.value, case);
        let configuration = table::configuration(&routes)?;
        let mut outcome = simulate::run(&configuration, &case.request);
        let seen = Seen::new(&routes, case, &outcome);
        let mut mismatches = Vec::new();
        for wanted in &case.wanted {
            mismatches.extend(seen.judge(wanted)?);
        }
        self.locate(&mut outcome);
        Ok(Answered { configuration, outcome, mismatches })
    }
}

impl RouteTable {
    /// Puts the places of the listener and the chain into the way, so that what made its parts is found.
    fn locate(&self, outcome: &mut Outcome) {
        let User { listener, chain, inline } = self.user;
        outcome.inline = inline;
        outcome.listener.iter_mut().for_each(|step| step.index = listener);
        outcome.filter_chain.iter_mut().for_each(|step| step.index = chain);
    }
}

/// Envoy's loader of YAML takes `{seconds: 30}` for a duration as well as `30s`, and text of protobuf has no other.
fn durations(value: &mut Value) {
    if let Value::Object(fields) = value
        && !fields.is_empty()
        && fields.iter().all(|(name, value)| (name == "seconds" || name == "nanos") && value.is_number())
    {
        let part = |name: &str| fields.get(name).and_then(Value::as_i64).unwrap_or_default();
        *value = match part("nanos") {
            0 => json!(format!("{}s", part("seconds"))),
            nanos => json!(format!("{}.{}s", part("seconds"), format!("{nanos:09}").trim_end_matches('0'))),
        };
        return;
    }
    match value {
        Value::Object(fields) => fields.values_mut().for_each(durations),
        Value::Array(items) => items.iter_mut().for_each(durations),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The way of a request and what tests ask of it.
struct Seen<'a> {
    case: &'a Case,
    outcome: &'a Outcome,
    host: &'a Value,
    route: &'a Value,
    finalized: Finalized,
}

impl<'a> Seen<'a> {
    fn new(routes: &'a Value, case: &'a Case, outcome: &'a Outcome) -> Self {
        let item = |value: &'a Value, list: &str, at: Option<usize>| at.and_then(|at| value.get(list)?.get(at));
        let host = item(routes, "virtual_hosts", outcome.virtual_host.as_ref().map(|it| it.index));
        let host = host.unwrap_or(&Value::Null);
        let route = item(host, "routes", outcome.route.as_ref().map(|it| it.index)).unwrap_or(&Value::Null);
        let cluster = cluster(case, outcome);
        let levels = [finalized::weighted(route, &cluster), route, host, routes];
        let finalized = Finalized::new(case, outcome, levels);
        Self { case, outcome, host, route, finalized }
    }

    fn forward(&self) -> Option<&'a Forward> {
        match &self.outcome.end {
            End::Forward(forward) => Some(forward),
            _ => None,
        }
    }

    fn judge(&self, wanted: &Wanted) -> Result<Vec<Mismatch>, ReadError> {
        let differs = |expected: String, got: String| {
            (expected != got).then(|| Mismatch {
                at: wanted.at,
                what: wanted.field,
                expected: shown(expected),
                got: shown(got),
            })
        };
        let text = || wanted.value.as_str().map_or_else(|| wanted.value.to_string(), str::to_owned);
        let answers = !matches!(self.outcome.end, End::Forward(_) | End::Tcp(_) | End::Fault(_));
        let found = match wanted.field {
            "cluster_name" => differs(text(), cluster(self.case, self.outcome)),
            "virtual_cluster_name" => differs(text(), self.virtual_cluster()?),
            "virtual_host_name" => {
                let name = self.outcome.virtual_host.as_ref().filter(|_| self.forward().is_some());
                differs(text(), name.map(|it| it.name.clone()).unwrap_or_default())
            }
            "host_rewrite" => differs(text(), self.rewritten(":authority")),
            "path_rewrite" => differs(text(), self.rewritten(":path")),
            "path_redirect" => {
                let own = || format!("{}://{}{}", self.case.scheme(), self.case.request.host, self.case.request.path);
                let got = match &self.outcome.end {
                    End::Redirect { location, .. } => location.clone(),
                    End::DirectResponse { .. } => own(),
                    End::Forward(_) | End::Tcp(_) | End::Fault(_) => String::new(),
                };
                differs(text(), got)
            }
            "code_redirect" => {
                let status = match &self.outcome.end {
                    End::Redirect { status, .. } | End::DirectResponse { status, .. } if answers => *status,
                    _ => 0,
                };
                differs(text(), status.to_string())
            }
            "timeout" => {
                let got = self.forward().map(|it| it.timeout.clone()).unwrap_or_default();
                let same = Duration::parse(&text()).is_ok_and(|it| Duration::parse(&got) == Ok(it));
                differs(text(), got).filter(|_| !same)
            }
            "route_metadata" => return Ok(self.route_metadata(wanted)),
            "request_header_matches" => return self.header_matches(wanted, &self.finalized.request),
            "response_header_matches" => return self.header_matches(wanted, &self.finalized.response),
            "response_header_fields" => return Ok(header_fields(wanted, &self.finalized.response)),
            _ => return Ok(header_fields(wanted, &self.finalized.request)),
        };
        Ok(found.into_iter().collect())
    }

    fn rewritten(&self, name: &str) -> String {
        let header = self.finalized.request.iter().find(|(one, _)| one == name).filter(|_| self.forward().is_some());
        header.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The first whose matchers hold, else `other`; nothing where the virtual host has none.
    fn virtual_cluster(&self) -> Result<String, ReadError> {
        let clusters = self.host.get("virtual_clusters").and_then(Value::as_array).filter(|it| !it.is_empty());
        let Some(clusters) = clusters.filter(|_| self.forward().is_some()) else { return Ok(String::new()) };
        for cluster in clusters {
            let matchers = cluster.get("headers").cloned().unwrap_or_default();
            if holds(&matchers, &self.finalized.request)? {
                return Ok(cluster.get("name").and_then(Value::as_str).unwrap_or_default().to_owned());
            }
        }
        Ok("other".to_owned())
    }

    fn header_matches(&self, wanted: &Wanted, headers: &[(String, String)]) -> Result<Vec<Mismatch>, ReadError> {
        let mut found = Vec::new();
        for matcher in wanted.value.as_array().into_iter().flatten() {
            if !holds(&json!([matcher]), headers)? {
                let name = matcher.get("name").and_then(Value::as_str).unwrap_or_default();
                let got = all_values(headers, name);
                let got = if got.is_empty() { format!("no `{name}`") } else { format!("{name}: {}", got.join(",")) };
                found.push(Mismatch { at: wanted.at, what: wanted.field, expected: matcher.to_string(), got });
            }
        }
        Ok(found)
    }

    fn route_metadata(&self, wanted: &Wanted) -> Vec<Mismatch> {
        let mut found = Vec::new();
        for one in wanted.value.as_array().into_iter().flatten() {
            let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
            let all = self.route.get("metadata").and_then(|it| it.get("filter_metadata"));
            let got = all.and_then(|it| it.get(text("namespace"))?.get(text("key")));
            if got != one.get("value") {
                let got = got.map_or_else(|| "nothing".to_owned(), Value::to_string);
                found.push(Mismatch { at: wanted.at, what: wanted.field, expected: one.to_string(), got });
            }
        }
        found
    }
}

impl Case {
    fn scheme(&self) -> &str {
        self.request.headers.first().map_or("http", |(_, scheme)| scheme)
    }
}

/// The cluster that the random value chooses (`envoy: source/common/router/weighted_cluster...`:
/// the value modulo the sum of the weights).
fn cluster(case: &Case, outcome: &Outcome) -> String {
    let End::Forward(forward) = &outcome.end else { return String::new() };
    let total: u64 = forward.clusters.iter().map(|share| u64::from(share.weight)).sum();
    let mut left = case.random_value.checked_rem(total).unwrap_or_default();
    for share in &forward.clusters {
        match left.checked_sub(u64::from(share.weight)) {
            Some(rest) => left = rest,
            None => return share.cluster.clone(),
        }
    }
    String::new()
}

/// Whether all matchers hold for headers: the evaluator is asked about a route with them. Pseudo
/// headers, and those that a request cannot have, are headers there as any other.
fn holds(matchers: &Value, headers: &[(String, String)]) -> Result<bool, ReadError> {
    let plain = |name: &str| format!("header-{}", name.replace(':', "-"));
    let mut matchers = matchers.clone();
    for matcher in matchers.as_array_mut().into_iter().flatten() {
        if let Some(name) = matcher.get_mut("name") {
            *name = json!(plain(name.as_str().unwrap_or_default()));
        }
    }
    let routes = json!({"virtual_hosts": [{"name": "", "domains": ["*"], "routes": [
        {"match": {"prefix": "/", "headers": matchers}, "direct_response": {"status": 200}},
    ]}]});
    let headers = headers.iter().map(|(name, value)| (plain(name), value.clone())).collect();
    let draft = Draft { url: "http://0.0.0.0".to_owned(), port: Some(PORT), headers, ..Draft::default() };
    let configuration = table::configuration(&routes)?;
    let outcome = draft.request().map(|request| simulate::run(&configuration, &request));
    Ok(outcome.is_ok_and(|outcome| matches!(outcome.end, End::DirectResponse { .. })))
}

fn header_fields(wanted: &Wanted, headers: &[(String, String)]) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for one in wanted.value.as_array().into_iter().flatten() {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
        let got = all_values(headers, text("key")).first().map(|it| (*it).to_owned()).unwrap_or_default();
        if got != text("value") {
            let expected = format!("{}: {}", text("key"), text("value"));
            found.push(Mismatch { at: wanted.at, what: wanted.field, expected, got: shown(got) });
        }
    }
    found
}

fn all_values<'h>(headers: &'h [(String, String)], name: &str) -> Vec<&'h str> {
    headers.iter().filter(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect()
}

fn shown(text: String) -> String {
    if text.is_empty() { "nothing".to_owned() } else { text }
}
