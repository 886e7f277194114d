//! `v1/Endpoints` and `discovery.k8s.io/v1/EndpointSlice`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::service::Transport;
use crate::base::Port;

/// The endpoints of the Service with its name; the old form, which istiod does not read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Endpoints {
    /// Sets of addresses with the same ports.
    pub subsets: Vec<EndpointSubset>,
}

/// Addresses with the same ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointSubset {
    /// Those that are ready.
    pub addresses: Vec<EndpointAddress>,
    /// Those that are not.
    pub not_ready_addresses: Vec<EndpointAddress>,
    /// The ports.
    pub ports: Vec<EndpointPort>,
}

/// An address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointAddress {
    /// The address.
    pub ip: String,
    /// The host name, for headless Services.
    pub hostname: Option<String>,
    /// The node.
    pub node_name: Option<String>,
    /// The pod.
    pub target_ref: Option<ObjectReference>,
}

/// A part of the endpoints of the Service that its label `kubernetes.io/service-name` names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointSlice {
    /// `IPv4`, `IPv6` or `FQDN`; Istio skips the last.
    pub address_type: String,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
    /// The ports all of them have.
    pub ports: Vec<EndpointPort>,
}

/// An endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Endpoint {
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Its state.
    pub conditions: EndpointConditions,
    /// Its host name, for headless Services.
    pub hostname: Option<String>,
    /// Its node.
    pub node_name: Option<String>,
    /// Its zone.
    pub zone: Option<String>,
    /// The pod.
    pub target_ref: Option<ObjectReference>,
    /// Topology labels; deprecated.
    pub deprecated_topology: BTreeMap<String, String>,
}

/// The state of an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointConditions {
    /// Takes traffic; absent means yes.
    pub ready: Option<bool>,
    /// Can take traffic, though it may be terminating; absent means as ready.
    pub serving: Option<bool>,
    /// Is going away; absent means no.
    pub terminating: Option<bool>,
}

/// A port of endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointPort {
    /// The name of the Service's port.
    pub name: Option<String>,
    /// The number.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
    /// The transport.
    pub protocol: Transport,
    /// The protocol on it.
    pub app_protocol: Option<String>,
}

/// Another object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectReference {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
}
