//! Resources → [`Mesh`].

use std::collections::BTreeMap;

use super::discovery::discovered;
use super::from_ingress;
use super::from_istio;
use super::from_kubernetes;
use super::references;
use super::services;
use super::site::{Site, node_locality};
use super::{ConfigMap, Mesh, Secret};
use crate::base::{Diagnostic, Diagnostics, Labels, Location};
use crate::resource::istio::MeshConfig;
use crate::resource::{Object, Resources, istio, kubernetes};

/// What linking needs to know besides the resources.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// The suffix of Kubernetes' hostnames.
    pub domain: String,
    /// The name of the cluster; endpoints carry it.
    pub cluster: String,
    /// Settings in place of those in the resources.
    pub mesh_config: Option<MeshConfig>,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self { domain: "cluster.local".to_owned(), cluster: "Kubernetes".to_owned(), mesh_config: None }
    }
}

/// Links everything that is in the input, and reports what does not fit together. Nothing is
/// dropped but what istiod would drop, and that is reported.
pub fn link(resources: &Resources, options: LinkOptions) -> (Mesh, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let config = options.mesh_config.clone().unwrap_or_else(|| resources.mesh_config());
    let seen = discovered(resources, &config, &mut diagnostics);
    let mesh = linked(&seen, seen.virtual_services.clone(), &config, &options, &mut diagnostics);
    (mesh, diagnostics)
}

/// The same, and takes the VirtualServices out of the resources: nobody needs them as they are written any more. In
/// them is most of a large input.
pub fn link_taking(resources: &mut Resources, options: LinkOptions) -> (Mesh, Diagnostics) {
    let config = options.mesh_config.clone().unwrap_or_else(|| resources.mesh_config());
    if !config.discovery_selectors.is_empty() {
        return link(resources, options);
    }
    let mut diagnostics = Diagnostics::default();
    let virtual_services = std::mem::take(&mut resources.virtual_services);
    let mesh = linked(resources, virtual_services, &config, &options, &mut diagnostics);
    (mesh, diagnostics)
}

/// Links resources, with these VirtualServices in place of those in them.
fn linked(
    resources: &Resources,
    virtual_services: Vec<Object<istio::VirtualService>>,
    config: &MeshConfig,
    options: &LinkOptions,
    diagnostics: &mut Diagnostics,
) -> Mesh {
    let networks = resources.mesh_networks.as_ref().map(|written| written.value.clone()).unwrap_or_default();
    let namespaces = resources.namespaces.iter().map(|it| (it.meta.name.clone(), it.meta.labels.clone())).collect();
    let node_localities =
        resources.nodes.iter().map(|node| (node.meta.name.clone(), node_locality(&node.meta.labels))).collect();
    let site = Site {
        domain: &options.domain,
        cluster: &options.cluster,
        config,
        networks: &networks,
        namespaces: &namespaces,
        namespace_annotations: namespace_annotations(resources),
        node_localities: &node_localities,
    };
    let services = services::linked(resources, &site);
    let mut gateways = from_istio::gateways(&resources.gateways);
    let mut virtual_services = from_istio::virtual_services(virtual_services, &site, diagnostics);
    let (of_ingresses, routes_of_ingresses, found) = from_ingress::translate(resources, config, &options.domain);
    gateways.extend(of_ingresses);
    virtual_services.extend(routes_of_ingresses);
    diagnostics.extend(found);
    gateways.sort_by(|a, b| (a.created, &a.name, &a.namespace).cmp(&(b.created, &b.name, &b.namespace)));
    virtual_services.sort_by(|a, b| (a.created, &a.name, &a.namespace).cmp(&(b.created, &b.name, &b.namespace)));
    let mesh = Mesh {
        merged_services: services::merged(&services),
        services_by_host: services::by_host(&services),
        services,
        gateways,
        virtual_services,
        destination_rules: from_istio::destination_rules(&resources.destination_rules, &site),
        workloads: from_kubernetes::workloads(resources, &site),
        sidecars: from_istio::sidecars(&resources.sidecars),
        peer_authentications: from_istio::peer_authentications(&resources.peer_authentications),
        policies: from_istio::policies(resources),
        secrets: resources.secrets.iter().map(|object| (name_of(&object.meta), secret(object))).collect(),
        config_maps: resources.config_maps.iter().map(|object| (name_of(&object.meta), config_map(object))).collect(),
        domain: options.domain.clone(),
        config: config.clone(),
        networks: networks.clone(),
        namespaces: namespaces.clone(),
        node_localities: node_localities.clone(),
    };
    diagnostics.extend(references::check(&mesh, resources));
    diagnostics.0.extend(resources.endpoints.iter().map(unread_endpoints));
    mesh
}

/// Istiod reads EndpointSlices only; a cluster makes them of Endpoints.
fn unread_endpoints(object: &Object<kubernetes::Endpoints>) -> Diagnostic {
    let message = format!("Endpoints `{}/{}` are not read", object.namespace(), object.name());
    Diagnostic::note("unread-endpoints", Location::Value(object.origin()), message)
        .help("Istio reads EndpointSlices; write one, labelled `kubernetes.io/service-name`")
}

fn namespace_annotations(resources: &Resources) -> BTreeMap<&str, &Labels> {
    resources.namespaces.iter().map(|it| (it.name(), &it.meta.annotations)).collect()
}

fn name_of(meta: &kubernetes::ObjectMeta) -> (String, String) {
    (meta.namespace.clone(), meta.name.clone())
}

fn secret(object: &Object<kubernetes::Secret>) -> Secret {
    let keys = object.spec.keys().into_iter();
    let data = keys.filter_map(|key| Some((key.to_owned(), object.spec.get(key)?.to_vec())));
    Secret { origin: object.origin(), secret_type: object.spec.secret_type.clone(), data: data.collect() }
}

fn config_map(object: &Object<kubernetes::ConfigMap>) -> ConfigMap {
    let texts = object.spec.data.iter().map(|(key, text)| (key.clone(), text.clone().into_bytes()));
    let bytes = object.spec.binary_data.iter().map(|(key, bytes)| (key.clone(), bytes.0.clone()));
    ConfigMap { origin: object.origin(), data: texts.chain(bytes).collect() }
}
