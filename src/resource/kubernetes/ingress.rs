//! `networking.k8s.io/v1` Ingress and IngressClass.

use serde::Deserialize;

use crate::base::{HostPattern, Port};

/// Routes of HTTP from outside: the `spec` of an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Ingress {
    /// The IngressClass; the annotation `kubernetes.io/ingress.class` is the old form.
    pub ingress_class_name: Option<String>,
    /// Where requests go that no rule takes; Istio does not serve it.
    pub default_backend: Option<IngressBackend>,
    /// Certificates by host.
    pub tls: Vec<IngressTls>,
    /// The routes.
    pub rules: Vec<IngressRule>,
}

/// A certificate with its hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressTls {
    /// The hosts; none means all.
    pub hosts: Vec<HostPattern>,
    /// The Secret; Istio looks for it in the gateway's namespace.
    pub secret_name: String,
}

/// The routes of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressRule {
    /// The host; empty takes all.
    pub host: HostPattern,
    /// The routes.
    pub http: Option<IngressRuleValue>,
}

/// Routes by path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressRuleValue {
    /// The routes.
    pub paths: Vec<IngressPath>,
}

/// A path and where it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressPath {
    /// The path; empty takes all.
    pub path: String,
    /// How it is compared.
    pub path_type: Option<PathType>,
    /// Where it goes.
    pub backend: IngressBackend,
}

/// How a path is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum PathType {
    /// The whole path.
    Exact,
    /// Its first elements.
    Prefix,
    /// As the class does; Istio takes `/x/*` and `/x.*` as a prefix and the rest as exact.
    ImplementationSpecific,
}

/// Where requests go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressBackend {
    /// To a Service of the Ingress's namespace; excludes the other.
    pub service: Option<IngressServiceBackend>,
    /// To another object; Istio does not translate it.
    pub resource: Option<IngressResourceBackend>,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressServiceBackend {
    /// The Service's name.
    pub name: String,
    /// Its port.
    pub port: ServiceBackendPort,
}

/// A port by name or number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceBackendPort {
    /// By name; excludes the other.
    pub name: String,
    /// By number; excludes the other.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub number: Option<Port>,
}

/// Another object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressResourceBackend {
    /// Its group.
    pub api_group: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A class of Ingresses: its `spec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressClass {
    /// Who serves it; Istio is `istio.io/ingress-controller`.
    pub controller: String,
}
