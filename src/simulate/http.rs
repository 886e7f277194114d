//! From an HTTP connection manager to what a route does.

use super::config::Configuration;
use super::config::listener::HttpConnectionManager;
use super::config::route::{DirectResponseAction, Route, RouteConfiguration, VirtualHost};
use super::outcome::{End, Fault, Outcome, PassedOver, RouteStep, VirtualHostStep};
use super::request::{Protocol, Request, Tls};
use super::route_match::{Matched, route_match};
use super::{codec, filter, grpc, header, location, path, upstream, virtual_host};

/// A request as the router sees it.
pub(super) struct Seen {
    /// The request, with its path normalised and its host cut as the connection manager does.
    pub request: Request,
    /// `http` or `https`.
    pub scheme: String,
    /// What `x-forwarded-proto` says.
    pub forwarded_proto: String,
}

impl Seen {
    /// The values of a header, or of a pseudo header.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        match name.to_ascii_lowercase().as_str() {
            ":scheme" => vec![self.scheme.clone()],
            "x-forwarded-proto" => vec![self.forwarded_proto.clone()],
            name => self.request.values(name),
        }
    }

    /// All values of a header joined by commas.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values = self.values(name);
        (!values.is_empty()).then(|| values.join(","))
    }
}

/// What a route is part of.
pub(super) struct Place<'a> {
    /// The route.
    pub route: &'a Route,
    /// Its virtual host.
    pub virtual_host: &'a VirtualHost,
    /// Its route configuration.
    pub configuration: &'a RouteConfiguration,
}

/// Takes the request through `manager`.
pub(super) fn route(
    configuration: &Configuration,
    manager: &HttpConnectionManager,
    terminated_tls: bool,
    request: &Request,
    outcome: &mut Outcome,
) -> End {
    let opaque = request.tls != Tls::Plaintext && !terminated_tls;
    if opaque || request.protocol == Protocol::Tcp {
        return End::Fault(Fault::NotHttp);
    }
    let arrived = header::arrive(&request.headers);
    let grpc = arrived.iter().any(|(name, kind)| name == "content-type" && grpc::is_grpc(kind));
    let seen = match seen(configuration, manager, terminated_tls, request) {
        Ok(seen) => seen,
        Err(fault) => {
            // What is no HTTP is no gRPC either.
            outcome.grpc = grpc && fault == Fault::BadPath;
            return End::Fault(fault);
        }
    };
    outcome.grpc = grpc;
    let routes = match (&manager.route_config, &manager.rds) {
        (Some(routes), _) => {
            outcome.inline = true;
            outcome.route_configuration = Some(routes.name.clone());
            routes
        }
        (None, rds) => {
            let name = rds.as_ref().map(|rds| rds.route_config_name.clone()).unwrap_or_default();
            outcome.route_configuration = Some(name.clone());
            match configuration.routes.get(&name) {
                Some(routes) => routes,
                None => return End::Fault(Fault::NoRouteConfiguration { name }),
            }
        }
    };
    let Some((index, host, domain)) = virtual_host::choose(routes, &seen.request.host) else {
        return End::Fault(Fault::NoVirtualHost { host: seen.request.host });
    };
    outcome.virtual_host = Some(VirtualHostStep { index, name: host.name.clone(), domain });
    if requires_tls(manager, host, &seen) {
        return End::Redirect { status: 301, location: location::to_https(&seen) };
    }
    if host.matcher.is_some() {
        return End::Fault(Fault::NotEvaluated { what: "the virtual host's `matcher`".to_owned() });
    }
    match choose(host, &seen, outcome) {
        Some(route) => {
            let place = Place { route, virtual_host: host, configuration: routes };
            filter::answer(manager, &place, &seen, outcome).unwrap_or_else(|| act(configuration, &place, &seen))
        }
        None => End::Fault(Fault::NoRoute),
    }
}

fn seen(
    configuration: &Configuration,
    manager: &HttpConnectionManager,
    terminated_tls: bool,
    request: &Request,
) -> Result<Seen, Fault> {
    let mut request = request.clone();
    match request.protocol {
        Protocol::Http2 => codec::decode_http2(manager, &mut request).map_err(|why| Fault::StreamReset { why })?,
        Protocol::Http1 | Protocol::Tcp => codec::decode(manager, &mut request)
            .map_err(|codec::Refusal { status, why }| Fault::BadRequest { status, why })?,
    }
    request.headers = header::arrive(&request.headers);
    if request.protocol == Protocol::Http2 {
        header::join_cookies(&mut request.headers);
    }
    if configuration.rejects_fragments && request.path.contains('#') {
        return Err(Fault::BadPath);
    }
    if request.method != "CONNECT" {
        request.path = path::normal(manager, &request.path).ok_or(Fault::BadPath)?;
    }
    cut_host(manager, &mut request);
    let own = if terminated_tls { "https" } else { "http" };
    let forwarded = request.headers.iter().find(|(name, _)| name == "x-forwarded-proto").map(|(_, value)| value);
    // An edge says itself how the client came; behind one, what it said counts
    // (`envoy: source/common/http/conn_manager_utility.cc`, `mutateRequestHeaders`), if it is a scheme of HTTP.
    let forwarded_proto = forwarded.filter(|_| !manager.use_remote_address).cloned();
    // A client of HTTP/2 says the scheme itself.
    let says = request.protocol == Protocol::Http2;
    let known = forwarded_proto.as_deref().filter(|_| !says).map(str::to_ascii_lowercase);
    let scheme = known.filter(|scheme| matches!(scheme.as_str(), "http" | "https")).unwrap_or_else(|| own.to_owned());
    let forwarded_proto = forwarded_proto.unwrap_or_else(|| own.to_owned());
    Ok(Seen { request, scheme, forwarded_proto })
}

fn cut_host(manager: &HttpConnectionManager, request: &mut Request) {
    if manager.strip_trailing_host_dot {
        cut_dot(&mut request.host);
    }
    let (host, port) = virtual_host::split_port(&request.host);
    let port = port.and_then(|port| port.parse::<u32>().ok());
    let own = port == Some(u32::from(request.port));
    if (manager.strip_any_host_port && port.is_some()) || (manager.strip_matching_host_port && own) {
        request.host = host.to_owned();
    }
}

/// Takes the last dot out where it is the last sign, or right before the colon of a port
/// (`envoy: source/common/http/header_utility.cc`, `stripTrailingHostDot`).
fn cut_dot(host: &mut String) {
    if let Some(at) = host.rfind('.')
        && matches!(host.get(at + 1..), Some(rest) if rest.is_empty() || rest.starts_with(':'))
    {
        host.remove(at);
    }
}

fn requires_tls(manager: &HttpConnectionManager, host: &VirtualHost, seen: &Seen) -> bool {
    let required = match host.require_tls.as_str() {
        "ALL" => true,
        "EXTERNAL_ONLY" => !is_internal(manager, seen),
        _ => false,
    };
    required && seen.forwarded_proto != "https"
}

/// Whether the client is in a network that is named internal: the only address that is known of it, its own or that in
/// `x-forwarded-for` (`envoy: source/common/http/conn_manager_utility.cc`, `mutateRequestHeaders`).
fn is_internal(manager: &HttpConnectionManager, seen: &Seen) -> bool {
    let forwarded = seen.header("x-forwarded-for");
    let address = match (manager.use_remote_address, forwarded) {
        (true, None) => seen.request.source,
        (false, Some(forwarded)) => forwarded.trim().parse().ok(),
        (true, Some(_)) | (false, None) => None,
    };
    address.is_some_and(|address| manager.internal_address_config.cidr_ranges.iter().any(|range| range.takes(address)))
}

fn choose<'a>(host: &'a VirtualHost, seen: &Seen, outcome: &mut Outcome) -> Option<&'a Route> {
    for (index, route) in host.routes.iter().enumerate() {
        let name = route.name.clone();
        match route_match(&route.matches, seen) {
            Matched::All => {
                outcome.route = Some(RouteStep { index, name, per_million: None });
                return Some(route);
            }
            Matched::Some { per_million } => {
                outcome.route = Some(RouteStep { index, name, per_million: Some(per_million) });
                return Some(route);
            }
            Matched::Fails(why) => outcome.passed_over_routes.push(PassedOver { index, name, why }),
        }
    }
    None
}

fn act(configuration: &Configuration, place: &Place<'_>, seen: &Seen) -> End {
    let Route { route, redirect, direct_response, .. } = place.route;
    match (route, redirect, direct_response) {
        (Some(action), _, _) => upstream::http(configuration, action, place, seen),
        (_, Some(action), _) => match location::redirect(action, &place.route.matches, seen) {
            Some((status, location)) => End::Redirect { status, location },
            None => End::Fault(Fault::NotEvaluated { what: "the redirect's regular expression".to_owned() }),
        },
        (_, _, Some(DirectResponseAction { status, body })) => {
            End::DirectResponse { status: *status, body: body.inline_string.clone() }
        }
        (None, None, None) => End::Fault(Fault::NotEvaluated { what: "the route's action".to_owned() }),
    }
}
