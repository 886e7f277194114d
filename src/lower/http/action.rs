//! What becomes of a request.

use super::hash::destination_hash;
use super::headers::header_changes;
use super::policy::{millionths, percent};
use super::retry::retry_policy;
use super::route::RouteContext;
use crate::ir;
use crate::ir::FractionalPercent;
use crate::ir::route::{
    Body, Clusters, DirectResponse, Forward, HostRewrite, Mirror, PathRewrite, Redirect, RedirectPath, RedirectStatus,
    WeightedCluster,
};
use crate::lower::time::std_duration;
use crate::resource::istio::virtual_service::{
    Destination, HttpBody, HttpDirectResponse, HttpRedirect, HttpRewrite, HttpRoute, HttpRouteDestination, Percent,
    RedirectPortSelection,
};

/// Sends requests on (`istio: route.applyHTTPRouteDestination`). Header changes of an only
/// destination are added to those of the route.
pub(super) fn forward(
    context: &RouteContext<'_>,
    spec: &HttpRoute,
    headers_authority: String,
    route: &mut ir::Route,
) -> Forward {
    let timeout = spec.timeout.map(std_duration).unwrap_or_default();
    let rewrite = spec.rewrite.as_deref();
    let rewritten = rewrite.map(|rewrite| rewrite.authority.clone()).filter(|authority| !authority.is_empty());
    let authority = rewritten.unwrap_or(headers_authority);
    let mut forward = Forward {
        clusters: Clusters::Weighted(Vec::new()),
        timeout: Some(timeout),
        max_grpc_timeout: Some(timeout),
        max_stream_duration: None,
        idle_timeout: None,
        retry: None,
        path_rewrite: rewrite.and_then(path_rewrite),
        host_rewrite: (!authority.is_empty()).then_some(HostRewrite::Literal(authority)),
        mirrors: mirrors(context, spec),
        hash_policies: Vec::new(),
        append_x_forwarded_host: rewrite.is_some() && context.append_x_forwarded_host,
        cluster_not_found: None,
    };
    let mut consistent_hash = false;
    if let [only] = &spec.route[..] {
        consistent_hash = add_hash(context, only, &mut forward, route);
        forward.clusters = Clusters::Single(cluster(context, only));
        add_destination_headers(only, &mut forward, route);
    } else {
        let weighted: Vec<_> = spec.route.iter().filter(|destination| destination.weight > 0).collect();
        for destination in &weighted {
            add_hash(context, destination, &mut forward, route);
        }
        let clusters = weighted.into_iter().map(|destination| weighted_cluster(context, destination));
        forward.clusters = Clusters::Weighted(clusters.collect());
    }
    let wanted = spec.retries.as_deref().or(context.view.mesh.config.default_http_retry_policy.as_ref());
    forward.retry = retry_policy(wanted, consistent_hash);
    forward
}

/// Adds what the hash of a destination reads; says whether there is one.
fn add_hash(
    context: &RouteContext<'_>,
    destination: &HttpRouteDestination,
    forward: &mut Forward,
    route: &mut ir::Route,
) -> bool {
    let Some((hash, origins)) = destination_hash(context, destination) else {
        return false;
    };
    forward.hash_policies.extend(super::hash_policy(hash));
    route.origins.extend(origins);
    true
}

fn cluster(context: &RouteContext<'_>, destination: &HttpRouteDestination) -> String {
    match &destination.destination {
        Some(destination) if !destination.host.is_empty() => context.cluster(destination),
        _ => ir::name::UNKNOWN_SERVICE.to_owned(),
    }
}

fn add_destination_headers(destination: &HttpRouteDestination, forward: &mut Forward, route: &mut ir::Route) {
    let Some(headers) = &destination.headers else {
        return;
    };
    let changes = header_changes(headers);
    route.request_headers.add.extend(changes.request.add);
    route.request_headers.remove.extend(changes.request.remove);
    route.response_headers.add.extend(changes.response.add);
    route.response_headers.remove.extend(changes.response.remove);
    // The route's own authority wins, as it does in Envoy over a weighted cluster's.
    if forward.host_rewrite.is_none() && !changes.authority.is_empty() {
        forward.host_rewrite = Some(HostRewrite::Literal(changes.authority));
    }
}

fn weighted_cluster(context: &RouteContext<'_>, destination: &HttpRouteDestination) -> WeightedCluster {
    let changes = destination.headers.as_ref().map(header_changes).unwrap_or_default();
    WeightedCluster {
        name: cluster(context, destination),
        weight: destination.weight.unsigned_abs(),
        request_headers: changes.request,
        response_headers: changes.response,
        host_rewrite: (!changes.authority.is_empty()).then_some(HostRewrite::Literal(changes.authority)),
    }
}

fn path_rewrite(rewrite: &HttpRewrite) -> Option<PathRewrite> {
    match &rewrite.uri_regex_rewrite {
        Some(regex) => {
            Some(PathRewrite::Regex { pattern: regex.pattern.as_str().to_owned(), substitution: regex.rewrite.clone() })
        }
        None => (!rewrite.uri.is_empty()).then(|| PathRewrite::Prefix(rewrite.uri.clone())),
    }
}

/// Copies: the older single field first. A share of zero is no copy (`istio: route.MirrorPercent`).
fn mirrors(context: &RouteContext<'_>, spec: &HttpRoute) -> Vec<Mirror> {
    let older = spec.mirror.as_ref().and_then(|destination| {
        let fraction = match (spec.mirror_percentage, spec.mirror_percent) {
            (None, Some(share)) => (share > 0).then(|| percent(share)),
            (share, _) => copied_share(share),
        };
        Some((destination, fraction?))
    });
    let newer = spec.mirrors.iter().filter_map(|it| Some((it.destination.as_ref()?, copied_share(it.percentage)?)));
    let copy = |(destination, fraction): (&Destination, _)| Mirror {
        cluster: context.cluster(destination),
        fraction: Some(fraction),
    };
    older.into_iter().chain(newer).map(copy).collect()
}

/// How many requests are copied; all where nobody says, `None` where none are.
fn copied_share(share: Option<Percent>) -> Option<FractionalPercent> {
    match share {
        Some(share) => (share.value > 0.0).then(|| millionths(share)),
        None => Some(percent(100)),
    }
}

/// Answers with a redirect (`istio: route.ApplyRedirect`). A port that the scheme implies is not written.
pub(super) fn redirect(wanted: &HttpRedirect, context: &RouteContext<'_>) -> Redirect {
    let path = if wanted.prefix_rewrite.is_empty() {
        RedirectPath::Full(wanted.uri.clone())
    } else {
        RedirectPath::Prefix(wanted.prefix_rewrite.clone())
    };
    let written = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let port = match (wanted.port, wanted.derive_port) {
        (Some(port), _) => Some(port.number()),
        (None, Some(RedirectPortSelection::FromRequestPort)) => Some(context.listen_port),
        (None, Some(RedirectPortSelection::FromProtocolDefault) | None) => None,
    };
    let scheme = match wanted.scheme.as_str() {
        "" if context.tls => "https",
        "" => "http",
        scheme => scheme,
    };
    let implied = |port: &u32| matches!((*port, scheme), (80, "http") | (443, "https"));
    Redirect {
        host: written(&wanted.authority),
        path: Some(path),
        scheme: written(&wanted.scheme),
        https: false,
        port: port.filter(|port| !implied(port)),
        status: match wanted.redirect_code {
            302 => RedirectStatus::Found,
            303 => RedirectStatus::SeeOther,
            307 => RedirectStatus::TemporaryRedirect,
            308 => RedirectStatus::PermanentRedirect,
            // Any other is refused where the field is checked (`resource/istio/virtual_service`).
            _ => RedirectStatus::MovedPermanently,
        },
    }
}

/// Answers at once (`istio: route.ApplyDirectResponse`).
pub(super) fn direct_response(wanted: &HttpDirectResponse) -> DirectResponse {
    let body = wanted.body.as_ref().and_then(|body| match body {
        HttpBody::Unset => None,
        HttpBody::String(text) => Some(Body::Text(text.clone())),
        HttpBody::Bytes(bytes) => Some(Body::Bytes(bytes.0.clone())),
    });
    DirectResponse { status: wanted.status, body }
}
