//! Clusters towards services: of any proxy, gateways and sidecars alike.
//!
//! Takes what a proxy sees and gives its outbound clusters in Istio's order with the endpoints of
//! those that have discovery: for every service and port one cluster for the whole service and
//! one a subset, then the built-in ones (`istio: core/cluster.go: buildClusters`). Those towards the
//! workload itself are in `inbound`.

mod fixed;
mod http;
mod inbound;
mod load_balancing;
mod resilience;
mod service;
mod stat_name;
mod tls;

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

pub use self::inbound::InboundPort;
use super::destination_rule::DestinationRules;
use super::endpoint::EndpointView;
use super::settings::Settings;
use crate::base::{Diagnostics, Origin};
use crate::ir;
use crate::ir::cluster::{DnsLookupFamily, Transport};
use crate::ir::tls::{SecretRef, UpstreamTls, Validation};
use crate::mesh::Resolution;
use crate::proxy::ProxyView;
use crate::resource::istio::MeshConfig;
use crate::resource::istio::mesh_config::MeshOutboundTrafficPolicyMode;

/// The outbound clusters of a proxy, and the endpoints of those with discovery.
#[derive(Clone, Debug, Default)]
pub struct Upstreams {
    /// In Istio's order; no name twice.
    pub clusters: Vec<ir::Cluster>,
    /// One for each cluster with [`ir::cluster::Discovery::Eds`], in the order of the clusters.
    pub load_assignments: Vec<ir::LoadAssignment>,
}

/// What all clusters of one proxy share.
struct Context<'m> {
    view: &'m ProxyView<'m>,
    config: &'m MeshConfig,
    rules: &'m DestinationRules<'m>,
    endpoints: EndpointView<'m>,
    /// Certificates named in the node metadata, of installations without Istio's agent.
    certificates: Option<tls::MetadataCertificates>,
    /// Which DNS answers are taken.
    dns_family: DnsLookupFamily,
    /// Whether HTTP/1 header names keep their case.
    preserve_header_case: bool,
}

/// What the clusters of one proxy are made of so far.
#[derive(Default)]
struct Found {
    upstreams: Upstreams,
    diagnostics: Diagnostics,
    names: BTreeSet<String>,
}

impl Found {
    /// Adds a cluster; of two with one name the first counts (`istio: normalizeClusters`).
    fn push(&mut self, cluster: ir::Cluster, endpoints: impl FnOnce(String) -> ir::LoadAssignment) {
        if !self.names.insert(cluster.name.clone()) {
            return;
        }
        if matches!(cluster.discovery, ir::cluster::Discovery::Eds) {
            self.upstreams.load_assignments.push(endpoints(cluster.name.clone()));
        }
        self.upstreams.clusters.push(cluster);
    }

    /// Adds clusters without endpoint discovery.
    fn extend(&mut self, clusters: impl IntoIterator<Item = ir::Cluster>) {
        for cluster in clusters {
            if self.names.insert(cluster.name.clone()) {
                self.upstreams.clusters.push(cluster);
            }
        }
    }
}

/// Lowers the outbound clusters of the view's proxy.
pub fn outbound<'m>(view: &'m ProxyView<'m>, rules: &'m DestinationRules<'m>) -> (Upstreams, Diagnostics) {
    let context = Context::new(view, rules);
    let mut found = Found::default();
    for service in view.services.iter().copied() {
        // An alias is reached through the service it stands for.
        if service.resolution != Resolution::Alias {
            context.clusters_of(service, &mut found);
        }
    }
    found.extend([fixed::black_hole(context.config)]);
    if view.proxy.is_router() {
        if context.passes_tls_on() {
            context.sni_dnat_clusters(&mut found);
        }
    } else {
        found.extend([context.passthrough()]);
        if context.config.outbound_traffic_policy.mode == MeshOutboundTrafficPolicyMode::AllowAnyDynamicDns {
            found.extend([context.allow_any()]);
        }
    }
    if flag(&view.proxy.metadata, "credential") {
        found.extend([fixed::external_secrets(context.config)]);
    }
    (found.upstreams, found.diagnostics)
}

/// The clusters towards the proxy's own workload: one a port, then where what comes in to any
/// other port was going.
pub fn inbound<'m>(
    view: &'m ProxyView<'m>,
    rules: &'m DestinationRules<'m>,
    ports: &[InboundPort<'m>],
) -> Vec<ir::Cluster> {
    let context = Context::new(view, rules);
    ports.iter().map(|port| context.inbound(port)).chain([context.inbound_passthrough()]).collect()
}

/// The secrets that clusters' transport sockets name, with the rule that does.
pub fn secret_references(clusters: &[ir::Cluster]) -> impl Iterator<Item = (&SecretRef, &Origin)> {
    clusters.iter().flat_map(|cluster| {
        let common = tls_of(&cluster.transport).map(|tls| &tls.common);
        let authorities = common.and_then(|common| match &common.validation {
            Validation::None | Validation::Static(_) => None,
            Validation::Combined(_, authorities) | Validation::Secret(authorities) => Some(authorities),
        });
        let certificates = common.into_iter().flat_map(|common| &common.certificates);
        let origin = cluster.origins.last();
        certificates.chain(authorities).filter_map(move |reference| Some((reference, origin?)))
    })
}

fn tls_of(transport: &Transport) -> Option<&UpstreamTls> {
    match transport {
        Transport::Plain => None,
        Transport::Tls(tls) | Transport::AutoMtls(tls) => Some(tls),
        Transport::ProxyProtocol(_, inner) => tls_of(inner),
    }
}

impl<'m> Context<'m> {
    fn new(view: &'m ProxyView<'m>, rules: &'m DestinationRules<'m>) -> Self {
        let config = &view.mesh.config;
        // What is wrong with the settings is said where the whole proxy is lowered.
        let (settings, _) = Settings::new(view);
        Self {
            view,
            config,
            rules,
            endpoints: EndpointView::new(view),
            certificates: tls::MetadataCertificates::of(&view.proxy.metadata),
            dns_family: dns_family(&view.proxy.addresses),
            preserve_header_case: settings.headers.preserve_http1_case,
        }
    }
}

/// Whether a key of the node metadata is `"true"`.
fn flag(metadata: &Value, key: &str) -> bool {
    metadata.get(key).and_then(Value::as_str) == Some("true")
}

/// A proxy that only has IPv6 addresses asks for those; dual stack is off by default
/// (`istio: util.SelectDNSLookupFamily`).
fn dns_family(addresses: &[String]) -> DnsLookupFamily {
    let is_v6 = |address: &String| address.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6());
    if !addresses.is_empty() && addresses.iter().all(is_v6) { DnsLookupFamily::V6Only } else { DnsLookupFamily::V4Only }
}

#[cfg(test)]
mod tests;
