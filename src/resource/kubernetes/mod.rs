//! Kubernetes' own kinds, the fields that Istio reads. Other fields are skipped in silence: a
//! manifest is full of them.

pub mod cluster;
pub mod endpoints;
pub mod ingress;
pub mod meta;
pub mod pod;
pub mod secret;
pub mod service;
pub mod workload;

pub use cluster::{Namespace, Node, NodeStatus, ServiceAccount};
pub use endpoints::{EndpointSlice, Endpoints};
pub use ingress::{Ingress, IngressClass};
pub use meta::{ObjectMeta, OwnerReference};
pub use pod::{Pod, PodStatus};
pub use secret::{ConfigMap, Secret};
pub use service::{IntOrString, Service, ServiceStatus};
pub use workload::Workload;
