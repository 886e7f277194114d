//! meshc's own format of tests (`docs/testing-configuration.md`).

use serde_json::Value;

use super::expectation::{Check, Expectation, Headers, Retries};
use super::reader::Reader;
use super::suite::{ProxyName, Question, Subject, Suite, Test};
use crate::base::{Duration, Pattern, grpc};
use crate::simulate::{Draft, Mode, Request, split_method};
use crate::yaml::{Document, Kind, Node};

const REQUEST: [&str; 11] =
    ["url", "method", "headers", "sni", "alpn", "port", "address", "source", "mode", "mtls", "http2"];

const EXPECT: [&str; 27] = [
    "cluster",
    "destination",
    "subset",
    "weights",
    "endpoints",
    "mirrors",
    "status",
    "grpc_status",
    "body",
    "location",
    "path",
    "authority",
    "request_headers",
    "response_headers",
    "timeout",
    "retries",
    "delay",
    "abort",
    "route",
    "virtual_service",
    "virtual_host",
    "route_configuration",
    "filter_chain",
    "listener",
    "not_found",
    "closed",
    "not",
];

/// The tests of a document.
pub(super) fn suite(document: &Document<'_>, reader: &mut Reader<'_>) -> Suite {
    let known = ["config", "gateway", "proxy", "node", "metadata", "tests"];
    let fields = reader.fields(&document.root, "a document of tests", &known);
    let mut suite = Suite { file: document.file, config: Vec::new(), subject: None, tests: Vec::new() };
    suite.subject = subject(&fields, reader);
    for (name, value) in fields {
        match name {
            "config" => suite.config = reader.texts(value, "`config`"),
            "tests" => suite.tests = reader.elements(value).into_iter().filter_map(|it| test(it, reader)).collect(),
            _ => {}
        }
    }
    suite
}

/// The proxy that the fields name.
fn subject(fields: &[(&str, &Node<'_>)], reader: &mut Reader<'_>) -> Option<Subject> {
    let field = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let named: Vec<_> =
        ["gateway", "proxy", "node"].into_iter().filter_map(|name| Some((name, field(name)?))).collect();
    let metadata = field("metadata");
    if let Some(metadata) = metadata.filter(|_| field("node").is_none()) {
        reader.fault("bad-value", metadata, "`metadata` goes with `node`".to_owned());
    }
    if let [_, (name, second), ..] = named[..] {
        reader.fault("bad-value", second, format!("`{name}` beside another of `gateway`, `proxy` and `node`"));
    }
    let (name, value) = *named.first()?;
    let text = reader.text(value, &format!("`{name}`"))?.into_owned();
    let slash = text.split_once('/').is_some_and(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
    if name != "node" && !slash {
        reader.fault("bad-value", value, format!("`{text}` does not name a namespace: write it as NAMESPACE/NAME"));
    }
    let proxy = match name {
        "gateway" => ProxyName::Gateway(text),
        "proxy" => ProxyName::Workload(text),
        _ => {
            let metadata = metadata.map_or_else(|| Value::Object(serde_json::Map::new()), Node::to_json);
            ProxyName::Node { id: text, metadata }
        }
    };
    Some(Subject { at: reader.span(value), proxy })
}

fn test(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Test> {
    let known = ["name", "gateway", "proxy", "node", "metadata", "request", "expect"];
    let fields = reader.fields(node, "a test", &known);
    let subject = subject(&fields, reader);
    let (mut name, mut requests, mut expectations) = (None, Vec::new(), Vec::new());
    for (field, value) in &fields {
        match *field {
            "name" => name = reader.text(value, "`name`").map(|name| name.into_owned()),
            "request" => requests = reader.elements(value).into_iter().flat_map(|it| request(it, reader)).collect(),
            "expect" => expectations = expect(value, reader),
            _ => {}
        }
    }
    for needed in ["name", "request", "expect"] {
        if !fields.iter().any(|(field, _)| *field == needed) && matches!(node.kind, Kind::Map(_)) {
            reader.fault("missing-field", node, format!("a test without `{needed}`"));
        }
    }
    Some(Test { name: name?, at: reader.span(node), subject, question: Question::Way { requests, expectations } })
}

/// `GET http://…`, or a mapping; a list in it stands for a request with each of its values.
fn request(node: &Node<'_>, reader: &mut Reader<'_>) -> Vec<Request> {
    let line = node.as_str().map(|text| {
        let (method, url) = split_method(text);
        vec![Draft { url: url.to_owned(), method: Some(method.to_owned()), ..Draft::default() }]
    });
    let drafts = line.unwrap_or_else(|| drafts(node, reader));
    let mut requests = Vec::new();
    for draft in drafts {
        match draft.request() {
            Ok(request) => requests.push(request),
            Err(message) => reader.fault("bad-request", node, message),
        }
    }
    requests
}

fn drafts(node: &Node<'_>, reader: &mut Reader<'_>) -> Vec<Draft> {
    let fields = reader.fields(node, "`request`", &REQUEST);
    let mut draft = Draft::default();
    let (mut urls, mut methods) = (Vec::new(), vec![None]);
    for (name, value) in &fields {
        match *name {
            "url" => urls = reader.texts(value, "`url`"),
            "method" => methods = reader.texts(value, "`method`").into_iter().map(Some).collect(),
            "headers" => draft.headers = headers(value, reader),
            "sni" => draft.sni = reader.text(value, "`sni`").map(|text| text.into_owned()),
            "alpn" => draft.alpn = Some(reader.texts(value, "`alpn`")),
            "port" => draft.port = reader.parsed(value, "port"),
            "address" => draft.address = reader.parsed(value, "address"),
            "source" => draft.source = reader.parsed(value, "address"),
            "mode" => draft.mode = mode(value, reader),
            "mtls" => draft.mtls = reader.flag(value, "`mtls`").unwrap_or_default(),
            "http2" => draft.http2 = reader.flag(value, "`http2`").unwrap_or_default(),
            _ => {}
        }
    }
    if urls.is_empty() && matches!(node.kind, Kind::Map(_)) {
        reader.fault("missing-field", node, "a request without `url`".to_owned());
    }
    let of =
        |(url, method): (&String, &Option<String>)| Draft { url: url.clone(), method: method.clone(), ..draft.clone() };
    urls.iter().flat_map(|url| methods.iter().map(move |method| (url, method))).map(of).collect()
}

/// `name: value` or `name: [value, value]`, for a header that comes more than once.
fn headers(node: &Node<'_>, reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for (name, value) in reader.entries(node, "`headers`") {
        headers.extend(reader.texts(value, "a header").into_iter().map(|value| (name.to_owned(), value)));
    }
    headers
}

fn mode(node: &Node<'_>, reader: &mut Reader<'_>) -> Mode {
    match node.as_str() {
        Some("gateway") => Mode::Gateway,
        Some("outbound") => Mode::Outbound,
        Some("inbound") => Mode::Inbound,
        _ => {
            reader.fault("unknown-value", node, "`mode` is none of gateway, outbound and inbound".to_owned());
            Mode::Auto
        }
    }
}

/// What is expected; a test that expects nothing is a fault.
fn expect(node: &Node<'_>, reader: &mut Reader<'_>) -> Vec<Expectation> {
    let fields = reader.fields(node, "`expect`", &EXPECT);
    if fields.is_empty() && matches!(node.kind, Kind::Map(_)) {
        reader.fault("missing-field", node, "nothing is expected".to_owned());
    }
    let mut expectations = Vec::new();
    for (name, value) in fields {
        match name {
            "not" => {
                let inner = expect(value, reader);
                expectations.extend(inner.into_iter().map(|it| Expectation { negated: !it.negated, ..it }));
            }
            _ => {
                let at = reader.span(value);
                expectations.extend(check(name, value, reader).map(|check| Expectation { at, negated: false, check }));
            }
        }
    }
    expectations
}

fn check(name: &str, node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Check> {
    let what = format!("`{name}`");
    let patterns =
        |reader: &mut Reader<'_>| -> Vec<Pattern> { reader.texts(node, &what).into_iter().map(Pattern::new).collect() };
    let pattern = |reader: &mut Reader<'_>| Some(Pattern::new(reader.text(node, &what)?));
    Some(match name {
        "cluster" => Check::Clusters(patterns(reader)),
        "destination" => Check::Destinations(patterns(reader)),
        "subset" => Check::Subsets(patterns(reader)),
        "endpoints" => Check::Endpoints(patterns(reader)),
        "mirrors" => Check::Mirrors(patterns(reader)),
        "weights" => Check::Weights(weights(node, reader)),
        "status" => {
            let elements = reader.elements(node);
            Check::Status(elements.into_iter().filter_map(|it| reader.parsed(it, "status")).collect())
        }
        "grpc_status" => {
            let elements = reader.elements(node);
            Check::GrpcStatus(elements.into_iter().filter_map(|it| grpc_status(it, reader)).collect())
        }
        "body" => Check::Body(pattern(reader)?),
        "location" => Check::Location(pattern(reader)?),
        "path" => Check::Path(pattern(reader)?),
        "authority" => Check::Authority(pattern(reader)?),
        "request_headers" => Check::RequestHeaders(operations(node, &what, reader)),
        "response_headers" => Check::ResponseHeaders(operations(node, &what, reader)),
        "timeout" if node.as_str() == Some("none") => Check::Timeout(None),
        "timeout" => Check::Timeout(Some(duration(node, reader)?).filter(|timeout| !timeout.is_zero())),
        "retries" => Check::Retries(retries(node, reader)),
        "delay" => Check::Delay(duration(node, reader)?),
        "abort" => Check::Abort(reader.parsed(node, "status")?),
        "route" => Check::Route(pattern(reader)?),
        "virtual_service" => Check::VirtualService(pattern(reader)?),
        "virtual_host" => Check::VirtualHost(pattern(reader)?),
        "route_configuration" => Check::RouteConfiguration(pattern(reader)?),
        "filter_chain" => Check::FilterChain(pattern(reader)?),
        "listener" => Check::Listener(pattern(reader)?),
        "not_found" => Check::NotFound(reader.flag(node, &what)?),
        "closed" => Check::Closed(reader.flag(node, &what)?),
        _ => return None,
    })
}

/// A number, or a name as gRPC has it.
fn grpc_status(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<u32> {
    let text = reader.text(node, "`grpc_status`")?.into_owned();
    let named = grpc::STATUSES.iter().position(|name| name.eq_ignore_ascii_case(&text));
    let status = named.and_then(|at| u32::try_from(at).ok()).or_else(|| text.parse().ok());
    if status.is_none() {
        let names = grpc::STATUSES.join(", ");
        reader.fault("bad-value", node, format!("`{text}` is no status of gRPC: it is a number, or one of {names}"));
    }
    status
}

fn weights(node: &Node<'_>, reader: &mut Reader<'_>) -> Vec<(Pattern, u32)> {
    let entries = reader.entries(node, "`weights`");
    entries
        .into_iter()
        .filter_map(|(name, value)| Some((Pattern::new(name), reader.parsed(value, "weight")?)))
        .collect()
}

fn operations(node: &Node<'_>, what: &str, reader: &mut Reader<'_>) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in reader.fields(node, what, &["add", "remove"]) {
        match name {
            "add" => {
                for (name, value) in reader.entries(value, "`add`") {
                    let wanted = if value.is_null() { None } else { reader.text(value, "a header").map(Pattern::new) };
                    headers.add.push((name.to_owned(), wanted));
                }
            }
            _ => headers.remove = reader.texts(value, "`remove`"),
        }
    }
    headers
}

/// A number of attempts, `none`, or a mapping.
fn retries(node: &Node<'_>, reader: &mut Reader<'_>) -> Retries {
    let mut retries = Retries::default();
    if !matches!(node.kind, Kind::Map(_)) {
        retries.attempts =
            if node.as_str() == Some("none") { Some(0) } else { reader.parsed(node, "number of attempts") };
        return retries;
    }
    for (name, value) in reader.fields(node, "`retries`", &["attempts", "per_try_timeout", "retry_on"]) {
        match name {
            "attempts" => retries.attempts = reader.parsed(value, "number of attempts"),
            "per_try_timeout" => retries.per_try_timeout = duration(value, reader),
            _ => {
                let words = reader.texts(value, "`retry_on`");
                retries.on = words.iter().flat_map(|it| it.split(',')).map(|it| it.trim().to_owned()).collect();
            }
        }
    }
    retries
}

fn duration(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Duration> {
    let text = reader.text(node, "a duration")?.into_owned();
    let parsed = Duration::parse(&text);
    parsed.map_err(|error| reader.fault("bad-value", node, format!("`{text}` is no duration: {error}"))).ok()
}
