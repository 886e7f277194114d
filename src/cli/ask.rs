//! Manifests → what one proxy would do, ready to be asked.

use super::{choose, generate, load, report};
use crate::base::{Diagnostics, Label, Location, Origin, Severity, SourceMap, Span};
use crate::envoy::json::Style;
use crate::envoy::xds;
use crate::explain::provenance::{Citation, Provenance, provenance};
use crate::mesh::{self, LinkOptions, Mesh};
use crate::proxy::{self, Proxy};
use crate::resource::{self, DecodeOptions, Resources};
use crate::simulate::{Configuration, Lists, Request};
use crate::yaml::Document;
use crate::{base, lower};

/// Manifests, linked.
pub(super) struct Linked<'a> {
    /// Their texts.
    pub sources: &'a SourceMap,
    /// Their documents.
    pub documents: &'a [Document<'a>],
    /// Their objects.
    pub resources: Resources,
    /// The mesh that they make.
    pub mesh: Mesh,
}

/// What is not written in the manifests.
pub(super) struct LinkSettings<'a> {
    /// The namespace of objects that name none.
    pub namespace: &'a str,
    /// The cluster's DNS suffix.
    pub domain: &'a str,
    /// Which text is the MeshConfig.
    pub mesh_config: Option<base::FileId>,
    /// Which text is the MeshNetworks.
    pub mesh_networks: Option<base::FileId>,
}

impl<'a> LinkSettings<'a> {
    /// Of the arguments about the mesh.
    pub(super) fn new(mesh: &'a super::args::MeshArgs, loaded: &load::Loaded) -> Self {
        Self {
            namespace: &mesh.namespace,
            domain: &mesh.domain,
            mesh_config: loaded.mesh_config,
            mesh_networks: loaded.mesh_networks,
        }
    }
}

impl<'a> Linked<'a> {
    /// Decodes and links the documents, and adds what there is to say about them to `findings`.
    pub(super) fn new(
        sources: &'a SourceMap,
        documents: &'a [Document<'a>],
        settings: &LinkSettings<'_>,
        findings: &mut Diagnostics,
    ) -> Self {
        let LinkSettings { namespace, domain, mesh_config, mesh_networks } = *settings;
        let options = DecodeOptions { default_namespace: namespace.to_owned(), mesh_config, mesh_networks };
        let (resources, found) = resource::decode(documents, &options);
        findings.extend(found);
        let (mesh, found) = mesh::link(&resources, LinkOptions { domain: domain.to_owned(), ..LinkOptions::default() });
        findings.extend(found);
        Self { sources, documents, resources, mesh }
    }

    /// Where a label is.
    pub(super) fn span(&self, label: &Label) -> Option<Span> {
        self.resources.span(self.documents, &label.location)
    }

    /// Shows the errors of `findings`; what else is to say about the input is for `meshc lint`. Whether they leave in doubt
    /// what the user means: what only Istio's webhook would refuse is generated, here as by `meshc generate`.
    pub(super) fn show_errors(&self, findings: Diagnostics, unparsable: bool) -> bool {
        let errors =
            Diagnostics(findings.0.into_iter().filter(|finding| finding.severity == Severity::Error).collect());
        report::diagnostics(&errors, self.sources, &|label| self.span(label));
        unparsable || errors.0.iter().any(|finding| generate::UNREADABLE.contains(&finding.code))
    }

    /// What `proxy` would do. Policies that apply to it and are not translated are said.
    ///
    /// # Errors
    /// What is generated cannot be read again, which is a fault of meshc; as a message.
    pub(super) fn compile(&self, proxy: &Proxy) -> Result<Compiled, String> {
        let view = proxy::view(&self.mesh, proxy);
        let mut policies = Diagnostics::default();
        choose::untranslated(&view, &self.resources, true, &mut policies);
        report::diagnostics(&policies, self.sources, &|label| self.span(label));
        let (config, _) = lower::lower(&view);
        let unread = |error: String| format!("the generated configuration: {error}");
        let text = xds::xds(&config).to_json(Style::Compact);
        let value = serde_json::from_str(&text).map_err(|error| unread(error.to_string()))?;
        let lists = Lists::from_own(value).map_err(|error| unread(error.to_string()))?;
        let configuration = Configuration::from_lists(&lists).map_err(|error| unread(error.to_string()))?;
        let cite = |origin: &Origin| -> Option<Citation> {
            let span = self.resources.span(self.documents, &Location::Value(origin.clone()))?;
            Citation::new(&self.resources, self.sources, origin, span)
        };
        let targets = proxy::service_targets(proxy, &self.mesh);
        Ok(Compiled {
            provenance: provenance(&config, &cite),
            service_ports: targets.iter().map(|target| (target.port.port, target.target_port)).collect(),
            configuration,
            lists,
        })
    }
}

/// What one proxy would do.
pub(super) struct Compiled {
    /// Its configuration.
    pub configuration: Configuration,
    /// The same as JSON.
    pub lists: Lists,
    /// What made each object of it.
    pub provenance: Provenance,
    /// Ports of the services of the proxy's workload, each with the port it leads to.
    service_ports: Vec<(u32, u32)>,
}

impl Compiled {
    /// A client of a gateway connects to a port of its Service, and the proxy listens on the port
    /// that this leads to: puts it into the request and gives the port before.
    pub(super) fn translate(&self, request: &mut Request) -> Option<u16> {
        let listens = |port: u32| {
            self.configuration.listeners.iter().any(|listener| {
                listener.address.socket_address.as_ref().is_some_and(|address| u32::from(address.port_value) == port)
            })
        };
        let own = u32::from(request.port);
        let target = self.service_ports.iter().find(|(port, target)| *port == own && listens(*target));
        let port = u16::try_from(target?.1).ok().filter(|port| *port != request.port && !listens(own))?;
        Some(std::mem::replace(&mut request.port, port))
    }
}
