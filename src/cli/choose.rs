//! Which proxy the user means, and whether all that applies to it is translated.

use std::path::Path;

use super::args::ProxyArgs;
use super::exit::Exit;
use super::{input, report};
use crate::base::{Diagnostic, Diagnostics, Location, Severity};
use crate::mesh::Mesh;
use crate::proxy::{self, NodeId, Proxy, ProxyView, Router};
use crate::resource::Resources;
use crate::testing::suite::ProxyName;

/// Why there is no proxy.
#[derive(Debug)]
pub(super) struct NotChosen {
    /// How a run ends for which the arguments name the proxy.
    exit: Exit,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl NotChosen {
    fn usage(message: String, help: Option<String>) -> Self {
        Self { exit: Exit::Usage, message, help }
    }
}

/// The proxy that the arguments name, or the only one there is; else says why not.
pub(super) fn proxy(arguments: &ProxyArgs, mesh: &Mesh) -> Result<Proxy, Exit> {
    find(arguments, mesh).map_err(|why| {
        report::say("error", &why.message, why.help.as_deref());
        why.exit
    })
}

/// The proxy that the arguments name, or the only one there is.
pub(super) fn find(arguments: &ProxyArgs, mesh: &Mesh) -> Result<Proxy, NotChosen> {
    if let Some(node) = &arguments.service_node {
        return from_node(node, arguments.metadata.as_deref());
    }
    if let Some(name) = &arguments.proxy {
        return from_workload(name, mesh);
    }
    let routers = proxy::routers(mesh);
    match &arguments.gateway {
        Some(name) => from_gateway(name, mesh, routers),
        None => only(routers),
    }
}

/// The proxy of this name.
pub(super) fn named(name: &ProxyName, mesh: &Mesh) -> Result<Proxy, NotChosen> {
    match name {
        ProxyName::Gateway(name) => from_gateway(name, mesh, proxy::routers(mesh)),
        ProxyName::Workload(name) => from_workload(name, mesh),
        ProxyName::Node { id, metadata } => Ok(Proxy::new(node_id(id)?, metadata.clone())),
    }
}

fn from_node(node: &str, metadata: Option<&Path>) -> Result<Proxy, NotChosen> {
    let node = node_id(node)?;
    let Some(path) = metadata else {
        return Ok(Proxy::new(node, serde_json::Value::Object(serde_json::Map::new())));
    };
    let unreadable = |message: String, help| NotChosen { exit: Exit::Data, message, help };
    let text = input::read_file(path)
        .map_err(|error| unreadable(format!("`{}` cannot be read: {}", error.path, error.message), error.help))?;
    let unparsable = |why: String| unreadable(format!("--metadata `{}`: {why}", path.display()), None);
    match serde_json::from_str(&text) {
        Ok(metadata @ serde_json::Value::Object(_)) => Ok(Proxy::new(node, metadata)),
        Ok(_) => Err(unparsable("it is no JSON object".to_owned())),
        Err(error) => Err(unparsable(error.to_string())),
    }
}

/// Envoy's node id for Istio.
fn node_id(text: &str) -> Result<NodeId, NotChosen> {
    text.parse().map_err(|error| {
        let help = "Envoy's node id for Istio looks like `router~10.0.0.9~pod.ns~ns.svc.cluster.local`";
        NotChosen::usage(format!("--service-node `{text}`: {error}"), Some(help.to_owned()))
    })
}

fn from_workload(name: &str, mesh: &Mesh) -> Result<Proxy, NotChosen> {
    let (namespace, name) = split(name)?;
    let found = mesh.workloads.iter().find(|workload| workload.namespace == namespace && workload.name == name);
    let known = || {
        let names = mesh.workloads.iter().map(|workload| format!("{}/{}", workload.namespace, workload.name));
        list("the input has the workloads", names.collect())
    };
    let missing = || NotChosen::usage(format!("the input has no workload `{namespace}/{name}`"), known());
    found.map(|workload| proxy::from_workload(workload, mesh)).ok_or_else(missing)
}

fn from_gateway(name: &str, mesh: &Mesh, routers: Vec<Router>) -> Result<Proxy, NotChosen> {
    let (namespace, gateway) = split(name)?;
    let key = format!("{namespace}/{gateway}");
    if !mesh.gateways.iter().any(|gateway| gateway.key() == key) {
        let known = list("the input has the Gateways", mesh.gateways.iter().map(|gateway| gateway.key()).collect());
        return Err(NotChosen::usage(format!("the input has no Gateway `{key}`"), known));
    }
    only(routers.into_iter().filter(|router| router.gateways.contains(&key)).collect())
}

fn only(mut routers: Vec<Router>) -> Result<Proxy, NotChosen> {
    if routers.len() > 1 {
        let describe = |router: &Router| format!("{} (Gateways {})", router.description, router.gateways.join(", "));
        let help = routers.iter().map(describe).collect::<Vec<_>>().join("\n        ");
        let message = "the input holds more than one router: choose one with --proxy, --gateway or --service-node";
        return Err(NotChosen::usage(message.to_owned(), Some(help)));
    }
    let Some(router) = routers.pop() else {
        let help = "name a proxy with --service-node or --proxy";
        let message = "the input holds no Gateway, so there is no router to generate";
        return Err(NotChosen::usage(message.to_owned(), Some(help.to_owned())));
    };
    if !router.in_input {
        report::say("note", &format!("no workload of the input is selected: generating {}", router.description), None);
    }
    Ok(router.proxy)
}

fn split(name: &str) -> Result<(&str, &str), NotChosen> {
    name.split_once('/').filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty()).ok_or_else(|| {
        let help = "write it as NAMESPACE/NAME";
        NotChosen::usage(format!("`{name}` does not name a namespace"), Some(help.to_owned()))
    })
}

fn list(what: &str, names: Vec<String>) -> Option<String> {
    const SHOWN: usize = 12;
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    (!names.is_empty()).then(|| format!("{what} {}{more}", names[..names.len().min(SHOWN)].join(", ")))
}

/// Reports what applies to the proxy and is not translated. What guards (who may call, who calls,
/// arbitrary patches) must not be left out silently: it ends the run unless the user says so.
pub(super) fn untranslated(
    view: &ProxyView<'_>,
    resources: &Resources,
    allow: bool,
    findings: &mut Diagnostics,
) -> Exit {
    let mut exit = Exit::Ok;
    for policy in proxy::untranslated_policies(view) {
        let refuse = policy.kind.guards() && !allow;
        let severity = if refuse { Severity::Error } else { Severity::Warning };
        let named = resources.info(policy.origin.resource).map_or_else(String::new, ToString::to_string);
        let message = format!("{named} applies to this proxy and is not translated");
        let mut finding =
            Diagnostic::new(severity, "untranslated-policy", Location::Value(policy.origin.clone()), message);
        if refuse {
            exit = Exit::Failure;
            finding = finding.help(
                "without it the proxy would be more open than the mesh; --allow-unsupported generates it all the same",
            );
        }
        findings.push(finding);
    }
    exit
}
