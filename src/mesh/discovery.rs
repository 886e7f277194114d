//! `discoverySelectors`: the namespaces that istiod looks at.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::base::{Diagnostic, Diagnostics, Location};
use crate::resource::Resources;
use crate::resource::istio::MeshConfig;

/// What istiod sees of the input: nothing of a namespace that no selector takes, whatever kind it is
/// (`istio: pkg/kube/namespace.discoveryNamespacesFilter`). A namespace that the input does not hold
/// stays, as its labels are not known.
pub(super) fn discovered<'r>(
    resources: &'r Resources,
    config: &MeshConfig,
    diagnostics: &mut Diagnostics,
) -> Cow<'r, Resources> {
    let selectors = &config.discovery_selectors;
    if selectors.is_empty() {
        return Cow::Borrowed(resources);
    }
    let mut left_out = BTreeSet::new();
    for namespace in &resources.namespaces {
        if !selectors.iter().any(|selector| selector.matches(&namespace.meta.labels) == Some(true)) {
            let message = format!("the namespace `{}` is left out", namespace.name());
            let note = Diagnostic::note("undiscovered-namespace", Location::Value(namespace.origin()), message);
            diagnostics.push(note.help("no entry of `discoverySelectors` of the mesh configuration selects it"));
            left_out.insert(namespace.meta.name.clone());
        }
    }
    let mut seen = resources.clone();
    let Resources {
        gateways,
        virtual_services,
        destination_rules,
        service_entries,
        workload_entries,
        workload_groups,
        sidecars,
        proxy_configs,
        envoy_filters,
        peer_authentications,
        request_authentications,
        authorization_policies,
        telemetries,
        wasm_plugins,
        traffic_extensions,
        services,
        endpoint_slices,
        endpoints,
        pods,
        deployments,
        stateful_sets,
        daemon_sets,
        replica_sets,
        service_accounts,
        secrets,
        config_maps,
        ingresses,
        ..
    } = &mut seen;
    macro_rules! keep_discovered {
        ($($kind:ident),+) => { $($kind.retain(|object| !left_out.contains(object.namespace()));)+ };
    }
    keep_discovered!(gateways, virtual_services, destination_rules, service_entries, workload_entries);
    keep_discovered!(workload_groups, sidecars, proxy_configs, envoy_filters, peer_authentications);
    keep_discovered!(request_authentications, authorization_policies, telemetries, wasm_plugins);
    keep_discovered!(traffic_extensions, services, endpoint_slices, endpoints, pods, deployments);
    keep_discovered!(stateful_sets, daemon_sets, replica_sets, service_accounts, secrets, config_maps, ingresses);
    Cow::Owned(seen)
}
