//! Kubernetes' kinds → services, endpoints and workloads (`istio: serviceregistry/kube`).

mod endpoint;
mod pod;
mod service;
mod workload;

pub(super) use endpoint::sliced_endpoints;
pub(super) use pod::{PodObject, Pods, endpoint, named_ports};
pub(super) use service::{selected_endpoints, service};
pub(super) use workload::workloads;
