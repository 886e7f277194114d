//! The library's pipeline, from texts to Envoy's configuration, without a command line.

use std::collections::BTreeMap;
use std::fmt;

use meshc::base::{Diagnostic, Diagnostics, FileId, Label, LineColumn, Severity, SourceFile, SourceMap};
use meshc::envoy::bootstrap;
use meshc::envoy::json::Style;
use meshc::envoy::xds::xds;
use meshc::mesh::{LinkOptions, Mesh, link};
use meshc::proxy::Proxy;
use meshc::resource::{DecodeOptions, Resources, decode};
use meshc::{lower, proxy, yaml};

use super::stock;

/// Texts by name, and which one of them is the MeshConfig.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input {
    /// The files, each with its name.
    pub(crate) files: Vec<(String, String)>,
    /// A MeshConfig beside them.
    pub(crate) mesh_config: Option<String>,
}

/// What came of it for one proxy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    /// What is to say, in the order of places.
    pub(crate) findings: Vec<Finding>,
    /// The configuration; `None` where the pipeline has none for this proxy.
    pub(crate) config: Option<Config>,
}

/// The configuration of a proxy.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// What istiod would send: `clusters`, `listeners`, `routes`, `endpoints`, `secrets`.
    pub(crate) xds: String,
    /// The static bootstrap for a stock Envoy, without keys.
    pub(crate) bootstrap: String,
}

/// A diagnostic with its places in the texts.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    diagnostic: Diagnostic,
    place: Option<String>,
    related: Vec<(Option<String>, String)>,
}

impl Finding {
    /// `error[code]: message`, without places.
    pub(crate) fn headline(&self) -> String {
        let severity = match self.diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        format!("{severity}[{}]: {}", self.diagnostic.code, self.diagnostic.message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        let nowhere = "nowhere".to_owned();
        let place = |place: &Option<String>| place.clone().unwrap_or_else(|| nowhere.clone());
        write!(f, "  at {}", place(&self.place))?;
        if !self.diagnostic.label.text.is_empty() {
            write!(f, ": {}", self.diagnostic.label.text)?;
        }
        for (at, text) in &self.related {
            write!(f, "\n  see {}: {text}", place(at))?;
        }
        if let Some(help) = &self.diagnostic.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// Runs the pipeline. `choose` picks the proxies among all there could be; there is one [`Run`]
/// for each, and one without configuration where it picks none.
pub(crate) fn run(input: &Input, choose: impl Fn(&Mesh) -> Vec<Proxy>) -> Vec<Run> {
    let mut sources = SourceMap::default();
    for (name, text) in &input.files {
        sources.add(SourceFile::new(name.as_str(), text.as_str()));
    }
    let mesh_config = input.mesh_config.as_deref().map(|text| sources.add(SourceFile::new("mesh.yaml", text)));
    let mut documents = Vec::new();
    let mut diagnostics = Diagnostics::default();
    for (id, file) in sources.iter() {
        let (parsed, found) = yaml::parse(id, &file.text);
        documents.extend(parsed);
        diagnostics.extend(found);
    }
    let options = DecodeOptions { mesh_config, ..DecodeOptions::default() };
    let (resources, found) = decode(&documents, &options);
    diagnostics.extend(found);
    let (mesh, found) = link(&resources, LinkOptions::default());
    diagnostics.extend(found);
    let places = Places { sources: &sources, documents: &documents, resources: &resources };
    let proxies = choose(&mesh);
    if proxies.is_empty() {
        return vec![Run { findings: places.findings(&diagnostics), config: None }];
    }
    let compiled = proxies.iter().map(|proxy| {
        let (config, found) = compile(&mesh, proxy);
        let mut all = diagnostics.clone();
        all.extend(found);
        Run { findings: places.findings(&all), config }
    });
    compiled.collect()
}

/// The routers of the input.
pub(crate) fn routers(mesh: &Mesh) -> Vec<Proxy> {
    proxy::routers(mesh).into_iter().map(|router| router.proxy).collect()
}

fn compile(mesh: &Mesh, proxy: &Proxy) -> (Option<Config>, Diagnostics) {
    let view = proxy::view(mesh, proxy);
    let (config, mut diagnostics) = lower::lower(&view);
    let xds = xds(&config).to_json(Style::Pretty);
    let (output, found) = bootstrap::bootstrap(config, &stock::options(proxy));
    diagnostics.extend(found);
    let bootstrap = output.to_json(Style::Pretty);
    (Some(Config { xds, bootstrap }), diagnostics)
}

/// What places are looked up in.
struct Places<'a, 'src> {
    sources: &'a SourceMap,
    documents: &'a [yaml::Document<'src>],
    resources: &'a Resources,
}

impl Places<'_, '_> {
    /// The findings by place, each once.
    fn findings(&self, diagnostics: &Diagnostics) -> Vec<Finding> {
        let mut found: BTreeMap<(Option<(FileId, u32)>, String), Finding> = BTreeMap::new();
        for diagnostic in &diagnostics.0 {
            let span = self.resources.span(self.documents, &diagnostic.label.location);
            let related = diagnostic.related.iter().map(|label| (self.place(label), label.text.clone())).collect();
            let place = self.place(&diagnostic.label);
            let finding = Finding { diagnostic: diagnostic.clone(), place, related };
            found.insert((span.map(|span| (span.file, span.start)), finding.headline()), finding);
        }
        found.into_values().collect()
    }

    fn place(&self, label: &Label) -> Option<String> {
        let span = self.resources.span(self.documents, &label.location)?;
        let file = self.sources.file(span.file);
        let LineColumn { line, column } = file.line_column(span.start);
        Some(format!("{}:{line}:{column}", file.name))
    }
}
