//! The clusters that a route or a TCP proxy chooses, and what is sent there.

use super::config::Configuration;
use super::config::cluster::ClusterLoadAssignment;
use super::config::listener::{Address, TcpProxy};
use super::config::matcher::RegexRewrite;
use super::config::route::{ClusterWeight, HeaderValueOption, RouteAction};
use super::header::{self, Changes};
use super::http::{Place, Seen};
use super::outcome::{End, Fault, Forward, Retries, Share, TcpForward};
use super::regex::replace_all;
use super::{path, rewrite};

/// Where a TCP proxy sends bytes.
pub(super) fn tcp(configuration: &Configuration, proxy: &TcpProxy) -> End {
    let clusters = match &proxy.weighted_clusters {
        Some(weighted) => weighted.clusters.iter().map(|one| share(configuration, &one.name, one.weight)).collect(),
        None => vec![share(configuration, &proxy.cluster, 1)],
    };
    End::Tcp(TcpForward { clusters })
}

/// Where a route sends a request, and as what.
pub(super) fn http(configuration: &Configuration, action: &RouteAction, place: &Place<'_>, seen: &Seen) -> End {
    let Some(path) = rewritten_path(action, place, seen) else {
        return End::Fault(Fault::NotEvaluated { what: "the regular expression that rewrites the path".to_owned() });
    };
    let Some(host) = rewritten_host(action, seen) else {
        return End::Fault(Fault::NotEvaluated { what: "the regular expression that rewrites the host".to_owned() });
    };
    let mut clusters = chosen(configuration, action, seen);
    if clusters.is_empty() {
        return End::Fault(Fault::NotEvaluated { what: "the way in which the route chooses a cluster".to_owned() });
    }
    for share in clusters.iter_mut().filter(|share| share.discovery.is_none()) {
        share.missing_status = Some(missing_status(&action.cluster_not_found_response_code));
    }
    let retries = action.retry_policy.as_ref().map(|policy| Retries {
        attempts: policy.num_retries.unwrap_or(1),
        on: policy.retry_on.clone(),
        per_try_timeout: policy.per_try_timeout.clone(),
    });
    let weights = action.weighted_clusters.iter().flat_map(|all| &all.clusters).map(Some);
    for (share, weight) in clusters.iter_mut().zip(weights.chain(std::iter::repeat(None))) {
        let literal = weight.map(|one| &one.host_rewrite_literal).filter(|literal| !literal.is_empty());
        share.request_headers = sent(place, weight, seen);
        // What the route says comes after what the cluster of it says, and so counts.
        let of_route = header_host(action, &share.request_headers).or(host.as_ref());
        share.host = of_route.or(literal).unwrap_or(&seen.request.host).clone();
    }
    let weighted = action.weighted_clusters.as_ref().and_then(|weighted| match &weighted.clusters[..] {
        [one] => Some(one),
        _ => None,
    });
    let same = |share: &&Share| clusters.iter().all(|other| other.host == share.host);
    let of_all = clusters.first().filter(same).map(|share| share.host.clone());
    let host = of_all.or(host).unwrap_or_else(|| seen.request.host.clone());
    let mut forward = Forward {
        clusters,
        path,
        host,
        auto_host: action.auto_host_rewrite,
        timeout: action.timeout.clone().unwrap_or_else(|| "15s".to_owned()),
        retries,
        mirrors: action.request_mirror_policies.iter().map(|policy| policy.cluster.clone()).collect(),
        ..Forward::default()
    };
    headers(&mut forward, place, weighted);
    End::Forward(Box::new(forward))
}

/// The client's headers as a cluster receives them.
fn sent(place: &Place<'_>, cluster: Option<&ClusterWeight>, seen: &Seen) -> Vec<(String, String)> {
    let Place { route, virtual_host: host, configuration: all } = place;
    let mut levels = vec![
        Changes { add: &route.request_headers_to_add, remove: &route.request_headers_to_remove },
        Changes { add: &host.request_headers_to_add, remove: &host.request_headers_to_remove },
        Changes { add: &all.request_headers_to_add, remove: &all.request_headers_to_remove },
    ];
    if all.most_specific_header_mutations_wins {
        levels.reverse();
    }
    let mut headers = seen.request.headers.clone();
    if let Some(one) = cluster {
        header::change(
            &mut headers,
            Changes { add: &one.request_headers_to_add, remove: &one.request_headers_to_remove },
        );
    }
    levels.into_iter().for_each(|level| header::change(&mut headers, level));
    headers
}

fn chosen(configuration: &Configuration, action: &RouteAction, seen: &Seen) -> Vec<Share> {
    // Without the header there is no cluster.
    let named = |header: &str| seen.header(header).unwrap_or_default();
    if let Some(weighted) = &action.weighted_clusters {
        let name =
            |one: &ClusterWeight| if one.name.is_empty() { named(&one.cluster_header) } else { one.name.clone() };
        return weighted.clusters.iter().map(|one| share(configuration, &name(one), one.weight)).collect();
    }
    match (action.cluster.as_str(), action.cluster_header.as_str()) {
        ("", "") => Vec::new(),
        ("", header) => vec![share(configuration, &named(header), 1)],
        (cluster, _) => vec![share(configuration, cluster, 1)],
    }
}

fn rewritten_path(action: &RouteAction, place: &Place<'_>, seen: &Seen) -> Option<String> {
    if !action.prefix_rewrite.is_empty() {
        return Some(rewrite::prefix(&place.route.matches, &action.prefix_rewrite, &seen.request.path));
    }
    match &action.regex_rewrite {
        Some(regex) => rewrite::regex(regex, &seen.request.path),
        None => Some(seen.request.path.clone()),
    }
}

/// The host that the route writes in place of the client's, if it does; `None` where that is not known.
fn rewritten_host(action: &RouteAction, seen: &Seen) -> Option<Option<String>> {
    if !action.host_rewrite_literal.is_empty() {
        return Some(Some(action.host_rewrite_literal.clone()));
    }
    let Some(RegexRewrite { pattern, substitution }) = &action.host_rewrite_path_regex else { return Some(None) };
    let new = replace_all(&pattern.regex, path::split(&seen.request.path).0, substitution)?;
    Some((!new.is_empty()).then_some(new))
}

/// The host that a header has once the headers are changed; an empty one does not count
/// (`envoy: source/common/router/config_impl.cc`, `finalizeHostHeader`).
fn header_host<'a>(action: &RouteAction, headers: &'a [(String, String)]) -> Option<&'a String> {
    let wanted = action.host_rewrite_header.to_ascii_lowercase();
    let header = headers.iter().find(|(name, _)| !wanted.is_empty() && *name == wanted);
    header.map(|(_, host)| host).filter(|host| !host.is_empty())
}

/// The closest level first, as Envoy applies them by default: cluster, route, virtual host, route
/// configuration. What several weighted clusters differ in is left out.
fn headers(forward: &mut Forward, place: &Place<'_>, weighted: Option<&ClusterWeight>) {
    let text = |option: &HeaderValueOption| format!("{}: {}", option.header.key, option.header.value);
    let mut add = |lists: [&[HeaderValueOption]; 2], removed: [&[String]; 2]| {
        forward.request_headers_added.extend(lists[0].iter().map(text));
        forward.response_headers_added.extend(lists[1].iter().map(text));
        forward.request_headers_removed.extend_from_slice(removed[0]);
        forward.response_headers_removed.extend_from_slice(removed[1]);
    };
    if let Some(one) = weighted {
        add(
            [&one.request_headers_to_add, &one.response_headers_to_add],
            [&one.request_headers_to_remove, &one.response_headers_to_remove],
        );
    }
    let Place { route, virtual_host: host, configuration: all } = place;
    add(
        [&route.request_headers_to_add, &route.response_headers_to_add],
        [&route.request_headers_to_remove, &route.response_headers_to_remove],
    );
    add(
        [&host.request_headers_to_add, &host.response_headers_to_add],
        [&host.request_headers_to_remove, &host.response_headers_to_remove],
    );
    add(
        [&all.request_headers_to_add, &all.response_headers_to_add],
        [&all.request_headers_to_remove, &all.response_headers_to_remove],
    );
}

fn share(configuration: &Configuration, name: &str, weight: u32) -> Share {
    let Some(cluster) = configuration.clusters.get(name) else {
        return Share { cluster: name.to_owned(), weight, ..Share::default() };
    };
    let discovered = match cluster.eds_cluster_config.service_name.as_str() {
        "" => configuration.endpoints.get(name),
        service => configuration.endpoints.get(service),
    };
    let endpoints = cluster.load_assignment.as_ref().or(discovered).map(addresses).unwrap_or_default();
    let discovery = if cluster.r#type.is_empty() { "STATIC".to_owned() } else { cluster.r#type.clone() };
    Share { cluster: name.to_owned(), weight, endpoints, discovery: Some(discovery), ..Share::default() }
}

fn addresses(assignment: &ClusterLoadAssignment) -> Vec<String> {
    let endpoints = assignment.endpoints.iter().flat_map(|locality| &locality.lb_endpoints);
    endpoints.map(|one| address(&one.endpoint.address)).collect()
}

/// As `explain::provenance` writes addresses.
fn address(address: &Address) -> String {
    if let Some(socket) = &address.socket_address {
        let brackets = socket.address.contains(':');
        return if brackets {
            format!("[{}]:{}", socket.address, socket.port_value)
        } else {
            format!("{}:{}", socket.address, socket.port_value)
        };
    }
    if let Some(internal) = &address.envoy_internal_address {
        return format!("{}/{}", internal.server_listener_name, internal.endpoint_id);
    }
    address.pipe.as_ref().map(|pipe| pipe.path.clone()).unwrap_or_default()
}

fn missing_status(code: &str) -> u16 {
    match code {
        "NOT_FOUND" => 404,
        "INTERNAL_SERVER_ERROR" => 500,
        _ => 503,
    }
}
