//! `ProxyConfig` of the mesh configuration and of a pod's `proxy.istio.io/config` annotation.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::destination_rule::{ClientTls, TcpKeepalive};
use super::proxy_config::ProxyImage;
use super::workload_group::ReadinessProbe;
use crate::base::Duration;

/// Settings of proxies. Every field is optional, so that one can be laid over another: Istio's
/// defaults, the mesh's `defaultConfig`, a ProxyConfig resource, a pod's annotation.
/// <https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyConfig {
    /// The directory of generated configuration.
    pub config_path: Option<String>,
    /// The proxy's executable.
    pub binary_path: Option<String>,
    /// The name of the service the proxy belongs to.
    pub service_cluster: Option<String>,
    /// How the name in traces is made.
    pub tracing_service_name: Option<TracingServiceName>,
    /// How long connections are drained on a restart.
    pub drain_duration: Option<Duration>,
    /// The address of istiod.
    pub discovery_address: Option<String>,
    /// Without effect.
    pub discovery_refresh_delay: Option<Duration>,
    /// The address of Zipkin; deprecated for `tracing`.
    pub zipkin_address: Option<String>,
    /// The address of statsd.
    pub statsd_udp_address: Option<String>,
    /// The address of a metrics service; deprecated.
    pub envoy_metrics_service_address: Option<String>,
    /// The port of Envoy's admin pages.
    pub proxy_admin_port: Option<i32>,
    /// Deprecated and without effect.
    pub availability_zone: Option<String>,
    /// How istiod is authenticated.
    pub control_plane_auth_policy: Option<AuthenticationPolicy>,
    /// A file in place of the generated bootstrap.
    pub custom_config_file: Option<String>,
    /// The longest name of a statistic.
    pub stat_name_length: Option<i32>,
    /// Worker threads; 0 means one for each core.
    pub concurrency: Option<i32>,
    /// A template of the bootstrap.
    pub proxy_bootstrap_template_path: Option<String>,
    /// How traffic is captured.
    pub interception_mode: Option<InterceptionMode>,
    /// Traces.
    pub tracing: Option<Tracing>,
    /// Deprecated and without effect.
    pub sds: Option<Value>,
    /// A service that takes access logs.
    pub envoy_access_log_service: Option<RemoteService>,
    /// A service that takes metrics.
    pub envoy_metrics_service: Option<RemoteService>,
    /// Environment of the proxy; laid over key by key.
    pub proxy_metadata: Option<BTreeMap<String, String>>,
    /// Envoy's runtime values.
    pub runtime_values: Option<BTreeMap<String, String>>,
    /// The port of the agent's status pages; 0 is off.
    pub status_port: Option<i32>,
    /// Further tags of statistics.
    pub extra_stat_tags: Option<Vec<String>>,
    /// What stands in front of a gateway.
    pub gateway_topology: Option<Topology>,
    /// How long connections are drained on termination.
    pub termination_drain_duration: Option<Duration>,
    /// The mesh's identifier.
    pub mesh_id: Option<String>,
    /// How the workload's health is checked.
    pub readiness_probe: Option<ReadinessProbe>,
    /// Further statistics that are kept.
    pub proxy_stats_matcher: Option<ProxyStatsMatcher>,
    /// Start the application after the proxy.
    pub hold_application_until_proxy_starts: Option<bool>,
    /// Further root certificates.
    pub ca_certificates_pem: Option<Vec<String>>,
    /// The image.
    pub image: Option<ProxyImage>,
    /// Where private keys are used (CryptoMB, QAT).
    pub private_key_provider: Option<Value>,
    /// Headers the proxy adds on its own.
    pub proxy_headers: Option<ProxyHeaders>,
    /// How often files are flushed.
    pub file_flush_interval: Option<Duration>,
    /// From which size files are flushed, in KiB.
    pub file_flush_min_size_kb: Option<u32>,
    /// Compress the metrics page.
    pub stats_compression: Option<bool>,
    /// Limits and timeouts of connections.
    pub connection_settings: Option<ConnectionSettings>,
}

impl ProxyConfig {
    /// Istio's defaults (`pkg/config/mesh/mesh.go: DefaultProxyConfig`).
    pub fn istio_default() -> Self {
        Self {
            config_path: Some("./etc/istio/proxy".to_owned()),
            service_cluster: Some("istio-proxy".to_owned()),
            drain_duration: Some(Duration::from_seconds(45)),
            termination_drain_duration: Some(Duration::from_seconds(5)),
            proxy_admin_port: Some(15000),
            control_plane_auth_policy: Some(AuthenticationPolicy::MutualTls),
            discovery_address: Some("istiod.istio-system.svc:15012".to_owned()),
            binary_path: Some("/usr/local/bin/envoy".to_owned()),
            stat_name_length: Some(189),
            status_port: Some(15020),
            ..Self::default()
        }
    }

    /// These settings with what `over` sets in their place. `proxyMetadata` is merged by key;
    /// a few of `proxyHeaders` survive one that does not set them (`mesh.go: MergeProxyConfig`).
    #[must_use]
    pub fn overlaid(self, over: Self) -> Self {
        macro_rules! overlay {
            ($($field:ident),+ ; $($merged:ident: $value:expr),+) => {
                Self { $($field: over.$field.or(self.$field),)+ $($merged: $value,)+ }
            };
        }
        // The two are alternatives of one `oneof`: setting one clears the other.
        let names_cluster = over.service_cluster.is_some() || over.tracing_service_name.is_some();
        let (service_cluster, tracing_service_name) = match names_cluster {
            true => (over.service_cluster, over.tracing_service_name),
            false => (self.service_cluster, self.tracing_service_name),
        };
        overlay!(
            config_path, binary_path, drain_duration, discovery_address, discovery_refresh_delay, zipkin_address,
            statsd_udp_address, envoy_metrics_service_address, proxy_admin_port, availability_zone,
            control_plane_auth_policy, custom_config_file, stat_name_length, concurrency,
            proxy_bootstrap_template_path, interception_mode, tracing, sds, envoy_access_log_service,
            envoy_metrics_service, runtime_values, status_port, extra_stat_tags, gateway_topology,
            termination_drain_duration, mesh_id, readiness_probe, proxy_stats_matcher,
            hold_application_until_proxy_starts, ca_certificates_pem, image, private_key_provider,
            file_flush_interval, file_flush_min_size_kb, stats_compression, connection_settings;
            service_cluster: service_cluster,
            tracing_service_name: tracing_service_name,
            proxy_metadata: merged_metadata(self.proxy_metadata, over.proxy_metadata),
            proxy_headers: merged_headers(self.proxy_headers, over.proxy_headers)
        )
    }
}

fn merged_metadata(
    base: Option<BTreeMap<String, String>>,
    over: Option<BTreeMap<String, String>>,
) -> Option<BTreeMap<String, String>> {
    match (base, over) {
        (Some(mut base), Some(over)) => {
            base.extend(over);
            Some(base)
        }
        (base, over) => over.or(base),
    }
}

fn merged_headers(base: Option<ProxyHeaders>, over: Option<ProxyHeaders>) -> Option<ProxyHeaders> {
    match (base, over) {
        (Some(base), Some(over)) => Some(ProxyHeaders {
            forwarded_client_cert: match over.forwarded_client_cert {
                ForwardClientCertDetails::Undefined => base.forwarded_client_cert,
                written => written,
            },
            request_id: over.request_id.or(base.request_id),
            attempt_count: over.attempt_count.or(base.attempt_count),
            server: over.server.or(base.server),
            envoy_debug_headers: over.envoy_debug_headers.or(base.envoy_debug_headers),
            set_current_client_cert_details: over.set_current_client_cert_details,
            metadata_exchange_headers: over.metadata_exchange_headers,
            preserve_http1_header_case: over.preserve_http1_header_case,
            x_forwarded_host: over.x_forwarded_host,
            x_forwarded_port: over.x_forwarded_port,
        }),
        (base, over) => over.or(base),
    }
}

/// How the name in traces is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TracingServiceName {
    /// The `app` label and the namespace.
    #[default]
    AppLabelAndNamespace,
    /// The canonical name.
    CanonicalNameOnly,
    /// The canonical name and the namespace.
    CanonicalNameAndNamespace,
}

/// How a peer is authenticated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthenticationPolicy {
    /// Not at all.
    #[default]
    None,
    /// By mutual TLS.
    MutualTls,
    /// As the parent says.
    Inherit,
}

/// How traffic is captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InterceptionMode {
    /// By IPtables REDIRECT.
    #[default]
    Redirect,
    /// By IPtables TPROXY.
    Tproxy,
    /// Not at all.
    None,
}

/// Traces.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Tracing {
    /// To Zipkin; excludes the others.
    pub zipkin: Option<TracerAddress>,
    /// To Lightstep; excludes the others.
    pub lightstep: Option<Value>,
    /// To Datadog; excludes the others.
    pub datadog: Option<TracerAddress>,
    /// To Stackdriver; excludes the others.
    pub stackdriver: Option<Value>,
    /// To an OpenCensus agent; excludes the others.
    pub open_census_agent: Option<Value>,
    /// Further tags by name.
    pub custom_tags: BTreeMap<String, CustomTag>,
    /// The longest path in a tag; 0 means 256.
    pub max_path_tag_length: u32,
    /// The share of requests that are traced, in percent; 0 means 1.
    pub sampling: f64,
    /// TLS to the tracer.
    pub tls_settings: Option<ClientTls>,
    /// Add Istio's own tags; absent means yes.
    pub enable_istio_tags: Option<bool>,
}

/// Where a tracer is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TracerAddress {
    /// Host and port.
    pub address: String,
}

/// A tag of traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CustomTag {
    /// A fixed value; excludes the others.
    pub literal: Option<LiteralTag>,
    /// A variable of the proxy's environment; excludes the others.
    pub environment: Option<LookedUpTag>,
    /// A request header; excludes the others.
    pub header: Option<LookedUpTag>,
}

/// A fixed value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LiteralTag {
    /// The value.
    pub value: String,
}

/// A value that is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LookedUpTag {
    /// Under this name.
    pub name: String,
    /// What it is where there is none.
    pub default_value: String,
}

/// What stands in front of a gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Topology {
    /// How many proxies in front add to X-Forwarded-For.
    pub num_trusted_proxies: u32,
    /// What happens with X-Forwarded-Client-Cert.
    pub forward_client_cert_details: ForwardClientCertDetails,
    /// Present where the proxy in front speaks the PROXY protocol.
    pub proxy_protocol: Option<ProxyProtocolConfiguration>,
}

/// That a PROXY protocol header is expected; it has no settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyProtocolConfiguration {}

/// What happens with X-Forwarded-Client-Cert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ForwardClientCertDetails {
    /// As Istio chooses.
    #[default]
    Undefined,
    /// It is removed.
    Sanitize,
    /// It is passed on when the client has a certificate.
    ForwardOnly,
    /// The client's certificate is added.
    AppendForward,
    /// It is replaced by the client's certificate.
    SanitizeSet,
    /// It is passed on.
    AlwaysForwardOnly,
}

/// A remote service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RemoteService {
    /// Host and port.
    pub address: String,
    /// TLS to it.
    pub tls_settings: Option<ClientTls>,
    /// Keep-alive of the connection.
    pub tcp_keepalive: Option<TcpKeepalive>,
}

/// Further statistics that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyStatsMatcher {
    /// By the start of their names.
    pub inclusion_prefixes: Vec<String>,
    /// By the end of their names.
    pub inclusion_suffixes: Vec<String>,
    /// By expressions.
    pub inclusion_regexps: Vec<String>,
}

/// Headers the proxy adds on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyHeaders {
    /// What happens with X-Forwarded-Client-Cert.
    pub forwarded_client_cert: ForwardClientCertDetails,
    /// What X-Forwarded-Client-Cert says of the client.
    pub set_current_client_cert_details: Option<SetCurrentClientCertDetails>,
    /// X-Request-Id.
    pub request_id: Option<HeaderDisabled>,
    /// Server.
    pub server: Option<ServerHeader>,
    /// X-Envoy-Attempt-Count.
    pub attempt_count: Option<HeaderDisabled>,
    /// X-Envoy-* of Envoy's router.
    pub envoy_debug_headers: Option<HeaderDisabled>,
    /// X-Envoy-Peer-Metadata.
    pub metadata_exchange_headers: Option<MetadataExchangeHeaders>,
    /// Keep the case of HTTP/1 headers.
    pub preserve_http1_header_case: Option<bool>,
    /// X-Forwarded-Host.
    pub x_forwarded_host: Option<HeaderEnabled>,
    /// X-Forwarded-Port.
    pub x_forwarded_port: Option<HeaderEnabled>,
}

/// Whether a header that is on by default is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HeaderDisabled {
    /// Whether it is off.
    pub disabled: Option<bool>,
}

/// Whether a header that is off by default is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HeaderEnabled {
    /// Whether it is on.
    pub enabled: Option<bool>,
}

/// The Server header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerHeader {
    /// Whether it is left as the service sent it.
    pub disabled: Option<bool>,
    /// Its value; empty means `istio-envoy`.
    pub value: String,
}

/// X-Envoy-Peer-Metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetadataExchangeHeaders {
    /// Where it is sent.
    pub mode: MetadataExchangeMode,
}

/// Where X-Envoy-Peer-Metadata is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MetadataExchangeMode {
    /// Everywhere.
    #[default]
    Undefined,
    /// Only inside the mesh.
    InMesh,
}

/// What X-Forwarded-Client-Cert says of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SetCurrentClientCertDetails {
    /// The subject; absent means yes.
    pub subject: Option<bool>,
    /// The certificate.
    pub cert: Option<bool>,
    /// The chain.
    pub chain: Option<bool>,
    /// DNS names; absent means yes.
    pub dns: Option<bool>,
    /// The URI; absent means yes.
    pub uri: Option<bool>,
}

/// Limits and timeouts of connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConnectionSettings {
    /// The set of defaults.
    pub profile: ConnectionProfile,
    /// Bytes a listener buffers for a connection.
    pub listener_per_connection_buffer_limit_bytes: Option<i32>,
    /// Bytes a cluster buffers for a connection.
    pub cluster_per_connection_buffer_limit_bytes: Option<i32>,
    /// How long a client's connection may be idle.
    pub http_idle_timeout: Option<Duration>,
    /// How long a client's connection may last.
    pub http_max_connection_duration: Option<Duration>,
    /// How long a connection is drained.
    pub http_drain_timeout: Option<Duration>,
    /// How long a request may take to arrive.
    pub http_request_timeout: Option<Duration>,
    /// How long a request's headers may take to arrive.
    pub http_request_headers_timeout: Option<Duration>,
    /// How long a stream may be idle.
    pub http_stream_idle_timeout: Option<Duration>,
    /// How long a stream may last.
    pub http_max_stream_duration: Option<Duration>,
    /// How many streams a connection may carry.
    pub http_max_concurrent_streams: Option<i32>,
    /// The window of a stream.
    pub http2_initial_stream_window_size: Option<i32>,
    /// The window of a connection.
    pub http2_initial_connection_window_size: Option<i32>,
    /// What happens with headers that have underscores.
    pub http_headers_with_underscores_action: HeadersWithUnderscoresAction,
    /// Make `//` in paths `/`.
    pub http_merge_slashes: Option<bool>,
    /// What happens with `%2F` and `%5C` in paths.
    pub http_path_with_escaped_slashes_action: PathWithEscapedSlashesAction,
    /// How many connections a listener takes.
    pub listener_connection_limit: Option<i32>,
    /// How many connections the proxy takes.
    pub global_downstream_connection_limit: Option<i32>,
}

/// A set of defaults of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionProfile {
    /// For trusted peers.
    #[default]
    Sidecar,
    /// For anyone.
    Edge,
}

/// What happens with headers that have underscores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum HeadersWithUnderscoresAction {
    /// As the profile says.
    #[default]
    #[serde(rename = "HEADERS_WITH_UNDERSCORES_UNSPECIFIED")]
    Unspecified,
    /// They pass.
    #[serde(rename = "HEADERS_WITH_UNDERSCORES_ALLOW")]
    Allow,
    /// The request is refused.
    #[serde(rename = "HEADERS_WITH_UNDERSCORES_REJECT_REQUEST")]
    RejectRequest,
    /// They are dropped.
    #[serde(rename = "HEADERS_WITH_UNDERSCORES_DROP_HEADER")]
    DropHeader,
}

/// What happens with `%2F` and `%5C` in paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PathWithEscapedSlashesAction {
    /// As the profile says.
    #[default]
    #[serde(rename = "PATH_WITH_ESCAPED_SLASHES_UNSPECIFIED")]
    Unspecified,
    /// They stay.
    KeepUnchanged,
    /// The request is refused.
    RejectRequest,
    /// They are decoded and the client is redirected.
    UnescapeAndRedirect,
    /// They are decoded.
    UnescapeAndForward,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlay_keeps_what_is_not_written() {
        let config = |json: &str| serde_json::from_str::<ProxyConfig>(json).unwrap_or_default();
        let merged = ProxyConfig::istio_default()
            .overlaid(config(r#"{"proxyMetadata": {"A": "1", "B": "1"}, "statusPort": 0}"#))
            .overlaid(config(r#"{"proxyMetadata": {"B": "2"}, "tracingServiceName": "CANONICAL_NAME_ONLY"}"#));
        let metadata = merged.proxy_metadata.unwrap_or_default();
        assert_eq!(metadata.into_iter().collect::<Vec<_>>(), [("A".into(), "1".into()), ("B".into(), "2".into())]);
        assert_eq!(merged.status_port, Some(0));
        assert_eq!(merged.service_cluster, None);
        assert_eq!(merged.drain_duration, Some(Duration::from_seconds(45)));
    }
}
