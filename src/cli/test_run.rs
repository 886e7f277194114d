//! Runs tests on what they are about.

use super::ask::{Compiled, LinkSettings, Linked};
use super::exit::Exit;
use super::load::Loaded;
use super::test::{TestArgs, show};
use super::{choose, report, route_text};
use crate::base::{Diagnostic, Diagnostics, Location, SourceMap, Span};
use crate::explain::provenance::Provenance;
use crate::proxy::Proxy;
use crate::simulate::{self, Configuration, Request};
use crate::testing::Suite;
use crate::testing::expectation::{Expectation, Mismatch};
use crate::testing::facts::Facts;
use crate::testing::suite::{ProxyName, Question, Subject, Test};
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
    /// The way it took, as `meshc route` shows it.
    pub way: String,
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
}

impl Run<'_> {
    /// Runs them on documents that were read; `findings` is what there was to say about these.
    pub(super) fn on(
        &self,
        loaded: &Loaded,
        documents: &[Document<'_>],
        mut findings: Diagnostics,
    ) -> Result<Vec<TestResult>, Exit> {
        if let [document] = documents
            && is_envoy(document)
        {
            let name = &loaded.sources.file(document.file).name;
            let configuration = Configuration::from_value(document.root.to_json()).map_err(|error| {
                report::say("error", &format!("`{name}`: {error}"), None);
                Exit::Data
            })?;
            return Ok(self.tests().map(|(_, test)| self.ask(test, &configuration, None)).collect());
        }
        let settings = LinkSettings::new(&self.arguments.mesh, loaded);
        let linked = Linked::new(&loaded.sources, documents, &settings, &mut findings);
        if linked.show_errors(findings) {
            return Err(Exit::Data);
        }
        let mut compiled: Vec<(Option<&ProxyName>, Compiled)> = Vec::new();
        let mut results = Vec::new();
        for (subject, test) in self.tests() {
            let name = subject.map(|subject| &subject.proxy);
            let at = match compiled.iter().position(|(known, _)| *known == name) {
                Some(at) => at,
                None => {
                    let proxy = self.proxy(subject, &linked)?;
                    let made = linked.compile(&proxy).map_err(|message| report::failure(&message, None))?;
                    compiled.push((name, made));
                    compiled.len() - 1
                }
            };
            if let Some((_, compiled)) = compiled.get(at) {
                results.push(self.ask(test, &compiled.configuration, Some(compiled)));
            }
        }
        Ok(results)
    }

    /// Every test with the proxy that it or its suite names.
    fn tests(&self) -> impl Iterator<Item = (Option<&Subject>, &Test)> {
        let pairs = self.suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (*suite, test)));
        pairs.map(|(suite, test)| (test.subject.as_ref().or(suite.subject.as_ref()), test))
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

    fn ask(&self, test: &Test, configuration: &Configuration, compiled: Option<&Compiled>) -> TestResult {
        let answers = match &test.question {
            Question::Way { requests, expectations } => {
                let answer = |request: &Request| self.answer(request, expectations, configuration, compiled);
                requests.iter().map(answer).collect()
            }
        };
        TestResult { name: test.name.clone(), place: self.place(test.at), answers }
    }

    fn answer(
        &self,
        request: &Request,
        expectations: &[Expectation],
        configuration: &Configuration,
        compiled: Option<&Compiled>,
    ) -> Answer {
        let mut request = request.clone();
        let shown = request.to_string();
        if let Some(compiled) = compiled {
            compiled.translate(&mut request);
        }
        let provenance: Option<&Provenance> = compiled.map(|compiled| &compiled.provenance);
        let outcome = simulate::run(configuration, &request);
        let way = route_text::Way::new(configuration, &request, &outcome, provenance);
        let facts = Facts { outcome: &outcome, route_origins: way.route_origins() };
        let mismatches = expectations.iter().filter_map(|expectation| expectation.judge(&facts));
        let faults = mismatches.map(|mismatch| Fault { place: self.place(mismatch.at), mismatch }).collect();
        Answer { request: shown, faults, way: way.text() }
    }

    fn place(&self, span: Span) -> Place {
        let file = self.sources.file(span.file);
        let at = file.line_column(span.start);
        Place { file: file.name.to_string(), line: at.line, column: at.column }
    }
}

/// Whether a document is an Envoy configuration.
fn is_envoy(document: &Document<'_>) -> bool {
    let root = &document.root;
    let has = |name: &str| root.get(name).is_some();
    !has("apiVersion")
        && ["static_resources", "staticResources", "configs", "listeners", "clusters"].into_iter().any(has)
}
