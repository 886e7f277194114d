//! `meshc test`: tests of configuration, written beside it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::args::{MeshArgs, ProxyArgs};
use super::exit::Exit;
use super::load::{self, Loaded};
use super::test_run::{Run, TestResult};
use super::test_text::Missed;
use super::{report, test_report, test_text};
use crate::base::{Diagnostics, Location, Severity, SourceMap};
use crate::testing::coverage::Coverage;
use crate::testing::{self, Suite};

/// Arguments of `meshc test`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct TestArgs {
    /// Files, directories (recursive: .yaml, .yml, .json) or `-` for standard input. Documents with
    /// tests are run; without --file and without `config` in the tests, the other documents are what
    /// is tested.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// What is tested: manifests, or one Envoy configuration (a bootstrap, `--emit xds` output or a config_dump).
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub proxy: ProxyArgs,
    #[command(flatten)]
    pub mesh: MeshArgs,
    /// The format of standard output.
    #[arg(short = 'o', long = "output", value_enum, default_value_t = TestFormat::Text, help_heading = "Output")]
    pub format: TestFormat,
    /// List the routes, virtual hosts and filter chains that no test reaches.
    #[arg(long, help_heading = "Coverage")]
    pub coverage: bool,
    /// Exit with 79 if tests reach less than this part of the routes.
    #[arg(long, value_name = "PERCENT", value_parser = percent, help_heading = "Coverage")]
    pub fail_under: Option<f64>,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse::<f64>().ok();
    number.filter(|number| (0.0..=100.0).contains(number)).ok_or_else(|| "it is a number from 0 to 100".to_owned())
}

/// The format of the results of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TestFormat {
    /// For people.
    Text,
    /// `{"tests": [...], "coverage": {...}}`.
    Json,
    /// JUnit's XML.
    Junit,
}

const EXAMPLES: &str = "\
Exit codes: 0 every test passes, 64 usage, 65 an input cannot be read or a test is not one, 79 a test fails
or --fail-under is not met.

Examples:
  meshc test k8s/
      The tests among the manifests of the directory; docs/testing-configuration.md says how to write them.
  meshc test tests/ -f k8s/ --gateway shop/public
      Tests apart from what they test; --gateway is for tests that name no proxy.
  meshc test tests/ -f config_dump.json
      The same tests on what a running Envoy has.
  meshc test k8s/ --coverage --fail-under 80 -o junit > tests.xml
      Fails unless tests reach 80% of the routes.
  meshc test virtualservice_test.yml -f virtualservice.yml; meshc test routes.golden.json -f routes.yaml
      Tests of istio-config-validator and of Envoy's router_check_tool.";

/// Runs the command.
pub(super) fn run(arguments: &TestArgs) -> Exit {
    let (results, coverage) = match results(arguments) {
        Ok(results) => results,
        Err(exit) => return exit,
    };
    let text = match arguments.format {
        TestFormat::Text => {
            let missed = if arguments.coverage { Missed::Listed } else { Missed::Counted };
            test_text::text(&results, &coverage, missed)
        }
        TestFormat::Json => test_report::json(&results, &coverage),
        TestFormat::Junit => test_report::junit(&results),
    };
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            return report::failure(&format!("the output cannot be written: {error}"), None);
        }
        _ => {}
    }
    let mut exit = if results.iter().all(TestResult::passes) { Exit::Ok } else { Exit::Findings };
    let reached = coverage.routes.percent();
    if let Some(wanted) = arguments.fail_under.filter(|wanted| reached < *wanted) {
        let message =
            format!("tests reach {} of the routes, and --fail-under asks for {wanted}%", test_text::percent(reached));
        report::say("error", &message, Some("--coverage lists what no test reaches"));
        exit = Exit::Findings;
    }
    exit
}

fn results(arguments: &TestArgs) -> Result<(Vec<TestResult>, Coverage), Exit> {
    let settings = load::Settings { mesh_config: arguments.mesh.mesh_config.as_deref(), mesh_networks: None };
    let loaded = load::read(&[&arguments.paths], settings)?;
    let (documents, mut findings) = load::parse_all(&loaded.sources);
    let (mut suites, mut others) = (Vec::new(), Vec::new());
    for document in documents {
        let Some(format) = testing::format(&document.root) else {
            others.push(document);
            continue;
        };
        let (suite, found) = testing::read(&document, format, &loaded.sources.file(document.file).text);
        findings.extend(found);
        suites.push(suite);
    }
    show(&findings, &loaded.sources);
    if findings.worst() == Some(Severity::Error) {
        return Err(Exit::Data);
    }
    if suites.iter().all(|suite| suite.tests.is_empty()) {
        let help = "a document with tests has the field `tests`: see docs/testing-configuration.md";
        report::say("error", "the input holds no tests", Some(help));
        return Err(Exit::Data);
    }
    let (mut results, mut coverage) = (Vec::new(), Coverage::default());
    for (wanted, suites) in by_input(&suites, &loaded, arguments) {
        let mut run = Run { sources: &loaded.sources, arguments, suites: &suites, coverage: &mut coverage };
        if wanted.is_empty() {
            results.extend(run.on(&loaded, &others, Diagnostics::default())?);
            continue;
        }
        let own = load::read(&[&wanted], settings)?;
        let (documents, findings) = load::parse(&own.sources);
        results.extend(run.on(&own, &documents, findings)?);
    }
    results.sort_by(|a, b| a.place.cmp(&b.place));
    Ok((results, coverage))
}

/// The suites by the paths that they are about, which are none where that is what lies beside the tests.
fn by_input<'s>(suites: &'s [Suite], loaded: &Loaded, arguments: &TestArgs) -> Vec<(Vec<PathBuf>, Vec<&'s Suite>)> {
    let mut groups: Vec<(Vec<PathBuf>, Vec<&Suite>)> = Vec::new();
    for suite in suites {
        let directory = Path::new(&*loaded.sources.file(suite.file).name).parent().unwrap_or(Path::new(""));
        let wanted: Vec<PathBuf> = match &suite.config[..] {
            [] => arguments.files.clone(),
            config => config.iter().map(|path| directory.join(path)).collect(),
        };
        match groups.iter_mut().find(|(known, _)| *known == wanted) {
            Some((_, group)) => group.push(suite),
            None => groups.push((wanted, vec![suite])),
        }
    }
    groups
}

/// Shows findings about bytes of texts.
pub(super) fn show(findings: &Diagnostics, sources: &SourceMap) {
    report::diagnostics(findings, sources, &|label| match label.location {
        Location::Span(span) => Some(span),
        _ => None,
    });
}
