//! `telemetry.istio.io/Telemetry`: traces, metrics and access logs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::LabelSelector;
use super::one_of::one_of;
use super::policy::{TargetRef, attached};
use crate::base::Duration;

/// What proxies say of the traffic.
/// <https://istio.io/latest/docs/reference/config/telemetry/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Telemetry {
    /// The workloads; absent means the namespace, or the mesh from the root namespace.
    pub selector: Option<LabelSelector>,
    /// What it is attached to by name.
    pub target_ref: Option<TargetRef>,
    /// The same, several.
    pub target_refs: Vec<TargetRef>,
    /// Traces.
    pub tracing: Vec<Tracing>,
    /// Metrics.
    pub metrics: Vec<Metrics>,
    /// Access logs.
    pub access_logging: Vec<AccessLogging>,
}

attached!(Telemetry, target_ref);

/// The traffic that is meant, as the workload sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkloadMode {
    /// All of it.
    #[default]
    ClientAndServer,
    /// What goes out.
    Client,
    /// What comes in.
    Server,
}

/// An extension of the MeshConfig (`extensionProviders`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProviderRef {
    /// Its name.
    pub name: String,
}

/// A choice of traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrafficSelector {
    /// Which.
    pub mode: WorkloadMode,
}

/// How requests are traced.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Tracing {
    /// The traffic; absent means all.
    #[serde(rename = "match")]
    pub matches: Option<TrafficSelector>,
    /// Who gets the traces.
    pub providers: Vec<ProviderRef>,
    /// The share of requests that are traced, in percent.
    pub random_sampling_percentage: Option<f64>,
    /// Whether no spans are reported.
    pub disable_span_reporting: Option<bool>,
    /// Further tags of spans.
    pub custom_tags: BTreeMap<String, CustomTag>,
    /// Whether the request's id says if it is traced; absent means it does.
    pub use_request_id_for_trace_sampling: Option<bool>,
    /// Whether Istio's own tags are set; absent means they are.
    pub enable_istio_tags: Option<bool>,
    /// Whether the trace is not passed on.
    pub disable_context_propagation: Option<bool>,
}

one_of! {
    /// The value of a tag.
    pub enum CustomTag {
        /// A fixed text.
        literal => Literal(TagText),
        /// A variable of the proxy's environment.
        environment => Environment(TagSource),
        /// A header of the request.
        header => Header(TagSource),
        /// Envoy's format of access logs.
        formatter => Formatter(TagText),
    }
}

/// A text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TagText {
    /// The text.
    pub value: String,
}

/// Where a tag's value is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TagSource {
    /// The variable or header.
    pub name: String,
    /// The value where it is absent.
    pub default_value: String,
}

/// How metrics are kept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metrics {
    /// Who gets them.
    pub providers: Vec<ProviderRef>,
    /// Changes, in order.
    pub overrides: Vec<MetricsOverrides>,
    /// How often TCP connections are reported; absent means every 5 s.
    pub reporting_interval: Option<Duration>,
}

/// A change of metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetricsOverrides {
    /// The metrics; absent means all.
    #[serde(rename = "match")]
    pub matches: Option<MetricSelector>,
    /// Whether they are not kept.
    pub disabled: Option<bool>,
    /// Their tags, by name.
    pub tag_overrides: BTreeMap<String, TagOverride>,
}

/// A choice of metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetricSelector {
    /// One of Istio's own.
    pub metric: Option<IstioMetric>,
    /// Another by its name.
    pub custom_metric: Option<String>,
    /// The traffic.
    pub mode: WorkloadMode,
}

/// Metrics of Istio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IstioMetric {
    /// All of them.
    #[default]
    AllMetrics,
    /// Requests.
    RequestCount,
    /// How long requests take.
    RequestDuration,
    /// The size of requests.
    RequestSize,
    /// The size of responses.
    ResponseSize,
    /// Connections that were opened.
    TcpOpenedConnections,
    /// Connections that were closed.
    TcpClosedConnections,
    /// Bytes sent.
    TcpSentBytes,
    /// Bytes received.
    TcpReceivedBytes,
    /// Messages of gRPC from clients.
    GrpcRequestMessages,
    /// Messages of gRPC from servers.
    GrpcResponseMessages,
}

/// A change of a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TagOverride {
    /// What is done with it.
    pub operation: TagOperation,
    /// Its value, an expression in CEL.
    pub value: String,
}

/// What is done with a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TagOperation {
    /// It is set.
    #[default]
    Upsert,
    /// It is left out.
    Remove,
}

/// How requests are logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AccessLogging {
    /// The traffic; absent means all.
    #[serde(rename = "match")]
    pub matches: Option<TrafficSelector>,
    /// Who gets the logs.
    pub providers: Vec<ProviderRef>,
    /// Whether nothing is logged.
    pub disabled: Option<bool>,
    /// Which requests; absent means all.
    pub filter: Option<LogFilter>,
}

/// A choice of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LogFilter {
    /// An expression in CEL.
    pub expression: String,
}
