//! Values that the user did not write, each with its source.

use std::time::Duration;

/// Access logs' text format (`istio: model/telemetry_logging.go: EnvoyTextLogFormat`).
pub const ACCESS_LOG_TEXT: &str = concat!(
    r#"[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% "#,
    r#"%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" "#,
    r#"%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "#,
    r#""%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% "#,
    r#"%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% "#,
    "%ROUTE_NAME%\n",
);

/// Access logs' JSON format, key and format string (`istio: model/telemetry_logging.go:
/// EnvoyJSONLogFormatIstio`).
pub const ACCESS_LOG_JSON: [(&str, &str); 24] = [
    ("authority", "%REQ(:AUTHORITY)%"),
    ("bytes_received", "%BYTES_RECEIVED%"),
    ("bytes_sent", "%BYTES_SENT%"),
    ("connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"),
    ("downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"),
    ("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
    ("duration", "%DURATION%"),
    ("method", "%REQ(:METHOD)%"),
    ("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
    ("protocol", "%PROTOCOL%"),
    ("request_id", "%REQ(X-REQUEST-ID)%"),
    ("requested_server_name", "%REQUESTED_SERVER_NAME%"),
    ("response_code", "%RESPONSE_CODE%"),
    ("response_code_details", "%RESPONSE_CODE_DETAILS%"),
    ("response_flags", "%RESPONSE_FLAGS%"),
    ("route_name", "%ROUTE_NAME%"),
    ("start_time", "%START_TIME%"),
    ("upstream_cluster", "%UPSTREAM_CLUSTER_RAW%"),
    ("upstream_host", "%UPSTREAM_HOST%"),
    ("upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"),
    ("upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"),
    ("upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
    ("user_agent", "%REQ(USER-AGENT)%"),
    ("x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"),
];

/// The file that an access log provider without a path writes to (`istio: model.DevStdout`).
pub const ACCESS_LOG_PATH: &str = "/dev/stdout";

/// Response flag of connections that no filter chain takes, the only ones that listeners log
/// (`istio: core.listenerAccessLogFilter`).
pub const NO_FILTER_CHAIN_FLAG: &str = "NR";

/// `server` header (`istio: core.EnvoyServerName`).
pub const SERVER_NAME: &str = "istio-envoy";

/// Percent of requests that are traced (`istio: features.TraceSampling`, `PILOT_TRACE_SAMPLING`);
/// also what a sampling above 100 counts as (`core.proxyConfigSamplingValue`).
pub const TRACE_SAMPLING: f64 = 1.0;

/// How long a TLS handshake with a gateway may take (`istio:
/// features.GatewayTransportSocketConnectTimeout`): bounds what slow handshakes cost.
pub const GATEWAY_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections that one socket event accepts (`istio: features.MaxConnectionsToAcceptPerSocketEvent`).
pub const CONNECTIONS_PER_SOCKET_EVENT: u32 = 1;

/// Bound on bodies of direct responses, in bytes (`istio: route.DefaultMaxDirectResponseBodySizeBytes`).
pub const MAX_DIRECT_RESPONSE_BODY: u32 = 1_048_576;

/// ALPN that a terminating server offers (`istio: util.ALPNHttp`).
pub const ALPN_HTTP: [&str; 2] = ["h2", "http/1.1"];

/// ALPN that a TCP server with Istio's mutual TLS offers, for metadata exchange (`istio:
/// util.ALPNDownstreamWithMxc`).
pub const ALPN_METADATA_EXCHANGE: [&str; 3] = ["istio-peer-exchange", "h2", "http/1.1"];

/// ALPN of all connections between Istio's proxies (`istio: core.allIstioMtlsALPNs`).
pub const ALPN_MESH: [&str; 5] = ["istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"];

/// What is retried where nobody says (`istio: retry.defaultRetryOn`): only what surely did not reach
/// the application, or what gRPC says may be tried again.
pub const RETRY_ON: &str = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

/// How often (`istio: retry.defaultNumRetries`).
pub const RETRIES: u32 = 2;

/// How often a retry looks for a host that was not tried (`istio: retry.newRetryPolicy`).
pub const HOST_SELECTION_RETRIES: i64 = 5;

/// After how many retries other priorities are tried, with `retryRemoteLocalities`
/// (`istio: retry.buildPreviousPrioritiesConfig`).
pub const PREVIOUS_PRIORITIES_UPDATE: i32 = 2;

/// The label of an endpoint's network (`istio.io/api/label: TopologyNetwork`).
pub const NETWORK_LABEL: &str = "topology.istio.io/network";

/// Labels that must agree for `trafficDistribution: PreferClose` (`istio:
/// loadbalancer.GetEffectiveLbSetting`).
pub const PREFER_SAME_ZONE: [&str; 3] = [NETWORK_LABEL, "topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

/// Labels that must agree for `trafficDistribution: PreferSameNode` (ibid.).
pub const PREFER_SAME_NODE: [&str; 5] = [
    NETWORK_LABEL,
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.istio.io/subzone",
    "kubernetes.io/hostname",
];

/// The label of endpoints that are on their way out (`istio: features.DrainingLabel`).
pub const DRAINING_LABEL: &str = "istio.io/draining";

/// Labels of services whose clients stick to an endpoint, which therefore keep draining endpoints
/// (`istio: features.PersistentSessionLabel`, `features.PersistentSessionHeaderLabel`).
pub const PERSISTENT_SESSION_LABEL: &str = "istio.io/persistent-session";

/// The port of a network's gateway that does not say (`istio: controller.DefaultNetworkGatewayPort`).
pub const NETWORK_GATEWAY_PORT: u32 = 15443;

/// The name of the only cluster there is (`istio: pkg/cluster`, the default of `CLUSTER_ID`).
pub const CLUSTER_ID: &str = "Kubernetes";

/// The cluster and socket of the agent for credentials of other systems (`istio:
/// security.SDSExternalClusterName`, `security.CredentialNameSocketPath`).
pub const CREDENTIAL_CLUSTER: &str = "sds-external";
/// See [`CREDENTIAL_CLUSTER`].
pub const CREDENTIAL_SOCKET: &str = "./var/run/secrets/credential-uds/socket";

/// The cluster and DNS cache of `ALLOW_ANY_DYNAMIC_DNS`, and how many names it holds (`istio:
/// util.AllowAnyDynamicDNSCluster`, `util.AllowAnyDFPDNSCacheName`, `features.AllowAnyDynamicDNSMaxHosts`).
pub const ALLOW_ANY_CLUSTER: &str = "AllowAnyDynamicDNSCluster";
/// See [`ALLOW_ANY_CLUSTER`].
pub const ALLOW_ANY_DNS_CACHE: &str = "allow_any_dfp_dns_cache";
/// See [`ALLOW_ANY_CLUSTER`].
pub const ALLOW_ANY_MAX_HOSTS: u32 = 1024;

/// How long an upstream connection of `PassthroughCluster` may be idle (`istio:
/// core.passthroughHttpProtocolOptions`).
pub const PASSTHROUGH_IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// Spread of DNS refreshes (`istio: features.PilotDNSJitterDurationEnv`).
pub const DNS_JITTER: Duration = Duration::from_millis(100);

/// Bound of every circuit breaker that a rule does not set: none, as Envoy's own are too low while
/// pods come and go (`istio: core.getDefaultCircuitBreakerThresholds`).
pub const NO_BOUND: u32 = u32::MAX;

/// Share of requests that may be retries in percent, and retries that may always run, of a retry
/// budget that does not say (`istio: core.applyRetryBudget`).
pub const RETRY_BUDGET: (f64, u32) = (20.0, 3);

/// Points on the ring of a consistent hash that names no algorithm (`istio: core.ApplyRingHashLoadBalancer`).
pub const MINIMUM_RING_SIZE: u64 = 1024;

/// Aggression and smallest share in percent of a warmup that does not say (`istio: core.setWarmup`).
pub const WARMUP: (f64, f64) = (1.0, 10.0);

/// ALPN towards workloads with Istio's mutual TLS, and over HTTP/2 (`istio: util.ALPNInMeshWithMxc`,
/// `util.ALPNInMeshH2WithMxc`): `istio` tells the sidecar there that it is mesh traffic.
pub const ALPN_TO_MESH: [&str; 2] = ["istio-peer-exchange", "istio"];
/// See [`ALPN_TO_MESH`].
pub const ALPN_TO_MESH_H2: [&str; 3] = ["istio-peer-exchange", "istio", "h2"];

/// ALPN towards other servers over HTTP/2 (`istio: util.ALPNH2Only`).
pub const ALPN_H2: [&str; 1] = ["h2"];

/// Authorities of TLS to a server where none are named: those of the system (`istio:
/// core.constructUpstreamTLS`).
pub const SYSTEM_AUTHORITIES: &str = "system";
/// See [`PERSISTENT_SESSION_LABEL`].
pub const PERSISTENT_SESSION_HEADER_LABEL: &str = "istio.io/persistent-session-header";

/// The annotation of a ServiceEntry that connects to all DNS answers at once, and its value in any
/// case (`istio: model.GetDNSConnectStrategy`).
pub const CONNECT_STRATEGY: &str = "istio.io/connect-strategy";
/// See [`CONNECT_STRATEGY`].
pub const RACE_CONNECTIONS: &str = "RACE_FIRST_TCP_CONNECT";

/// What the HTTP inspector calls plain HTTP; HTTP/1.0 is left out, so that it passes as bytes
/// (`istio: core.plaintextHTTPALPNs`).
pub const PLAINTEXT_HTTP: [&str; 2] = ["http/1.1", "h2c"];

/// Envoy's name of connections without TLS (`istio: xdsfilters.RawBufferTransportProtocol`).
pub const RAW_BUFFER: &str = "raw_buffer";

/// Names of the filter chains of `virtualOutbound`, and of the fallback of the listeners that it
/// hands connections to (`istio: model.VirtualOutbound…FilterChainName`, `util.PassthroughFilterChain`).
pub const VIRTUAL_OUTBOUND: &str = "virtualOutbound";
/// See [`VIRTUAL_OUTBOUND`].
pub const VIRTUAL_OUTBOUND_BLACK_HOLE: &str = "virtualOutbound-blackhole";
/// See [`VIRTUAL_OUTBOUND`].
pub const VIRTUAL_OUTBOUND_CATCH_ALL: &str = "virtualOutbound-catchall-tcp";
/// See [`VIRTUAL_OUTBOUND`].
pub const PASSTHROUGH_CHAIN: &str = "PassthroughFilterChain";

/// The route configuration of the explicit HTTP proxy (`istio: model.RDSHttpProxy`).
pub const HTTP_PROXY_ROUTES: &str = "http_proxy";

/// Virtual hosts for requests to unknown hosts (`istio: util.Passthrough`, `util.BlackHole`,
/// `util.AllowAnyDynamicDNS`).
pub const ALLOW_ANY: &str = "allow_any";
/// See [`ALLOW_ANY`].
pub const BLOCK_ALL: &str = "block_all";
/// See [`ALLOW_ANY`].
pub const ALLOW_ANY_DYNAMIC_DNS: &str = "allow_any_dynamic_dns";

/// What answers requests to unknown hosts where these are not let out (`istio: core.buildCatchAllVirtualHost`).
pub const BLOCKED_STATUS: u32 = 502;

/// The name of the default route of a service (`istio: route.DefaultRouteName`).
pub const DEFAULT_ROUTE: &str = "default";

/// Addresses that connections to the workload come from, which redirection lets pass (`istio:
/// core.InboundPassthroughBindIpv4`, `core.InboundPassthroughBindIpv6`).
pub const INBOUND_SOURCE_V4: &str = "127.0.0.6";
/// See [`INBOUND_SOURCE_V4`].
pub const INBOUND_SOURCE_V6: &str = "::6";

/// How long a port of the workload without traffic is kept: for ever (`istio: core.buildInboundCluster`,
/// whose longest duration this is).
pub const INBOUND_CLEANUP_INTERVAL: Duration = Duration::from_secs(9_223_372_035);

/// Names of the listener of all that comes in and of its filter chains (`istio: model.VirtualInbound…`).
pub const VIRTUAL_INBOUND: &str = "virtualInbound";
/// See [`VIRTUAL_INBOUND`].
pub const VIRTUAL_INBOUND_BLACK_HOLE: &str = "virtualInbound-blackhole";
/// See [`VIRTUAL_INBOUND`].
pub const VIRTUAL_INBOUND_CATCH_ALL_HTTP: &str = "virtualInbound-catchall-http";

/// What the TLS inspector calls connections with TLS (`istio: xdsfilters.TLSTransportProtocol`).
pub const TLS: &str = "tls";

/// ALPN of HTTP between Istio's proxies, and of bytes (`istio: core.mtlsHTTPALPNs`, `core.mtlsTCPWithMxcALPNs`).
pub const ALPN_MESH_HTTP: [&str; 3] = ["istio-http/1.0", "istio-http/1.1", "istio-h2"];
/// See [`ALPN_MESH_HTTP`].
pub const ALPN_MESH_BYTES: [&str; 2] = ["istio-peer-exchange", "istio"];

/// Ciphers of mutual TLS up to 1.2 that the mesh does not choose (`istio: authn/utils.SupportedCiphers`).
pub const MESH_CIPHER_SUITES: [&str; 6] = [
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
];

/// What is retried towards the workload, where surely nothing was done yet (`istio:
/// retry.defaultInboundRetryOn`).
pub const INBOUND_RETRY_ON: &str = "reset-before-request";
