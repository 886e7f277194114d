//! Tests of getyourguide's istio-config-validator (its `docs/test-cases.md`).
//!
//! They ask VirtualServices and no proxy: of those whose hosts have the authority, in order, the
//! first route whose match takes the request is compared, field by field, as it is written. Whether
//! Istio serves that route (it drops one whose delegate is not there) is for the caller to say.

use serde_json::{Map, Value, json};

use super::expectation::Mismatch;
use super::reader::Reader;
use super::suite::{Question, Suite, Test};
use super::table::{self, Named, PORT, Table};
use crate::base::{SourceMap, Span};
use crate::explain::provenance;
use crate::simulate::{self, Draft, Outcome, ReadError, Request};
use crate::yaml::{Document, Kind, Node};

/// Fields of a route that a test compares.
const COMPARED: [&str; 5] = ["route", "rewrite", "fault", "headers", "redirect"];

/// A test.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The requests.
    pub requests: Vec<Request>,
    /// Whether each of `wanted` is to be equal, or is not to be.
    want_match: bool,
    /// Fields of the route.
    wanted: Vec<Wanted>,
    /// The route's delegate.
    delegate: Option<Wanted>,
}

/// A field as it is to be.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    at: Span,
    field: &'static str,
    value: Value,
}

/// The tests of a document.
pub(super) fn suite(document: &Document<'_>, reader: &mut Reader<'_>) -> Suite {
    let mut tests = Vec::new();
    for (_, cases) in reader.fields(&document.root, "a document of tests", &["testCases"]) {
        tests.extend(reader.elements(cases).into_iter().filter_map(|node| test(node, reader)));
    }
    Suite { file: document.file, config: Vec::new(), subject: None, tests }
}

fn test(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Test> {
    let known = ["description", "wantMatch", "request", "route", "redirect", "rewrite", "fault", "headers", "delegate"];
    let fields = reader.fields(node, "a test case", &known);
    let mut case = Case { requests: Vec::new(), want_match: false, wanted: Vec::new(), delegate: None };
    let mut name = String::new();
    for (field, value) in &fields {
        let wanted = |field| Wanted { at: reader.span(value), field, value: plain(&value.to_json()) };
        match *field {
            "description" => name = reader.text(value, "`description`")?.into_owned(),
            "wantMatch" => case.want_match = reader.flag(value, "`wantMatch`")?,
            "request" => case.requests = requests(value, reader),
            "delegate" => case.delegate = Some(wanted("delegate")),
            field => case.wanted.extend(COMPARED.into_iter().find(|known| *known == field).map(wanted)),
        }
    }
    if matches!(node.kind, Kind::Map(_)) && !fields.iter().any(|(field, _)| *field == "request") {
        reader.fault("missing-field", node, "a test case without `request`".to_owned());
    }
    // In the order in which differences are to be told.
    case.wanted.sort_by_key(|wanted| COMPARED.iter().position(|field| *field == wanted.field));
    Some(Test { name, at: reader.span(node), subject: None, question: Question::VirtualServices(case) })
}

/// Every combination of the values.
fn requests(node: &Node<'_>, reader: &mut Reader<'_>) -> Vec<Request> {
    let fields = reader.fields(node, "`request`", &["authority", "method", "uri", "headers"]);
    let (mut authorities, mut methods, mut uris) = (Vec::new(), Vec::new(), Vec::new());
    let mut headers = Vec::new();
    for (name, value) in &fields {
        match *name {
            "authority" => authorities = reader.texts(value, "`authority`"),
            "method" => methods = reader.texts(value, "`method`"),
            "uri" => uris = reader.texts(value, "`uri`"),
            _ => {
                for (name, value) in reader.entries(value, "`headers`") {
                    headers.extend(reader.text(value, "a header").map(|value| (name.to_owned(), value.into_owned())));
                }
            }
        }
    }
    for (name, list) in [("authority", &authorities), ("method", &methods), ("uri", &uris)] {
        if list.is_empty() && matches!(node.kind, Kind::Map(_)) {
            reader.fault("missing-field", node, format!("a request without `{name}`"));
        }
    }
    let mut requests = Vec::new();
    for uri in &uris {
        for authority in &authorities {
            for method in &methods {
                let slash = if uri.starts_with('/') { "" } else { "/" };
                let draft = Draft {
                    url: format!("http://{authority}{slash}{uri}"),
                    method: Some(method.clone()),
                    headers: headers.clone(),
                    port: Some(PORT),
                    ..Draft::default()
                };
                match draft.request() {
                    Ok(request) => requests.push(request),
                    Err(message) => reader.fault("bad-request", node, message),
                }
            }
        }
    }
    requests
}

/// The VirtualServices of an input, in order.
pub struct VirtualServices<'a> {
    services: Vec<VirtualService<'a>>,
    sources: &'a SourceMap,
}

struct VirtualService<'a> {
    namespace: &'a str,
    name: &'a str,
    document: &'a Document<'a>,
}

/// What became of a request.
pub struct Answered {
    /// The routes that were asked.
    pub table: Table,
    /// The way.
    pub outcome: Outcome,
    /// What differs.
    pub mismatches: Vec<Mismatch>,
}

impl<'a> VirtualServices<'a> {
    /// Those of the documents; `namespace` is that of objects that name none.
    pub fn new(documents: &'a [Document<'a>], sources: &'a SourceMap, namespace: &'a str) -> Self {
        let of = |document: &'a Document<'a>| {
            let root = &document.root;
            let istio = root.get("apiVersion")?.as_str()?.starts_with("networking.istio.io/");
            let metadata = root.get("metadata")?;
            (istio && root.get("kind")?.as_str()? == "VirtualService").then_some(VirtualService {
                namespace: metadata.get("namespace").and_then(Node::as_str).unwrap_or(namespace),
                name: metadata.get("name").and_then(Node::as_str).unwrap_or_default(),
                document,
            })
        };
        Self { services: documents.iter().filter_map(of).collect(), sources }
    }

    /// All their routes, each service a virtual host of its own.
    ///
    /// # Errors
    /// A route is not written as one; as a message.
    pub fn table(&self) -> Result<Table, ReadError> {
        let all: Vec<&VirtualService<'_>> = self.services.iter().collect();
        let groups: Vec<_> = all.chunks(1).collect();
        self.table_of(&groups)
    }

    /// What becomes of a request of a test.
    ///
    /// # Errors
    /// A route is not written as one; as a message.
    pub fn ask(&self, case: &Case, request: &Request) -> Result<Answered, ReadError> {
        let with_host = self.services.iter().filter(|service| service.takes(&request.host));
        let candidates: Vec<&VirtualService<'_>> = with_host.collect();
        let (mut table, mut outcome) = self.run(&candidates, request)?;
        let mut route = taken(&candidates, &outcome);
        let mut mismatches = Vec::new();
        if let Some(delegate) = route.and_then(|route| route.get("delegate")) {
            if let Some(wanted) = &case.delegate {
                mismatches.extend(compare(wanted, Some(delegate), case.want_match));
            }
            if case.wanted.iter().any(|wanted| wanted.field == "route") {
                let delegates: Vec<&VirtualService<'_>> = self.services.iter().filter(|it| it.is(delegate)).collect();
                let first = delegates.get(..1).unwrap_or_default();
                (table, outcome) = self.run(first, request)?;
                route = taken(first, &outcome);
            }
        }
        for wanted in &case.wanted {
            mismatches.extend(compare(wanted, route.and_then(|route| route.get(wanted.field)), case.want_match));
        }
        Ok(Answered { table, outcome, mismatches })
    }

    fn run(&self, services: &[&VirtualService<'_>], request: &Request) -> Result<(Table, Outcome), ReadError> {
        let groups: Vec<&[&VirtualService<'_>]> = if services.is_empty() { Vec::new() } else { vec![services] };
        let table = self.table_of(&groups)?;
        let outcome = simulate::run(&table.configuration, request);
        Ok((table, outcome))
    }

    /// A virtual host for each group; only the first can be asked.
    fn table_of(&self, groups: &[&[&VirtualService<'_>]]) -> Result<Table, ReadError> {
        let (mut hosts, mut origins) = (Vec::new(), Vec::new());
        for (at, services) in groups.iter().enumerate() {
            let (mut routes, mut written) = (Vec::new(), Vec::new());
            for service in *services {
                for (name, matches, citation) in service.routes(self.sources) {
                    let text = name.clone();
                    written.push(provenance::Route { name: name.clone(), matches: text, origins: vec![citation] });
                    routes.push(json!({"name": name, "match": matches, "direct_response": {"status": 200}}));
                }
            }
            let name = services.iter().map(|it| format!("{}/{}", it.namespace, it.name)).collect::<Vec<_>>().join(", ");
            let domains = vec![if at == 0 { "*".to_owned() } else { format!("{at}") }];
            hosts.push(json!({"name": name, "domains": domains, "routes": routes}));
            let origin = services.first().map(|it| it.citation(&it.document.root, String::new(), self.sources));
            let origins_of = origin.into_iter().collect();
            origins.push(provenance::VirtualHost { name, domains, origins: origins_of, routes: written });
        }
        let configuration = table::configuration(&json!({"name": "VirtualServices", "virtual_hosts": hosts}))?;
        Ok(Table { configuration, provenance: table::provenance("VirtualServices", origins) })
    }
}

impl<'a> VirtualService<'a> {
    fn http(&self) -> &'a [Node<'a>] {
        self.document.root.get("spec").and_then(|spec| spec.get("http")).map_or(&[], Node::elements)
    }

    fn takes(&self, host: &str) -> bool {
        let hosts = self.document.root.get("spec").and_then(|spec| spec.get("hosts")).map_or(&[][..], Node::elements);
        hosts.iter().filter_map(Node::as_str).any(|pattern| match pattern.strip_prefix('*') {
            Some(end) => host.ends_with(end),
            None => pattern == host,
        })
    }

    /// Whether a `delegate` means it.
    fn is(&self, delegate: &Node<'_>) -> bool {
        let field = |name: &str| delegate.get(name).and_then(Node::as_str);
        field("name") == Some(self.name) && field("namespace").is_none_or(|namespace| namespace == self.namespace)
    }

    /// Each match of each route, with its name and place.
    fn routes(&self, sources: &SourceMap) -> Vec<(String, Value, provenance::Citation)> {
        let mut routes = Vec::new();
        for (at, route) in self.http().iter().enumerate() {
            let matches = route.get("match").map_or(&[][..], Node::elements);
            if matches.is_empty() {
                let path = format!("spec.http[{at}]");
                let citation = self.citation(route, path.clone(), sources);
                routes.push((path, json!({"prefix": "/"}), citation));
            }
            for (number, one) in matches.iter().enumerate() {
                let path = format!("spec.http[{at}].match[{number}]");
                let citation = self.citation(one, path.clone(), sources);
                routes.push((path, route_match(one), citation));
            }
        }
        routes
    }

    fn citation(&self, node: &Node<'_>, path: String, sources: &SourceMap) -> provenance::Citation {
        let Self { namespace, name, document } = self;
        Named { kind: "VirtualService", namespace, name, file: document.file }.citation(node, path, sources)
    }
}

/// The route of a VirtualService that was taken.
fn taken<'a>(services: &[&VirtualService<'a>], outcome: &Outcome) -> Option<&'a Node<'a>> {
    let mut at = outcome.route.as_ref()?.index;
    for route in services.iter().flat_map(|service| service.http()) {
        let matches = route.get("match").map_or(0, |matches| matches.elements().len()).max(1);
        match at.checked_sub(matches) {
            Some(rest) => at = rest,
            None => return Some(route),
        }
    }
    None
}

/// `networking.istio.io/v1.HTTPMatchRequest` as Envoy's match; what asks for more than a request
/// (ports, gateways, the caller) is not asked.
fn route_match(node: &Node<'_>) -> Value {
    let mut matches = Map::new();
    match node.get("uri").and_then(|uri| uri.entries().first()) {
        Some((kind, value)) => {
            let (field, value) = match kind.as_str() {
                Some("exact") => ("path", value.to_json()),
                Some("regex") => ("safe_regex", json!({"regex": value.to_json()})),
                _ => ("prefix", value.to_json()),
            };
            matches.insert(field.to_owned(), value);
        }
        None => drop(matches.insert("prefix".to_owned(), json!("/"))),
    }
    if node.get("ignoreUriCase").is_some_and(|it| it.kind == Kind::Bool(true)) {
        matches.insert("case_sensitive".to_owned(), json!(false));
    }
    let mut headers = Vec::new();
    for (field, name) in [("method", ":method"), ("authority", ":authority"), ("scheme", ":scheme")] {
        headers.extend(node.get(field).map(|value| matcher(name, value)));
    }
    let entries = |field: &str| node.get(field).map_or(&[][..], Node::entries);
    for (name, value) in entries("headers") {
        headers.push(matcher(name.as_str().unwrap_or_default(), value));
    }
    for (name, value) in entries("withoutHeaders") {
        let mut header = matcher(name.as_str().unwrap_or_default(), value);
        header["invert_match"] = json!(true);
        headers.push(header);
    }
    let parameters: Vec<Value> =
        entries("queryParams").iter().map(|(name, value)| matcher(name.as_str().unwrap_or_default(), value)).collect();
    matches.insert("headers".to_owned(), Value::Array(headers));
    matches.insert("query_parameters".to_owned(), Value::Array(parameters));
    Value::Object(matches)
}

/// A StringMatch of Istio for a header or a parameter; an empty one asks that it is there.
fn matcher(name: &str, node: &Node<'_>) -> Value {
    match node.entries().first() {
        Some((kind, value)) => {
            let string = match kind.as_str() {
                Some("regex") => json!({"safe_regex": {"regex": value.to_json()}}),
                kind => json!({kind.unwrap_or_default(): value.to_json()}),
            };
            json!({"name": name, "string_match": string})
        }
        None => json!({"name": name, "present_match": true}),
    }
}

fn compare(wanted: &Wanted, got: Option<&Node<'_>>, want_match: bool) -> Option<Mismatch> {
    let got = got.map_or(Value::Null, |node| plain(&node.to_json()));
    let expected = if want_match { wanted.value.to_string() } else { format!("not {}", wanted.value) };
    let shown = if got.is_null() { "nothing".to_owned() } else { got.to_string() };
    let differs = (wanted.value == got) != want_match;
    differs.then_some(Mismatch { at: wanted.at, what: wanted.field, expected, got: shown })
}

/// Without what is protobuf's default, and with one way to write numbers.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
            let mut set: Vec<(String, Value)> = fields.into_iter().filter(|(_, value)| !is_default(value)).collect();
            set.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(set.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        Value::Number(number) => {
            number.as_f64().filter(|it| it.fract() == 0.0).map_or(value.clone(), |it| json!(it as i64))
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(items) => items.is_empty(),
        Value::Bool(true) | Value::Object(_) => false,
    }
}
