//! `MeshConfig`: settings of the mesh as a whole, and the networks it spans.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::destination_rule::{
    ClientTls, ConnectionPoolSettings, LocalityLoadBalancerSetting, OutlierDetection, TcpKeepalive,
    ZoneAwareLoadBalancerSetting,
};
use super::proxy_defaults::ProxyConfig;
use super::virtual_service::HttpRetry;
use crate::base::{Duration, ExportTo, HostPattern, Labels, Port};

/// Settings of the mesh, with Istio's defaults for what is not written
/// (`pkg/config/mesh/mesh.go: DefaultMeshConfig`).
/// <https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/>
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MeshConfig {
    /// The port that sidecars take outgoing connections on.
    pub proxy_listen_port: i32,
    /// The port that sidecars take incoming connections on.
    pub proxy_inbound_listen_port: i32,
    /// The port for HTTP clients that use the sidecar as an explicit proxy; 0 is off.
    pub proxy_http_port: i32,
    /// How long connecting to a service may take.
    pub connect_timeout: Duration,
    /// How long an HBONE connection may be idle.
    pub hbone_idle_timeout: Option<Duration>,
    /// How long to wait for a client's first bytes to detect its protocol; zero waits for ever.
    pub protocol_detection_timeout: Duration,
    /// Keep-alive of sockets to services.
    pub tcp_keepalive: Option<TcpKeepalive>,
    /// The class of the Ingresses that are taken.
    pub ingress_class: String,
    /// The Service of the gateway that serves Ingresses.
    pub ingress_service: String,
    /// Which Ingresses are taken.
    pub ingress_controller_mode: IngressControllerMode,
    /// The value of the `istio` label of the gateway that serves Ingresses; empty means `ingressgateway`.
    pub ingress_selector: String,
    /// Whether proxies trace.
    pub enable_tracing: bool,
    /// The file of the access log; empty is off.
    pub access_log_file: String,
    /// The format of the access log; empty takes Istio's.
    pub access_log_format: String,
    /// Text or JSON.
    pub access_log_encoding: AccessLogEncoding,
    /// Also send access logs by gRPC.
    pub enable_envoy_access_log_service: bool,
    /// Do not log connections that no filter chain takes.
    pub disable_envoy_listener_log: bool,
    /// The settings of proxies, already laid over Istio's defaults.
    #[serde(deserialize_with = "over_defaults")]
    pub default_config: ProxyConfig,
    /// What happens with traffic to unknown destinations.
    pub outbound_traffic_policy: MeshOutboundTrafficPolicy,
    /// What happens with traffic to ports without a service.
    pub inbound_traffic_policy: InboundTrafficPolicy,
    /// Where istiod reads configuration; without effect here.
    pub config_sources: Vec<Value>,
    /// Use mutual TLS to workloads that have a proxy.
    pub enable_auto_mtls: Option<bool>,
    /// The trust domain of the mesh's identities.
    pub trust_domain: String,
    /// Other trust domains that count as the same.
    pub trust_domain_aliases: BTreeSet<String>,
    /// Further root certificates.
    pub ca_certificates: Vec<Value>,
    /// Who sees a service that does not say.
    pub default_service_export_to: Vec<ExportTo>,
    /// Who sees a VirtualService that does not say.
    pub default_virtual_service_export_to: Vec<ExportTo>,
    /// Who sees a DestinationRule that does not say.
    pub default_destination_rule_export_to: Vec<ExportTo>,
    /// The namespace whose policies hold for the mesh.
    pub root_namespace: String,
    /// Preference of localities.
    pub locality_lb_setting: Option<LocalityLoadBalancerSetting>,
    /// Envoy's zone-aware routing.
    pub zone_aware_lb_setting: Option<ZoneAwareLoadBalancerSetting>,
    /// How often failed names are resolved again.
    pub dns_refresh_rate: Duration,
    /// Whether HTTP/1.1 becomes HTTP/2 between proxies.
    pub h2_upgrade_policy: MeshH2UpgradePolicy,
    /// The statistics name of inbound clusters, with `%SERVICE%` and the like; empty takes Istio's.
    pub inbound_cluster_stat_name: String,
    /// The statistics name of outbound clusters; empty takes Istio's.
    pub outbound_cluster_stat_name: String,
    /// Certificates for control-plane components; without effect here.
    pub certificates: Vec<Value>,
    /// Settings of services by host.
    pub service_settings: Vec<ServiceSettings>,
    /// The scope of services in ambient mode; without effect here.
    pub service_scope_configs: Vec<Value>,
    /// Merge the application's Prometheus metrics with the proxy's.
    pub enable_prometheus_merge: Option<bool>,
    /// Check servers' certificates against the system's authorities where a DestinationRule names none.
    pub verify_certificate_at_client: Option<bool>,
    /// The external certificate authority; without effect here.
    pub ca: Option<Value>,
    /// What Telemetry, AuthorizationPolicies and the defaults below may name, over Istio's built-in ones.
    #[serde(deserialize_with = "over_built_in")]
    pub extension_providers: Vec<ExtensionProvider>,
    /// The providers that are used where nothing says otherwise.
    pub default_providers: DefaultProviders,
    /// The namespaces istiod looks at; none means all.
    pub discovery_selectors: Vec<KubernetesSelector>,
    /// How request paths are normalized.
    pub path_normalization: ProxyPathNormalization,
    /// The retries of HTTP routes that do not say; absent takes Istio's.
    pub default_http_retry_policy: Option<HttpRetry>,
    /// The retries towards the workload itself; absent takes Istio's.
    pub default_inbound_http_retry_policy: Option<HttpRetry>,
    /// TLS between workloads.
    #[serde(rename = "meshMTLS")]
    pub mesh_mtls: Option<TlsConfig>,
    /// TLS to and from others.
    pub tls_defaults: Option<TlsConfig>,
    /// The traffic policy of services that have none.
    pub default_traffic_policy: Option<DefaultTrafficPolicy>,
    /// Who may see ServiceEntries, by namespace.
    pub service_entry_visibility: Option<ServiceEntryVisibility>,
}

impl Default for MeshConfig {
    fn default() -> Self {
        let everyone = || vec![ExportTo::All];
        Self {
            proxy_listen_port: 15001,
            proxy_inbound_listen_port: 15006,
            proxy_http_port: 0,
            connect_timeout: Duration::from_seconds(10),
            hbone_idle_timeout: None,
            protocol_detection_timeout: Duration::ZERO,
            tcp_keepalive: None,
            ingress_class: "istio".to_owned(),
            ingress_service: "istio-ingressgateway".to_owned(),
            ingress_controller_mode: IngressControllerMode::Strict,
            ingress_selector: String::new(),
            enable_tracing: true,
            access_log_file: String::new(),
            access_log_format: String::new(),
            access_log_encoding: AccessLogEncoding::Text,
            enable_envoy_access_log_service: false,
            disable_envoy_listener_log: false,
            default_config: ProxyConfig::istio_default(),
            outbound_traffic_policy: MeshOutboundTrafficPolicy {
                mode: MeshOutboundTrafficPolicyMode::AllowAny,
                tls: None,
            },
            inbound_traffic_policy: InboundTrafficPolicy::default(),
            config_sources: Vec::new(),
            enable_auto_mtls: Some(true),
            trust_domain: "cluster.local".to_owned(),
            trust_domain_aliases: BTreeSet::new(),
            ca_certificates: Vec::new(),
            default_service_export_to: everyone(),
            default_virtual_service_export_to: everyone(),
            default_destination_rule_export_to: everyone(),
            root_namespace: "istio-system".to_owned(),
            locality_lb_setting: Some(LocalityLoadBalancerSetting { enabled: Some(true), ..Default::default() }),
            zone_aware_lb_setting: None,
            dns_refresh_rate: Duration::from_seconds(60),
            h2_upgrade_policy: MeshH2UpgradePolicy::DoNotUpgrade,
            inbound_cluster_stat_name: String::new(),
            outbound_cluster_stat_name: String::new(),
            certificates: Vec::new(),
            service_settings: Vec::new(),
            service_scope_configs: Vec::new(),
            enable_prometheus_merge: Some(true),
            verify_certificate_at_client: None,
            ca: None,
            extension_providers: ExtensionProvider::built_in(),
            default_providers: DefaultProviders::default(),
            discovery_selectors: Vec::new(),
            path_normalization: ProxyPathNormalization::default(),
            default_http_retry_policy: None,
            default_inbound_http_retry_policy: None,
            mesh_mtls: None,
            tls_defaults: None,
            default_traffic_policy: None,
            service_entry_visibility: None,
        }
    }
}

/// `defaultConfig` is laid over Istio's defaults field by field (`mesh.go: ApplyMeshConfig`).
fn over_defaults<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ProxyConfig, D::Error> {
    Ok(ProxyConfig::istio_default().overlaid(ProxyConfig::deserialize(deserializer)?))
}

/// A written provider takes the place of the built-in one with its name, or comes after them
/// (`mesh.go: ApplyMeshConfig`).
fn over_built_in<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ExtensionProvider>, D::Error> {
    let mut providers = ExtensionProvider::built_in();
    for written in Vec::<ExtensionProvider>::deserialize(deserializer)? {
        match providers.iter_mut().find(|provider| provider.name == written.name) {
            Some(provider) => *provider = written,
            None => providers.push(written),
        }
    }
    Ok(providers)
}

/// Which Ingresses are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IngressControllerMode {
    /// As default.
    #[default]
    Unspecified,
    /// None.
    Off,
    /// Those of the class, and those without class.
    Default,
    /// Those of the class.
    Strict,
}

/// How access logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccessLogEncoding {
    /// A line of text.
    #[default]
    Text,
    /// A line of JSON.
    Json,
}

/// What happens with traffic to unknown destinations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MeshOutboundTrafficPolicy {
    /// Whether it is let out.
    pub mode: MeshOutboundTrafficPolicyMode,
    /// TLS to destinations resolved by `ALLOW_ANY_DYNAMIC_DNS`.
    pub tls: Option<ClientTls>,
}

/// Whether traffic to unknown destinations is let out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MeshOutboundTrafficPolicyMode {
    /// Only to known services.
    #[default]
    RegistryOnly,
    /// Anywhere.
    AllowAny,
    /// Anywhere, by the name the client asks for.
    AllowAnyDynamicDns,
}

/// What happens with traffic to ports without a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InboundTrafficPolicy {
    /// Where it is sent.
    pub mode: InboundTrafficPolicyMode,
}

/// Where traffic to ports without a service is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InboundTrafficPolicyMode {
    /// To the address the client asked for.
    #[default]
    Passthrough,
    /// To the loopback address.
    Localhost,
}

/// Whether HTTP/1.1 becomes HTTP/2 between proxies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MeshH2UpgradePolicy {
    /// No.
    #[default]
    DoNotUpgrade,
    /// Yes.
    Upgrade,
}

/// Settings of services by host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSettings {
    /// The settings.
    pub settings: ServiceSetting,
    /// The services, also as `*.namespace.svc.cluster.local`.
    pub hosts: Vec<HostPattern>,
}

/// Settings of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSetting {
    /// Only endpoints of the client's own cluster are used.
    pub cluster_local: bool,
}

/// A provider of telemetry, access logs or authorization, by name.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExtensionProvider {
    /// Its name.
    pub name: String,
    /// External authorization by HTTP.
    pub envoy_ext_authz_http: Option<Value>,
    /// External authorization by gRPC.
    pub envoy_ext_authz_grpc: Option<Value>,
    /// Zipkin.
    pub zipkin: Option<Value>,
    /// Lightstep.
    pub lightstep: Option<Value>,
    /// Datadog.
    pub datadog: Option<Value>,
    /// Stackdriver.
    pub stackdriver: Option<Value>,
    /// OpenCensus.
    pub opencensus: Option<Value>,
    /// SkyWalking.
    pub skywalking: Option<Value>,
    /// OpenTelemetry traces.
    pub opentelemetry: Option<Value>,
    /// Prometheus.
    pub prometheus: Option<Value>,
    /// Access logs to a file.
    pub envoy_file_access_log: Option<EnvoyFileAccessLog>,
    /// Access logs of HTTP by gRPC.
    pub envoy_http_als: Option<Value>,
    /// Access logs of connections by gRPC.
    pub envoy_tcp_als: Option<Value>,
    /// Access logs by OpenTelemetry.
    pub envoy_otel_als: Option<Value>,
    /// A service of secrets.
    pub sds: Option<Value>,
}

impl ExtensionProvider {
    /// The providers every mesh has: `prometheus`, `stackdriver` and `envoy`.
    fn built_in() -> Vec<Self> {
        let empty = || Some(Value::Object(serde_json::Map::new()));
        let stdout = EnvoyFileAccessLog { path: "/dev/stdout".to_owned(), ..Default::default() };
        vec![
            Self { name: "prometheus".to_owned(), prometheus: empty(), ..Default::default() },
            Self { name: "stackdriver".to_owned(), stackdriver: empty(), ..Default::default() },
            Self { name: "envoy".to_owned(), envoy_file_access_log: Some(stdout), ..Default::default() },
        ]
    }
}

/// Access logs to a file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvoyFileAccessLog {
    /// The file.
    pub path: String,
    /// The format; absent takes Istio's text.
    pub log_format: Option<LogFormat>,
    /// Leave out values that are empty.
    pub omit_empty_values: bool,
}

/// The format of an access log.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LogFormat {
    /// A line of text; excludes `labels`.
    pub text: Option<String>,
    /// A JSON object; excludes `text`.
    pub labels: Option<serde_json::Map<String, Value>>,
}

/// The providers that are used where nothing says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DefaultProviders {
    /// Of traces.
    pub tracing: Vec<String>,
    /// Of metrics.
    pub metrics: Vec<String>,
    /// Of access logs.
    pub access_logging: Vec<String>,
}

/// A selector with expressions, as Kubernetes has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct KubernetesSelector {
    /// Labels that must be there.
    pub match_labels: Labels,
    /// Expressions that must hold.
    pub match_expressions: Vec<SelectorRequirement>,
}

/// An expression of a selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SelectorRequirement {
    /// The label.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values.
    pub values: Vec<String>,
}

impl KubernetesSelector {
    /// Whether labels satisfy all of it; `None` where an expression is not valid
    /// (`apimachinery: LabelSelectorAsSelector`).
    pub fn matches(&self, labels: &Labels) -> Option<bool> {
        let mut all = self.match_labels.selects(labels);
        for SelectorRequirement { key, operator, values } in &self.match_expressions {
            let value = labels.get(key);
            let listed = value.is_some_and(|value| values.iter().any(|it| it == value));
            all &= match (operator.as_str(), values.is_empty()) {
                ("In", false) => listed,
                ("NotIn", false) => !listed,
                ("Exists", true) => value.is_some(),
                ("DoesNotExist", true) => value.is_none(),
                _ => return None,
            };
        }
        Some(all)
    }
}

/// How far ServiceEntries are seen, whatever their `exportTo` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceEntryVisibility {
    /// Where no policy matches.
    pub default_visibility: EntryVisibility,
    /// The first that matches counts.
    pub policies: Vec<EntryVisibilityPolicy>,
    /// Without it, only ambient mode heeds this.
    pub apply_to_sidecars: bool,
}

impl ServiceEntryVisibility {
    /// How far the ServiceEntries of a namespace with these labels are seen by sidecars and gateways
    /// (`istio: ServiceEntryVisibilityMatcher.VisibilityFor`).
    pub fn of_namespace(&self, labels: &Labels) -> EntryVisibility {
        if !self.apply_to_sidecars {
            return EntryVisibility::Public;
        }
        let selected = |rule: &EntryVisibilityRule| {
            rule.namespace_selector.as_ref().and_then(|selector| selector.matches(labels)) == Some(true)
        };
        let policy = self.policies.iter().find(|policy| policy.matching_rules.iter().all(selected));
        policy.map_or(self.default_visibility, |policy| policy.visibility)
    }
}

/// How far some ServiceEntries are seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EntryVisibilityPolicy {
    /// How far.
    pub visibility: EntryVisibility,
    /// All must match; none matches every ServiceEntry.
    pub matching_rules: Vec<EntryVisibilityRule>,
}

/// Which ServiceEntries a policy is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EntryVisibilityRule {
    /// Those of these namespaces; absent matches none.
    pub namespace_selector: Option<KubernetesSelector>,
}

/// How far a ServiceEntry is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryVisibility {
    /// As public.
    #[default]
    VisibilityUnspecified,
    /// Nowhere.
    None,
    /// In its own namespace.
    Namespace,
    /// As `exportTo` says.
    Public,
}

/// How request paths are normalized.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyPathNormalization {
    /// The kind.
    pub normalization: NormalizationType,
}

/// A kind of path normalization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NormalizationType {
    /// As base.
    #[default]
    Default,
    /// None.
    None,
    /// RFC 3986.
    Base,
    /// Also `//` becomes `/`.
    MergeSlashes,
    /// Also `%2F` and `%5C` are decoded.
    DecodeAndMergeSlashes,
}

/// Versions and ciphers of TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsConfig {
    /// The lowest version.
    pub min_protocol_version: MeshTlsProtocol,
    /// Elliptic curves.
    pub ecdh_curves: Vec<String>,
    /// Ciphers of TLS up to 1.2.
    pub cipher_suites: Vec<String>,
}

/// A version of TLS that a mesh may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum MeshTlsProtocol {
    /// As Istio chooses.
    #[default]
    #[serde(rename = "TLS_AUTO")]
    Auto,
    /// 1.2.
    #[serde(rename = "TLSV1_2")]
    V1_2,
    /// 1.3.
    #[serde(rename = "TLSV1_3")]
    V1_3,
}

/// The traffic policy of services that have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DefaultTrafficPolicy {
    /// Limits of connections and requests.
    pub connection_pool: Option<ConnectionPoolSettings>,
    /// When an endpoint is taken out.
    pub outlier_detection: Option<OutlierDetection>,
}

/// The networks of a mesh, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MeshNetworks {
    /// The networks.
    pub networks: BTreeMap<String, Network>,
}

/// A network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Network {
    /// What is in it.
    pub endpoints: Vec<NetworkEndpoints>,
    /// How it is reached from other networks.
    pub gateways: Vec<NetworkGateway>,
}

/// What is in a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NetworkEndpoints {
    /// Endpoints with an address in this range; excludes the other.
    pub from_cidr: Option<String>,
    /// Endpoints of the cluster with this name; excludes the other.
    pub from_registry: Option<String>,
}

/// How a network is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NetworkGateway {
    /// By this service; excludes the other.
    pub registry_service_name: Option<String>,
    /// At this address; excludes the other.
    pub address: Option<String>,
    /// On this port.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
    /// The gateway's locality.
    pub locality: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_written_is_istios_default() {
        let config: MeshConfig = serde_json::from_str(
            r#"{"accessLogFile": "/dev/stdout",
                "defaultConfig": {"concurrency": 2, "gatewayTopology": {"numTrustedProxies": 1}},
                "extensionProviders": [{"name": "envoy", "envoyFileAccessLog": {"path": "/x"}}, {"name": "mine"}]}"#,
        )
        .unwrap_or_default();
        assert_eq!(config.connect_timeout, Duration::from_seconds(10));
        assert_eq!(config.default_config.status_port, Some(15020));
        assert_eq!(config.default_config.concurrency, Some(2));
        let names: Vec<_> = config.extension_providers.iter().map(|provider| provider.name.as_str()).collect();
        assert_eq!(names, ["prometheus", "stackdriver", "envoy", "mine"]);
        let path =
            |at: usize| config.extension_providers[at].envoy_file_access_log.as_ref().map(|log| log.path.as_str());
        assert_eq!(path(2), Some("/x"));
    }
}
