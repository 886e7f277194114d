//! How a built message finds what it names: from a control plane, or beside it in the same file.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig;

use super::core::duration;
use super::http_connection_manager::Repeated;
use crate::ir;
use crate::ir::name::OutboundCluster;
use crate::ir::tls::{SecretRef, SecretSource};

/// The cluster of the agent beside Envoy, which serves its identity.
pub const SDS_CLUSTER: &str = "sds-grpc";

/// Where names are looked up.
#[derive(Clone, Debug)]
pub enum Discovery<'a> {
    /// By xDS, as istiod's proxies do.
    Xds,
    /// In the same file.
    Static(Tables<'a>),
}

/// What a static configuration has for the names in it.
#[derive(Clone, Debug)]
pub struct Tables<'a> {
    /// Route configurations by name.
    pub routes: BTreeMap<&'a str, &'a ir::RouteConfiguration>,
    /// Endpoints by the cluster's name.
    pub endpoints: BTreeMap<&'a str, &'a ir::LoadAssignment>,
    /// Services (hostname and port) with endpoints: a subset of one without a match is empty, not unknown.
    pub known: BTreeSet<(&'a str, u16)>,
    /// What connection managers have in common.
    pub repeated: Repeated,
    /// What a cluster with endpoint discovery becomes.
    pub endpoint_mode: EndpointMode,
    /// Whether the workload's own certificates come from the agent, by SDS.
    pub identity_from_agent: bool,
}

/// What a cluster with endpoint discovery becomes in a static configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointMode {
    /// `static` where the service has endpoints, else `dns`.
    #[default]
    Auto,
    /// Only the endpoints there are.
    Static,
    /// The service's name, resolved.
    Dns,
}

impl<'a> Tables<'a> {
    /// The tables of `config`.
    pub fn new(config: &'a ir::ProxyConfig, endpoint_mode: EndpointMode, identity_from_agent: bool) -> Self {
        let outbound = config.outbound();
        let routes = outbound.route_configurations.iter();
        let endpoints = outbound.load_assignments.iter();
        let filled = |assignment: &&ir::LoadAssignment| assignment.localities.iter().any(|it| !it.endpoints.is_empty());
        let service = |assignment: &'a ir::LoadAssignment| {
            OutboundCluster::parse(&assignment.cluster).map(|cluster| (cluster.hostname, cluster.port))
        };
        Self {
            known: endpoints.clone().filter(filled).filter_map(service).collect(),
            routes: routes.map(|configuration| (configuration.name.as_str(), configuration)).collect(),
            endpoints: endpoints.map(|assignment| (assignment.cluster.as_str(), assignment)).collect(),
            repeated: Repeated::default(),
            endpoint_mode,
            identity_from_agent,
        }
    }
}

impl Discovery<'_> {
    /// The control plane's stream, waited for without end, for routes and endpoints.
    pub fn control_plane(&self) -> core::ConfigSource {
        core::ConfigSource { initial_fetch_timeout: Some(duration(Duration::ZERO)), ..ads() }
    }

    /// A secret by name. A static configuration holds it in `static_resources.secrets`, unless
    /// another server that it has a cluster for serves it.
    pub fn sds_secret_config(&self, secret: &SecretRef) -> SdsSecretConfig {
        let SecretRef { name, source } = secret;
        let sds_config = match (self, source) {
            (Self::Xds, SecretSource::ControlPlane) => Some(ads()),
            (Self::Xds, SecretSource::Agent { wait }) => Some(agent(*wait)),
            (Self::Static(_), SecretSource::ControlPlane) => None,
            (Self::Static(tables), SecretSource::Agent { wait }) => {
                (tables.identity_from_agent && is_identity(name)).then(|| agent(*wait))
            }
            (_, SecretSource::Grpc { cluster, authority }) => Some(grpc(cluster, authority)),
        };
        SdsSecretConfig { name: name.clone(), sds_config }
    }
}

/// Whether an agent's secret is the workload's own certificate or the mesh's authorities (the other
/// names are of files: `istio: security.SdsCertificateConfig`).
pub fn is_identity(name: &str) -> bool {
    name == "default" || name == "ROOTCA"
}

fn ads() -> core::ConfigSource {
    use core::config_source::ConfigSourceSpecifier;
    core::ConfigSource {
        config_source_specifier: Some(ConfigSourceSpecifier::Ads(core::AggregatedConfigSource {})),
        resource_api_version: core::ApiVersion::V3.into(),
        ..Default::default()
    }
}

fn agent(wait: bool) -> core::ConfigSource {
    core::ConfigSource { initial_fetch_timeout: wait.then(|| duration(Duration::ZERO)), ..grpc(SDS_CLUSTER, "") }
}

fn grpc(cluster: &str, authority: &str) -> core::ConfigSource {
    use core::config_source::ConfigSourceSpecifier;
    use core::grpc_service::{EnvoyGrpc, TargetSpecifier};
    let service = EnvoyGrpc { cluster_name: cluster.to_owned(), authority: authority.to_owned(), ..Default::default() };
    let source = core::ApiConfigSource {
        api_type: core::api_config_source::ApiType::Grpc.into(),
        transport_api_version: core::ApiVersion::V3.into(),
        grpc_services: vec![core::GrpcService {
            target_specifier: Some(TargetSpecifier::EnvoyGrpc(service)),
            ..Default::default()
        }],
        set_node_on_first_message_only: true,
        ..Default::default()
    };
    core::ConfigSource {
        config_source_specifier: Some(ConfigSourceSpecifier::ApiConfigSource(source)),
        resource_api_version: core::ApiVersion::V3.into(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;

    fn secret(source: SecretSource) -> SecretRef {
        SecretRef { name: "n".into(), source }
    }

    #[test]
    fn each_source_as_istiod_writes_it() {
        let xds = |source| to_value(&Discovery::Xds.sds_secret_config(&secret(source)));
        assert_eq!(
            xds(SecretSource::ControlPlane),
            json!({"name": "n", "sds_config": {"ads": {}, "resource_api_version": "V3"}})
        );
        assert_eq!(
            xds(SecretSource::Agent { wait: true }),
            json!({"name": "n", "sds_config": {
                "api_config_source": {
                    "api_type": "GRPC", "transport_api_version": "V3",
                    "grpc_services": [{"envoy_grpc": {"cluster_name": "sds-grpc"}}],
                    "set_node_on_first_message_only": true
                },
                "initial_fetch_timeout": "0s", "resource_api_version": "V3"
            }})
        );
        assert_eq!(
            to_value(&Discovery::Xds.control_plane()),
            json!({"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"})
        );
    }

    #[test]
    fn a_static_configuration_names_its_own_secrets() {
        let config = ir::ProxyConfig::Router(ir::Outbound::default());
        let discovery = Discovery::Static(Tables::new(&config, EndpointMode::Auto, false));
        for source in [SecretSource::ControlPlane, SecretSource::Agent { wait: true }] {
            assert_eq!(to_value(&discovery.sds_secret_config(&secret(source))), json!({"name": "n"}));
        }
    }
}
