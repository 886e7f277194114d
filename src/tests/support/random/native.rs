//! Bootstraps of Envoy as no compiler writes them: everything that the evaluator reads and Istio has no word for.

use serde_json::{Map, Value, json};

use super::Random;
use super::virtual_service::{HEADERS, PARAMETER_VALUES, PARAMETERS, PATHS, VALUES};

/// Where the proxy listens.
const PROXY: &str = "127.1.0.9";

/// The port for HTTP, and the one for whose connections filter chains differ.
const PORTS: [u16; 2] = [8080, 8443];

const DOMAINS: [&str; 14] = [
    "shop.example.com",
    "shop.example.com:8080",
    "*.example.com",
    "*.shop.example.com",
    "*-shop.example.com",
    "Upper.Example.net",
    "shop.*",
    "shop.example.*",
    "www.*",
    "*.org",
    "www.other.org",
    "10.1.2.3",
    "*:8080",
    "*",
];

const NAMES: [&str; 8] = [
    "shop.example.com",
    "*.example.com",
    "*.shop.example.com",
    "*.com",
    "www.other.org",
    "*.org",
    "UPPER.example.net",
    "a.b.example.com",
];

const CLUSTERS: [&str; 5] = ["one", "two", "three", "nobody", "absent"];

const HTTP: &str =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/// A bootstrap with a listener for HTTP and one with many filter chains.
pub(crate) fn bootstrap(seed: u64) -> Value {
    let mut random = Random::new(seed ^ 0x0a71_7e00_0000_0000);
    let chains = chains(&mut random);
    let names = (0..chains.len()).map(|at| format!("chain-{at}"));
    let mut clusters: Vec<Value> =
        names.chain(["one", "two", "three"].map(str::to_owned)).map(|name| cluster(&name)).collect();
    clusters.push(json!({"name": "nobody", "type": "STATIC"}));
    let socket = |port: u16| json!({"socket_address": {"address": PROXY, "port_value": port}});
    let inspector = |name: &str, message: &str| {
        json!({"name": format!("envoy.filters.listener.{name}"), "typed_config": {
            "@type": format!("type.googleapis.com/envoy.extensions.filters.listener.{name}.v3.{message}")}})
    };
    let mut inspectors = Vec::new();
    if random.chance(90) {
        inspectors.push(inspector("tls_inspector", "TlsInspector"));
    }
    if random.chance(60) {
        inspectors.push(inspector("http_inspector", "HttpInspector"));
    }
    let http = json!({"name": "envoy.filters.network.http_connection_manager", "typed_config": manager(&mut random)});
    json!({
        "admin": {"address": socket(15000)},
        "static_resources": {
            "listeners": [
                {"name": "http", "address": socket(PORTS[0]), "filter_chains": [{"filters": [http]}]},
                {"name": "chains", "address": socket(PORTS[1]), "listener_filters": inspectors, "filter_chains": chains},
            ],
            "clusters": clusters,
        },
    })
}

fn cluster(name: &str) -> Value {
    let endpoint = json!({"endpoint": {"address": {"socket_address": {"address": "127.1.1.1", "port_value": 80}}}});
    json!({"name": name, "type": "STATIC", "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}})
}

/// Chains whose matches differ, each to a cluster of its own; Envoy refuses two with the same.
fn chains(random: &mut Random) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    for _ in 0..3 + random.below(10) {
        let one = chain_match(random);
        // Of each combination Envoy takes one.
        let alike: Vec<String> = combinations(&one);
        if alike.iter().any(|key| taken.contains(key)) {
            continue;
        }
        taken.extend(alike);
        seen.push(one);
    }
    let chain = |(at, one): (usize, Value)| {
        let proxy = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix": "tcp", "cluster": format!("chain-{at}"),
        });
        json!({"filter_chain_match": one, "filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]})
    };
    seen.into_iter().enumerate().map(chain).collect()
}

fn chain_match(random: &mut Random) -> Value {
    let mut one = Map::new();
    let mut add = |name: &str, value: Value| {
        one.insert(name.to_owned(), value);
    };
    let range = |text: &str| {
        let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
        json!({"address_prefix": address, "prefix_len": bits.parse::<u32>().unwrap_or(32)})
    };
    if random.chance(15) {
        add("destination_port", random.pick(&PORTS).into());
    }
    if random.chance(25) {
        add(
            "prefix_ranges",
            json!([range(random.pick(&["127.0.0.0/8", "127.1.0.9/32", "127.1.0.0/16", "10.0.0.0/8"]))]),
        );
    }
    if random.chance(65) {
        add("server_names", json!(random.some(&NAMES, 2)));
    }
    if random.chance(35) {
        add("transport_protocol", random.pick(&["tls", "raw_buffer"]).into());
    }
    if random.chance(30) {
        add("application_protocols", json!(random.some(&["h2", "http/1.1", "h2c", "istio"], 2)));
    }
    if random.chance(10) {
        add("direct_source_prefix_ranges", json!([range(random.pick(&["127.0.0.0/8", "10.0.0.0/8"]))]));
    }
    if random.chance(15) {
        add("source_type", random.pick(&["ANY", "SAME_IP_OR_LOOPBACK", "EXTERNAL"]).into());
    }
    if random.chance(20) {
        add(
            "source_prefix_ranges",
            json!([range(random.pick(&["127.0.0.0/8", "127.0.0.1/32", "0.0.0.0/0", "10.0.0.0/8"]))]),
        );
    }
    one.into()
}

/// Every combination that a match takes, as text.
fn combinations(one: &Value) -> Vec<String> {
    let list = |key: &str| -> Vec<String> {
        let items: Vec<String> =
            one[key].as_array().into_iter().flatten().map(|item| item.to_string().to_ascii_lowercase()).collect();
        if items.is_empty() { vec![String::new()] } else { items }
    };
    let mut rest = one.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("server_names");
        fields.remove("application_protocols");
        // Unset is the same.
        fields.retain(|_, value| value != "ANY");
    }
    // `serde_json` keeps the order of insertion, which is the same for all.
    let protocols = list("application_protocols");
    let one = |name: &String| protocols.iter().map(|it| format!("{name} {it} {rest}")).collect::<Vec<_>>();
    list("server_names").iter().flat_map(one).collect()
}

fn manager(random: &mut Random) -> Value {
    let mut manager = json!({
        "@type": HTTP, "stat_prefix": "http", "route_config": routes(random),
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
    });
    for name in ["normalize_path", "merge_slashes", "use_remote_address", "strip_trailing_host_dot"] {
        if random.chance(40) {
            manager[name] = random.chance(80).into();
        }
    }
    match random.below(4) {
        0 => manager["strip_any_host_port"] = true.into(),
        1 => manager["strip_matching_host_port"] = true.into(),
        _ => {}
    }
    if random.chance(50) {
        let actions = ["KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_FORWARD"];
        manager["path_with_escaped_slashes_action"] = random.pick(&actions).into();
    }
    if random.chance(40) {
        let action = random.pick(&["ALLOW", "REJECT_REQUEST", "DROP_HEADER"]);
        manager["common_http_protocol_options"] = json!({"headers_with_underscores_action": action});
    }
    manager
}

fn routes(random: &mut Random) -> Value {
    let mut hosts: Vec<Value> = Vec::new();
    let mut left: Vec<&str> = DOMAINS.to_vec();
    for at in 0..1 + random.below(5) {
        let domains: Vec<&str> = (0..1 + random.below(2)).map(|_| left.remove(random.below(left.len()))).collect();
        let routes: Vec<Value> = (0..1 + random.below(8)).map(|_| route(random)).collect();
        let mut host = json!({"name": format!("host-{at}"), "domains": domains, "routes": routes});
        if random.chance(10) {
            host["require_tls"] = random.pick(&["ALL", "EXTERNAL_ONLY"]).into();
        }
        headers(random, &mut host);
        hosts.push(host);
    }
    let mut all = json!({"name": "all", "virtual_hosts": hosts, "validate_clusters": false});
    for name in ["ignore_port_in_host_matching", "most_specific_header_mutations_wins"] {
        if random.chance(25) {
            all[name] = true.into();
        }
    }
    headers(random, &mut all);
    all
}

fn headers(random: &mut Random, owner: &mut Value) {
    for side in ["request", "response"] {
        if random.chance(20) {
            let action = random.pick(&[
                "APPEND_IF_EXISTS_OR_ADD",
                "ADD_IF_ABSENT",
                "OVERWRITE_IF_EXISTS_OR_ADD",
                "OVERWRITE_IF_EXISTS",
            ]);
            let value = random.pick(&["one", "two", "50%%", ""]);
            let header = json!({"key": random.pick(&["x-user", "x-new", "X-Mixed", "accept"]), "value": value});
            let mut option = json!({"header": header, "append_action": action});
            if random.chance(20) {
                option["keep_empty_value"] = true.into();
            }
            owner[format!("{side}_headers_to_add")] = json!([option]);
        }
        if random.chance(15) {
            owner[format!("{side}_headers_to_remove")] = json!([random.pick(&["x-user", "x-group", "End-User"])]);
        }
    }
}

fn route(random: &mut Random) -> Value {
    let mut route = json!({"match": route_match(random)});
    match random.below(10) {
        0 | 1 => route["redirect"] = redirect(random),
        2 => {
            let mut response = json!({"status": random.pick(&[200, 204, 403, 503])});
            if response["status"] != 204 && random.chance(70) {
                response["body"] = json!({"inline_string": random.pick(&["", "a text"])});
            }
            route["direct_response"] = response;
        }
        _ => route["route"] = action(random),
    }
    headers(random, &mut route);
    route
}

fn route_match(random: &mut Random) -> Value {
    let mut one = match random.below(10) {
        0..4 => json!({"prefix": random.pick(&PATHS)}),
        4..6 => json!({"path": random.pick(&PATHS)}),
        6 | 7 => json!({"path_separated_prefix": random.pick(&["/api", "/shop", "/Api", "/a.b", "/shop/cart"])}),
        _ => {
            json!({"safe_regex": {"regex": random.pick(&["/orders/\\d+", "/api(/.*)?", "/(?:shop|api)/\\w*", ".*g", "/[^/]+"])}})
        }
    };
    if one.get("safe_regex").is_none() && random.chance(20) {
        one["case_sensitive"] = random.chance(30).into();
    }
    if random.chance(35) {
        one["headers"] = (0..1 + random.below(2)).map(|_| header_match(random)).collect();
    }
    if random.chance(20) {
        let mut parameter = json!({"name": random.pick(&PARAMETERS)});
        match random.below(3) {
            0 => parameter["present_match"] = random.chance(60).into(),
            1 => parameter["string_match"] = string_match(random, &PARAMETER_VALUES),
            _ => {}
        }
        one["query_parameters"] = json!([parameter]);
    }
    if random.chance(10) {
        one["grpc"] = json!({});
    }
    if random.chance(10) {
        let numerator = random.pick(&[0, 100, 120]);
        one["runtime_fraction"] = json!({"default_value": {"numerator": numerator}, "runtime_key": "share"});
    }
    one
}

fn string_match(random: &mut Random, values: &[&str]) -> Value {
    // An empty text to look for is none.
    let text = |random: &mut Random| match random.pick(values) {
        "" => "a".to_owned(),
        text => text.to_owned(),
    };
    let part = |random: &mut Random| text(random).chars().take(2).collect::<String>();
    let mut one = match random.below(6) {
        0 => json!({"exact": random.pick(values)}),
        1 => json!({"prefix": part(random)}),
        2 => json!({"suffix": part(random)}),
        3 => json!({"contains": part(random)}),
        4 => json!({"safe_regex": {"regex": random.pick(&["ja.*", "[vV]\\d", ".*", "[^,]*", "\\w+"])}}),
        _ => json!({"exact": text(random)}),
    };
    if one.get("safe_regex").is_none() && random.chance(30) {
        one["ignore_case"] = true.into();
    }
    one
}

fn header_match(random: &mut Random) -> Value {
    let names =
        [&HEADERS[..], &["x-number", ":method", ":path", ":authority", ":scheme", "content-type", "Host"]].concat();
    let mut one = json!({"name": random.pick(&names)});
    match random.below(6) {
        0 => one["present_match"] = random.chance(60).into(),
        1 => {
            one["name"] = random.pick(&["x-number", "x-user"]).into();
            one["range_match"] = json!({"start": random.pick(&[-5, 0, 10]), "end": random.pick(&[11, 100])});
        }
        2 if random.chance(40) => {}
        _ => one["string_match"] = string_match(random, &VALUES),
    }
    if random.chance(25) {
        one["invert_match"] = true.into();
    }
    if random.chance(20) {
        one["treat_missing_header_as_empty"] = true.into();
    }
    one
}

fn action(random: &mut Random) -> Value {
    let mut action = Map::new();
    let mut add = |name: &str, value: Value| {
        action.insert(name.to_owned(), value);
    };
    match random.below(8) {
        0 | 1 => {
            let weights = random.pick(&[&[1, 2][..], &[0, 3], &[7, 0, 5], &[50, 51], &[1]]);
            let mut clusters: Vec<Value> = Vec::new();
            for weight in weights {
                let mut one = json!({"name": random.pick(&CLUSTERS), "weight": weight});
                if random.chance(15) {
                    one["host_rewrite_literal"] = "weighted.internal".into();
                }
                headers(random, &mut one);
                clusters.push(one);
            }
            add("weighted_clusters", json!({"clusters": clusters}));
        }
        2 => add("cluster_header", random.pick(&["x-cluster", ":authority", "x-user"]).into()),
        _ => add("cluster", random.pick(&CLUSTERS).into()),
    }
    if random.chance(25) {
        let codes = ["SERVICE_UNAVAILABLE", "NOT_FOUND", "INTERNAL_SERVER_ERROR"];
        add("cluster_not_found_response_code", random.pick(&codes).into());
    }
    match random.below(6) {
        0 => add("prefix_rewrite", random.pick(&["/", "/new", "/new/", "/a?own=1"]).into()),
        1 => add("regex_rewrite", regex_rewrite(random)),
        _ => {}
    }
    match random.below(8) {
        0 => add("host_rewrite_literal", random.pick(&["internal.example", "internal.example:81"]).into()),
        1 => add("host_rewrite_header", random.pick(&["x-user", "x-missing"]).into()),
        2 => add(
            "host_rewrite_path_regex",
            json!({"pattern": {"regex": "^/([a-z]+).*"}, "substitution": "\\1.internal"}),
        ),
        _ => {}
    }
    action.into()
}

fn regex_rewrite(random: &mut Random) -> Value {
    let (pattern, by) = random.pick(&[
        ("^/api/(.*)$", "/v2/\\1"),
        ("/(shop|api)", "/x\\0"),
        ("[0-9]+", "n"),
        ("^/([^/]+)(/.*)?$", "\\2/\\1"),
        ("x*", "-"),
        ("a", ""),
    ]);
    json!({"pattern": {"regex": pattern}, "substitution": by})
}

fn redirect(random: &mut Random) -> Value {
    let mut redirect = Map::new();
    let mut add = |name: &str, value: Value| {
        redirect.insert(name.to_owned(), value);
    };
    match random.below(4) {
        0 => add("https_redirect", random.chance(80).into()),
        1 => add("scheme_redirect", random.pick(&["http", "https", "HTTPS"]).into()),
        _ => {}
    }
    if random.chance(40) {
        add("host_redirect", random.pick(&["other.example", "other.example:9443", "[::1]"]).into());
    }
    if random.chance(30) {
        add("port_redirect", random.pick(&[80, 443, 8080, 9000]).into());
    }
    match random.below(5) {
        0 | 1 => add("path_redirect", random.pick(&["/new", "/new?own=1", "/", "new", "/n#part"]).into()),
        2 => add("prefix_rewrite", random.pick(&["/", "/new", "/new/"]).into()),
        3 => add("regex_rewrite", regex_rewrite(random)),
        _ => {}
    }
    if random.chance(30) {
        add("strip_query", true.into());
    }
    if random.chance(50) {
        let codes = ["MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"];
        add("response_code", random.pick(&codes).into());
    }
    redirect.into()
}
