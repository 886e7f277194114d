//! Faults put one by one into the bootstraps of the golden tests: `verify` must name each of them.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

#[path = "support/files.rs"]
mod files;

use files::{below, root, text};
use meshc::base::{Location, Severity};
use meshc::verify::{Options, document, pointer};
use serde_json::{Value, json};

const LISTENER: &str = "/static_resources/listeners/0";
const CHAIN: &str = "/static_resources/listeners/0/filter_chains/0";
const HTTP: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
const HOST: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0";
const ROUTE: &str =
    "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0";
const TLS: &str = "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config/common_tls_context";
const CLUSTER: &str = "/static_resources/clusters/0";
const ENDPOINT: &str = "/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address";

/// A cluster that is there.
const SHOP: &str = "outbound|80||web.shop.svc.cluster.local";

/// A value put at a place below another, and the check that must find it.
type Mutation = (&'static str, &'static str, Value, &'static str);

fn mutations() -> Vec<Mutation> {
    let port = |address: &str, port: u32| json!({"socket_address": {"address": address, "port_value": port}});
    let proxy = |fields: Value| {
        let mut config = json!({"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"});
        if let (Value::Object(config), Value::Object(fields)) = (&mut config, fields) {
            config.extend(fields);
        }
        json!({"name": "envoy.filters.network.tcp_proxy", "typed_config": config})
    };
    let header = |name: &str| json!([{"header": {"key": name, "value": "x"}}]);
    let rewrite = |pattern: &str, text: &str| json!({"pattern": {"regex": pattern}, "substitution": text});
    let pipe = |path: &str, mode: u64| json!({"pipe": {"path": path, "mode": mode}});
    let ads = || json!({"ads": {}, "resource_api_version": "V3"});
    let name = "https.443";
    vec![
        (ROUTE, "/route/cluster", json!("nowhere"), "unknown-cluster"),
        (ROUTE, "/route/weighted_clusters", json!({"clusters": [{"name": "v9", "weight": 1}]}), "unknown-cluster"),
        (ROUTE, "/route/request_mirror_policies", json!([{"cluster": "nowhere"}]), "unknown-cluster"),
        (CHAIN, "/filters/1", proxy(json!({"cluster": "nowhere"})), "unknown-cluster"),
        (
            CHAIN,
            "/filters/1",
            proxy(json!({"weighted_clusters": {"clusters": [{"name": "gone", "weight": 1}]}})),
            "unknown-cluster",
        ),
        (
            HTTP,
            "/access_log",
            json!([{"typed_config": {"common_config": {"grpc_service": {"envoy_grpc": {"cluster_name": "als"}}}}}]),
            "unknown-cluster",
        ),
        (HTTP, "/http_filters/0/typed_config/http_service", json!({"server_uri": {"cluster": "a"}}), "unknown-cluster"),
        ("/static_resources", "/clusters/1/name", json!(SHOP), "duplicate-cluster"),
        ("/static_resources", "/secrets/1", json!({"name": "kubernetes://shop-cert"}), "duplicate-secret"),
        ("/static_resources", "/listeners/1", json!({"name": "0.0.0.0_443"}), "duplicate-listener"),
        ("/static_resources", "/listeners/1", json!({"name": name, "address": port("0.0.0.0", 443)}), "bind-conflict"),
        (
            "/static_resources",
            "/listeners/1",
            json!({"name": name, "address": port("10.0.0.9", 443), "enable_reuse_port": false}),
            "bind-conflict",
        ),
        (LISTENER, "/additional_addresses", json!([{"address": port("0.0.0.0", 443)}]), "bind-conflict"),
        (
            HTTP,
            "/route_config/virtual_hosts/1",
            json!({"name": "b", "domains": ["Shop.Example.COM"]}),
            "duplicate-domain",
        ),
        (HOST, "/domains/1", json!("SHOP.EXAMPLE.COM"), "duplicate-domain"),
        (
            LISTENER,
            "/filter_chains/1",
            json!({"filter_chain_match": {"server_names": ["a.example.com", "shop.example.com"]}}),
            "duplicate-filter-chain",
        ),
        (ROUTE, "/request_headers_to_add", header("a b"), "bad-header-name"),
        (ROUTE, "/response_headers_to_add", header("x:y"), "bad-header-name"),
        (HOST, "/request_headers_to_add", header("x\n"), "bad-header-name"),
        (ROUTE, "/request_headers_to_remove", json!(["caf\u{e9}"]), "bad-header-name"),
        (ROUTE, "/match/headers", json!([{"name": "(x)", "present_match": true}]), "bad-header-name"),
        (ROUTE, "/route/retry_policy/retry_on", json!("5xx,bogus"), "unknown-retry-word"),
        (ROUTE, "/route/retry_policy/retry_on", json!("connect_failure"), "unknown-retry-word"),
        (ROUTE, "/route/regex_rewrite", rewrite("^/a/(.*)$", "/\\9"), "capture-group"),
        (ROUTE, "/route/regex_rewrite", rewrite("^/a/(?:.*)$", "/\\1"), "capture-group"),
        (ROUTE, "/route/regex_rewrite", rewrite("^/a/(.*)$", "/$1\\"), "capture-group"),
        (ROUTE, "/redirect/regex_rewrite", rewrite("^/a$", "/\\1"), "capture-group"),
        (ROUTE, "/match/safe_regex", json!({"regex": "^/(?=a)"}), "bad-regex"),
        (HTTP, "/rds", json!({"config_source": ads(), "route_config_name": "r"}), "unknown-route-configuration"),
        (TLS, "/tls_certificate_sds_secret_configs/0/name", json!("kubernetes://gone"), "unknown-secret"),
        (TLS, "/validation_context_sds_secret_config", json!({"name": "gone-cacert"}), "unknown-secret"),
        (CLUSTER, "/eds_cluster_config", json!({"eds_config": ads()}), "unknown-endpoints"),
        (
            ENDPOINT,
            "",
            json!({"envoy_internal_address": {"server_listener_name": "connect_originate"}}),
            "unknown-internal-listener",
        ),
        (CHAIN, "/filter_chain_match/server_names/0", json!("shop*.example.com"), "partial-wildcard"),
        (CHAIN, "/filter_chain_match/server_names/0", json!("*"), "partial-wildcard"),
        (ENDPOINT, "/socket_address/port_value", json!(0), "port-range"),
        (ENDPOINT, "/socket_address/port_value", json!(65536), "port-range"),
        (
            TLS,
            "/tls_params",
            json!({"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_2"}),
            "tls-versions",
        ),
        (
            "/static_resources",
            "/secrets/0/tls_certificate/certificate_chain",
            json!({"filename": "/gone/tls.crt"}),
            "missing-file",
        ),
        (
            CLUSTER,
            "/eds_cluster_config",
            json!({"eds_config": {"path_config_source": {"path": "/gone"}}}),
            "missing-file",
        ),
        (ROUTE, "/redirect", json!({"response_code": 302}), "redirect-code"),
        (ROUTE, "/direct_response", json!({"status": 42}), "response-code"),
        (ROUTE, "/direct_response", json!({"status": 600}), "response-code"),
        (ROUTE, "/direct_response", json!({"status": 200, "body": {"filename": "/gone/body"}}), "missing-file"),
        (ROUTE, "/redirect", json!({"response_code": "SEE_THERE"}), "redirect-code"),
        (ROUTE, "/route/cluster_header", json!("x cluster"), "bad-header-name"),
        (ROUTE, "/route/host_rewrite_header", json!("x/host"), "bad-header-name"),
        (ROUTE, "/route/hash_policy", json!([{"header": {"header_name": "x user"}}]), "bad-header-name"),
        (ROUTE, "/response_headers_to_remove", json!(["a,b"]), "bad-header-name"),
        (HTTP, "/route_config/request_headers_to_add", header("a;b"), "bad-header-name"),
        (
            ROUTE,
            "/route/weighted_clusters",
            json!({"clusters": [{"name": SHOP, "weight": 1, "request_headers_to_add": header("a@b")}]}),
            "bad-header-name",
        ),
        (HOST, "/retry_policy", json!({"retry_on": "gateway_error"}), "unknown-retry-word"),
        (ROUTE, "/route/retry_policy/retry_on", json!("5xx;reset"), "unknown-retry-word"),
        (ROUTE, "/route/host_rewrite_path_regex", rewrite("^/(.*)/x$", "\\2"), "capture-group"),
        (ROUTE, "/route/regex_rewrite", rewrite("^/([0-9]+)(/.*)?$", "/\\3\\2"), "capture-group"),
        (
            ROUTE,
            "/match/headers",
            json!([{"name": "x", "string_match": {"safe_regex": {"regex": "(?<!a)b"}}}]),
            "bad-regex",
        ),
        (
            ROUTE,
            "/match/query_parameters",
            json!([{"name": "q", "string_match": {"safe_regex": {"regex": "["}}}]),
            "bad-regex",
        ),
        (ROUTE, "/match/safe_regex", json!({"regex": "(a)\\1"}), "bad-regex"),
        (CHAIN, "/filters/1", proxy(json!({"cluster": SHOP.to_uppercase()})), "unknown-cluster"),
        (
            HTTP,
            "/http_filters/0/typed_config/grpc_service",
            json!({"envoy_grpc": {"cluster_name": "authz"}}),
            "unknown-cluster",
        ),
        (
            HTTP,
            "/tracing",
            json!({"provider": {"name": "zipkin", "typed_config": {"collector_cluster": "zipkin"}}}),
            "unknown-cluster",
        ),
        (TLS, "/session_ticket_keys_sds_secret_config", json!({"name": "tickets"}), "unknown-secret"),
        (TLS, "/validation_context", json!({"trusted_ca": {"filename": "/gone/ca.crt"}}), "missing-file"),
        (TLS, "/validation_context", json!({"crl": {"filename": "/gone/crl.pem"}}), "missing-file"),
        (
            TLS,
            "/tls_params",
            json!({"tls_minimum_protocol_version": 4, "tls_maximum_protocol_version": 2}),
            "tls-versions",
        ),
        (
            LISTENER,
            "/filter_chains/1",
            json!({"filter_chain_match": {"server_names": ["SHOP.example.com"]}}),
            "duplicate-filter-chain",
        ),
        (ENDPOINT, "/socket_address/port_value", json!(-1), "port-range"),
        (ENDPOINT, "/socket_address/port_value", json!("70000"), "port-range"),
        (LISTENER, "/address/socket_address/port_value", json!(70000), "port-range"),
        ("", "/admin", json!({"address": port("0.0.0.0", 443)}), "bind-conflict"),
        ("", "/admin", json!({"address": port("127.0.0.1", 443)}), "bind-conflict"),
        (
            LISTENER,
            "/additional_addresses",
            json!([{"address": pipe("/run/a.sock", 438)}, {"address": pipe("/run/a.sock", 438)}]),
            "bind-conflict",
        ),
        (LISTENER, "/additional_addresses", json!([{"address": pipe("@a", 292)}]), "socket-path"),
        (LISTENER, "/additional_addresses", json!([{"address": pipe("/run/a.sock", 292)}]), "socket-path"),
        (LISTENER, "/additional_addresses", json!([{"address": pipe("/run/a.sock", 666)}]), "socket-path"),
        (LISTENER, "/additional_addresses", json!([{"address": pipe("/gone/a.sock", 438)}]), "socket-path"),
        (LISTENER, "/address", pipe(&format!("/{}", "x".repeat(107)), 0), "socket-path"),
        (ENDPOINT, "", pipe(&format!("/{}", "x".repeat(200)), 0), "socket-path"),
    ]
}

#[test]
fn bootstraps_of_ours_have_no_fault() {
    let snapshots = below(&root().join("snapshots"), ".bootstrap.snap");
    assert!(snapshots.len() >= 2);
    for file in snapshots {
        assert_eq!(codes(&snapshot(&file), None), Vec::<String>::new(), "{}", file.display());
    }
}

#[test]
fn every_fault_is_found_at_its_place() {
    let valid = snapshot(&root().join("snapshots/generate/tls/credential.bootstrap.snap"));
    let mutations = mutations();
    assert!(mutations.len() >= 75, "{}", mutations.len());
    for (base, below, value, check) in mutations {
        let mut changed = valid.clone();
        let at = format!("{base}{below}");
        put(&mut changed, &at, value);
        let found = codes(&changed, None);
        assert!(found.contains(&format!("verify/{check}")), "{at}: {check} is not among {found:?}");
    }
}

#[test]
fn ports_that_only_root_can_open_are_found_where_that_is_known() {
    let valid = snapshot(&root().join("snapshots/generate/tls/credential.bootstrap.snap"));
    assert!(valid.pointer(&format!("{LISTENER}/address/socket_address/port_value")) == Some(&json!(443)));
    assert_eq!(codes(&valid, Some(1024)), ["verify/privileged-port"]);
    assert_eq!(codes(&valid, Some(80)), Vec::<String>::new());
}

/// The codes of what is found; each has a place that is there, and is an error.
fn codes(root: &Value, first_port: Option<u64>) -> Vec<String> {
    let (_, found) = document(root, &Options { file_exists: Some(&|_| false), first_port }).expect("a bootstrap");
    let code = |one: &meshc::base::Diagnostic| {
        let Location::Value(origin) = &one.label.location else { panic!("{one:?} has no place") };
        assert!(root.pointer(&pointer(&origin.path)).is_some(), "{} is not there", pointer(&origin.path));
        assert_eq!(one.severity, Severity::Error);
        one.code.to_owned()
    };
    found.0.iter().map(code).collect()
}

/// The value of a snapshot, without the lines of insta's.
fn snapshot(file: &std::path::Path) -> Value {
    let text = text(file);
    let body = text.splitn(3, "---\n").nth(2).expect("a snapshot has a head");
    serde_yaml::from_str(body).expect("a bootstrap")
}

/// Puts a value at a place; objects and one more element of a list are made where they are not there.
fn put(root: &mut Value, pointer: &str, value: Value) {
    let place = pointer.split('/').skip(1).fold(root, |at, step| match at {
        Value::Array(elements) => {
            let index: usize = step.parse().expect("an index");
            if index == elements.len() {
                elements.push(Value::Null);
            }
            &mut elements[index]
        }
        Value::Null => {
            *at = json!({ step: null });
            &mut at[step]
        }
        other => other.as_object_mut().expect("an object").entry(step).or_insert(Value::Null),
    });
    *place = value;
}
