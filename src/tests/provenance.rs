//! What `--emit provenance` says is true: each cited node of each input is deleted in turn, the configuration is
//! made again, and every object that changed or went away must cite the node, one around it or one inside it.
//! And no node is cited in vain: deleting it changes an object that cites it.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

use meshc::base::{FileId, Location, Origin, SourceFile, SourceMap};
use meshc::envoy::json::Style;
use meshc::envoy::xds;
use meshc::explain::provenance::{Citation, Provenance, provenance};
use meshc::mesh::LinkOptions;
use meshc::proxy::{self, Proxy};
use meshc::resource::{self, DecodeOptions};
use meshc::{lower, mesh, yaml};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A node of the input: kind, namespace, name, path.
type Node = (String, String, String, String);

/// Where a node is: which document, and the steps to it.
type Place = (usize, Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

/// One object of a configuration.
struct Object {
    /// What tells it from others; several may share it.
    key: String,
    content: String,
    /// What it cites itself.
    own: BTreeSet<Node>,
    /// What the objects around it cite: it goes with them.
    around: BTreeSet<Node>,
}

struct Made {
    objects: Vec<Object>,
    places: BTreeMap<Node, Place>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// The YAML files of a directory, in order.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

/// The documents of an input as values, so that nodes can be taken out of them.
fn documents(files: &[PathBuf]) -> Vec<Value> {
    let texts: Vec<String> = files.iter().map(|path| fs::read_to_string(path).expect("a text")).collect();
    let parsed = texts.iter().map(|text| yaml::parse(FileId(0), text));
    parsed
        .flat_map(|(documents, found)| {
            assert!(found.0.is_empty(), "{found:?}");
            documents.iter().map(|document| document.root.to_json()).collect::<Vec<_>>()
        })
        .filter(|document| !document.is_null())
        .collect()
}

/// The routers of an input.
fn routers(documents: &[Value]) -> Vec<Proxy> {
    let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
    let parsed: Vec<_> = texts.iter().flat_map(|text| yaml::parse(FileId(0), text).0).collect();
    let (resources, _) = resource::decode(&parsed, &options());
    let (mesh, _) = mesh::link(&resources, LinkOptions::default());
    proxy::routers(&mesh).into_iter().map(|router| router.proxy).collect()
}

fn options() -> DecodeOptions {
    DecodeOptions { default_namespace: "default".into(), mesh_config: None, mesh_networks: None }
}

/// The pipeline, from documents to one proxy's objects. Findings do not end it: what is refused is left out.
fn make(documents: &[Value], proxy: &Proxy) -> Made {
    let mut sources = SourceMap::default();
    let texts: Vec<(FileId, String)> = documents
        .iter()
        .map(|document| {
            let text = document.to_string();
            (sources.add(SourceFile::new("input.yaml", text.as_str())), text)
        })
        .collect();
    let parsed: Vec<_> = texts.iter().flat_map(|(file, text)| yaml::parse(*file, text).0).collect();
    let (resources, _) = resource::decode(&parsed, &options());
    let (mesh, _) = mesh::link(&resources, LinkOptions::default());
    let (config, _) = lower::lower(&proxy::view(&mesh, proxy));
    let places = RefCell::new(BTreeMap::new());
    let cite = |origin: &Origin| {
        let span = resources.span(&parsed, &Location::Value(origin.clone()))?;
        let citation = Citation::new(&resources, &sources, origin, span)?;
        let info = resources.info(origin.resource)?;
        let steps = info.path.segments().into_iter().chain(origin.path.segments()).map(step).collect();
        places.borrow_mut().insert(node(&citation), (info.file.0 as usize, steps));
        Some(citation)
    };
    let provenance = provenance(&config, &cite);
    let xds = serde_json::from_str(&xds::xds(&config).to_json(Style::Compact)).expect("JSON");
    Made { objects: objects(&provenance, &xds), places: places.into_inner() }
}

fn step(segment: &meshc::base::Segment) -> Step {
    match segment {
        meshc::base::Segment::Key(key) => Step::Key(key.to_string()),
        meshc::base::Segment::Index(index) => Step::Index(*index as usize),
    }
}

fn node(citation: &Citation) -> Node {
    let Citation { kind, namespace, name, file: _, line: _, column: _, path } = citation;
    (kind.clone(), namespace.clone(), name.clone(), path.clone())
}

/// The objects of a configuration, each without those that are objects of their own.
fn objects(provenance: &Provenance, xds: &Value) -> Vec<Object> {
    let mut all = Objects(Vec::new());
    let none = BTreeSet::new();
    for (cluster, content) in zip(&provenance.clusters, &xds["clusters"]) {
        let endpoints = cluster.endpoints.iter().flat_map(|endpoint| &endpoint.origins);
        all.add(format!("cluster {}", cluster.name), content, cluster.origins.iter().chain(endpoints), &none);
    }
    for (listener, content) in zip(&provenance.listeners, &xds["listeners"]) {
        let key = format!("listener {}", listener.name);
        let around = all.add(key.clone(), &without(content, "filter_chains"), &listener.origins, &none);
        for (chain, content) in zip(&listener.filter_chains, &content["filter_chains"]) {
            let key = format!("{key}, chain {:?} {:?}", chain.server_names, chain.application_protocols);
            all.add(key, content, &chain.origins, &around);
        }
    }
    for (routes, content) in zip(&provenance.routes, &xds["routes"]) {
        let key = format!("routes {}", routes.name);
        let around = all.add(key.clone(), &without(content, "virtual_hosts"), &routes.origins, &none);
        for (host, content) in zip(&routes.virtual_hosts, &content["virtual_hosts"]) {
            let key = format!("{key}, virtual host {}", host.name);
            // A virtual host goes with the last of its routes.
            let of_all = host
                .routes
                .first()
                .into_iter()
                .flat_map(|route| &route.origins)
                .filter(|citation| host.routes.iter().all(|route| route.origins.contains(citation)));
            let mut here = around.clone();
            here.extend(of_all.map(node));
            here.extend(all.add(key.clone(), &without(content, "routes"), &host.origins, &here));
            for (route, content) in zip(&host.routes, content.get("routes").unwrap_or(&Value::Null)) {
                all.add(format!("{key}, route {}", route.matches), content, &route.origins, &here);
            }
        }
    }
    for (assignment, content) in zip(&provenance.endpoints, &xds["endpoints"]) {
        let endpoints = assignment.endpoints.iter().flat_map(|endpoint| &endpoint.origins);
        let key = format!("endpoints {}", assignment.cluster);
        all.add(key, content, assignment.origins.iter().chain(endpoints), &none);
    }
    for (secret, content) in zip(&provenance.secrets, &xds["secrets"]) {
        all.add(format!("secret {}", secret.name), content, &secret.origins, &none);
    }
    all.0
}

/// Both sides of a list, which must be of one shape.
fn zip<'a, T>(cited: &'a [T], content: &'a Value) -> impl Iterator<Item = (&'a T, &'a Value)> {
    let content = content.as_array().map_or(&[][..], |list| list);
    assert_eq!(cited.len(), content.len(), "provenance has the shape of xds");
    cited.iter().zip(content)
}

fn without(content: &Value, field: &str) -> Value {
    let mut content = content.clone();
    content.as_object_mut().expect("an object").remove(field);
    content
}

struct Objects(Vec<Object>);

impl Objects {
    fn add<'a>(
        &mut self,
        key: String,
        content: &Value,
        origins: impl IntoIterator<Item = &'a Citation>,
        around: &BTreeSet<Node>,
    ) -> BTreeSet<Node> {
        let own: BTreeSet<Node> = origins.into_iter().map(node).collect();
        self.0.push(Object { key, content: content.to_string(), own: own.clone(), around: around.clone() });
        own
    }
}

/// Takes a node out of the documents; `None` where it is not there. The only match of a rule takes the rule
/// along: without it the rule would take every request, also those of the rules after it.
fn remove(documents: &[Value], (document, steps): &Place) -> Option<Vec<Value>> {
    if let [rule @ .., Step::Key(key), Step::Index(0)] = &steps[..]
        && key == "match"
    {
        let matches = lookup(documents.get(*document)?, steps.split_last()?.1)?;
        if matches.as_array()?.len() == 1 {
            return remove(documents, &(*document, rule.to_vec()));
        }
    }
    let mut documents = documents.to_vec();
    let Some((last, before)) = steps.split_last() else {
        documents.remove(*document);
        return Some(documents);
    };
    let mut at = documents.get_mut(*document)?;
    for step in before {
        at = match step {
            Step::Key(key) => at.get_mut(key)?,
            Step::Index(index) => at.get_mut(index)?,
        };
    }
    match last {
        Step::Key(key) => drop(at.as_object_mut()?.remove(key)?),
        Step::Index(index) => {
            let list = at.as_array_mut()?;
            (*index < list.len()).then(|| list.remove(*index))?;
        }
    }
    Some(documents)
}

fn lookup<'a>(document: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    steps.iter().try_fold(document, |at, step| match step {
        Step::Key(key) => at.get(key),
        Step::Index(index) => at.get(index),
    })
}

/// Whether two nodes are one, or one is inside the other.
fn related(a: &Node, b: &Node) -> bool {
    let inside = |outer: &str, inner: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
    };
    (&a.0, &a.1, &a.2) == (&b.0, &b.1, &b.2) && (inside(&a.3, &b.3) || inside(&b.3, &a.3))
}

/// The objects that are not among the others, each of which stands for one.
fn changed<'a>(before: &'a [Object], after: &'a [Object]) -> Vec<&'a Object> {
    let mut left: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for object in after {
        *left.entry((&object.key, &object.content)).or_default() += 1;
    }
    let mut changed = Vec::new();
    for object in before {
        match left.get_mut(&(object.key.as_str(), object.content.as_str())) {
            Some(count) if *count > 0 => *count -= 1,
            _ => changed.push(object),
        }
    }
    changed
}

fn faults(name: &str, files: &[PathBuf]) -> Vec<String> {
    let documents = documents(files);
    let mut faults = Vec::new();
    let mut cited = 0;
    for proxy in routers(&documents) {
        let made = make(&documents, &proxy);
        for (node, place) in &made.places {
            cited += 1;
            let Some(rest) = remove(&documents, place) else {
                faults.push(format!("{name}: cited, but not in the input: {node:?}"));
                continue;
            };
            let rest = make(&rest, &proxy);
            let changed = changed(&made.objects, &rest.objects);
            for object in &changed {
                if !object.own.iter().chain(&object.around).any(|cited| related(cited, node)) {
                    faults.push(format!("{name}: changes without {node:?}, and does not cite it: {}", object.key));
                }
            }
            if !changed.iter().any(|object| object.own.iter().any(|cited| related(cited, node))) {
                faults.push(format!("{name}: cited in vain: {node:?}"));
            }
        }
    }
    if cited == 0 {
        faults.push(format!("{name}: nothing is cited"));
    }
    faults
}

#[test]
fn every_object_cites_the_nodes_that_it_changes_with() {
    let mut found = faults("provenance", &files(&root().join("provenance")));
    let cluster = files(&root().join("demo/cluster"));
    let mut demos: Vec<PathBuf> = fs::read_dir(root().join("demo"))
        .expect("demos")
        .map(|entry| entry.expect("an entry").path().join("input"))
        .filter(|path| path.is_dir())
        .collect();
    demos.sort();
    assert!(!demos.is_empty());
    for demo in demos {
        let case = fs::read_to_string(demo.with_file_name("case.yaml")).unwrap_or_default();
        let mut all = files(&demo);
        if !case.contains("alone: true") {
            all.extend(cluster.iter().cloned());
        }
        found.extend(faults(&demo.display().to_string(), &all));
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[test]
fn citations_are_the_users_own_files_and_lines() {
    let path = root().join("provenance/shop.yaml");
    let text = fs::read_to_string(&path).expect("a text");
    let mut sources = SourceMap::default();
    let file = sources.add(SourceFile::new("shop.yaml", text.as_str()));
    let (documents, _) = yaml::parse(file, &text);
    let (resources, _) = resource::decode(&documents, &options());
    let (mesh, _) = mesh::link(&resources, LinkOptions::default());
    let router = proxy::routers(&mesh).into_iter().next().expect("a router");
    let (config, _) = lower::lower(&proxy::view(&mesh, &router.proxy));
    let cite = |origin: &Origin| {
        let span = resources.span(&documents, &Location::Value(origin.clone()))?;
        Citation::new(&resources, &sources, origin, span)
    };
    let provenance = provenance(&config, &cite);
    let hosts = provenance.routes.iter().flat_map(|routes| &routes.virtual_hosts);
    let route = hosts
        .flat_map(|host| &host.routes)
        .find(|route| route.matches == "prefix /reviews/new")
        .expect("the delegate's route");
    let lines: Vec<&str> = text.lines().collect();
    let cited: Vec<(&str, &str, &str)> = route
        .origins
        .iter()
        .map(|one| {
            (one.name.as_str(), one.path.as_str(), lines[one.line as usize - 1][one.column as usize - 1..].trim())
        })
        .collect();
    assert_eq!(
        cited[..3],
        [
            ("reviews", "spec.http[0].match[0]", "uri: {prefix: /reviews/new}"),
            ("shop", "spec.http[0].match[0]", "uri: {prefix: /reviews}"),
            ("reviews", "spec.http[0]", "match:"),
        ]
    );
}
