//! `networking.istio.io/WorkloadGroup`: a template for WorkloadEntries.

use serde::Deserialize;

use super::WorkloadEntry;
use crate::base::{Labels, Port};

/// What the WorkloadEntries of a group have in common.
/// <https://istio.io/latest/docs/reference/config/networking/workload-group/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadGroup {
    /// Their metadata.
    pub metadata: Option<GroupMetadata>,
    /// What they look like.
    pub template: Option<WorkloadEntry>,
    /// How their health is checked.
    pub probe: Option<ReadinessProbe>,
}

/// Metadata of a group's WorkloadEntries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GroupMetadata {
    /// Their labels.
    pub labels: Labels,
    /// Their annotations.
    pub annotations: Labels,
}

/// How a workload's health is checked, by its own agent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReadinessProbe {
    /// Seconds before the first check.
    pub initial_delay_seconds: i32,
    /// Seconds a check may take; 0 means 1.
    pub timeout_seconds: i32,
    /// Seconds between checks; 0 means 10.
    pub period_seconds: i32,
    /// Successes in a row to become healthy; 0 means 1.
    pub success_threshold: i32,
    /// Failures in a row to become unhealthy; 0 means 3.
    pub failure_threshold: i32,
    /// An HTTP request; excludes the others.
    pub http_get: Option<HttpHealthCheck>,
    /// A connection; excludes the others.
    pub tcp_socket: Option<TcpHealthCheck>,
    /// A command; excludes the others.
    pub exec: Option<ExecHealthCheck>,
    /// gRPC's health service; excludes the others.
    pub grpc: Option<GrpcHealthCheck>,
}

/// A check by an HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpHealthCheck {
    /// The path.
    pub path: String,
    /// The port.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
    /// The host; empty means the workload's address.
    pub host: String,
    /// `HTTP` or `HTTPS`; empty means `HTTP`.
    pub scheme: String,
    /// Headers to send.
    pub http_headers: Vec<HttpHeader>,
}

/// A header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A check by a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TcpHealthCheck {
    /// The host; empty means `localhost`.
    pub host: String,
    /// The port.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
}

/// A check by a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExecHealthCheck {
    /// The command and its arguments; 0 as exit code is healthy.
    pub command: Vec<String>,
}

/// A check by gRPC's health service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcHealthCheck {
    /// The port.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
    /// The service to ask for.
    pub service: String,
}
