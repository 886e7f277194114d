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
    assert!(ran.out.ends_with("9 tests with 15 requests: all pass\n"), "{}", ran.out);
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
        "1 tests with 1 requests: 1 failed",
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
