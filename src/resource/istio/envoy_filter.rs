//! `networking.istio.io/EnvoyFilter`: patches of Envoy's configuration.

use serde::Deserialize;
use serde_json::Value;

use super::policy::{Attached, TargetRef};
use super::sidecar::WorkloadSelector;
use crate::base::{Labels, Regex};

/// Changes of what istiod would send, in order.
/// <https://istio.io/latest/docs/reference/config/networking/envoy-filter/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvoyFilter {
    /// The workloads; absent means the namespace, or the mesh from the root namespace.
    pub workload_selector: Option<WorkloadSelector>,
    /// What it is attached to by name.
    pub target_refs: Vec<TargetRef>,
    /// The changes.
    pub config_patches: Vec<ConfigPatch>,
    /// The order among EnvoyFilters: the lowest first.
    pub priority: i32,
}

impl Attached for EnvoyFilter {
    fn selector(&self) -> Option<&Labels> {
        self.workload_selector.as_ref().map(|selector| &selector.labels)
    }

    fn targets(&self) -> Vec<&TargetRef> {
        self.target_refs.iter().collect()
    }
}

/// A change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConfigPatch {
    /// The kind of object that is changed.
    pub apply_to: ApplyTo,
    /// The objects; absent means all.
    #[serde(rename = "match")]
    pub matches: Option<ObjectMatch>,
    /// The change itself.
    pub patch: Option<Patch>,
}

/// A kind of object of Envoy's configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApplyTo {
    /// Not written.
    #[default]
    Invalid,
    /// A listener.
    Listener,
    /// A filter chain of a listener.
    FilterChain,
    /// A network filter of a filter chain.
    NetworkFilter,
    /// An HTTP filter of a connection manager.
    HttpFilter,
    /// A route configuration.
    RouteConfiguration,
    /// A virtual host.
    VirtualHost,
    /// A route.
    HttpRoute,
    /// A cluster.
    Cluster,
    /// An extension that is fetched by itself.
    ExtensionConfig,
    /// The bootstrap.
    Bootstrap,
    /// A listener filter.
    ListenerFilter,
}

/// Which objects are changed: of the last four at most one is written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectMatch {
    /// Of which side of which proxies.
    pub context: PatchContext,
    /// Of which proxies.
    pub proxy: Option<ProxyMatch>,
    /// Of a listener.
    pub listener: Option<ListenerMatch>,
    /// Of a route configuration.
    pub route_configuration: Option<RouteConfigurationMatch>,
    /// A cluster.
    pub cluster: Option<ClusterMatch>,
    /// Of a waypoint.
    pub waypoint: Option<WaypointMatch>,
}

/// The side of the proxies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PatchContext {
    /// Any.
    #[default]
    Any,
    /// What comes into sidecars.
    SidecarInbound,
    /// What goes out of them.
    SidecarOutbound,
    /// Gateways.
    Gateway,
    /// Waypoints.
    Waypoint,
}

/// A choice of proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyMatch {
    /// Their version.
    pub proxy_version: Regex,
    /// Their metadata.
    pub metadata: Labels,
}

/// A choice of listeners, and in them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListenerMatch {
    /// The port.
    pub port_number: u32,
    /// The port's name; not used.
    pub port_name: String,
    /// The filter chain.
    pub filter_chain: Option<FilterChainMatch>,
    /// The listener filter.
    pub listener_filter: String,
    /// The listener's name.
    pub name: String,
}

/// A choice of filter chains, and in them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FilterChainMatch {
    /// Its name.
    pub name: String,
    /// The server name it is for.
    pub sni: String,
    /// The transport protocol it is for.
    pub transport_protocol: String,
    /// The application protocols it is for, with commas.
    pub application_protocols: String,
    /// The filter in it.
    pub filter: Option<FilterMatch>,
    /// The port it is for.
    pub destination_port: u32,
    /// The name of its transport socket.
    pub transport_socket: String,
}

/// A choice of network filters, and in them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FilterMatch {
    /// Its name.
    pub name: String,
    /// The filter within it.
    pub sub_filter: Option<SubFilterMatch>,
}

/// A choice of HTTP filters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SubFilterMatch {
    /// Its name.
    pub name: String,
}

/// A choice of route configurations, and in them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteConfigurationMatch {
    /// The port.
    pub port_number: u32,
    /// The name of the gateway's port.
    pub port_name: String,
    /// The Gateway, `namespace/name`.
    pub gateway: String,
    /// The virtual host in it.
    pub vhost: Option<VirtualHostMatch>,
    /// Its name.
    pub name: String,
}

/// A choice of virtual hosts, and in them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VirtualHostMatch {
    /// Its name.
    pub name: String,
    /// A domain of it.
    pub domain_name: String,
    /// The route in it.
    pub route: Option<RouteMatch>,
}

/// A choice of routes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteMatch {
    /// Its name.
    pub name: String,
    /// What it does.
    pub action: RouteAction,
}

/// What a route does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RouteAction {
    /// Anything.
    #[default]
    Any,
    /// It forwards.
    Route,
    /// It redirects.
    Redirect,
    /// It answers.
    DirectResponse,
}

/// A choice of clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClusterMatch {
    /// The service's port.
    pub port_number: u32,
    /// The service's host.
    pub service: String,
    /// The subset.
    pub subset: String,
    /// The cluster's name.
    pub name: String,
}

/// A choice within a waypoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WaypointMatch {
    /// The service's port.
    pub port_number: Option<u32>,
    /// The filter.
    pub filter: Option<FilterMatch>,
    /// The route.
    pub route: Option<WaypointRouteMatch>,
}

/// A choice of a waypoint's routes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WaypointRouteMatch {
    /// Its name.
    pub name: String,
}

/// A change of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Patch {
    /// What is done.
    pub operation: Operation,
    /// The object, or the part of it that is merged.
    pub value: Option<Value>,
    /// Where a filter is put, among those of Istio.
    pub filter_class: FilterClass,
}

/// What is done with an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Operation {
    /// Not written.
    #[default]
    Invalid,
    /// The value is merged into it.
    Merge,
    /// The value is added.
    Add,
    /// It is removed.
    Remove,
    /// The value is put before it.
    InsertBefore,
    /// The value is put after it.
    InsertAfter,
    /// The value is put first.
    InsertFirst,
    /// The value is put in its place.
    Replace,
    /// The value is merged into it, and lists are replaced.
    MergeAndReplaceList,
}

/// Where a filter is put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FilterClass {
    /// As the operation says.
    #[default]
    Unspecified,
    /// After Istio's authentication.
    Authn,
    /// After Istio's authorization.
    Authz,
    /// Before Istio's statistics.
    Stats,
}
