//! Istio's own Envoy filters that istiod configures with typed messages.
//!
//! Their protos are in istio/api (`envoy/config/filter/http/alpn/v2alpha1`, `envoy/extensions/stats`), not
//! in envoy-types; stock Envoy knows none of them. The other Istio filters travel as
//! [`typed_struct`](super::typed_struct).

/// `istio.envoy.config.filter.http.alpn.v2alpha1`: sets the ALPN of upstream TLS by the protocol used.
pub mod alpn {
    /// Configuration of the filter `istio.alpn`.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct FilterConfig {
        /// One entry an upstream protocol.
        #[prost(message, repeated, tag = "1")]
        pub alpn_override: Vec<AlpnOverride>,
    }

    impl prost::Name for FilterConfig {
        const NAME: &'static str = "FilterConfig";
        const PACKAGE: &'static str = "istio.envoy.config.filter.http.alpn.v2alpha1";
    }

    /// The ALPN names to offer upstream for one protocol.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct AlpnOverride {
        /// What the request is sent as.
        #[prost(enumeration = "Protocol", tag = "1")]
        pub upstream_protocol: i32,
        /// Names in order of preference.
        #[prost(string, repeated, tag = "2")]
        pub alpn_override: Vec<String>,
    }

    /// HTTP version of the upstream connection.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum Protocol {
        /// HTTP/1.0, the default.
        Http10 = 0,
        /// HTTP/1.1.
        Http11 = 1,
        /// HTTP/2.
        Http2 = 2,
    }
}

/// `stats`: Istio's standard metrics.
pub mod stats {
    use std::collections::BTreeMap;

    use envoy_types::pb::google::protobuf::Duration;

    /// Configuration of the filter `istio.stats`.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct PluginConfig {
        /// Deprecated.
        #[prost(bool, tag = "1")]
        pub debug: bool,
        /// Deprecated.
        #[prost(int32, tag = "2")]
        pub max_peer_cache_size: i32,
        /// Deprecated; unset means `istio_`.
        #[prost(string, tag = "3")]
        pub stat_prefix: String,
        /// Separates dimensions inside a stat name; unset means `;;`.
        #[prost(string, tag = "4")]
        pub field_separator: String,
        /// Separates a dimension from its value; unset means `==`.
        #[prost(string, tag = "5")]
        pub value_separator: String,
        /// Whether an unknown destination service is not guessed from the Host header.
        #[prost(bool, tag = "6")]
        pub disable_host_header_fallback: bool,
        /// Time between reports of open TCP connections; unset means 15s.
        #[prost(message, optional, tag = "7")]
        pub tcp_reporting_duration: Option<Duration>,
        /// Changes to standard metrics, in order.
        #[prost(message, repeated, tag = "8")]
        pub metrics: Vec<MetricConfig>,
        /// New metrics.
        #[prost(message, repeated, tag = "9")]
        pub definitions: Vec<MetricDefinition>,
        /// On whose behalf the proxy reports.
        #[prost(enumeration = "Reporter", tag = "10")]
        pub reporter: i32,
        /// How often metric scopes rotate; unset means never.
        #[prost(message, optional, tag = "11")]
        pub rotation_interval: Option<Duration>,
        /// How long rotated metrics are kept; unset means 5m.
        #[prost(message, optional, tag = "12")]
        pub graceful_deletion_interval: Option<Duration>,
    }

    impl prost::Name for PluginConfig {
        const NAME: &'static str = "PluginConfig";
        const PACKAGE: &'static str = "stats";
    }

    /// A change to one metric, or to all.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct MetricConfig {
        /// CEL expressions by tag name: tags to add or replace.
        #[prost(btree_map = "string, string", tag = "1")]
        pub dimensions: BTreeMap<String, String>,
        /// The metric without the `istio_` prefix; empty means all.
        #[prost(string, tag = "2")]
        pub name: String,
        /// Tags to leave out.
        #[prost(string, repeated, tag = "3")]
        pub tags_to_remove: Vec<String>,
        /// Not implemented by the filter.
        #[prost(string, tag = "4")]
        pub r#match: String,
        /// Whether the metric is off.
        #[prost(bool, tag = "5")]
        pub drop: bool,
    }

    /// A metric that Istio does not define.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct MetricDefinition {
        /// Its name without the `istio_` prefix.
        #[prost(string, tag = "1")]
        pub name: String,
        /// CEL expression of its value.
        #[prost(string, tag = "2")]
        pub value: String,
        /// Not implemented by the filter.
        #[prost(enumeration = "MetricType", tag = "3")]
        pub r#type: i32,
    }

    /// Kind of a metric.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum MetricType {
        /// Only goes up.
        Counter = 0,
        /// Goes up and down.
        Gauge = 1,
        /// A distribution.
        Histogram = 2,
    }

    /// The proxy's role in the report.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum Reporter {
        /// By the listener's direction.
        Unspecified = 0,
        /// A gateway that serves many workloads: a waypoint.
        ServerGateway = 1,
    }
}

#[cfg(test)]
mod tests {
    use envoy_types::pb::google::protobuf::Duration;
    use serde_json::json;

    use super::{alpn, stats};
    use crate::envoy::json::to_value;

    /// The structs here and the hand-written descriptors agree on every field.
    #[test]
    fn stats_fields_have_their_names() {
        let duration = |seconds| Some(Duration { seconds, nanos: 0 });
        let config = stats::PluginConfig {
            debug: true,
            max_peer_cache_size: -1,
            stat_prefix: "p".into(),
            field_separator: "f".into(),
            value_separator: "v".into(),
            disable_host_header_fallback: true,
            tcp_reporting_duration: duration(7),
            metrics: vec![stats::MetricConfig {
                dimensions: [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())].into(),
                name: "requests_total".into(),
                tags_to_remove: vec!["x".into()],
                r#match: "m".into(),
                drop: true,
            }],
            definitions: vec![stats::MetricDefinition {
                name: "n".into(),
                value: "e".into(),
                r#type: stats::MetricType::Histogram.into(),
            }],
            reporter: stats::Reporter::ServerGateway.into(),
            rotation_interval: duration(11),
            graceful_deletion_interval: duration(12),
        };
        assert_eq!(
            to_value(&config),
            json!({
                "debug": true,
                "max_peer_cache_size": -1,
                "stat_prefix": "p",
                "field_separator": "f",
                "value_separator": "v",
                "disable_host_header_fallback": true,
                "tcp_reporting_duration": "7s",
                "metrics": [{
                    "dimensions": {"a": "1", "b": "2"},
                    "name": "requests_total",
                    "tags_to_remove": ["x"],
                    "match": "m",
                    "drop": true
                }],
                "definitions": [{"name": "n", "value": "e", "type": "HISTOGRAM"}],
                "reporter": "SERVER_GATEWAY",
                "rotation_interval": "11s",
                "graceful_deletion_interval": "12s"
            })
        );
    }

    #[test]
    fn alpn_fields_have_their_names() {
        let entry = |protocol: alpn::Protocol| alpn::AlpnOverride {
            upstream_protocol: protocol.into(),
            alpn_override: vec!["istio".into(), "h2".into()],
        };
        let config =
            alpn::FilterConfig { alpn_override: [alpn::Protocol::Http10, alpn::Protocol::Http2].map(entry).into() };
        assert_eq!(
            to_value(&config),
            json!({"alpn_override": [
                {"alpn_override": ["istio", "h2"]},
                {"upstream_protocol": "HTTP2", "alpn_override": ["istio", "h2"]}
            ]})
        );
    }
}
