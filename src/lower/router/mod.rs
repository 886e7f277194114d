//! What a gateway does: its Gateways merged, then listeners, route configurations and secrets.

mod chain;
mod hosts;
mod ignored;
mod listener;
pub mod merge;
mod passthrough;
mod route_configuration;
pub mod server;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::chain::Chains;
use self::hosts::HostIndex;
use crate::base::{Diagnostics, Origin};
use crate::ir;
use crate::ir::tls::{SecretRef, Validation};
use crate::lower::access_log::AccessLogs;
use crate::lower::destination_rule::DestinationRules;
use crate::lower::settings::Settings;
use crate::lower::{cluster, connection_manager, secret, tcp, tracing};
use crate::proxy::{ProxyView, service_targets};

/// Lowers the view of a gateway.
pub fn lower(view: &ProxyView<'_>) -> (ir::Outbound, Diagnostics) {
    let (settings, mut diagnostics) = Settings::new(view);
    let (logs, found) = AccessLogs::new(&view.mesh.config);
    diagnostics.extend(found);
    let (tracing, found) = tracing::tracing(view, &settings);
    diagnostics.extend(found);
    let (merged, found) = merge::merge(view, &service_targets(view.proxy, view.mesh));
    diagnostics.extend(found);
    let kept = merged.ports.values().flat_map(|group| merged.group(group));
    kept.for_each(|server| diagnostics.extend(ignored::ignored_fields(server)));

    let destination_rules = DestinationRules::new(view);
    let virtual_services: BTreeMap<&str, HostIndex<'_>> =
        view.virtual_services.iter().map(|(gateway, list)| (*gateway, HostIndex::new(list))).collect();
    let (settings, destination_rules) = (&settings, &destination_rules);
    let http = connection_manager::Shared { view, settings, tracing: &tracing, access_logs: &logs.traffic };
    let tcp = tcp::Shared { view, settings, destination_rules, access_logs: &logs.traffic };
    let mut chains = Chains { http, tcp, virtual_services: &virtual_services, taken_names: BTreeMap::new() };
    let (listeners, found) = listener::listeners(view, settings, &merged, &mut chains, &logs.listener);
    diagnostics.extend(found);

    let shared = route_configuration::Shared { view, settings, destination_rules, virtual_services: &virtual_services };
    let route_configurations = route_configuration::route_configurations(&shared, &merged);
    let (upstreams, found) = cluster::outbound(view, destination_rules);
    diagnostics.extend(found);
    let cluster::Upstreams { clusters, load_assignments } = upstreams;
    let references = references(&listeners).chain(cluster::secret_references(&clusters));
    let (secrets, found) = secret::secrets(view, references);
    diagnostics.extend(found);
    (ir::Outbound { listeners, route_configurations, clusters, load_assignments, secrets }, diagnostics)
}

/// The secrets that listeners' transport sockets name, with the server that does.
fn references(listeners: &[ir::Listener]) -> impl Iterator<Item = (&SecretRef, &Origin)> {
    let chains = listeners.iter().flat_map(|listener| &listener.filter_chains);
    chains.flat_map(|chain| {
        let common = chain.tls.as_ref().map(|tls| &tls.common);
        let authorities = common.and_then(|common| match &common.validation {
            Validation::None | Validation::Static(_) => None,
            Validation::Combined(_, authorities) | Validation::Secret(authorities) => Some(authorities),
        });
        let certificates = common.into_iter().flat_map(|common| &common.certificates);
        let origin = chain.origins.last();
        certificates.chain(authorities).filter_map(move |reference| Some((reference, origin?)))
    })
}
