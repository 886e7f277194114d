//! What `meshc diff` compares: both inputs, and each proxy of them.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::args::{MeshArgs, ProxyArgs};
use super::diff::DiffArgs;
use super::exit::Exit;
use super::git::{self, Revision};
use super::{choose, emit, generate, input, report};
use crate::base::{Diagnostic, FileId, Label, Location, Origin, Severity, SourceFile, SourceMap, Span};
use crate::diff::Side;
use crate::diff::plan::Written;
use crate::envoy::json::Style;
use crate::envoy::stock;
use crate::envoy::{bootstrap, xds};
use crate::explain::provenance::{Citation, Provenance, provenance};
use crate::ir;
use crate::lower;
use crate::mesh::{self, LinkOptions, Mesh};
use crate::proxy::{self, Named, Proxy};
use crate::resource::{self, DecodeOptions, ResourceInfo, Resources};
use crate::simulate::{Lists, ReadError};
use crate::yaml::{self, Document};

/// The texts of one input.
pub(super) struct Texts {
    /// As the user names it.
    pub name: String,
    /// What it holds.
    pub content: Content,
}

/// What an input holds.
pub(super) enum Content {
    /// Manifests: files of the source map.
    Manifests {
        /// The files, by name.
        files: Vec<FileId>,
        /// Which of them is the MeshConfig.
        mesh_config: Option<FileId>,
    },
    /// A configuration of Envoy.
    Configuration(Value),
}

/// Reads both inputs into one source map.
pub(super) fn read(arguments: &DiffArgs, sources: &mut SourceMap) -> Result<[Texts; 2], Exit> {
    let mut one = |path: &Path, other: &Path| -> Result<Texts, Exit> {
        let found = match Revision::parse(path) {
            Some(revision) => {
                let other = Some(other).filter(|other| Revision::parse(other).is_none());
                git::read(&revision, other).map_err(|error| vec![error])
            }
            None => input::read(&[path.to_owned()]),
        };
        let found = found.map_err(|errors| {
            for error in errors {
                let message = format!("`{}` cannot be read: {}", error.path, error.message);
                report::say("error", &message, error.help.as_deref());
            }
            Exit::Data
        })?;
        texts(path.display().to_string(), found, &arguments.mesh, sources)
    };
    Ok([one(&arguments.old, &arguments.new)?, one(&arguments.new, &arguments.old)?])
}

fn texts(name: String, found: SourceMap, mesh: &MeshArgs, sources: &mut SourceMap) -> Result<Texts, Exit> {
    let files: Vec<&SourceFile> = found.iter().map(|(_, file)| file).collect();
    if let [file] = &files[..]
        && let Some(value) = configuration(file)
    {
        return Ok(Texts { name, content: Content::Configuration(value) });
    }
    let mut ids: Vec<FileId> = files.into_iter().map(|file| sources.add(file.clone())).collect();
    let mut mesh_config = None;
    if let Some(path) = &mesh.mesh_config {
        let text = input::read_file(path).map_err(|error| {
            report::say("error", &format!("`{}` cannot be read: {}", error.path, error.message), error.help.as_deref());
            Exit::Data
        })?;
        mesh_config = Some(sources.add(SourceFile::new(path.display().to_string(), text)));
    }
    ids.extend(mesh_config);
    Ok(Texts { name, content: Content::Manifests { files: ids, mesh_config } })
}

/// The configuration of Envoy that a text is, in JSON or YAML; `None` is a text with something else.
fn configuration(file: &SourceFile) -> Option<Value> {
    const KEYS: [&str; 4] = ["static_resources", "staticResources", "configs", "listeners"];
    let marked = |value: &Value| value.get("kind").is_none() && KEYS.iter().any(|key| value.get(key).is_some());
    let value = if file.text.trim_start().starts_with('{') {
        serde_json::from_str(&file.text).ok()?
    } else {
        if !KEYS.iter().any(|key| file.text.contains(key)) {
            return None;
        }
        let (documents, _) = yaml::parse(FileId(0), &file.text);
        match &documents[..] {
            [document] => document.root.to_json(),
            _ => return None,
        }
    };
    marked(&value).then_some(value)
}

/// An input, ready to be compiled for any proxy.
pub(super) enum Input<'s> {
    /// Manifests.
    Mesh(Box<Manifests<'s>>),
    /// A configuration of one proxy.
    Configuration {
        /// As the user names it.
        name: String,
        /// Its JSON.
        value: Value,
    },
}

/// Manifests, linked.
pub(super) struct Manifests<'s> {
    sources: &'s SourceMap,
    options: DecodeOptions,
    domain: String,
    /// The documents.
    pub documents: Vec<Document<'s>>,
    /// The objects.
    pub resources: Resources,
    /// The snapshot.
    pub mesh: Mesh,
}

/// Decodes and links an input; what cannot be read ends the run.
pub(super) fn link<'s>(texts: Texts, sources: &'s SourceMap, arguments: &MeshArgs) -> Result<Input<'s>, Exit> {
    let (files, mesh_config) = match texts.content {
        Content::Configuration(value) => return Ok(Input::Configuration { name: texts.name, value }),
        Content::Manifests { files, mesh_config } => (files, mesh_config),
    };
    let parsed: Vec<_> = files.par_iter().map(|id| yaml::parse(*id, &sources.file(*id).text)).collect();
    let mut documents = Vec::new();
    let mut findings = crate::base::Diagnostics::default();
    for (found, diagnostics) in parsed {
        documents.extend(found);
        findings.extend(diagnostics);
    }
    let unparsable = findings.worst() == Some(Severity::Error);
    let options = DecodeOptions { default_namespace: arguments.namespace.clone(), mesh_config, mesh_networks: None };
    let (resources, found) = resource::decode(&documents, &options);
    findings.extend(found);
    // As `generate`: what can be read as what it is. All else is for `meshc lint`.
    let unreadable = |finding: &Diagnostic| {
        finding.severity == Severity::Error && (unparsable || generate::UNREADABLE.contains(&finding.code))
    };
    if findings.0.iter().any(unreadable) {
        findings.0.retain(|finding| finding.severity == Severity::Error);
        let resolve = |label: &Label| -> Option<Span> { resources.span(&documents, &label.location) };
        report::diagnostics(&findings, sources, &resolve);
        return Err(Exit::Data);
    }
    let domain = arguments.domain.clone();
    let mesh = linked(&resources, &domain);
    Ok(Input::Mesh(Box::new(Manifests { sources, options, domain, documents, resources, mesh })))
}

fn linked(resources: &Resources, domain: &str) -> Mesh {
    mesh::link(resources, LinkOptions { domain: domain.to_owned(), ..LinkOptions::default() }).0
}

/// The form in which two inputs are compared.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// As istiod sends it to its own proxies: everything is in it.
    Xds,
    /// As `generate --out` writes it to this file.
    Bootstrap(PathBuf),
}

/// A bootstrap is compared with what would be written in its place.
pub(super) fn form(inputs: &[Input<'_>; 2]) -> Form {
    let bootstrap = inputs.iter().find_map(|input| match input {
        Input::Configuration { name, value } => {
            let is = value.get("static_resources").or_else(|| value.get("staticResources")).is_some();
            is.then(|| PathBuf::from(name))
        }
        Input::Mesh(_) => None,
    });
    bootstrap.map_or(Form::Xds, Form::Bootstrap)
}

/// The configuration of a proxy.
pub(super) struct Compiled {
    /// Equal texts mean the same.
    pub text: String,
    config: Option<ir::ProxyConfig>,
}

impl Manifests<'_> {
    /// The configuration of `proxy`.
    pub(super) fn compile(&self, proxy: &Proxy, form: &Form) -> Compiled {
        let view = proxy::view(&self.mesh, proxy);
        let (config, _) = lower::lower(&view);
        match form {
            Form::Xds => Compiled { text: xds::xds(&config).to_json(Style::Compact), config: Some(config) },
            Form::Bootstrap(out) => {
                let options = emit::default_options(out, proxy);
                let (config, _) = stock::stock(config);
                let (output, _) = bootstrap::bootstrap(config.clone(), &options);
                Compiled { text: output.to_json(Style::Compact), config: Some(config) }
            }
        }
    }

    /// These manifests with one object as `new` has it, or without it where `new` has none.
    pub(super) fn with(&self, object: &Written, new: &Self) -> Self {
        let place = |of: &'_ Self| -> Option<ResourceInfo> {
            let is = |info: &&ResourceInfo| {
                info.kind.name() == object.kind && info.namespace == object.namespace && info.name == object.name
            };
            of.resources.infos.iter().find(is).cloned()
        };
        // An element of a list gives way to nothing, so that the others keep their paths.
        let clear = |document: &mut Document<'_>, info: &ResourceInfo| {
            if let Some(node) = document.root.lookup_mut(&info.path) {
                node.kind = yaml::Kind::Null;
            }
        };
        let mut documents = self.documents.clone();
        if let Some(here) = place(self)
            && let Some(document) = documents.get_mut(here.document)
        {
            clear(document, &here);
        }
        if let Some(there) = place(new)
            && let Some(document) = new.documents.get(there.document)
        {
            let mut document = document.clone();
            let beside = |info: &&ResourceInfo| info.document == there.document && info.path != there.path;
            new.resources.infos.iter().filter(beside).for_each(|info| clear(&mut document, info));
            documents.push(document);
        }
        let (resources, _) = resource::decode(&documents, &self.options);
        let mesh = linked(&resources, &self.domain);
        let options = self.options.clone();
        Self { sources: self.sources, options, domain: self.domain.clone(), documents, resources, mesh }
    }

    /// Every object, as far as the user wants something of it.
    pub(super) fn written(&self) -> Vec<Written> {
        let one = |info: &ResourceInfo| {
            let node = self.documents.get(info.document)?.root.lookup(&info.path)?;
            let file = self.sources.file(info.file);
            Some(Written {
                kind: info.kind.name().to_owned(),
                namespace: info.namespace.clone(),
                name: info.name.clone(),
                file: file.name.to_string(),
                line: file.line_column(node.start).line,
                content: wanted(node.to_json(), &info.namespace),
            })
        };
        self.resources.infos.iter().filter_map(one).collect()
    }

    /// Objects that apply to the proxy and are not translated: their place in [`Manifests::written`].
    pub(super) fn untranslated(&self, proxy: &Proxy) -> Vec<(String, String, String)> {
        let view = proxy::view(&self.mesh, proxy);
        let policies = proxy::untranslated_policies(&view);
        let named = policies.iter().filter_map(|policy| self.resources.info(policy.origin.resource));
        named.map(|info| (info.kind.name().to_owned(), info.namespace.clone(), info.name.clone())).collect()
    }

    /// Where the objects of a configuration come from.
    fn provenance(&self, config: &ir::ProxyConfig) -> Provenance {
        let cite = |origin: &Origin| -> Option<Citation> {
            let span = self.resources.span(&self.documents, &Location::Value(origin.clone()))?;
            Citation::new(&self.resources, self.sources, origin, span)
        };
        provenance(config, &cite)
    }

    /// As the comparison reads it, by the same `read` as the other side: a spelling that is the user's own, as in the
    /// format of an access log, has to come out the same.
    pub(super) fn side(&self, compiled: &Compiled, read: fn(Value) -> Result<Lists, ReadError>) -> Result<Side, Exit> {
        let unread = |error: String| report::failure(&format!("the generated configuration: {error}"), None);
        let value = serde_json::from_str(&compiled.text).map_err(|error| unread(error.to_string()))?;
        let lists = read(value).map_err(|error| unread(error.to_string()))?;
        let origins = compiled.config.as_ref().map(|config| self.provenance(config));
        Side::of_lists(lists, origins.as_ref()).map_err(|error| unread(error.to_string()))
    }
}

/// An object without its version, and without what the API server adds.
fn wanted(mut object: Value, namespace: &str) -> Value {
    const SERVER: [&str; 6] =
        ["managedFields", "resourceVersion", "uid", "generation", "selfLink", "creationTimestamp"];
    let Some(fields) = object.as_object_mut() else { return object };
    fields.shift_remove("status");
    if let Some(Value::String(version)) = fields.get_mut("apiVersion") {
        *version = version.split_once('/').map_or("", |(group, _)| group).to_owned();
    }
    if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
        SERVER.iter().for_each(|key| drop(metadata.shift_remove(*key)));
        metadata.insert("namespace".to_owned(), namespace.into());
        if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
            annotations.shift_remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    object
}

/// A proxy that is compared; one that is not in an input is missing there.
pub(super) struct Pair {
    /// As `shop/pod.web-1`.
    pub name: String,
    /// In the old input.
    pub old: Option<Proxy>,
    /// In the new one.
    pub new: Option<Proxy>,
}

/// The proxies that the arguments name, or all of both meshes.
pub(super) fn pairs(arguments: &ProxyArgs, old: &Mesh, new: &Mesh) -> Result<Vec<Pair>, Exit> {
    if arguments.service_node.is_none() && arguments.proxy.is_none() && arguments.gateway.is_none() {
        return Ok(all(old, new));
    }
    let has = |mesh: &Mesh| match (&arguments.proxy, &arguments.gateway) {
        (Some(name), _) => {
            mesh.workloads.iter().any(|it| name.split_once('/') == Some((it.namespace.as_str(), it.name.as_str())))
        }
        (_, Some(name)) => mesh.gateways.iter().any(|gateway| gateway.key() == *name),
        (None, None) => true,
    };
    let name = [&arguments.proxy, &arguments.gateway, &arguments.service_node].into_iter().flatten().next();
    let one = |mesh: &Mesh, other: &Mesh| -> Result<Option<Proxy>, Exit> {
        // A name that is in neither input is a mistake.
        if has(mesh) || !has(other) { choose::proxy(arguments, mesh).map(Some) } else { Ok(None) }
    };
    let (old_proxy, new_proxy) = (one(old, new)?, one(new, old)?);
    Ok(vec![Pair { name: name.cloned().unwrap_or_default(), old: old_proxy, new: new_proxy }])
}

/// By name; a router that is not in the input is the same where its node is.
fn all(old: &Mesh, new: &Mesh) -> Vec<Pair> {
    let mut before: Vec<Named> = proxy::all(old);
    let mut pairs = Vec::new();
    for named in proxy::all(new) {
        let same = |other: &Named| other.namespace == named.namespace && other.name == named.name;
        let alike = |other: &Named| {
            other.namespace == named.namespace && other.proxy.node.to_string() == named.proxy.node.to_string()
        };
        let place = before.iter().position(same).or_else(|| before.iter().position(alike));
        let old = place.map(|place| before.remove(place).proxy);
        pairs.push(Pair { name: format!("{}/{}", named.namespace, named.name), old, new: Some(named.proxy) });
    }
    pairs.extend(before.into_iter().map(|named| Pair {
        name: format!("{}/{}", named.namespace, named.name),
        old: Some(named.proxy),
        new: None,
    }));
    pairs.sort_by(|a, b| a.name.cmp(&b.name));
    pairs
}
