//! `envoy.config.bootstrap.v3.Bootstrap`: one file that an Envoy runs without a control plane.

use envoy_types::pb::envoy::config::bootstrap::v3 as bootstrap;
use envoy_types::pb::envoy::config::cluster::v3::Cluster;
use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::metrics::v3 as metrics;
use envoy_types::pb::envoy::config::overload::v3 as overload;
use envoy_types::pb::envoy::extensions::resource_monitors::downstream_connections::v3::DownstreamConnectionsConfig;
use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3::Secret;
use envoy_types::pb::envoy::r#type::matcher::v3::ListStringMatcher;

use super::any::pack;
use super::cluster::cluster;
use super::core::{address, locality, string_matcher};
use super::discovery::{Discovery, EndpointMode, Tables};
use super::duplicate_chains::without_duplicate_chains;
use super::filter_chain;
use super::identity::{Identity, sds_cluster, without_identity};
use super::json::{self, Style};
use super::listener::{listener, without_filter_chains};
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

/// A bootstrap, its listeners and clusters not made yet, and what belongs to it.
#[derive(Clone, Debug)]
pub struct Output {
    config: ir::ProxyConfig,
    endpoints: EndpointMode,
    /// The cluster of the agent, where that is asked for.
    agent: Option<Cluster>,
    secrets: Vec<Secret>,
    /// The message without `static_resources`.
    rest: bootstrap::Bootstrap,
    /// Files that it refers to.
    pub files: Vec<SecretFile>,
    /// Istio's extensions that it does without.
    pub dropped: Vec<Dropped>,
}

impl Output {
    /// Gives the JSON of the message piece by piece. Each route and each cluster is made, written and forgotten one by
    /// one: the message as a whole may be far larger than what it is made of.
    pub fn write_json(&self, style: Style, sink: &mut dyn FnMut(&str)) {
        let discovery = &self.discovery();
        json::stream_object(style, sink, |object| {
            object.fields_around(&self.rest, "static_resources", |object| {
                object.object("static_resources", |resources| {
                    resources.objects("listeners", self.config.listeners(), |object, (direction, listener)| {
                        let frame = without_filter_chains(direction, listener, discovery);
                        object.fields_around(&frame, "filter_chains", |object| {
                            object.objects("filter_chains", &listener.filter_chains, |object, chain| {
                                filter_chain::write(object, chain, discovery);
                            });
                        });
                    });
                    let clusters = self.config.clusters().map(|one| cluster(one, discovery));
                    resources.repeated::<Cluster>("clusters", self.agent.iter().cloned().chain(clusters));
                    resources.repeated::<Secret>("secrets", &self.secrets);
                });
            });
        });
    }

    /// The JSON of the message.
    pub fn to_json(&self, style: Style) -> String {
        let mut text = String::new();
        self.write_json(style, &mut |piece| text.push_str(piece));
        text
    }

    /// The message.
    pub fn message(&self) -> bootstrap::Bootstrap {
        let discovery = &self.discovery();
        let listeners = self.config.listeners();
        let clusters = self.config.clusters().map(|one| cluster(one, discovery));
        let static_resources = bootstrap::bootstrap::StaticResources {
            listeners: listeners.map(|(direction, one)| listener(direction, one, discovery)).collect(),
            clusters: self.agent.iter().cloned().chain(clusters).collect(),
            secrets: self.secrets.clone(),
        };
        bootstrap::Bootstrap { static_resources: Some(static_resources), ..self.rest.clone() }
    }

    fn discovery(&self) -> Discovery<'_> {
        Discovery::Static(Tables::new(&self.config, self.endpoints, self.agent.is_some()))
    }
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

    let rest = bootstrap::Bootstrap {
        node: Some(self::node(node)),
        admin: admin.as_ref().map(|bound| bootstrap::Admin { address: Some(address(bound)), ..Default::default() }),
        layered_runtime: Some(layered_runtime()),
        stats_config: Some(stats_config()),
        deferred_stat_options: Some(bootstrap::bootstrap::DeferredStatOptions { enable_deferred_creation_stats: true }),
        overload_manager: Some(overload_manager()),
        ..Default::default()
    };
    let output = Output { config, endpoints: *endpoints, agent: sds_cluster(identity), secrets, rest, files, dropped };
    (output, diagnostics)
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
