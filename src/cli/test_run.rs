//! Runs tests on what they are about.

use super::ask::{Compiled, LinkSettings, Linked};
use super::exit::Exit;
use super::load::Loaded;
use super::route_text::Way;
use super::test::{TestArgs, show};
use super::{choose, report};
use crate::base::{Diagnostic, Diagnostics, Location, Severity, SourceMap, Span};
use crate::explain::provenance::Provenance;
use crate::proxy::Proxy;
use crate::simulate::{self, Configuration, Lists, ReadError, Request};
use crate::testing::coverage::Coverage;
use crate::testing::expectation::{Expectation, Mismatch};
use crate::testing::facts::Facts;
use crate::testing::router_check::{self, RouteTable};
use crate::testing::suite::{ProxyName, Question, Subject, Test};
use crate::testing::validator::{self, Case, VirtualServices};
use crate::testing::{Suite, Table};
use crate::yaml::Document;

/// A test that was run.
pub(super) struct TestResult {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// What was asked, in order.
    pub answers: Vec<Answer>,
}

impl TestResult {
    /// Whether every expectation holds.
    pub(super) fn passes(&self) -> bool {
        self.answers.iter().all(|answer| answer.faults.is_empty())
    }
}

/// A request of a test.
pub(super) struct Answer {
    /// The request, as `GET http://shop.example.com/`.
    pub request: String,
    /// What differs from what is expected.
    pub faults: Vec<Fault>,
    /// The way it took where something differs, as `meshc route` shows it.
    pub way: Option<ShownWay>,
}

/// The way of a request.
pub(super) struct ShownWay {
    /// For people, in lines.
    pub text: String,
    /// For programs.
    pub json: serde_json::Value,
}

/// A difference.
pub(super) struct Fault {
    /// Where the expectation is written.
    pub place: Place,
    /// The difference.
    pub mismatch: Mismatch,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Tests that are about the same input.
pub(super) struct Run<'a> {
    /// The files with the tests.
    pub sources: &'a SourceMap,
    /// The arguments of the run.
    pub arguments: &'a TestArgs,
    /// The tests.
    pub suites: &'a [&'a Suite],
    /// What they reach.
    pub coverage: &'a mut Coverage,
}

/// A configuration that is asked.
#[derive(Clone, Copy)]
struct Asked<'a> {
    configuration: &'a Configuration,
    provenance: Option<&'a Provenance>,
    compiled: Option<&'a Compiled>,
}

impl Run<'_> {
    /// Runs them on documents that were read; `findings` is what there was to say about these.
    pub(super) fn on(
        &mut self,
        loaded: &Loaded,
        documents: &[Document<'_>],
        findings: Diagnostics,
    ) -> Result<Vec<TestResult>, Exit> {
        let refused = |document: &Document<'_>, error: ReadError| {
            let name = &loaded.sources.file(document.file).name;
            report::say("error", &format!("`{name}`: {error}"), None);
            Exit::Data
        };
        match documents {
            [document] if is_routes(document) => {
                let routes =
                    RouteTable::written(document, &loaded.sources).map_err(|error| refused(document, error))?;
                self.on_routes(&routes)
            }
            [document] if is_envoy(document) => {
                let lists = Lists::from_value(document.root.to_json()).map_err(|error| refused(document, error))?;
                let configuration = Configuration::from_lists(&lists).map_err(|error| refused(document, error))?;
                self.on_envoy(&configuration, &lists)
            }
            _ => self.on_manifests(loaded, documents, findings),
        }
    }

    fn on_routes(&mut self, routes: &RouteTable) -> Result<Vec<TestResult>, Exit> {
        let Table { configuration, provenance } = routes.table().map_err(unread)?;
        self.coverage.add(&configuration, Some(&provenance));
        let asked = Asked { configuration: &configuration, provenance: Some(&provenance), compiled: None };
        let mut results = Vec::new();
        for (_, test) in tests(self.suites) {
            results.push(match &test.question {
                Question::Way { .. } => self.ask(test, asked),
                Question::RouteTable(case) => self.ask_routes(test, case, std::slice::from_ref(routes), None)?,
                Question::VirtualServices(_) => return Err(no_virtual_services(&self.place(test.at))),
            });
        }
        Ok(results)
    }

    fn on_envoy(&mut self, configuration: &Configuration, lists: &Lists) -> Result<Vec<TestResult>, Exit> {
        self.coverage.add(configuration, None);
        let tables = RouteTable::all(lists).map_err(unread)?;
        let asked = Asked { configuration, provenance: None, compiled: None };
        let mut results = Vec::new();
        for (_, test) in tests(self.suites) {
            results.push(match &test.question {
                Question::Way { .. } => self.ask(test, asked),
                Question::RouteTable(case) => self.ask_routes(test, case, &tables, None)?,
                Question::VirtualServices(_) => return Err(no_virtual_services(&self.place(test.at))),
            });
        }
        Ok(results)
    }

    fn on_manifests(
        &mut self,
        loaded: &Loaded,
        documents: &[Document<'_>],
        mut findings: Diagnostics,
    ) -> Result<Vec<TestResult>, Exit> {
        let unparsable = findings.worst() == Some(Severity::Error);
        let settings = LinkSettings::new(&self.arguments.mesh, loaded);
        let linked = Linked::new(&loaded.sources, documents, &settings, &mut findings);
        let foreign = |(_, test): (_, &Test)| matches!(test.question, Question::VirtualServices(_));
        if tests(self.suites).any(foreign) {
            // The format asks what is written; that Istio drops a route of it is said here.
            let dropped = findings.0.iter().filter(|it| ["unknown-delegate", "delegate-conflict"].contains(&it.code));
            let dropped = Diagnostics(dropped.cloned().collect());
            report::diagnostics(&dropped, &loaded.sources, &|label| linked.span(label));
        }
        if linked.show_errors(findings, unparsable) {
            return Err(Exit::Data);
        }
        let services = VirtualServices::new(documents, &loaded.sources, &self.arguments.mesh.namespace);
        let mut added = false;
        let mut compiled: Vec<(Option<&ProxyName>, Compiled)> = Vec::new();
        let mut results = Vec::new();
        for (subject, test) in tests(self.suites) {
            if let Question::VirtualServices(case) = &test.question {
                if !std::mem::replace(&mut added, true) {
                    let Table { configuration, provenance } = services.table().map_err(unread)?;
                    self.coverage.add(&configuration, Some(&provenance));
                }
                results.push(self.ask_services(test, case, &services)?);
                continue;
            }
            let name = subject.map(|subject| &subject.proxy);
            if !compiled.iter().any(|(known, _)| *known == name) {
                let proxy = self.proxy(subject, &linked)?;
                let made = linked.compile(&proxy).map_err(|message| report::failure(&message, None))?;
                self.coverage.add(&made.configuration, Some(&made.provenance));
                compiled.push((name, made));
            }
            let Some((_, made)) = compiled.iter().find(|(known, _)| *known == name) else { continue };
            let provenance = Some(&made.provenance);
            let asked = Asked { configuration: &made.configuration, provenance, compiled: Some(made) };
            results.push(match &test.question {
                Question::RouteTable(case) => {
                    self.ask_routes(test, case, &RouteTable::all(&made.lists).map_err(unread)?, provenance)?
                }
                Question::Way { .. } | Question::VirtualServices(_) => self.ask(test, asked),
            });
        }
        Ok(results)
    }

    /// The proxy that is meant; without a name, what the arguments say or the only one there is.
    fn proxy(&self, subject: Option<&Subject>, linked: &Linked<'_>) -> Result<Proxy, Exit> {
        let Some(subject) = subject else { return choose::proxy(&self.arguments.proxy, &linked.mesh) };
        choose::named(&subject.proxy, &linked.mesh).map_err(|why| {
            let mut fault = Diagnostic::error("no-such-proxy", Location::Span(subject.at), why.message);
            fault.help = why.help;
            show(&Diagnostics(vec![fault]), self.sources);
            Exit::Data
        })
    }

    fn ask(&mut self, test: &Test, asked: Asked<'_>) -> TestResult {
        let mut answers = Vec::new();
        if let Question::Way { requests, expectations } = &test.question {
            answers.extend(requests.iter().map(|request| self.answer(request, expectations, asked)));
        }
        TestResult { name: test.name.clone(), place: self.place(test.at), answers }
    }

    fn answer(&mut self, request: &Request, expectations: &[Expectation], asked: Asked<'_>) -> Answer {
        let Asked { configuration, provenance, compiled } = asked;
        let mut sent = request.clone();
        if let Some(compiled) = compiled {
            compiled.translate(&mut sent);
        }
        let outcome = simulate::run(configuration, &sent);
        self.coverage.reach(&outcome, provenance);
        let way = Way::new(configuration, &sent, &outcome, provenance);
        let facts = Facts { outcome: &outcome, route_origins: way.route_origins() };
        let mismatches = expectations.iter().filter_map(|expectation| expectation.judge(&facts)).collect();
        self.answered(request, mismatches, &way)
    }

    fn ask_services(&mut self, test: &Test, case: &Case, services: &VirtualServices<'_>) -> Result<TestResult, Exit> {
        let mut answers = Vec::new();
        for request in &case.requests {
            let validator::Answered { table, outcome, mismatches } = services.ask(case, request).map_err(unread)?;
            self.coverage.reach(&outcome, Some(&table.provenance));
            let way = Way::new(&table.configuration, request, &outcome, Some(&table.provenance));
            answers.push(self.answered(request, mismatches, &way));
        }
        Ok(TestResult { name: test.name.clone(), place: self.place(test.at), answers })
    }

    /// The first table with a virtual host for the authority is asked, one with a domain of its own before one
    /// that takes all.
    fn ask_routes(
        &mut self,
        test: &Test,
        case: &router_check::Case,
        tables: &[RouteTable],
        provenance: Option<&Provenance>,
    ) -> Result<TestResult, Exit> {
        let mut best: Option<(u8, &RouteTable, router_check::Answered)> = None;
        for table in tables {
            let answered = table.ask(case).map_err(unread)?;
            let rank = match answered.outcome.virtual_host.as_ref().map(|host| host.domain.as_str()) {
                None => 0,
                Some("*") => 1,
                Some(_) => 2,
            };
            if best.as_ref().is_none_or(|(other, ..)| rank > *other) {
                best = Some((rank, table, answered));
            }
        }
        let Some((_, table, answered)) = best else {
            let message = format!("{}: the configuration has no routes", self.place(test.at));
            report::say("error", &message, None);
            return Err(Exit::Data);
        };
        let router_check::Answered { configuration, outcome, mismatches } = answered;
        let provenance = table.provenance().or(provenance);
        self.coverage.reach_routes(&outcome, provenance);
        let way = Way::new(&configuration, &case.request, &outcome, provenance);
        let answers = vec![self.answered(&case.request, mismatches, &way)];
        Ok(TestResult { name: test.name.clone(), place: self.place(test.at), answers })
    }

    fn answered(&self, request: &Request, mismatches: Vec<Mismatch>, way: &Way<'_>) -> Answer {
        let way = (!mismatches.is_empty()).then(|| ShownWay { text: way.text(), json: way.json() });
        let fault = |mismatch: Mismatch| Fault { place: self.place(mismatch.at), mismatch };
        Answer { request: request.to_string(), faults: mismatches.into_iter().map(fault).collect(), way }
    }

    fn place(&self, span: Span) -> Place {
        let file = self.sources.file(span.file);
        let at = file.line_column(span.start);
        Place { file: file.name.to_string(), line: at.line, column: at.column }
    }
}

/// Every test with the proxy that it or its suite names.
fn tests<'s>(suites: &[&'s Suite]) -> impl Iterator<Item = (Option<&'s Subject>, &'s Test)> {
    let pairs = suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (*suite, test)));
    pairs.map(|(suite, test)| (test.subject.as_ref().or(suite.subject.as_ref()), test))
}

fn unread(error: ReadError) -> Exit {
    report::say("error", &error.to_string(), None);
    Exit::Data
}

fn no_virtual_services(place: &Place) -> Exit {
    let message = format!("{place}: this test asks VirtualServices, and the configuration is Envoy's");
    report::say("error", &message, Some("name manifests with --file"));
    Exit::Data
}

/// Whether a document is an Envoy configuration.
pub(super) fn is_envoy(document: &Document<'_>) -> bool {
    has_any(document, &["static_resources", "staticResources", "configs", "listeners", "clusters"])
}

/// Whether a document is a RouteConfiguration of Envoy.
fn is_routes(document: &Document<'_>) -> bool {
    has_any(document, &["virtual_hosts", "virtualHosts"])
}

fn has_any(document: &Document<'_>, fields: &[&str]) -> bool {
    let has = |name: &str| document.root.get(name).is_some();
    !has("apiVersion") && fields.iter().any(|field| has(field))
}
