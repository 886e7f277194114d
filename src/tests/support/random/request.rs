//! Requests, most of them near what the configurations name, some of them odd.

use meshc::simulate::config::listener::{FilterChain, Listener, NetworkFilter};
use meshc::simulate::config::matcher::StringMatcher;
use meshc::simulate::config::route::RouteMatch;
use meshc::simulate::{Configuration, Mode, Protocol, Request, Tls};

use super::Random;
use super::virtual_service::{HEADERS, METHODS, ORIGINS, PARAMETER_VALUES, PARAMETERS, PATHS, VALUES};

/// Hosts that clients ask for.
const HOSTS: [&str; 12] = [
    "shop.example.com",
    "shop.example.com",
    "api.example.com",
    "www.shop.example.com",
    "a.b.example.com",
    "example.com",
    "www.other.org",
    "other.org",
    "x.org",
    "upper.example.net",
    "UPPER.example.net",
    "10.1.2.3",
];

/// Texts that the regular expressions for paths take.
const MATCHING: [&str; 8] =
    ["/orders/7", "/api/x/y", "/shop/cart", "/SHOP/1", "/img/logo.png", "/cart/v2", "/axb", "/api/v1"];

/// Requests of a seed. Most of them take aim at a route of the configuration, and many of these miss it a little.
pub(crate) fn requests(seed: u64, count: usize, configuration: &Configuration) -> Vec<Request> {
    let mut random = Random::new(seed ^ 0x5eed_0f0f_0000_0000);
    (0..count).map(|_| request(&mut random, configuration)).collect()
}

fn request(random: &mut Random, configuration: &Configuration) -> Request {
    let inbound = configuration.listeners.iter().filter(|listener| listener.traffic_direction == "INBOUND");
    let inbound: Vec<&Listener> = inbound.collect();
    let listener = if !inbound.is_empty() && random.chance(60) {
        random.pick(&inbound)
    } else {
        random.pick(&configuration.listeners.iter().collect::<Vec<_>>())
    };
    let port = listener.address.socket_address.as_ref().map_or(8080, |address| address.port_value);
    let chain = random.pick(&listener.filter_chains.iter().collect::<Vec<_>>());
    let tls = chain.tls().is_some() || !chain.filter_chain_match.server_names.is_empty();
    let encrypted = tls != random.chance(2);
    let aim = if random.chance(75) { aimed(random, chain) } else { None };
    let (host, mut one) = match aim {
        Some(aim) => aim,
        None => {
            let host = random.pick(&HOSTS).to_owned();
            let method = if random.chance(65) { "GET" } else { random.pick(&METHODS) };
            let (path, headers) = (path(random), headers(random));
            (host, Aim { method: method.to_owned(), path, headers })
        }
    };
    if random.chance(10) {
        one.headers.extend(headers(random));
    }
    let names = &chain.filter_chain_match.server_names;
    let name = if names.is_empty() || random.chance(20) {
        host.clone()
    } else {
        {
            let pattern = random.pick(names);
            concrete(random, &pattern)
        }
    };
    // Addresses and what stands for a host in a pattern are no server names.
    let is_name = !name.starts_with("10.") && name.contains('.') && !name.contains([' ', '=', ':']);
    let sni = (encrypted && random.chance(95) && is_name).then_some(name);
    let is_http = |filter: &NetworkFilter| matches!(filter, NetworkFilter::HttpConnectionManager(_));
    let http2 = chain.filters.iter().any(|filter| is_http(&filter.typed_config)) && random.chance(25);
    let alpn: &[&str] = match (http2, chain.tls().is_some()) {
        (true, _) => random.pick(&[&["h2"][..], &["h2", "http/1.1"]]),
        // Where TLS ends, HTTP/2 would have to follow.
        (false, true) => &["http/1.1"],
        (false, false) => random.pick(&[&["http/1.1"][..], &["h2", "http/1.1"], &[]]),
    };
    if http2 && random.chance(20) {
        one.headers.push(("te".to_owned(), "trailers".to_owned()));
    }
    if random.chance(10) {
        let kind = random.pick(&["application/grpc", "application/grpc+proto", "application/json"]);
        one.headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    Request {
        mode: Mode::Gateway,
        address: listener.address.socket_address.as_ref().and_then(|address| address.address.parse().ok()),
        port,
        source: Some([127, 0, 0, 1].into()),
        protocol: if http2 { Protocol::Http2 } else { Protocol::Http1 },
        tls: if encrypted { Tls::Simple } else { Tls::Plaintext },
        sni,
        alpn: if encrypted { alpn.iter().map(|name| (*name).to_owned()).collect() } else { Vec::new() },
        method: one.method,
        host: spelt(random, &host, port),
        path: one.path,
        headers: one.headers,
    }
}

/// What a route asks for.
struct Aim {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

/// A host and a request for some route of the chain.
fn aimed(random: &mut Random, chain: &FilterChain) -> Option<(String, Aim)> {
    let routes = chain.filters.iter().find_map(|filter| match &filter.typed_config {
        NetworkFilter::HttpConnectionManager(manager) => manager.route_config.as_ref(),
        NetworkFilter::TcpProxy(_) | NetworkFilter::Other => None,
    })?;
    let hosts: Vec<_> = routes.virtual_hosts.iter().filter(|host| !host.routes.is_empty()).collect();
    let host = hosts.get(random.below(hosts.len()))?;
    let mut name = {
        let domain = random.pick(&host.domains);
        concrete(random, &domain)
    };
    let matches = &host.routes.get(random.below(host.routes.len()))?.matches;
    let mut aim = Aim { method: "GET".to_owned(), path: matching_path(random, matches), headers: Vec::new() };
    for header in &matches.headers {
        let number = header.range_match.as_ref().map(|_| random.pick(&["0", "10", "-3", "99", "+5", "11x"]).to_owned());
        let Some(value) = number.or_else(|| matching(random, header.string_match.as_ref())) else { continue };
        if header.invert_match || random.chance(8) {
            continue;
        }
        match header.name.as_str() {
            ":method" => aim.method = value,
            ":authority" => name = if random.chance(95) { value.replace(' ', "-") } else { value },
            "host" => {}
            name if name.starts_with(':') => {}
            name => aim.headers.push((name.to_owned(), value)),
        }
    }
    let mut pairs = Vec::new();
    for parameter in &matches.query_parameters {
        if random.chance(92) {
            let value = matching(random, parameter.string_match.as_ref()).unwrap_or_default();
            let value = if random.chance(95) { value.replace(' ', "+") } else { value };
            pairs.push(format!("{}={value}", parameter.name));
        }
    }
    if matches.grpc.is_some() && random.chance(80) {
        let kind =
            random.pick(&["application/grpc", "application/grpc+json", "application/grpc;v=1", "application/grpc-web"]);
        aim.headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    if random.chance(15) {
        pairs.insert(random.below(pairs.len() + 1), pair(random));
    }
    if random.chance(12) {
        aim.path = odd(random, &aim.path);
    }
    if !pairs.is_empty() {
        aim.path = format!("{}?{}", aim.path, pairs.join("&"));
    }
    Some((name, aim))
}

/// A name of a domain with a wildcard.
fn concrete(random: &mut Random, domain: &str) -> String {
    if let Some(start) = domain.strip_suffix('*').filter(|start| !start.is_empty()) {
        return format!("{start}{}", random.pick(&["com", "example.net"]));
    }
    match domain.strip_prefix('*') {
        Some("") => random.pick(&HOSTS).to_owned(),
        Some(rest) => format!("{}{rest}", random.pick(&["www", "a.b", "shop"])),
        None => domain.to_owned(),
    }
}

fn matching_path(random: &mut Random, matches: &RouteMatch) -> String {
    let path = if let Some(prefix) = &matches.prefix {
        format!("{prefix}{}", random.pick(&["", "", "x", "/x", "v1/y"]))
    } else if let Some(path) = matches.path.as_ref().or(matches.path_separated_prefix.as_ref()) {
        path.clone()
    } else {
        random.pick(&MATCHING).to_owned()
    };
    if matches.case_sensitive == Some(false) && random.chance(60) { path.to_ascii_uppercase() } else { path }
}

/// A value that the matcher takes, mostly.
fn matching(random: &mut Random, matcher: Option<&StringMatcher>) -> Option<String> {
    let Some(matcher) = matcher else { return Some(random.pick(&VALUES).to_owned()) };
    let StringMatcher { exact, prefix, .. } = matcher;
    match (exact, prefix) {
        (Some(exact), _) => Some(exact.clone()),
        (None, Some(prefix)) => Some(format!("{prefix}{}", random.pick(&["", "x"]))),
        (None, None) => {
            Some(random.pick(&["jason", "v1", "Mobile Safari", "b=2", "12", "shop.example.com", "1"]).to_owned())
        }
    }
}

fn spelt(random: &mut Random, host: &str, port: u16) -> String {
    match random.below(20) {
        0 => host.to_ascii_uppercase(),
        1 => format!("{host}."),
        2 => format!("{host}:{}", random.pick(&[80, 81, 443, 1234])),
        3 | 4 => format!("{host}:{port}"),
        5 => host.replace('e', "E"),
        _ => host.to_owned(),
    }
}

fn path(random: &mut Random) -> String {
    let mut path = match random.below(10) {
        0 => format!("/orders/{}", random.below(100)),
        1 => random
            .pick(&["/api/v1/x", "/api/v2", "/apis", "/shop/42/x", "/IMG/LOGO.PNG", "/a b".trim_end_matches(" b")])
            .to_owned(),
        _ => random.pick(&PATHS).to_owned(),
    };
    if random.chance(35) {
        path = odd(random, &path);
    }
    if random.chance(35) {
        let pairs: Vec<String> = (0..1 + random.below(3)).map(|_| pair(random)).collect();
        path = format!("{path}?{}", pairs.join(random.pick(&["&", "&", "&", "&&", ";"])));
    }
    if random.chance(3) {
        path.push_str("#part");
    }
    path
}

fn pair(random: &mut Random) -> String {
    let name = random.pick(&PARAMETERS);
    match random.below(6) {
        0 => name.to_owned(),
        1 => format!("{name}=1=2"),
        _ => format!("{name}={}", random.pick(&PARAMETER_VALUES)),
    }
}

fn odd(random: &mut Random, path: &str) -> String {
    match random.below(16) {
        0 => format!("{path}/"),
        1 => format!("{path}x"),
        2 => format!("/{path}"),
        3 => path.to_ascii_uppercase(),
        4 => format!("/x/..{path}"),
        5 => format!("/.{path}"),
        6 => format!("{path}/.."),
        7 => format!("{path}/../.."),
        8 => path.replace('a', "%61"),
        9 => path.replacen('/', "%2F", 2).replacen("%2F", "/", 1),
        10 => format!("{path}\\x"),
        11 => format!("{path};v=1"),
        12 => format!("{path}%"),
        13 => format!("{path}%zz%7e%2e%2E/"),
        14 => format!("{path}//x/./y/"),
        _ => format!("{path}/%2e%2e/z"),
    }
}

fn headers(random: &mut Random) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let count = random.pick(&[0, 0, 1, 1, 2, 3]);
    for _ in 0..count {
        let name = random.pick(&HEADERS);
        let name = if random.chance(20) { name.to_ascii_uppercase() } else { name.to_owned() };
        headers.push((name, random.pick(&VALUES).to_owned()));
    }
    if random.chance(12) {
        headers.push(("Origin".to_owned(), random.pick(&ORIGINS).to_owned()));
        if random.chance(60) {
            headers.push(("Access-Control-Request-Method".to_owned(), random.pick(&METHODS).to_owned()));
        }
    }
    if random.chance(4) {
        headers.push(("X-Forwarded-Proto".to_owned(), random.pick(&["http", "https", "ftp"]).to_owned()));
    }
    if random.chance(4) {
        headers.push(("X-Forwarded-For".to_owned(), random.pick(&["10.0.0.1", "8.8.8.8"]).to_owned()));
    }
    headers
}
