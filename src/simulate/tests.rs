//! Envoy's rules on small configurations, one rule a test.

use serde_json::{Value, json};

use super::config::listener::NetworkFilter;
use super::{Configuration, End, Fault, Injection, Mode, Outcome, Protocol, Request, Tls, run};

fn get(host: &str, path: &str) -> Request {
    Request {
        mode: Mode::Gateway,
        address: None,
        port: 80,
        source: None,
        protocol: Protocol::Http1,
        tls: Tls::Plaintext,
        sni: None,
        alpn: Vec::new(),
        method: "GET".to_owned(),
        host: host.to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
    }
}

fn with(request: Request, name: &str, value: &str) -> Request {
    Request { headers: vec![(name.to_owned(), value.to_owned())], ..request }
}

fn configuration(value: Value) -> Configuration {
    Configuration::from_value(value).expect("a configuration")
}

/// A listener on port 80 with these virtual hosts, and the clusters `a` and `b`.
fn http(hosts: Value) -> Configuration {
    let url = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    configuration(json!({"staticResources": {
        "listeners": [{
            "name": "web",
            "address": {"socketAddress": {"address": "0.0.0.0", "portValue": 80}},
            "filterChains": [{"filters": [{"name": "hcm", "typedConfig": {
                "@type": url, "normalizePath": true, "routeConfig": {"name": "r", "virtualHosts": hosts}
            }}]}]
        }],
        "clusters": [{"name": "a"}, {"name": "b"}]
    }}))
}

/// The same, of one virtual host with these routes.
fn routes(routes: Value) -> Configuration {
    http(json!([{"name": "all", "domains": ["*"], "routes": routes}]))
}

fn to(cluster: &str, matches: Value) -> Value {
    json!({"match": matches, "route": {"cluster": cluster}})
}

/// The cluster, or `-`.
fn cluster(outcome: &Outcome) -> &str {
    match &outcome.end {
        End::Forward(forward) => forward.clusters.first().map_or("-", |share| &share.cluster),
        End::Tcp(forward) => forward.clusters.first().map_or("-", |share| &share.cluster),
        _ => "-",
    }
}

fn chosen(configuration: &Configuration, request: &Request) -> String {
    cluster(&run(configuration, request)).to_owned()
}

#[test]
fn the_closest_domain_takes_the_host() {
    let host = |name: &str, domain: &str| json!({"name": name, "domains": [domain], "routes": [to("a", json!({"prefix": "/"}))]});
    let all = http(json!([
        host("all", "*"),
        host("start", "shop.*"),
        host("end", "*.com"),
        host("longer", "*.example.com"),
        host("exact", "shop.example.com"),
    ]));
    let by = |name: &str| run(&all, &get(name, "/")).virtual_host.expect("a virtual host").name;
    assert_eq!(by("SHOP.example.com"), "exact");
    assert_eq!(by("cart.example.com"), "longer");
    assert_eq!(by(".example.com"), "end", "a wildcard stands for at least one sign");
    assert_eq!(by("shop.net"), "start");
    assert_eq!(by("shop.example.com:80"), "start", "a port is part of the host here");
    assert_eq!(by("other"), "all");
    let one = http(json!([host("one", "shop.example.com")]));
    let nowhere = run(&one, &get("a", "/"));
    assert_eq!(nowhere.end, End::Fault(Fault::NoVirtualHost { host: "a".to_owned() }));
}

#[test]
fn the_first_route_that_matches_counts_and_others_say_why() {
    let all = routes(json!([
        to("b", json!({"path": "/exact"})),
        to("b", json!({"safe_regex": {"regex": "/orders/\\d+"}})),
        to("b", json!({"path_separated_prefix": "/api"})),
        to("b", json!({"prefix": "/UP", "case_sensitive": false})),
        to("a", json!({"prefix": "/"})),
    ]));
    for path in ["/exact", "/exact?q=1", "/orders/42?x", "/api", "/api/v1", "/up/x", "/x/../exact", "/%65xact"] {
        assert_eq!(chosen(&all, &get("h", path)), "b", "{path}");
    }
    for path in ["/exact/", "/orders/42/x", "/apis", "/"] {
        assert_eq!(chosen(&all, &get("h", path)), "a", "{path}");
    }
    let beyond_ascii = run(&all, &get("h", "/orders/\u{663}")).end;
    assert!(matches!(beyond_ascii, End::Fault(Fault::BadRequest { status: 400, .. })), "{beyond_ascii:?}");
    let why = run(&all, &get("h", "/apis")).passed_over_routes.remove(2).why;
    assert_eq!(why, "the path must be `/api` or below it, and it is `/apis`");
}

#[test]
fn headers_and_queries_match_as_envoy_does() {
    let one = |condition: Value| {
        let mut header = json!({"name": "x"});
        header.as_object_mut().expect("fields").extend(condition.as_object().expect("fields").clone());
        routes(json!([to("b", json!({"prefix": "/", "headers": [header]})), to("a", json!({"prefix": "/"}))]))
    };
    let (without, with_v) = (get("h", "/"), with(get("h", "/"), "X", "v"));
    let check = |condition: Value, missing: &str, given: &str| {
        let all = one(condition.clone());
        assert_eq!((&*chosen(&all, &without), &*chosen(&all, &with_v)), (missing, given), "{condition}");
    };
    check(json!({"string_match": {"exact": "v"}}), "a", "b");
    check(json!({"string_match": {"exact": "V", "ignore_case": true}}), "a", "b");
    check(json!({"string_match": {"exact": "v"}, "invert_match": true}), "a", "a");
    check(json!({"string_match": {"exact": "w"}, "invert_match": true}), "a", "b");
    let inverted = json!({"string_match": {"exact": "w"}, "invert_match": true, "treat_missing_header_as_empty": true});
    check(inverted, "b", "b");
    check(json!({"present_match": true}), "a", "b");
    check(json!({"present_match": true, "invert_match": true}), "b", "a");
    check(json!({"present_match": false}), "b", "a");
    check(json!({"range_match": {"start": "1", "end": "9"}}), "a", "a");
    let query = routes(json!([
        to("b", json!({"prefix": "/", "query_parameters": [{"name": "q", "string_match": {"exact": "1"}}]})),
        to("a", json!({"prefix": "/"})),
    ]));
    assert_eq!(chosen(&query, &get("h", "/?p&q=1&q=2")), "b");
    assert_eq!(chosen(&query, &get("h", "/?q=2&q=1")), "a", "the first value counts");
    assert_eq!(run(&query, &get("h", "/#?q=1")).end, End::Fault(Fault::BadPath), "a fragment is refused");
    let cut = Configuration { rejects_fragments: false, ..query };
    assert_eq!(chosen(&cut, &get("h", "/#?q=1")), "a", "a fragment has no query");
}

#[test]
fn paths_and_hosts_are_rewritten() {
    let action = |extra: Value| {
        let mut action = json!({"cluster": "a"});
        action.as_object_mut().expect("fields").extend(extra.as_object().expect("fields").clone());
        routes(json!([{"match": {"prefix": "/api/"}, "route": action}]))
    };
    let sent = |all: &Configuration| match run(all, &get("h", "/api/x/y?q=/api/")).end {
        End::Forward(forward) => (forward.path, forward.host, forward.timeout),
        other => panic!("{other:?}"),
    };
    let prefix = sent(&action(json!({"prefix_rewrite": "/", "host_rewrite_literal": "b.com", "timeout": "3s"})));
    assert_eq!(prefix, ("/x/y?q=/api/".to_owned(), "b.com".to_owned(), "3s".to_owned()));
    let rewrite = json!({"regex_rewrite": {"pattern": {"regex": "/(x)/(.)"}, "substitution": "/\\2\\\\\\1"}});
    assert_eq!(sent(&action(rewrite)).0, "/api/y\\x?q=/api/");
}

/// A connection manager with these fields, for the hosts `h` and `h:81`, each with a route for `/` to a cluster.
fn managed(fields: Value) -> Configuration {
    let mut all = http(json!([]));
    for filter in all.listeners.iter_mut().flat_map(|it| &mut it.filter_chains).flat_map(|chain| &mut chain.filters) {
        let NetworkFilter::HttpConnectionManager(manager) = &mut filter.typed_config else { continue };
        let host = |domain: &str, name: &str| json!({"name": name, "domains": [domain], "routes": [to(name, json!({"path": "/"}))]});
        let mut value = json!({"route_config": {"virtual_hosts": [host("h", "a"), host("h:81", "b")]}});
        value.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
        **manager = serde_json::from_value(value).expect("a connection manager");
    }
    all
}

#[test]
fn hosts_and_slashes_are_cut_as_the_connection_manager_says() {
    let dots = managed(json!({"strip_trailing_host_dot": true}));
    for (host, wanted) in [("h.", "a"), ("h.:81", "b"), ("h:81.", "b"), ("h..", "-"), (".h", "-")] {
        assert_eq!(cluster(&run(&dots, &get(host, "/"))), wanted, "{host}");
    }
    // A path of slashes alone keeps two.
    let slashes = managed(json!({"merge_slashes": true}));
    for (path, wanted) in [("/", "a"), ("//", "-"), ("///?x=//", "-"), ("/?x=//", "a")] {
        assert_eq!(cluster(&run(&slashes, &get("h", path))), wanted, "{path}");
    }
}

#[test]
fn several_hosts_are_one_in_http1_and_the_authority_counts_in_http2() {
    let all = http(json!([{"name": "v", "domains": ["h,i"], "routes": [to("a", json!({"prefix": "/"}))]},
        {"name": "w", "domains": ["h"], "routes": [to("b", json!({"prefix": "/"}))]}]));
    for (value, of_http1, of_http2) in [("i", "a", "b"), ("", "b", "-"), ("j", "-", "b")] {
        let request = with(get("h", "/"), "Host", value);
        assert_eq!(cluster(&run(&all, &request)), of_http1, "{value}");
        assert_eq!(cluster(&run(&all, &Request { protocol: Protocol::Http2, ..request })), of_http2, "{value}");
    }
    let bad = with(get("h", "/"), "Host", "no host");
    assert!(matches!(run(&all, &bad).end, End::Fault(Fault::BadRequest { status: 400, .. })));
    let bad = Request { protocol: Protocol::Http2, ..bad };
    assert!(matches!(run(&all, &bad).end, End::Fault(Fault::StreamReset { .. })));
}

#[test]
fn paths_that_a_route_makes_are_none_without_a_rest() {
    let rewrite = |pattern: &str, by: &str| json!({"pattern": {"regex": pattern}, "substitution": by});
    let location =
        |fields: Value| match run(&routes(json!([{"match": {"prefix": "/"}, "redirect": fields}])), &get("h", "/a?q"))
            .end
        {
            End::Redirect { location, .. } => location,
            other => panic!("{other:?}"),
        };
    assert_eq!(location(json!({"regex_rewrite": rewrite("^/a", "b")})), "http://h/b?q");
    assert_eq!(location(json!({"regex_rewrite": rewrite(".*", "")})), "http://h/a?q");
    assert_eq!(location(json!({"prefix_rewrite": "new/"})), "http://h/new/a?q");
    assert_eq!(location(json!({"prefix_rewrite": "/n#part/", "strip_query": true})), "http://h/n#part/a");
    let forward = |fields: Value| {
        let mut action = json!({"cluster": "a"});
        action.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
        match run(&routes(json!([{"match": {"prefix": "/"}, "route": action}])), &get("h", "/a?q")).end {
            End::Forward(forward) => (forward.path, forward.host),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(forward(json!({"regex_rewrite": rewrite(".*", "")})), ("/a?q".to_owned(), "h".to_owned()));
    assert_eq!(forward(json!({"regex_rewrite": rewrite("^/a", "b")})).0, "b?q");
    assert_eq!(forward(json!({"host_rewrite_path_regex": rewrite(".*", "")})).1, "h");
}

#[test]
fn what_a_route_rewrites_counts_before_its_clusters() {
    let rewritten = |fields: Value| {
        let mut action = json!({"weighted_clusters": {"clusters": [
            {"name": "a", "weight": 1, "host_rewrite_literal": "of.cluster"}, {"name": "b", "weight": 1},
        ]}});
        action.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
        let all = routes(json!([{"match": {"prefix": "/"}, "route": action}]));
        let request = with(get("h", "/x"), "x-host", "of.header");
        match run(&all, &request).end {
            End::Forward(forward) => forward.clusters.into_iter().map(|share| share.host).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(rewritten(json!({})), ["of.cluster", "h"]);
    assert_eq!(rewritten(json!({"host_rewrite_literal": "of.route"})), ["of.route", "of.route"]);
    assert_eq!(rewritten(json!({"host_rewrite_header": "X-Host"})), ["of.header", "of.header"]);
    assert_eq!(rewritten(json!({"host_rewrite_header": "x-other"})), ["of.cluster", "h"]);
    let regex = json!({"host_rewrite_path_regex": {"pattern": {"regex": "^/(.*)"}, "substitution": "\\1.path"}});
    assert_eq!(rewritten(regex), ["x.path", "x.path"]);
}

#[test]
fn a_client_of_http2_says_the_scheme_itself() {
    let redirect = json!([{"match": {"prefix": "/"}, "redirect": {"path_redirect": "/new"}}]);
    let request = with(get("h", "/"), "x-forwarded-proto", "https");
    let location = |request: &Request| match run(&routes(redirect.clone()), request).end {
        End::Redirect { location, .. } => location,
        other => panic!("{other:?}"),
    };
    assert_eq!(location(&request), "https://h/new");
    assert_eq!(location(&Request { protocol: Protocol::Http2, ..request }), "http://h/new");
}

#[test]
fn redirects_and_answers_end_at_the_proxy() {
    let redirect = |action: Value, host: &str| {
        let all = routes(json!([{"match": {"prefix": "/old"}, "redirect": action}]));
        match run(&all, &get(host, "/old/x?q=1")).end {
            End::Redirect { status, location } => format!("{status} {location}"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(redirect(json!({"https_redirect": true}), "h:80"), "301 https://h/old/x?q=1");
    assert_eq!(redirect(json!({"https_redirect": true}), "h:8080"), "301 https://h:8080/old/x?q=1");
    assert_eq!(redirect(json!({"port_redirect": 8443}), "h:8080"), "301 http://h:8443/old/x?q=1");
    let path = json!({"host_redirect": "b", "path_redirect": "/new", "response_code": "FOUND"});
    assert_eq!(redirect(path, "h"), "302 http://b/new?q=1");
    assert_eq!(redirect(json!({"prefix_rewrite": "/new", "strip_query": true}), "h"), "301 http://h/new/x");
    let answer = routes(
        json!([{"match": {"prefix": "/"}, "direct_response": {"status": 418, "body": {"inline_string": "no"}}}]),
    );
    assert_eq!(run(&answer, &get("h", "/")).end, End::DirectResponse { status: 418, body: Some("no".to_owned()) });
    let tls = http(json!([{"name": "t", "domains": ["*"], "require_tls": "ALL"}]));
    let location = "https://h/p".to_owned();
    assert_eq!(run(&tls, &get("h", "/p")).end, End::Redirect { status: 301, location });
}

#[test]
fn a_cluster_that_does_not_exist_is_said() {
    let all = routes(json!([{"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": [
        {"name": "a", "weight": 3}, {"name": "gone", "weight": 1}]}, "cluster_not_found_response_code": "NOT_FOUND"}}]));
    let End::Forward(forward) = run(&all, &get("h", "/")).end else { panic!("a forward") };
    let shares: Vec<_> =
        forward.clusters.iter().map(|it| (it.weight, it.discovery.is_some(), it.missing_status)).collect();
    assert_eq!(shares, [(3, true, None), (1, false, Some(404))]);
}

/// A listener with the TLS inspector and a chain for each match, named after its place.
fn chains(matches: Value) -> Configuration {
    let proxy = |name: usize| {
        json!([{"name": "tcp", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "cluster": format!("c{name}")}}])
    };
    let list: Vec<Value> = matches
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
        .map(|(at, matches)| json!({"name": format!("c{at}"), "filter_chain_match": matches, "filters": proxy(at)}))
        .collect();
    configuration(json!({"listeners": [{
        "name": "l", "address": {"socket_address": {"address": "0.0.0.0", "port_value": 80}},
        "listener_filters": [{"name": "t", "typed_config": {"@type": "x/envoy.extensions.TlsInspector"}}],
        "filter_chains": list, "default_filter_chain": {"name": "default", "filters": proxy(9)}
    }]}))
}

#[test]
fn chains_are_chosen_question_by_question_without_a_way_back() {
    let tls = |sni: &str, alpn: &str| Request {
        protocol: Protocol::Tcp,
        tls: Tls::Simple,
        sni: Some(sni.to_owned()),
        alpn: vec![alpn.to_owned()],
        address: "10.1.2.3".parse().ok(),
        ..get("h", "/")
    };
    let all = chains(json!([
        {"server_names": ["*.example.com"], "transport_protocol": "tls"},
        {"server_names": ["a.example.com"], "application_protocols": ["h2"]},
        {"prefix_ranges": [{"address_prefix": "10.9.0.0", "prefix_len": 16}]},
        {"transport_protocol": "raw_buffer"},
    ]));
    assert_eq!(chosen(&all, &tls("b.Example.com", "x")), "c0");
    assert_eq!(chosen(&all, &tls("a.example.com", "h2")), "c1");
    assert_eq!(chosen(&all, &tls("a.example.com", "x")), "c9", "the exact name is closer, and its ALPN does not match");
    assert_eq!(chosen(&all, &tls("example.com", "x")), "c9");
    assert_eq!(chosen(&all, &Request { address: "10.9.1.1".parse().ok(), ..tls("b.example.com", "x") }), "c2");
    assert_eq!(chosen(&all, &Request { tls: Tls::Plaintext, ..tls("", "") }), "c3");
    let same = chains(json!([{"server_names": ["a"]}, {"server_names": ["a"]}]));
    let names = vec!["c0".to_owned(), "c1".to_owned()];
    assert_eq!(run(&same, &tls("a", "")).end, End::Fault(Fault::SeveralFilterChains { names }));
}

#[test]
fn a_config_dump_is_read() {
    let all = configuration(json!({"configs": [
        {"@type": "x/envoy.admin.v3.BootstrapConfigDump", "bootstrap": {}},
        {"@type": "x/envoy.admin.v3.ListenersConfigDump", "dynamic_listeners": [
            {"name": "l", "active_state": {"listener": {"name": "l"}}}, {"name": "w", "warming_state": {}}]},
        {"@type": "x/envoy.admin.v3.ClustersConfigDump",
         "static_clusters": [{"cluster": {"name": "s"}}], "dynamic_active_clusters": [{"cluster": {"name": "d"}}]},
        {"@type": "x/envoy.admin.v3.RoutesConfigDump", "dynamic_route_configs": [{"route_config": {"name": "r"}}]},
        {"@type": "x/envoy.admin.v3.EndpointsConfigDump", "dynamic_endpoint_configs": [{"endpoint_config": {"cluster_name": "d"}}]},
    ]}));
    let names: Vec<_> = all.clusters.keys().chain(all.routes.keys()).chain(all.endpoints.keys()).collect();
    assert_eq!((all.listeners.len(), names), (1, ["s", "d", "r", "d"].map(str::to_owned).iter().collect()));
    for text in ["", "[]", "{}", r#"{"listeners": [{"name": 1}]}"#] {
        assert!(Configuration::from_json(text).is_err(), "{text}");
    }
}

/// The same, with the filters of a router of Istio before the routes.
fn filtered(list: Value) -> Configuration {
    let mut all = routes(list);
    let url = |name: &str| format!("type.googleapis.com/envoy.extensions.filters.http.{name}");
    let filters = json!([
        {"name": "fault", "typed_config": {"@type": url("fault.v3.HTTPFault")}},
        {"name": "cors", "typed_config": {"@type": url("cors.v3.Cors")}},
        {"name": "router", "typed_config": {"@type": url("router.v3.Router")}},
    ]);
    for filter in
        all.listeners.iter_mut().flat_map(|listener| &mut listener.filter_chains).flat_map(|chain| &mut chain.filters)
    {
        if let NetworkFilter::HttpConnectionManager(manager) = &mut filter.typed_config {
            manager.http_filters = serde_json::from_value(filters.clone()).expect("filters");
        }
    }
    all
}

#[test]
fn faults_answer_first_and_parts_of_them_are_said() {
    let with_fault = |fault: Value| {
        let mut route = to("a", json!({"prefix": "/"}));
        route["typed_per_filter_config"] = json!({"fault": fault});
        run(&filtered(json!([route])), &get("h", "/"))
    };
    let share = |numerator: u32| json!({"numerator": numerator, "denominator": "MILLION"});
    let always = with_fault(json!({"abort": {"http_status": 418, "percentage": share(1_000_000)}}));
    let body = Some("fault filter abort".to_owned());
    assert_eq!(always.end, End::DirectResponse { status: 418, body });
    assert_eq!(always.answered_by.as_deref(), Some("fault"));
    let sometimes = with_fault(json!({"abort": {"http_status": 418, "percentage": share(300_000)}}));
    assert_eq!((cluster(&sometimes), sometimes.answered_by.as_deref()), ("a", None));
    assert_eq!(sometimes.injections, [Injection::Abort { per_million: 300_000, status: 418, grpc_status: None }]);
    let never = with_fault(json!({"abort": {"http_status": 418, "percentage": share(0)}}));
    assert_eq!((cluster(&never), never.injections.len()), ("a", 0));
    let grpc = with_fault(json!({"abort": {"grpc_status": 14, "percentage": share(1_000_000)}}));
    assert!(matches!(grpc.end, End::DirectResponse { status: 200, .. }), "{:?}", grpc.end);
    assert_eq!((grpc.grpc_status(), Outcome { grpc: true, ..grpc }.grpc_status()), (None, Some(14)));
    assert_eq!(Outcome { grpc: true, ..always }.grpc_status(), Some(2));
    let other =
        with_fault(json!({"upstream_cluster": "b", "abort": {"http_status": 418, "percentage": share(1_000_000)}}));
    assert_eq!(cluster(&other), "a");
    assert!(other.unjudged.is_empty(), "{:?}", other.unjudged);
}

#[test]
fn cors_answers_preflights() {
    let policy = |forwards: bool| {
        let mut route = to("a", json!({"prefix": "/"}));
        route["typed_per_filter_config"] = json!({"cors": {
            "allow_origin_string_match": [{"exact": "https://a"}], "allow_methods": "GET", "max_age": "60",
            "expose_headers": "x", "allow_credentials": true, "filter_enabled": {"default_value": {"numerator": 100}},
            "forward_not_matching_preflights": forwards,
        }});
        filtered(json!([route]))
    };
    let ask = |all: &Configuration, method: &str, origin: &str| {
        let headers = [("Origin", origin), ("Access-Control-Request-Method", "GET")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        run(all, &Request { method: method.to_owned(), headers, ..get("h", "/") })
    };
    let (forwards, answers) = (policy(true), policy(false));
    let preflight = ask(&forwards, "OPTIONS", "https://a");
    assert_eq!(preflight.end, End::DirectResponse { status: 200, body: None });
    let expected = [
        "allow-origin: https://a",
        "allow-credentials: true",
        "allow-methods: GET",
        "max-age: 60",
        "expose-headers: x",
    ];
    assert_eq!(preflight.cors_headers, expected.map(|header| format!("access-control-{header}")));
    assert_eq!(cluster(&ask(&forwards, "OPTIONS", "https://b")), "a");
    assert_eq!(ask(&answers, "OPTIONS", "https://b").end, End::DirectResponse { status: 200, body: None });
    let actual = ask(&answers, "GET", "https://a");
    assert_eq!((cluster(&actual), actual.cors_headers.len()), ("a", 3));
    assert_eq!(ask(&answers, "GET", "https://b").cors_headers, Vec::<String>::new());
}

#[test]
fn what_is_no_request_is_refused() {
    let all = routes(json!([to("a", json!({"prefix": "/"}))]));
    let status = |request: Request| match run(&all, &request).end {
        End::Fault(fault) => fault.status(),
        _ => None,
    };
    let method = |name: &str| Request { method: name.to_owned(), ..get("h", "/") };
    assert_eq!([method("PROPFIND"), method("BREW"), method("get")].map(status), [None, Some(400), Some(400)]);
    let paths = ["/a b", "no-slash", "/%00", "http://other/p", "https://other/p"];
    assert_eq!(paths.map(|path| status(get("h", path))), [Some(400), Some(400), Some(400), None, Some(403)]);
    assert_eq!(["a/b", "a b", "a_b:x"].map(|host| status(get(host, "/"))), [Some(400), Some(400), None]);
    assert_eq!(status(with(get("h", "/"), "a b", "")), Some(400));
    assert_eq!(status(method("CONNECT")), Some(404), "a prefix takes no CONNECT");
}

#[test]
fn each_value_of_a_header_stands_for_itself_and_some_are_joined() {
    let one = |name: &str, invert: bool| {
        let header = json!({"name": name, "string_match": {"exact": "v"}, "invert_match": invert});
        routes(json!([to("b", json!({"prefix": "/", "headers": [header]})), to("a", json!({"prefix": "/"}))]))
    };
    let twice = |name: &str| Request {
        headers: ["v", "w"].map(|value| (name.to_owned(), value.to_owned())).to_vec(),
        ..get("h", "/")
    };
    assert_eq!(chosen(&one("x", false), &twice("X")), "b");
    assert_eq!(chosen(&one("x", true), &twice("X")), "a");
    assert_eq!(chosen(&one("accept", false), &twice("Accept")), "a", "it is `v,w`");
}

#[test]
fn headers_are_removed_then_set_then_added() {
    let add =
        |key: &str, value: &str, action: &str| json!({"header": {"key": key, "value": value}, "append_action": action});
    let all = routes(json!([{"match": {"prefix": "/"}, "route": {"cluster": "a"},
    "request_headers_to_remove": ["Gone", "both"],
    "request_headers_to_add": [
        add("x", "added", "APPEND_IF_EXISTS_OR_ADD"), add("X", "set", "OVERWRITE_IF_EXISTS_OR_ADD"),
        add("both", "new", "ADD_IF_ABSENT"), add("none", "", ""), add("absent", "v", "OVERWRITE_IF_EXISTS"),
    ]}]));
    let names = ["gone", "both", "X"];
    let headers = names.map(|name| (name.to_owned(), "old".to_owned())).to_vec();
    let End::Forward(forward) = run(&all, &Request { headers, ..get("h", "/") }).end else { panic!("a forward") };
    let sent: Vec<String> =
        forward.clusters[0].request_headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(sent, ["x=set", "x=added", "both=new"]);
}
