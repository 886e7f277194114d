//! Packages whose messages istiod knows and this program does not describe: those of Envoy's `contrib` and of its
//! services, and some of Istio's own filters (`istio: pkg/config/xds/filter_types.gen.go`).

/// Whether a message may be of such a package. What is in it is not looked at.
pub(super) fn is_elsewhere(message: &str) -> bool {
    let is_alpha = message.starts_with("envoy.extensions.") && message.contains(".v3alpha.");
    let below = |package: &str| message.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
    is_alpha || PACKAGES.iter().any(|package| below(package))
}

const PACKAGES: [&str; 23] = [
    "envoy.admin.v3",
    "envoy.data.cluster.v3",
    "envoy.data.core.v3",
    "envoy.data.tap.v3",
    "envoy.extensions.filters.http.dynamo.v3",
    "envoy.extensions.filters.network.client_ssl_auth.v3",
    "envoy.extensions.filters.network.generic_proxy.codecs.kafka.v3",
    "envoy.extensions.filters.network.kafka_broker.v3",
    "envoy.extensions.filters.network.mysql_proxy.v3",
    "envoy.extensions.filters.network.rocketmq_proxy.v3",
    "envoy.extensions.network_filters.peer_metadata",
    "envoy.extensions.reverse_tunnel_reporters",
    "envoy.extensions.stat_sinks.kafka.v3",
    "envoy.extensions.stat_sinks.wasm_filter.v3",
    "envoy.service",
    "envoy.tcp.metadataexchange.config",
    "envoy.watchdog.v3",
    "google.api",
    "io.istio",
    "istio.envoy.config.filter.http.jwt_auth.v2alpha1",
    "istio.envoy.config.filter.network.tcp_cluster_rewrite.v2alpha1",
    "xds.core.v3",
    "xds.type",
];
