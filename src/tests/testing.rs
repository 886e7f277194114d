//! `meshc test` and `meshc route` as a user runs them: what they print and how they end.
#![expect(clippy::disallowed_methods, reason = "tests run a program and write files")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// What a run gave.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs meshc in the repository.
fn meshc(arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_meshc"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .expect("meshc runs");
    Ran {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Runs tests with this text on the shop.
fn test(text: &str, more: &[&str]) -> Ran {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("a_test.yaml");
    fs::write(&file, text).expect("a file");
    let mut arguments = vec!["test", path(&file), "-f", SHOP];
    arguments.extend(more);
    meshc(&arguments)
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

const SHOP: &str = "testdata/testing/shop/shop.yaml";

#[test]
fn every_expectation_can_hold() {
    let ran = meshc(&["test", "testdata/testing/shop"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("\n11 tests with 17 requests: all pass\n"), "{}", ran.out);
}

/// Every expectation of the shop's tests, each wrong, with what is got.
#[test]
fn every_expectation_can_fail() {
    let tester = "{url: http://shop.example.com/reviews/1, headers: {x-user: jason}}";
    let split = "http://shop.example.com/reviews/1";
    for (request, expect, field, got) in [
        (tester, "cluster: outbound|9080|v1|*", "cluster", "outbound|9080|v2|reviews.shop.svc.cluster.local"),
        (split, "cluster: outbound|9080|v1|*", "cluster", "outbound|9080|v1|"),
        (split, "cluster: ['*|v1|*', '*|v2|*', '*|v3|*']", "cluster", "outbound|9080|v2|"),
        (tester, "destination: reviews", "destination", "reviews.shop.svc.cluster.local:9080"),
        (tester, "subset: v1", "subset", "v2"),
        (split, "weights: {v1: 90, v2: 10}", "weights", "v1: 80, v2: 20"),
        (split, "weights: {v1: 80}", "weights", "v1: 80, v2: 20"),
        (tester, "endpoints: 10.0.0.1:9080", "endpoints", "10.0.0.2:9080"),
        (tester, "mirrors: '*'", "mirrors", "it goes to outbound|9080|v2|"),
        (tester, "status: 404", "status", "it goes to outbound|9080|v2|"),
        ("http://shop.example.com/health", "status: [404, 503]", "status", "200"),
        ("http://shop.example.com/", "grpc_status: UNIMPLEMENTED", "grpc_status", "to a client that speaks no gRPC"),
        (
            "{url: http://shop.example.com/, headers: {content-type: application/grpc+proto}}",
            "grpc_status: [0, unavailable]",
            "grpc_status",
            "12 (UNIMPLEMENTED)",
        ),
        ("http://shop.example.com/health", "body: ill", "body", "fine"),
        (
            "http://shop.example.com/old",
            "location: http://shop.example.com/old",
            "location",
            "http://shop.example.com/new",
        ),
        (tester, "path: /reviews/1", "path", "/v2/1"),
        (tester, "authority: shop.example.com", "authority", "reviews.internal"),
        (tester, "request_headers: {add: {x-tester: 'no'}}", "request_headers", "+ x-tester: yes"),
        (tester, "request_headers: {remove: x-tester}", "request_headers", "- x-debug"),
        (tester, "response_headers: {add: {x-version: null}}", "response_headers", "+ x-version: v2"),
        (tester, "timeout: none", "timeout", "5s"),
        (split, "timeout: 5s", "timeout", "none"),
        (tester, "retries: none", "retries", "3 attempts"),
        (tester, "retries: {retry_on: gateway-error}", "retries", "on 5xx,reset"),
        ("http://shop.example.com/slow", "delay: 1s", "delay", "2s"),
        ("http://shop.example.com/slow", "abort: 500", "abort", "503"),
        (tester, "abort: 503", "abort", "no abort"),
        (tester, "route: reviews", "route", "testers"),
        (tester, "virtual_service: shop/*", "virtual_service", "edge/shop"),
        (tester, "virtual_host: other*", "virtual_host", "shop.example.com:"),
        (tester, "route_configuration: http.80", "route_configuration", "http.8080"),
        (tester, "filter_chain: other", "filter_chain", "(empty)"),
        (tester, "listener: 0.0.0.0_80", "listener", "0.0.0.0_8080"),
        (tester, "not_found: true", "not_found", "it goes to outbound|9080|v2|"),
        (
            "http://shop.example.com/",
            "not_found: false",
            "not_found",
            "404: no route of the virtual host takes the request",
        ),
        (tester, "closed: true", "closed", "it goes to outbound|9080|v2|"),
        (tester, "not: {subset: v2}", "subset", "v2"),
    ] {
        let text = format!("gateway: edge/public\ntests: [{{name: n, request: {request}, expect: {{{expect}}}}}]\n");
        let ran = test(&text, &[]);
        assert_eq!(ran.code, 79, "{expect}: {}{}", ran.out, ran.err);
        let fault = ran.out.lines().skip_while(|line| !line.ends_with(&format!("  {field}"))).nth(2);
        let fault = fault.unwrap_or_else(|| panic!("{expect}: {}", ran.out)).trim();
        assert!(fault.starts_with("got ") && fault.contains(got), "{expect}: {fault}");
    }
}

#[test]
fn a_failing_test_shows_the_way_and_its_lines() {
    let text = "gateway: edge/public\ntests:\n- name: all are testers\n  request: http://shop.example.com/reviews/1\n  \
                expect: {subset: v2}\n";
    let ran = test(text, &[]);
    assert_eq!(ran.code, 79);
    for line in [
        "a_test.yaml:3:3  all are testers",
        "a_test.yaml:5:20  subset",
        "expected  v2",
        "got       v1, v2",
        "shop.yaml:44:13  VirtualService edge/shop spec.http[2].match[0]",
        "the header `x-user`",
        "1 test with 1 request: 1 failed",
    ] {
        assert!(ran.out.contains(line), "`{line}` is not in\n{}", ran.out);
    }
}

#[test]
fn what_is_no_test_is_said_with_its_place() {
    for (text, place, message) in [
        ("tests: [{nam: a, request: http://a, expect: {status: 200}}]", "1:10", "unknown field `nam` in a test"),
        ("tests:\n- {name: a, request: http://a, expect: {clusters: b}}", "2:41", "did you mean `cluster`?"),
        ("tests:\n- {name: a, request: http://a}", "2:3", "a test without `expect`"),
        ("tests:\n- {name: a, request: http://a, expect: {}}", "2:40", "nothing is expected"),
        ("tests:\n- {name: a, request: ftp://a, expect: {status: 200}}", "2:22", "`ftp` is none of http"),
        ("tests:\n- {name: a, request: {method: GET}, expect: {status: 200}}", "2:22", "a request without `url`"),
        ("tests:\n- {name: a, request: http://a, expect: {timeout: soon}}", "2:50", "`soon` is no duration"),
        ("tests:\n- {name: a, request: http://a, expect: {status: many}}", "2:49", "`many` is no status"),
        ("tests: {name: a}", "1:8", "a test without `request`"),
        ("tests: [{name: a, gateway: a, request: http://a, expect: {status: 200}}]", "1:28", "NAMESPACE/NAME"),
        (
            "gateway: edge/gone\ntests: [{name: a, request: http://a, expect: {status: 200}}]",
            "1:10",
            "no Gateway `edge/gone`",
        ),
        ("proxy: a/b\nnode: c\ntests: []", "2:7", "`node` beside another"),
    ] {
        let ran = test(text, &[]);
        assert_eq!(ran.code, 65, "{text}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(&format!("a_test.yaml:{place}]")), "{text}\n{}", ran.err);
        assert!(ran.err.contains(message), "{text}\n{}", ran.err);
    }
    assert_eq!(test("a: 1", &[]).code, 65);
    assert_eq!(meshc(&["test"]).code, 64);
    assert_eq!(meshc(&["test", "testdata/testing/none"]).code, 65);
}

#[test]
fn tests_beside_manifests_disturb_no_other_command() {
    let ran = meshc(&["generate", "testdata/testing/shop", "--gateway", "edge/public"]);
    assert!(ran.code == 0 && !ran.err.contains("shop_test.yaml"), "{}", ran.err);
    let ran = meshc(&["lint", "testdata/testing/shop"]);
    assert!(!ran.err.contains("shop_test.yaml") && !ran.out.contains("shop_test.yaml"), "{}", ran.err);
}

#[test]
fn the_same_tests_run_on_what_was_generated() {
    let directory = tempfile::tempdir().expect("a directory");
    let (config, tests) = (directory.path().join("config.json"), directory.path().join("a_test.yaml"));
    let generated = meshc(&["generate", SHOP, "--gateway", "edge/public", "--emit", "xds"]);
    fs::write(&config, generated.out).expect("a file");
    let text =
        "config: config.json\ntests: [{name: n, request: http://shop.example.com:8080/old, expect: {status: 308}}]";
    fs::write(&tests, text).expect("a file");
    let ran = meshc(&["test", path(&tests)]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
}

#[test]
fn tests_of_istio_config_validator_run_on_virtual_services() {
    const CASES: &str = "testdata/testing/validator/cases.yaml";
    let ran = meshc(&["test", "testdata/testing/validator"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("\n8 tests with 13 requests: all pass\n"), "{}", ran.out);
    assert!(ran.out.contains("reached: 7 of 8 routes (87.5%)"), "{}", ran.out);
    // What Istio leaves out although the tests pass.
    assert!(ran.err.contains("no delegate VirtualService `other/gone`"), "{}", ran.err);
    // Each wish the other way round fails, with the line of the route.
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(CASES)).expect("a file");
    let swapped = text.replace("wantMatch: true", "wantMatch: x").replace("wantMatch: false", "wantMatch: true");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("cases.yaml");
    fs::write(&file, swapped.replace("wantMatch: x", "wantMatch: false")).expect("a file");
    let ran = meshc(&["test", path(&file), "-f", "testdata/testing/validator/virtualservices.yaml"]);
    assert_eq!((ran.code, ran.out.matches("FAIL").count()), (79, 8), "{}", ran.out);
    assert!(
        ran.out.contains("virtualservices.yaml:8:13  VirtualService shop/shop spec.http[0].match[0]"),
        "{}",
        ran.out
    );
}

#[test]
fn tests_of_router_check_tool_run_on_a_route_configuration() {
    let (tests, routes) =
        ("testdata/testing/router_check/routes.golden.json", "testdata/testing/router_check/routes.yaml");
    let ran = meshc(&["test", tests, "-f", routes]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("\n10 tests with 10 requests: all pass\nreached: 6 of 6 routes (100%)"), "{}", ran.out);
    // Every wish of it can fail.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join(tests)).expect("a file");
    for (old, new, field) in [
        ("\"cluster_name\": \"one\"", "\"cluster_name\": \"two\"", "cluster_name"),
        ("\"virtual_cluster_name\": \"splits\"", "\"virtual_cluster_name\": \"other\"", "virtual_cluster_name"),
        ("\"virtual_host_name\": \"shop\"", "\"virtual_host_name\": \"\"", "virtual_host_name"),
        ("\"host_rewrite\": \"gold.internal\"", "\"host_rewrite\": \"shop.example.com\"", "host_rewrite"),
        ("\"path_rewrite\": \"/new/1\"", "\"path_rewrite\": \"/beta/1\"", "path_rewrite"),
        ("https://shop.example.com/x", "https://shop.example.com/", "path_redirect"),
        ("\"code_redirect\": 303", "\"code_redirect\": 302", "code_redirect"),
        ("\"timeout\": \"2m\"", "\"timeout\": \"3m\"", "timeout"),
        ("\"value\": \"gold\"}]", "\"value\": \"tin\"}]", "route_metadata"),
        ("\"/split/1 HTTP/1.1\"", "\"/split/1\"", "request_header_matches"),
        ("\"exact\": \"yes\"", "\"exact\": \"no\"", "response_header_matches"),
        ("\"value\": \"text/plain,text/html\"", "\"value\": \"text/html\"", "response_header_fields"),
        ("\"value\": \"/beta/1\"", "\"value\": \"/new/1\"", "request_header_fields"),
    ] {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("routes.json");
        fs::write(&file, text.replace(old, new)).expect("a file");
        let ran = meshc(&["test", path(&file), "-f", routes]);
        assert_eq!((ran.code, ran.out.matches("FAIL").count()), (79, 1), "{field}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(&format!("  {field}\n")), "{field}: {}", ran.out);
    }
    let tests = "testdata/testing/router_check/routes.golden.pb_text";
    let ran = meshc(&["test", tests, "-f", routes]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("\n3 tests with 3 requests: all pass\n"), "{}", ran.out);
    let text = fs::read_to_string(root.join(tests)).expect("a file");
    for (old, new) in [
        ("\"gold\" }", "\"tin\" }"),
        ("seconds: 120", "seconds: 121"),
        ("exact: \"yes\"", "exact: \"no\""),
        ("value: 301", "value: 302"),
        ("virtual_host_name {}", "virtual_host_name { value: \"shop\" }"),
    ] {
        assert!(text.contains(old), "{old}");
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("routes.pb_text");
        fs::write(&file, text.replacen(old, new, 1)).expect("a file");
        let ran = meshc(&["test", path(&file), "-f", routes]);
        assert_eq!((ran.code, ran.out.matches("FAIL").count()), (79, 1), "{old}: {}{}", ran.out, ran.err);
    }
    // A bootstrap or manifests have route configurations too.
    let text = "tests: [{test_name: n, input: {authority: shop.example.com, path: /old, method: GET}, validate: {code_redirect: 308}}]";
    let ran = test(text, &["--gateway", "edge/public"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("reached: 1 of 6 routes (16.6%)"), "{}", ran.out);
    let ran = test(&text.replace("308", "301"), &["--gateway", "edge/public"]);
    assert!(ran.out.contains("shop.yaml:38:13  VirtualService edge/shop spec.http[0].match[0]"), "{}", ran.out);
}

#[test]
fn coverage_names_what_no_test_reaches() {
    let ran = meshc(&["test", "testdata/testing/shop", "--coverage"]);
    assert_eq!(ran.code, 0);
    let missed: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("not reached")).collect();
    let unused = "not reached  testdata/testing/shop/shop.yaml:63:13  route shop.example.com:80: [5] unused";
    assert!(missed.contains(&unused), "{}", ran.out);
    assert!(!missed.iter().any(|line| line.contains("testers")), "{}", ran.out);
    let ran = meshc(&["test", "testdata/testing/shop", "--fail-under", "99.5"]);
    assert_eq!(ran.code, 79);
    assert!(ran.err.contains("--fail-under asks for 99.5%"), "{}", ran.err);
    assert_eq!(meshc(&["test", "testdata/testing/shop", "--fail-under", "10"]).code, 0);
    assert_eq!(meshc(&["test", "testdata/testing/shop", "--fail-under", "101"]).code, 64);
}

#[test]
fn results_are_json() {
    let text = "gateway: edge/public\ntests:\n- {name: a, request: http://shop.example.com/old, expect: {status: 308}}\n\
                - {name: b, request: http://shop.example.com/old, expect: {status: 301}}\n";
    let ran = test(text, &["-o", "json"]);
    assert_eq!(ran.code, 79);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let at = |pointer: &str| json.pointer(pointer).unwrap_or_else(|| panic!("{pointer}: {}", ran.out)).clone();
    assert_eq!((at("/tests/0/passes"), at("/tests/1/passes")), (true.into(), false.into()));
    assert_eq!((at("/tests/1/line"), at("/tests/1/requests/0/mismatches/0/got")), (4.into(), "308".into()));
    assert_eq!(at("/tests/1/requests/0/way/outcome/route/name"), "old");
    assert_eq!((at("/tests/0/requests/0/way"), at("/coverage/routes/reached")), (serde_json::Value::Null, 1.into()));
    assert_eq!(at("/coverage/routes/missed/0/origin/kind"), "VirtualService");
}

#[test]
fn results_are_junit() {
    let text = "gateway: edge/public\ntests:\n- {name: 'a <&\">', request: http://shop.example.com/old, expect: {status: 308}}\n\
                - {name: \"b \\x01\", request: http://shop.example.com/old, expect: {location: \"<'&'>\"}}\n";
    let ran = test(text, &["-o", "junit"]);
    assert_eq!(ran.code, 79);
    let names = elements(&ran.out).unwrap_or_else(|fault| panic!("{fault}\n{}", ran.out));
    assert_eq!(names, ["testsuites", "testsuite", "testcase", "testcase", "failure"]);
    assert!(ran.out.contains("tests=\"2\" failures=\"1\""), "{}", ran.out);
    assert!(ran.out.contains("name=\"a &lt;&amp;&quot;&gt;\""), "{}", ran.out);
}

/// The elements of an XML document in the order in which they start; what is not well-formed is an error.
fn elements(xml: &str) -> Result<Vec<String>, String> {
    let (mut open, mut names) = (Vec::new(), Vec::new());
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").ok_or("no declaration")?;
    while let Some((text, after)) = rest.split_once('<') {
        references(text)?;
        let (tag, behind) = after.split_once('>').ok_or("a tag without an end")?;
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            let opened: Option<String> = open.pop();
            if opened.as_deref() != Some(name) {
                return Err(format!("</{name}> closes {opened:?}"));
            }
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        while !attributes.trim().is_empty() {
            let (key, value) = attributes.trim_start().split_once("=\"").ok_or("an attribute without a value")?;
            let (value, behind) = value.split_once('"').ok_or("an attribute without an end")?;
            let is_name = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric());
            if !is_name || value.contains('<') {
                return Err(format!("the attribute `{key}`"));
            }
            references(value)?;
            attributes = behind;
        }
        names.push(name.to_owned());
        if !empty {
            open.push(name.to_owned());
        }
    }
    if open.is_empty() && rest.trim().is_empty() { Ok(names) } else { Err(format!("{open:?} is open")) }
}

/// Only the references of XML itself, and no character that it has no place for.
fn references(text: &str) -> Result<(), String> {
    for part in text.split('&').skip(1) {
        let name = part.split_once(';').map(|(name, _)| name);
        if !name.is_some_and(|name| ["amp", "lt", "gt", "quot", "apos", "#10"].contains(&name)) {
            return Err(format!("the reference `&{part}`"));
        }
    }
    match text.chars().find(|c| c.is_control() && !['\n', '\t', '\r'].contains(c)) {
        Some(c) => Err(format!("the character {c:?}")),
        None => Ok(()),
    }
}

#[test]
fn route_shows_the_way_as_text_and_json() {
    let ask = |request: &str, more: &[&str]| {
        let options = ["route", "--gateway", "edge/public", "-H", "x-user: jason"];
        meshc(&[&options, more, &[SHOP, request]].concat())
    };
    let ran = ask("GET http://shop.example.com/reviews/1", &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.err, "note: port 80 of the gateway's Service leads to the proxy's port 8080\n");
    for line in [
        "listener          0.0.0.0_8080",
        "  not route       [0] old: the path must start with `/old`, and it is `/reviews/1`",
        "route             [2] testers: prefix /reviews/; header x-user exact jason",
        "                    testdata/testing/shop/shop.yaml:44:13  VirtualService edge/shop spec.http[2].match[0]",
        "cluster           outbound|9080|v2|reviews.shop.svc.cluster.local",
        "  endpoints       EDS: 10.0.0.2:9080",
        "path              /v2/1 (rewritten)",
        "timeout           5s",
    ] {
        assert!(ran.out.lines().any(|one| one == line), "`{line}` is not in\n{}", ran.out);
    }
    let json: serde_json::Value =
        serde_json::from_str(&ask("GET http://shop.example.com/reviews/1", &["-o", "json"]).out).expect("JSON");
    assert_eq!(json.pointer("/outcome/end/kind"), Some(&"forward".into()));
    assert_eq!(json.pointer("/origins/route/0/line"), Some(&44.into()));
    // An answer of the proxy itself is another one for gRPC; where no host is served, those that are get shown.
    let ran = ask("POST http://other.example.com/", &["-H", "content-type: application/grpc"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for line in ["for gRPC          200 with grpc-status 12 (UNIMPLEMENTED)", "hosts served      shop.example.com"] {
        assert!(ran.out.lines().any(|one| one == line), "`{line}` is not in\n{}", ran.out);
    }
}

#[test]
fn route_says_by_its_exit_code_whether_a_request_arrives() {
    let ask = |request: &str| meshc(&["route", "--gateway", "edge/public", SHOP, request]).code;
    assert_eq!(ask("http://shop.example.com/old"), 0);
    assert_eq!(ask("http://shop.example.com/health"), 0);
    assert_eq!(ask("tls://pay.example.com"), 0);
    assert_eq!(ask("http://shop.example.com/"), 1);
    assert_eq!(ask("http://other.example.com/old"), 1);
    assert_eq!(ask("http://shop.example.com:81/old"), 1);
    assert_eq!(ask("shop.example.com/old"), 64);
    assert_eq!(meshc(&["route", "--gateway", "edge/gone", SHOP, "http://shop.example.com/old"]).code, 64);
    assert_eq!(meshc(&["route", "testdata/testing/none", "http://shop.example.com/old"]).code, 65);
    assert_eq!(meshc(&["route", "--config", SHOP, "http://shop.example.com/old"]).code, 65);
}

#[test]
fn what_only_the_webhook_refuses_is_said_and_asked_all_the_same() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("other.yaml");
    let other = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: loop, namespace: edge}\n\
                 spec: {hosts: [loop.example.com], gateways: [public], http: [{redirect: {}}]}\n";
    fs::write(&file, other).expect("a file");
    let ran = meshc(&["route", "--gateway", "edge/public", SHOP, path(&file), "http://shop.example.com/old"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.err.contains("empty-redirect") && ran.out.contains("308 to http://shop.example.com/new"),
        "{}",
        ran.err
    );
    fs::write(&file, other.replace("redirect", "redirekt")).expect("a file");
    let ran = meshc(&["route", "--gateway", "edge/public", SHOP, path(&file), "http://shop.example.com/old"]);
    assert_eq!((ran.code, ran.out.as_str()), (65, ""), "{}", ran.err);
}

#[test]
fn route_says_what_a_filter_chain_asks_for() {
    let ran = meshc(&["route", "--gateway", "edge/public", SHOP, "https://shop.example.com/old"]);
    let wanted = "  not filter chain [0]: the server name (SNI) must be `pay.example.com`, and is `shop.example.com`";
    assert!(ran.code == 1 && ran.out.lines().any(|line| line == wanted), "{}", ran.out);
}

#[test]
fn route_asks_a_configuration_in_yaml_as_in_json() {
    let directory = tempfile::tempdir().expect("a directory");
    let (json, yaml) = (directory.path().join("envoy.json"), directory.path().join("envoy.yaml"));
    let ran = meshc(&["generate", SHOP, "--gateway", "edge/public", "--emit", "xds", "--out", path(&json)]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = fs::read_to_string(&json).expect("a file");
    let value = serde_json::from_str(&text).expect("JSON");
    fs::write(&yaml, meshc::envoy::yaml::to_yaml(&value)).expect("a file");
    for (request, wanted) in [
        ("http://shop.example.com/old", "308 to http://shop.example.com/new"),
        ("http://shop.example.com/health", "200: fine"),
        ("tls://pay.example.com", "outbound"),
        ("http://other.example.com/old", "404: no virtual host takes `other.example.com`"),
    ] {
        let ask = |file: &Path| meshc(&["route", "--config", path(file), request, "--port", port(request)]);
        let (of_json, of_yaml) = (ask(&json), ask(&yaml));
        // Without --config it is known by its fields.
        let known = meshc(&["route", path(&json), request, "--port", port(request)]);
        assert_eq!((known.code, &known.out), (of_json.code, &of_json.out), "{request}: {}", known.err);
        assert!(of_yaml.out.contains(wanted), "{request}: {}{}", of_yaml.out, of_yaml.err);
        assert_eq!((of_yaml.code, of_yaml.out), (of_json.code, of_json.out), "{request}");
    }
    fs::write(&yaml, "listeners: [{name: a, address: 7}]\n").expect("a file");
    let ran = meshc(&["route", "--config", path(&yaml), "http://shop.example.com/old"]);
    assert_eq!((ran.code, ran.out.as_str()), (65, ""), "{}", ran.err);
    assert!(ran.err.contains("the listener `a` cannot be read"), "{}", ran.err);
}

/// The gateway's own port: without manifests nobody knows those of its Service.
fn port(request: &str) -> &'static str {
    if request.starts_with("tls") { "8443" } else { "8080" }
}
