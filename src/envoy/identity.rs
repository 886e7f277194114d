//! The workload's own certificate: who serves it, and what is left of a configuration without it.

use std::collections::BTreeSet;
use std::time::Duration;

use envoy_types::pb::envoy::config::cluster::v3::Cluster;
use envoy_types::pb::envoy::config::cluster::v3::cluster::{ClusterDiscoveryType, DiscoveryType};

use super::core::duration;
use super::discovery::{SDS_CLUSTER, is_identity};
use super::load_assignment::inline;
use super::upstream_http_protocol_options::upstream_http_protocol_options;
use crate::base::{Diagnostic, Diagnostics, Location, Origins};
use crate::ir;
use crate::ir::cluster::{Discovery, Transport, UpstreamHttp, UpstreamProtocol};
use crate::ir::endpoint::{Endpoint, LocalityEndpoints};
use crate::ir::http::Http2Options;
use crate::ir::listener::NetworkFilter;
use crate::ir::tls::{CommonTls, SecretRef, SecretSource, Validation};

/// Where the workload's own certificate comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Nowhere: see [`without_identity`].
    #[default]
    None,
    /// From `cert-chain.pem`, `key.pem` and `root-cert.pem` in this directory, as istio-agent names them.
    Files(String),
    /// From an agent, by SDS on this Unix socket.
    Sds(String),
}

/// `config` for a proxy that has no certificate of the mesh. Towards destinations, mutual TLS
/// becomes plain text, with a warning that names those that asked for it. From clients, a chain
/// with mutual TLS refuses its connections: served in plain text it would be open to all.
pub fn without_identity(mut config: ir::ProxyConfig) -> (ir::ProxyConfig, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let mut plain = Affected::default();
    let mtls_endpoints = clusters_with_mtls_endpoints(&config);
    for cluster in config.clusters_mut() {
        let speaks_mtls = mtls_endpoints.contains(&cluster.name)
            || inline_endpoints(&cluster.discovery).is_some_and(any_mtls_endpoint);
        if in_plain_text(&mut cluster.transport, speaks_mtls) {
            plain.add(&cluster.name, &cluster.origins);
        }
    }
    let mut refused = Affected::default();
    for listener in config.listeners_mut() {
        let name = &listener.name;
        for chain in listener.filter_chains.iter_mut().chain(&mut listener.default_filter_chain) {
            if chain.tls.as_ref().is_some_and(|tls| uses_identity(&tls.common)) {
                chain.tls = None;
                chain.filters = vec![NetworkFilter::Refuse];
                refused.add(name, &chain.origins);
            }
        }
    }
    if let Some((names, location)) = plain.report() {
        let message = format!("without an identity these destinations get plain text instead of mesh mTLS: {names}");
        diagnostics.push(Diagnostic::warning("needs-identity", location, message).help(HELP));
    }
    if let Some((names, location)) = refused.report() {
        let message = format!("without an identity connections over mesh mTLS are refused by the listeners: {names}");
        diagnostics.push(Diagnostic::warning("needs-identity", location, message).help(HELP));
    }
    (config, diagnostics)
}

const HELP: &str = "give certificates with `--identity files=DIR`, or an agent's socket with `--identity sds=SOCKET`";

/// How many names a message lists.
const LISTED: usize = 8;

/// Objects that a warning is about, each once.
#[derive(Default)]
struct Affected {
    names: Vec<String>,
    first: Option<Location>,
}

impl Affected {
    fn add(&mut self, name: &str, origins: &Origins) {
        if self.first.is_none() {
            self.first = origins.first().cloned().map(Location::Value);
        }
        if self.names.last().is_none_or(|last| last != name) {
            self.names.push(name.to_owned());
        }
    }

    /// The names as a message lists them, and the first place.
    fn report(mut self) -> Option<(String, Location)> {
        self.names.sort_unstable();
        self.names.dedup();
        let mut names: Vec<_> = self.names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
        if self.names.len() > LISTED {
            names.push(format!("and {} more", self.names.len() - LISTED));
        }
        (!names.is_empty()).then(|| (names.join(", "), self.first.unwrap_or(Location::Nowhere)))
    }
}

fn clusters_with_mtls_endpoints(config: &ir::ProxyConfig) -> BTreeSet<String> {
    let assignments = config.outbound().load_assignments.iter();
    let speaking = assignments.filter(|assignment| any_mtls_endpoint(&assignment.localities));
    speaking.map(|assignment| assignment.cluster.clone()).collect()
}

fn any_mtls_endpoint(localities: &[LocalityEndpoints]) -> bool {
    let mut endpoints = localities.iter().flat_map(|group| &group.endpoints);
    endpoints.any(|endpoint| endpoint.metadata.tls_mode.as_deref() == Some("istio"))
}

fn inline_endpoints(discovery: &Discovery) -> Option<&[LocalityEndpoints]> {
    match discovery {
        Discovery::Static(localities) => Some(localities),
        Discovery::Dns(dns) => Some(&dns.localities),
        Discovery::Eds | Discovery::OriginalDst { .. } | Discovery::DynamicForwardProxy { .. } => None,
    }
}

/// Takes the identity out of a transport; says whether a destination loses mTLS by it.
fn in_plain_text(transport: &mut Transport, speaks_mtls: bool) -> bool {
    match transport {
        Transport::Plain => false,
        Transport::Tls(tls) if !uses_identity(&tls.common) => false,
        Transport::Tls(_) => {
            *transport = Transport::Plain;
            true
        }
        Transport::AutoMtls(_) => {
            *transport = Transport::Plain;
            speaks_mtls
        }
        Transport::ProxyProtocol(_, inner) => in_plain_text(inner, speaks_mtls),
    }
}

fn uses_identity(common: &CommonTls) -> bool {
    let authorities = match &common.validation {
        Validation::None | Validation::Static(_) => None,
        Validation::Combined(_, authorities) | Validation::Secret(authorities) => Some(authorities),
    };
    let of_identity = |secret: &SecretRef| match secret.source {
        SecretSource::Agent { .. } => is_identity(&secret.name),
        SecretSource::ControlPlane | SecretSource::Grpc { .. } => false,
    };
    common.certificates.iter().chain(authorities).any(of_identity)
}

/// The cluster of the agent, as in Istio's bootstrap.
pub fn sds_cluster(identity: &Identity) -> Option<Cluster> {
    let Identity::Sds(socket) = identity else { return None };
    let endpoint = Endpoint::at(ir::Address::Pipe(socket.clone()));
    let locality = LocalityEndpoints {
        locality: Some(ir::Locality::default()),
        endpoints: vec![endpoint],
        load_balancing_weight: None,
        priority: 0,
    };
    let http = UpstreamHttp {
        protocol: UpstreamProtocol::Http2(Http2Options::default()),
        common: None,
        auto_sni: false,
        auto_san_validation: false,
        outlier_status_codes: Vec::new(),
    };
    Some(Cluster {
        name: SDS_CLUSTER.to_owned(),
        connect_timeout: Some(duration(Duration::from_secs(1))),
        cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::Static.into())),
        typed_extension_protocol_options: [upstream_http_protocol_options(&http)].into_iter().collect(),
        load_assignment: Some(inline(SDS_CLUSTER, &[locality])),
        ..Default::default()
    })
}
