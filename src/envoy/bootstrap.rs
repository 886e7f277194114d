//! `envoy.config.bootstrap.v3.Bootstrap`: one file that an Envoy runs without a control plane.

use envoy_types::pb::envoy::config::bootstrap::v3 as bootstrap;
use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::metrics::v3 as metrics;
use envoy_types::pb::envoy::config::overload::v3 as overload;
use envoy_types::pb::envoy::extensions::resource_monitors::downstream_connections::v3::DownstreamConnectionsConfig;
use envoy_types::pb::envoy::r#type::matcher::v3::ListStringMatcher;

use super::any::pack;
use super::cluster::cluster;
use super::core::{address, locality, string_matcher};
use super::discovery::{Discovery, EndpointMode, Tables};
use super::duplicate_chains::without_duplicate_chains;
use super::identity::{Identity, sds_cluster, without_identity};
use super::listener::listener;
use super::static_secrets::{SecretFile, SecretsMode, static_secrets};
use super::stock::{Dropped, stock};
use super::typed_struct::{boolean, from_json, number, structure};
use crate::base::Diagnostics;
use crate::ir;
use crate::ir::StringMatch;

/// What the bootstrap is for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which Envoy loads it.
    pub target: Target,
    /// Where the workload's own certificate comes from.
    pub identity: Identity,
    /// Where the keys of gateways go.
    pub secrets: SecretsMode,
    /// What a cluster with endpoint discovery becomes.
    pub endpoints: EndpointMode,
    /// Who the proxy is.
    pub node: Node,
    /// Where the admin interface listens; `None` is nowhere.
    pub admin: Option<ir::Address>,
    /// The file of the system's certificate authorities, for `file-root:system`.
    pub system_authorities: String,
}

/// Which Envoy loads the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Any: Istio's own extensions are taken out.
    #[default]
    Envoy,
    /// Istio's build.
    IstioProxy,
}

/// Envoy's `node`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// As `router~10.0.0.9~pod.ns~ns.svc.cluster.local`.
    pub id: String,
    /// As `istio-ingressgateway.istio-system`.
    pub cluster: String,
    /// An object; anything else writes none.
    pub metadata: serde_json::Value,
    /// Where it runs.
    pub locality: ir::Locality,
    /// The proxy's namespace: where credentials that are not in the input are looked for.
    pub namespace: String,
}

/// A bootstrap and what belongs to it.
#[derive(Clone, Debug)]
pub struct Output {
    /// The message.
    pub bootstrap: bootstrap::Bootstrap,
    /// Files that it refers to.
    pub files: Vec<SecretFile>,
    /// Istio's extensions that it does without.
    pub dropped: Vec<Dropped>,
}

/// The bootstrap of the proxy that `config` describes. Nothing in it refers to a server that is
/// not in it, but for the agent's socket where that is asked for.
pub fn bootstrap(config: ir::ProxyConfig, options: &Options) -> (Output, Diagnostics) {
    let Options { target, identity, secrets, endpoints, node, admin, system_authorities: _ } = options;
    let (config, dropped) = match target {
        Target::Envoy => stock(config),
        Target::IstioProxy => (config, Vec::new()),
    };
    let (config, mut diagnostics) = match identity {
        Identity::None => without_identity(config),
        Identity::Files(_) | Identity::Sds(_) => (config, Diagnostics::default()),
    };
    let (config, found) = without_duplicate_chains(config);
    diagnostics.extend(found);
    let (secrets, files, found) = static_secrets(&config, secrets, options);
    diagnostics.extend(found);

    let agent = matches!(identity, Identity::Sds(_));
    let discovery = Discovery::Static(Tables::new(&config, *endpoints, agent));
    let static_resources = bootstrap::bootstrap::StaticResources {
        listeners: config.listeners().map(|(direction, one)| listener(direction, one, &discovery)).collect(),
        clusters: sds_cluster(identity)
            .into_iter()
            .chain(config.clusters().map(|one| cluster(one, &discovery)))
            .collect(),
        secrets,
    };
    let bootstrap = bootstrap::Bootstrap {
        node: Some(self::node(node)),
        static_resources: Some(static_resources),
        admin: admin.as_ref().map(|bound| bootstrap::Admin { address: Some(address(bound)), ..Default::default() }),
        layered_runtime: Some(layered_runtime()),
        stats_config: Some(stats_config()),
        deferred_stat_options: Some(bootstrap::bootstrap::DeferredStatOptions { enable_deferred_creation_stats: true }),
        overload_manager: Some(overload_manager()),
        ..Default::default()
    };
    (Output { bootstrap, files, dropped }, diagnostics)
}

fn node(node: &Node) -> core::Node {
    let Node { id, cluster, metadata, locality: place, namespace: _ } = node;
    core::Node {
        id: id.clone(),
        cluster: cluster.clone(),
        metadata: from_json(metadata).filter(|metadata| !metadata.fields.is_empty()),
        locality: (*place != ir::Locality::default()).then(|| locality(place)),
        ..Default::default()
    }
}

/// The flags that what istiod generates counts on (`istio: pkg/bootstrap/config.go:
/// extractRuntimeFlags`), and a layer for changes by the admin interface.
fn layered_runtime() -> bootstrap::LayeredRuntime {
    use bootstrap::runtime_layer::{AdminLayer, LayerSpecifier};
    let flags = structure([
        // Envoy's own limit of 100 instructions refuses ordinary expressions.
        ("re2.max_program_size.error_level", number(32768)),
        // Istio lets paths with `#` through; routes match what is before it.
        ("envoy.reloadable_features.http_reject_path_with_fragment", boolean(false)),
    ]);
    let layer =
        |name: &str, specifier| bootstrap::RuntimeLayer { name: name.to_owned(), layer_specifier: Some(specifier) };
    bootstrap::LayeredRuntime {
        layers: vec![
            layer("global config", LayerSpecifier::StaticLayer(flags)),
            layer("admin", LayerSpecifier::AdminLayer(AdminLayer {})),
        ],
    }
}

/// The statistics that Istio's bootstrap keeps (`istio: pkg/bootstrap/config.go: getStatsOptions`).
/// What is not made costs no time at start and no memory.
fn stats_config() -> metrics::StatsConfig {
    let prefixes =
        ["reporter=", "cluster_manager", "listener_manager", "server", "cluster.xds-grpc", "component", "istio"];
    let suffixes = ["rbac.allowed", "rbac.denied", "shadow_allowed", "shadow_denied", "downstream_cx_active"];
    let prefixes = prefixes.iter().map(|text| StringMatch::Prefix((*text).to_owned()));
    let suffixes = suffixes.iter().map(|text| StringMatch::Suffix((*text).to_owned()));
    // Statistics of routes with a `stat_prefix`.
    let routes = StringMatch::Regex(r"vhost\..*\.route\..*".to_owned());
    let patterns = prefixes.chain(suffixes).chain([routes]).map(|matches| string_matcher(&matches)).collect();
    metrics::StatsConfig {
        stats_matcher: Some(metrics::StatsMatcher {
            stats_matcher: Some(metrics::stats_matcher::StatsMatcher::InclusionList(ListStringMatcher { patterns })),
        }),
        ..Default::default()
    }
}

/// No bound on connections, said aloud: Envoy warns where nothing is said.
fn overload_manager() -> overload::OverloadManager {
    let config = DownstreamConnectionsConfig { max_active_downstream_connections: i32::MAX.into() };
    overload::OverloadManager {
        resource_monitors: vec![overload::ResourceMonitor {
            name: "envoy.resource_monitors.global_downstream_max_connections".to_owned(),
            config_type: Some(overload::resource_monitor::ConfigType::TypedConfig(pack(&config))),
        }],
        ..Default::default()
    }
}

#[cfg(test)]
#[path = "bootstrap_tests.rs"]
mod tests;
