//! VirtualServices with every kind of match and action of HTTP routes, and with TLS and TCP routes.

use serde_json::{Map, Value, json};

use super::Random;
use super::cluster::{DESTINATIONS, object};
use super::gateways::HOSTS;

/// Paths that matches name.
pub(super) const PATHS: [&str; 16] = [
    "/",
    "/api",
    "/api/",
    "/api/v1",
    "/Api",
    "/shop",
    "/shop/cart",
    "/exact",
    "/a%20b",
    "/x//y",
    "/orders/",
    "/img/logo.png",
    "/caf%C3%A9",
    "/a.b",
    "/q=1",
    "/~me",
];

/// Regular expressions for paths.
const PATTERNS: [&str; 9] = [
    "/orders/[0-9]+",
    "/api/.*",
    "/(shop|api)/[^/]*",
    "(?i)/shop.*",
    ".*\\.(png|jpg)",
    "/[a-z]+/v[12]",
    "/a.b",
    "/api/v1|/exact",
    ".*",
];

/// Headers that matches and requests name, with values.
pub(super) const HEADERS: [&str; 7] = ["x-user", "x-group", "end-user", "user-agent", "cookie", "X-Mixed", "x_under"];
pub(super) const VALUES: [&str; 8] = ["jason", "Jason", "v1", "v1,v2", "", "a=1; b=2", "Mobile Safari", "jas on"];
const VALUE_PATTERNS: [&str; 6] = ["ja.*", "v[12]", ".*Mobile.*", "V.", "(.*; )?b=2(;.*)?", "[^,]*"];

/// Query parameters.
pub(super) const PARAMETERS: [&str; 4] = ["q", "page", "Q", "x-y"];
pub(super) const PARAMETER_VALUES: [&str; 6] = ["1", "2", "", "a%20b", "A", "12"];

pub(super) const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"];

/// Origins of browsers.
pub(super) const ORIGINS: [&str; 4] =
    ["https://www.example.com", "https://a.partner.example", "http://localhost", "null"];

/// Adds VirtualServices for the Gateways.
pub(super) fn add(random: &mut Random, gateways: &[String], objects: &mut Vec<Value>) {
    let delegated = random.chance(30);
    for at in 0..2 + random.below(4) {
        let mut http: Vec<Value> = (0..1 + random.below(6)).map(|_| route(random, gateways)).collect();
        if delegated && random.chance(50) {
            let delegate = json!({"match": [{"uri": {"prefix": random.pick(&["/", "/api", "/shop"])}}], "delegate": {"name": "delegate", "namespace": "shop"}});
            let place = random.below(http.len() + 1);
            http.insert(place, delegate);
        }
        let mut spec = json!({"hosts": random.some(&HOSTS, 3), "gateways": random.some(gateways, 3), "http": http});
        if random.chance(25) {
            spec["tls"] = tls(random).into();
        }
        if random.chance(20) {
            spec["tcp"] = json!([{"match": [{"port": 9000}], "route": destinations(random, false)}]);
        }
        let namespace = if random.chance(85) { "default" } else { "shop" };
        if namespace != "default" {
            let named: Vec<String> = random.some(gateways, 3).iter().map(|name| format!("default/{name}")).collect();
            spec["gateways"] = named.into();
        }
        objects.push(object("VirtualService", namespace, &format!("routes-{at}"), spec));
    }
    if delegated {
        let http: Vec<Value> = (0..1 + random.below(3)).map(|_| delegate_route(random)).collect();
        objects.push(object("VirtualService", "shop", "delegate", json!({"http": http})));
    }
}

/// Adds VirtualServices for calls within the mesh.
pub(super) fn add_for_mesh(random: &mut Random, objects: &mut Vec<Value>) {
    let hosts = [
        "reviews",
        "httpbin.default.svc.cluster.local",
        "cart.shop.svc.cluster.local",
        "inner.mesh",
        "www.outside.org",
        "*.outside.org",
    ];
    for (at, host) in hosts.iter().enumerate() {
        if random.chance(25) {
            continue;
        }
        let mut http: Vec<Value> = (0..1 + random.below(6)).map(|_| route(random, &[])).collect();
        for one in http.iter_mut().filter_map(|route| route.get_mut("match")?.as_array_mut()).flatten() {
            if random.chance(15) {
                one["sourceLabels"] = json!({"version": random.pick(&["v1", "v2"])});
            }
            if random.chance(10) {
                one["sourceNamespace"] = random.pick(&["default", "shop"]).into();
            }
            if random.chance(30) {
                // Of a gateway's port there is none here.
                one["port"] = random.pick(&[80, 9080, 8000]).into();
            }
        }
        let mut spec = json!({"hosts": [host], "http": http});
        if random.chance(30) {
            spec["gateways"] = json!(["mesh"]);
        }
        let namespace = if host.contains("shop") { "shop" } else { "default" };
        objects.push(object("VirtualService", namespace, &format!("calls-{at}"), spec));
    }
}

fn tls(random: &mut Random) -> Vec<Value> {
    let names = ["shop.example.com", "api.example.com", "www.other.org"];
    (0..1 + random.below(2))
        .map(|_| json!({"match": [{"port": 15443, "sniHosts": random.some(&names, 2)}], "route": destinations(random, false)}))
        .collect()
}

fn delegate_route(random: &mut Random) -> Value {
    let mut route = route(random, &[]);
    if let Some(fields) = route.as_object_mut() {
        // The matches of a delegate have to be below those of the root, which other paths would not be.
        fields.remove("match");
        if random.chance(50) {
            fields.insert("match".to_owned(), json!([{"headers": header_matches(random)}]));
        }
    }
    route
}

fn route(random: &mut Random, gateways: &[String]) -> Value {
    let mut route = Map::new();
    if random.chance(85) {
        let matches: Vec<Value> = (0..1 + random.below(3)).map(|_| one_match(random, gateways)).collect();
        route.insert("match".to_owned(), matches.into());
    }
    match random.below(100) {
        0..18 => {
            route.insert("redirect".to_owned(), redirect(random));
        }
        18..28 => {
            let body = json!({"string": random.pick(&["no", "", "a longer text"])});
            let status = random.pick(&[200, 204, 404, 418, 503]);
            let mut response = json!({"status": status});
            if status != 204 && random.chance(60) {
                response["body"] = body;
            }
            route.insert("directResponse".to_owned(), response);
        }
        _ => forward(random, &mut route),
    }
    if random.chance(12) {
        route.insert("fault".to_owned(), fault(random));
    }
    if random.chance(15) {
        route.insert("corsPolicy".to_owned(), cors(random));
    }
    if random.chance(25) {
        route.insert("headers".to_owned(), header_operations(random));
    }
    route.into()
}

fn forward(random: &mut Random, route: &mut Map<String, Value>) {
    route.insert("route".to_owned(), destinations(random, true).into());
    if random.chance(35) {
        let mut rewrite = Map::new();
        match random.below(4) {
            0 => {
                let pattern = random.pick(&["^/api/(.*)$", "/(shop|api)", "[0-9]+", "/"]);
                let by = random.pick(&["/v2/\\1", "/x", "\\0\\0"]);
                let by = if pattern.contains('(') { by } else { "/y" };
                rewrite.insert("uriRegexRewrite".to_owned(), json!({"match": pattern, "rewrite": by}));
            }
            1 => {}
            _ => {
                rewrite.insert("uri".to_owned(), random.pick(&["/", "/new", "/new/", "/a/b"]).into());
            }
        }
        if rewrite.is_empty() || random.chance(30) {
            rewrite.insert("authority".to_owned(), random.pick(&["internal.example", "internal.example:8080"]).into());
        }
        route.insert("rewrite".to_owned(), rewrite.into());
    }
    if random.chance(10) {
        route.insert("timeout".to_owned(), "10s".into());
    }
    if random.chance(8) {
        route.insert(
            "mirror".to_owned(),
            json!({"host": "httpbin.default.svc.cluster.local", "port": {"number": 8000}}),
        );
    }
}

fn destinations(random: &mut Random, http: bool) -> Vec<Value> {
    let weights: &[usize] = random.pick(&[&[1][..], &[1], &[1], &[100, 0], &[50, 50], &[1, 99], &[10, 0, 90]]);
    let single = weights.len() == 1;
    weights
        .iter()
        .map(|weight| {
            let destination = &DESTINATIONS[random.below(DESTINATIONS.len())];
            let mut to = json!({"host": destination.host, "port": {"number": random.pick(destination.ports)}});
            if !destination.subsets.is_empty() && random.chance(70) {
                to["subset"] = random.pick(destination.subsets).into();
            }
            let mut one = json!({"destination": to});
            if !single {
                one["weight"] = (*weight).into();
            }
            if http && random.chance(12) {
                one["headers"] = header_operations(random);
            }
            one
        })
        .collect()
}

fn one_match(random: &mut Random, gateways: &[String]) -> Value {
    let mut one = Map::new();
    let mut add = |name: &str, value: Value| {
        one.insert(name.to_owned(), value);
    };
    if random.chance(75) {
        let uri = match random.below(5) {
            0 | 1 => json!({"prefix": random.pick(&PATHS)}),
            2 | 3 => json!({"exact": random.pick(&PATHS)}),
            _ => json!({"regex": random.pick(&PATTERNS)}),
        };
        if uri.get("regex").is_none() && random.chance(20) {
            add("ignoreUriCase", true.into());
        }
        add("uri", uri);
    }
    if random.chance(25) {
        add("headers", header_matches(random));
    }
    if random.chance(10) {
        add("withoutHeaders", header_matches(random));
    }
    if random.chance(18) {
        let value = match random.below(4) {
            0 => json!({"exact": random.pick(&PARAMETER_VALUES)}),
            1 => json!({"regex": random.pick(&["[0-9]+", ".*", "a%20b", "[12]?"])}),
            2 => json!({"prefix": random.pick(&["1", "a"])}),
            _ => json!({}),
        };
        add("queryParams", json!({random.pick(&PARAMETERS): value}));
    }
    if random.chance(12) {
        add("method", json!({"exact": random.pick(&METHODS)}));
    }
    if random.chance(6) {
        add("scheme", json!({"exact": random.pick(&["http", "https"])}));
    }
    if random.chance(10) {
        let authority = match random.below(3) {
            0 => json!({"exact": random.pick(&["shop.example.com", "api.example.com:8080", "www.other.org"])}),
            1 => json!({"prefix": random.pick(&["shop", "api."])}),
            _ => json!({"regex": ".*\\.example\\.com(:[0-9]+)?"}),
        };
        add("authority", authority);
    }
    if random.chance(5) {
        add("port", random.pick(&[80, 81, 443]).into());
    }
    if random.chance(5) && !gateways.is_empty() {
        add("gateways", random.some(gateways, 2).into());
    }
    if one.is_empty() {
        one.insert("uri".to_owned(), json!({"prefix": random.pick(&PATHS)}));
    }
    one.into()
}

fn header_matches(random: &mut Random) -> Value {
    let mut headers = Map::new();
    for _ in 0..1 + random.below(2) {
        let value = match random.below(5) {
            0 | 1 => json!({"exact": random.pick(&VALUES[..4])}),
            2 => json!({"prefix": random.pick(&["ja", "v", "M"])}),
            3 => json!({"regex": random.pick(&VALUE_PATTERNS)}),
            _ => json!({}),
        };
        headers.insert(random.pick(&HEADERS).to_owned(), value);
    }
    headers.into()
}

fn redirect(random: &mut Random) -> Value {
    let mut redirect = Map::new();
    if random.chance(55) {
        let uri = random.pick(&["/", "/new", "/new?own=1", "/a/b/", "new", "/x//y"]);
        redirect.insert("uri".to_owned(), uri.into());
    }
    if random.chance(40) {
        redirect.insert("authority".to_owned(), random.pick(&["other.example", "other.example:9443"]).into());
    }
    if random.chance(30) {
        redirect.insert("scheme".to_owned(), random.pick(&["http", "https"]).into());
    }
    match random.below(5) {
        0 => {
            redirect.insert("port".to_owned(), random.pick(&[80, 443, 8443]).into());
        }
        1 => {
            redirect
                .insert("derivePort".to_owned(), random.pick(&["FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"]).into());
        }
        _ => {}
    }
    if random.chance(50) || redirect.is_empty() {
        redirect.insert("redirectCode".to_owned(), random.pick(&[301, 302, 303, 307, 308]).into());
    }
    redirect.into()
}

fn fault(random: &mut Random) -> Value {
    let percentage = json!({"value": random.pick(&[100, 100, 0])});
    match random.below(5) {
        0 => json!({"delay": {"percentage": percentage, "fixedDelay": "0.001s"}}),
        1 => json!({
            "delay": {"percentage": {"value": 100}, "fixedDelay": "0.001s"},
            "abort": {"percentage": percentage, "httpStatus": 503},
        }),
        2 => json!({"abort": {"percentage": percentage, "grpcStatus": random.pick(&["UNAVAILABLE", "NOT_FOUND"])}}),
        _ => json!({"abort": {"percentage": percentage, "httpStatus": random.pick(&[400, 418, 500, 503])}}),
    }
}

fn cors(random: &mut Random) -> Value {
    let origin = |random: &mut Random| match random.below(3) {
        0 => json!({"exact": random.pick(&ORIGINS)}),
        1 => json!({"prefix": "https://"}),
        _ => json!({"regex": "https://[a-z]+\\.partner\\.example"}),
    };
    let mut policy = json!({"allowOrigins": (0..1 + random.below(2)).map(|_| origin(random)).collect::<Vec<_>>()});
    if random.chance(70) {
        policy["allowMethods"] = json!(random.some(&METHODS, 3));
    }
    if random.chance(40) {
        policy["allowHeaders"] = json!(["x-token", "x-user"]);
    }
    if random.chance(40) {
        policy["exposeHeaders"] = json!(["x-powered-by"]);
    }
    if random.chance(40) {
        policy["allowCredentials"] = random.chance(70).into();
    }
    if random.chance(40) {
        policy["maxAge"] = "24h".into();
    }
    if random.chance(40) {
        policy["unmatchedPreflights"] = random.pick(&["FORWARD", "IGNORE"]).into();
    }
    policy
}

fn header_operations(random: &mut Random) -> Value {
    let mut all = Map::new();
    for side in ["request", "response"] {
        if !random.chance(65) {
            continue;
        }
        let mut operations = Map::new();
        let names =
            if side == "request" { ["x-user", "x-new", "X-Mixed"] } else { ["x-powered-by", "x-new", "server"] };
        if random.chance(50) {
            let name = random.pick(&names);
            operations.insert("set".to_owned(), json!({name: random.pick(&["set", "set, too"])}));
        }
        if random.chance(50) {
            operations.insert("add".to_owned(), json!({random.pick(&names[..2]): random.pick(&["one", "two"])}));
        }
        if random.chance(40) {
            operations
                .insert("remove".to_owned(), json!([random.pick(&["x-user", "x-group", "end-user", "x-powered-by"])]));
        }
        all.insert(side.to_owned(), operations.into());
    }
    if all.is_empty() {
        all.insert("request".to_owned(), json!({"set": {"x-new": "always"}}));
    }
    all.into()
}
