//! Reads one object by its kind.

use serde::de::DeserializeOwned;

use super::istio::{self, MeshConfig};
use super::kind::Kind;
use super::kubernetes::ObjectMeta;
use super::resources::{Object, Resources, Written};
use crate::base::{Diagnostic, Diagnostics, FileId, Location, Origin, ResourceId, Severity};
use crate::yaml::{self, Node};

/// Checks an object that was read, and puts it where it belongs, once its place in the order is known.
pub(super) type Place = Box<dyn FnOnce(Seat, ObjectMeta, &mut Resources, &mut Diagnostics) + Send>;

/// The place of an object in the order of all.
#[derive(Clone, Copy)]
pub(super) struct Seat {
    pub(super) id: ResourceId,
    /// How many objects there are of its kind.
    pub(super) of_kind: usize,
}

impl Seat {
    /// Adds an object to those of its kind.
    fn add<S, T>(self, object: Object<S, T>, list: &mut Vec<Object<S, T>>) {
        if list.is_empty() {
            // A list that grows is copied again and again.
            list.reserve_exact(self.of_kind);
        }
        list.push(object);
    }
}

/// The list of resources where objects of one type are.
type List<S, T> = fn(&mut Resources) -> &mut Vec<Object<S, T>>;

/// The parts of one object.
pub(super) struct Parts<'a> {
    node: &'a Node<'a>,
    file: FileId,
    meta: &'a ObjectMeta,
    diagnostics: Diagnostics,
}

impl<'a> Parts<'a> {
    pub(super) fn new(node: &'a Node<'a>, file: FileId, meta: &'a ObjectMeta) -> Self {
        Self { node, file, meta, diagnostics: Diagnostics::default() }
    }

    /// Reads them.
    pub(super) fn read(mut self, kind: Kind) -> (Place, Diagnostics) {
        use istio::{extension_check, selector_check, workload_check};
        if kind.is_istio() {
            report_unknown_parts(self.node, self.file, &mut self.diagnostics);
        }
        let place = match kind {
            Kind::Gateway => self.checked(istio::gateway_check::check, |it| &mut it.gateways),
            Kind::VirtualService => self.checked(istio::virtual_service_check::check, |it| &mut it.virtual_services),
            Kind::DestinationRule => self.checked(istio::destination_rule_check::check, |it| &mut it.destination_rules),
            Kind::ServiceEntry => self.checked(istio::service_entry_check::check, |it| &mut it.service_entries),
            Kind::WorkloadEntry => self.checked(workload_check::check, |it| &mut it.workload_entries),
            Kind::WorkloadGroup => self.checked(workload_check::check_group, |it| &mut it.workload_groups),
            Kind::Sidecar => self.checked(istio::sidecar_check::check, |it| &mut it.sidecars),
            Kind::ProxyConfig => self.checked(selector_check::check_proxy_config, |it| &mut it.proxy_configs),
            Kind::EnvoyFilter => self.checked(istio::envoy_filter_check::check, |it| &mut it.envoy_filters),
            Kind::PeerAuthentication => {
                self.checked(selector_check::check_peer_authentication, |it| &mut it.peer_authentications)
            }
            Kind::RequestAuthentication => {
                self.checked(istio::request_authentication_check::check, |it| &mut it.request_authentications)
            }
            Kind::AuthorizationPolicy => {
                self.checked(istio::authorization_policy_check::check, |it| &mut it.authorization_policies)
            }
            Kind::Telemetry => self.checked(istio::telemetry_check::check, |it| &mut it.telemetries),
            Kind::WasmPlugin => self.checked(extension_check::check_wasm_plugin, |it| &mut it.wasm_plugins),
            Kind::TrafficExtension => {
                self.checked(extension_check::check_traffic_extension, |it| &mut it.traffic_extensions)
            }
            Kind::MeshConfig => self.bare::<MeshConfig>(|it| &mut it.mesh),
            Kind::MeshNetworks => self.bare::<istio::mesh_config::MeshNetworks>(|it| &mut it.mesh_networks),
            Kind::Namespace => self.whole(|it| &mut it.namespaces),
            Kind::Node => self.spec(|it| &mut it.nodes),
            Kind::Service => self.spec(|it| &mut it.services),
            Kind::EndpointSlice => self.whole(|it| &mut it.endpoint_slices),
            Kind::Endpoints => self.whole(|it| &mut it.endpoints),
            Kind::Pod => self.spec(|it| &mut it.pods),
            Kind::Deployment => self.spec(|it| &mut it.deployments),
            Kind::StatefulSet => self.spec(|it| &mut it.stateful_sets),
            Kind::DaemonSet => self.spec(|it| &mut it.daemon_sets),
            Kind::ReplicaSet => self.spec(|it| &mut it.replica_sets),
            Kind::ServiceAccount => self.whole(|it| &mut it.service_accounts),
            Kind::Secret => self.whole(|it| &mut it.secrets),
            Kind::ConfigMap => self.whole(|it| &mut it.config_maps),
            Kind::IngressClass => self.spec(|it| &mut it.ingress_classes),
            Kind::Ingress => self.spec(|it| &mut it.ingresses),
        };
        (place, self.diagnostics)
    }

    /// A kind of Istio: `spec` is known in full, of `status` a part.
    fn checked<S, T>(&mut self, check: fn(&Object<S, T>, &mut Diagnostics), list: List<S, T>) -> Place
    where
        S: DeserializeOwned + Default + Send + 'static,
        T: DeserializeOwned + Default + Send + 'static,
    {
        let spec = self.node.get("spec").filter(|spec| !spec.is_null());
        let spec = spec.map(|spec| yaml::decode(spec, self.file, &mut self.diagnostics)).unwrap_or_default();
        let mut object = Object { id: ResourceId(0), meta: ObjectMeta::default(), spec, status: self.part("status") };
        let untold = self.untold(&mut object, check);
        // Only these: many objects wait for their place at the same time.
        let Object { id: _, meta: _, spec, status } = object;
        Box::new(move |seat, meta, resources, diagnostics| {
            let object = Object { id: seat.id, meta, spec, status };
            let mut found = Diagnostics::default();
            check(&object, &mut found);
            let told = found.0.into_iter().enumerate().filter(|(at, _)| untold.binary_search(at).is_err());
            diagnostics.0.extend(told.map(|(_, finding)| finding));
            seat.add(object, list(resources));
        })
    }

    /// Which findings of its check are left out: that something is missing or empty is not said where something was written
    /// that could not be read.
    fn untold<S, T>(&self, object: &mut Object<S, T>, check: fn(&Object<S, T>, &mut Diagnostics)) -> Vec<usize> {
        if self.diagnostics.0.is_empty() {
            return Vec::new();
        }
        object.meta.clone_from(self.meta);
        let mut found = Diagnostics::default();
        check(object, &mut found);
        let is_of_nothing = |code: &str| code.starts_with("missing-") || code.starts_with("empty-");
        let untold =
            |finding: &Diagnostic| (is_of_nothing(finding.code) && self.is_about(finding)) || self.is_unread(finding);
        found.0.iter().enumerate().filter(|(_, finding)| untold(finding)).map(|(at, _)| at).collect()
    }

    /// Whether a finding is about a node that could not be read, or a part of one.
    fn is_unread(&self, finding: &Diagnostic) -> bool {
        let Location::Value(origin) = &finding.label.location else { return false };
        let Some(node) = self.node.lookup(&origin.path) else { return false };
        self.diagnostics.0.iter().any(|found| match &found.label.location {
            Location::Span(span) => {
                found.severity == Severity::Error
                    && span.file == self.file
                    && span.start <= node.start
                    && node.end <= span.end
            }
            Location::Value(_) | Location::Key(_) | Location::File(_) | Location::Nowhere => false,
        })
    }

    /// Whether something that was found in reading is within the node that a finding is about.
    fn is_about(&self, finding: &Diagnostic) -> bool {
        let Location::Value(origin) = &finding.label.location else { return false };
        let node = self.node.lookup_nearest(&origin.path);
        self.diagnostics.0.iter().any(|found| match &found.label.location {
            Location::Span(span) => span.file == self.file && node.start <= span.start && span.end <= node.end,
            Location::Value(_) | Location::Key(_) | Location::File(_) | Location::Nowhere => false,
        })
    }

    /// A kind of Kubernetes with `spec` and perhaps `status`, of which a part is known.
    fn spec<S, T>(&mut self, list: List<S, T>) -> Place
    where
        S: DeserializeOwned + Default + Send + 'static,
        T: DeserializeOwned + Default + Send + 'static,
    {
        let (spec, status) = (self.part("spec"), self.part("status"));
        Box::new(move |seat, meta, resources, _| {
            seat.add(Object { id: seat.id, meta, spec, status }, list(resources));
        })
    }

    /// A kind of Kubernetes without `spec`.
    fn whole<S: DeserializeOwned + Default + Send + 'static>(&mut self, list: List<S, ()>) -> Place {
        let spec = yaml::decode_lenient(self.node, self.file, &mut self.diagnostics);
        Box::new(move |seat, meta, resources, _| {
            seat.add(Object { id: seat.id, meta, spec, status: () }, list(resources));
        })
    }

    /// Settings without an envelope.
    fn bare<T: DeserializeOwned + Default + Send + 'static>(
        &mut self,
        settings: fn(&mut Resources) -> &mut Option<Written<T>>,
    ) -> Place {
        let value = yaml::decode(self.node, self.file, &mut self.diagnostics);
        Box::new(move |Seat { id, .. }, _, resources, _| {
            *settings(resources) = Some(Written { origin: Origin::of(id), value });
        })
    }

    fn part<T: DeserializeOwned + Default>(&mut self, key: &str) -> T {
        let part = self.node.get(key).filter(|part| !part.is_null());
        part.map(|part| yaml::decode_lenient(part, self.file, &mut self.diagnostics)).unwrap_or_default()
    }
}

/// Keys of an Istio object beside the five that every object has.
fn report_unknown_parts(node: &Node<'_>, file: FileId, diagnostics: &mut Diagnostics) {
    const PARTS: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];
    for (key, _) in node.entries() {
        let name = key.as_str().unwrap_or_default();
        if !PARTS.contains(&name) {
            let at = Location::Span(key.span(file));
            let help = format!("an object has {}", PARTS.map(|part| format!("`{part}`")).join(", "));
            diagnostics.push(Diagnostic::error("unknown-field", at, format!("unknown field `{name}`")).help(help));
        }
    }
}
