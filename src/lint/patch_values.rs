//! The values of EnvoyFilters, read as the messages of Envoy that they patch.

use super::Context;
use crate::base::{Origin, Segment};
use crate::envoy::json::{Misfit, misfits};
use crate::resource::istio::envoy_filter::{ApplyTo, PatchContext};

/// What of the values is not of the message that `applyTo` names, whatever the operation
/// (`istio: pkg/config/validation/envoyfilter: validateEnvoyFilter`, which passes over patches of waypoints).
pub(super) fn all(context: &Context<'_>) -> Vec<Misfit> {
    let mut found = Vec::new();
    for filter in &context.resources.envoy_filters {
        let patches = filter.spec_origin().key("configPatches");
        for (at, one) in filter.spec.config_patches.iter().enumerate() {
            let of_waypoint = one.matches.as_ref().is_some_and(|it| it.context == PatchContext::Waypoint);
            let value = one.patch.as_ref().and_then(|patch| patch.value.as_ref()).filter(|value| value.is_object());
            if let (Some(message), Some(value), false) = (message(one.apply_to), value, of_waypoint) {
                found.extend(misfits(message, value, &patches.index(at).key("patch").key("value")));
            }
        }
    }
    found
}

/// The name of a node for messages: its last key with what follows, as `filters[0]`.
pub(super) fn field(at: &Origin) -> String {
    let segments = at.path.segments();
    let key = segments.iter().rposition(|segment| matches!(segment, Segment::Key(_))).unwrap_or(0);
    let name = |segment: &&Segment| match segment {
        Segment::Key(key) => key.to_string(),
        Segment::Index(index) => format!("[{index}]"),
    };
    segments.iter().skip(key).map(name).collect()
}

/// The message that is patched (`istio: pkg/config/xds: BuildXDSObjectFromStruct`).
fn message(apply_to: ApplyTo) -> Option<&'static str> {
    Some(match apply_to {
        ApplyTo::Invalid => return None,
        ApplyTo::Listener => "envoy.config.listener.v3.Listener",
        ApplyTo::FilterChain => "envoy.config.listener.v3.FilterChain",
        ApplyTo::NetworkFilter => "envoy.config.listener.v3.Filter",
        ApplyTo::HttpFilter => "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter",
        ApplyTo::RouteConfiguration => "envoy.config.route.v3.RouteConfiguration",
        ApplyTo::VirtualHost => "envoy.config.route.v3.VirtualHost",
        ApplyTo::HttpRoute => "envoy.config.route.v3.Route",
        ApplyTo::Cluster => "envoy.config.cluster.v3.Cluster",
        ApplyTo::ExtensionConfig => "envoy.config.core.v3.TypedExtensionConfig",
        ApplyTo::Bootstrap => "envoy.config.bootstrap.v3.Bootstrap",
        ApplyTo::ListenerFilter => "envoy.config.listener.v3.ListenerFilter",
    })
}
