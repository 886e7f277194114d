//! Which faults the checks of each kind find, and that they find nothing in what istiod takes.

use super::{DecodeOptions, decode};
use crate::base::FileId;
use crate::yaml;

/// The codes found in a `spec`, as `code line` with lines counted from the spec's first.
fn found(kind: &str, spec: &str) -> Vec<String> {
    let (group, version) = match kind {
        "PeerAuthentication" | "AuthorizationPolicy" | "RequestAuthentication" => ("security", "v1"),
        "Telemetry" => ("telemetry", "v1"),
        "WasmPlugin" | "TrafficExtension" => ("extensions", "v1alpha1"),
        "EnvoyFilter" => ("networking", "v1alpha3"),
        "ProxyConfig" => ("networking", "v1beta1"),
        _ => ("networking", "v1"),
    };
    let head = format!("apiVersion: {group}.istio.io/{version}\nkind: {kind}\nmetadata: {{name: a}}\nspec:\n");
    let body: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("{head}{body}");
    let (documents, parsed) = yaml::parse(FileId(0), &text);
    assert_eq!(parsed.0, [], "{text}");
    let (resources, diagnostics) = decode(&documents, &DecodeOptions::default());
    let line = |location| {
        let span = resources.span(&documents, location)?;
        Some(text.get(..span.start as usize)?.lines().count().saturating_sub(head.lines().count()))
    };
    let finding = |code, location| format!("{code} {}", line(location).unwrap_or_default());
    diagnostics.0.iter().map(|diagnostic| finding(diagnostic.code, &diagnostic.label.location)).collect()
}

fn assert_found(kind: &str, spec: &str, expected: &[&str]) {
    assert_eq!(found(kind, spec), expected, "{kind}:\n{spec}");
}

#[test]
fn gateway() {
    let check = |spec: &str, expected: &[&str]| assert_found("Gateway", spec, expected);
    check("servers:\n- port: {number: 80, name: http, protocol: HTTP}\n  hosts: ['./*.example.com', '*']", &[]);
    check("selector: {a: b}", &["missing-servers 1"]);
    check("servers:\n- port: {number: 70000, name: http, protocol: HTTP}\n  hosts: [a.com]", &["bad-value 2"]);
    check(
        "servers:\n- port: {number: 80, name: http, protocol: FTP}\n  hosts: [web, '*a.com']",
        &["short-host 3", "partial-wildcard 3", "unknown-protocol 2"],
    );
    check("servers:\n- port: {number: 443, name: https, protocol: HTTPS}\n  hosts: ['*']", &["missing-tls 2"]);
    let tls = "servers:\n- port: {number: 443, name: https, protocol: HTTPS}\n  hosts: ['*']\n  tls:\n";
    check(&format!("{tls}    mode: SIMPLE\n    credentialName: c"), &[]);
    check(&format!("{tls}    mode: SIMPLE\n    privateKey: k"), &["missing-certificate 5"]);
    check(&format!("{tls}    mode: ISTIO_MUTUAL\n    credentialName: c"), &["tls-field-not-used 6"]);
    check(&format!("{tls}    mode: PASSTHROUGH\n    credentialName: c"), &["tls-field-ignored 6"]);
}

#[test]
fn virtual_service() {
    let check = |spec: &str, expected: &[&str]| assert_found("VirtualService", spec, expected);
    let route = "  route:\n  - destination: {host: a}";
    check(&format!("hosts: [a]\nhttp:\n-{}", &route[1..]), &[]);
    check("hosts: [a]", &["missing-routes 1"]);
    check(&format!("hosts: ['*']\nhttp:\n-{}", &route[1..]), &["wildcard-host-in-mesh 1"]);
    check(&format!("hosts: [a.com, '*.com']\nhttp:\n-{}", &route[1..]), &["duplicate-host 1"]);
    check(&format!("hosts: [a]\nhttp:\n- redirect: {{uri: /x}}\n{route}"), &["conflicting-actions 4"]);
    check(&format!("hosts: [a]\nhttp:\n- timeout: 0s\n{route}"), &["duration-too-short 3"]);
    check(&format!("hosts: [a]\nhttp:\n- timeout: 5\n{route}"), &["wrong-type 3"]);
    check(&format!("hosts: [a]\nhttp:\n- match: [{{uri: {{regex: '(a'}}}}]\n{route}"), &["malformed-regex 3"]);
    check(
        &format!("hosts: [a]\nhttp:\n- retries: {{attempts: 1, retryOn: '5xx, reset'}}\n{route}"),
        &["unknown-retry-condition 3"],
    );
    check(
        &format!("hosts: [a]\nhttp:\n- headers: {{request: {{set: {{':path': x, a: '5%'}}}}}}\n{route}"),
        &["protected-header 3", "malformed-header-value 3"],
    );
    check("hosts: [a]\nhttp:\n- route: [{destination: {host: a}}, {destination: {host: b}}]", &["zero-weights 3"]);
    check(
        "hosts: [a.com]\ntls:\n- match: [{sniHosts: [b.com]}]\n  route: [{destination: {host: a}}]",
        &["sni-outside-hosts 3"],
    );
}

#[test]
fn destination_rule() {
    let check = |spec: &str, expected: &[&str]| assert_found("DestinationRule", spec, expected);
    check("host: a\nsubsets: [{name: v1, labels: {version: v1}}]", &[]);
    check("host: a\nsubsets: [{name: v1}, {name: v1}, {name: V_2}]", &["duplicate-subset 2", "malformed-subset 2"]);
    check("host: a\ntrafficPolicy: {}", &["empty-policy 2"]);
    check("host: a\ntrafficPolicy:\n  tls: {mode: MUTUAL}", &["missing-certificate 3", "missing-private-key 3"]);
    check(
        "host: a\ntrafficPolicy:\n  loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}",
        &["conflicting-fields 3"],
    );
    check(
        "host: a\ntrafficPolicy:\n  loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 9}}}",
        &["table-size-out-of-range 3"],
    );
    let distribute = "host: a\ntrafficPolicy:\n  loadBalancer:\n    localityLbSetting:\n      distribute:\n";
    check(&format!("{distribute}      - {{from: r/z, to: {{r/z: 70, q: 30}}}}"), &[]);
    check(
        &format!("{distribute}      - {{from: r/z, to: {{r/z: 70, r/*: 20}}}}"),
        &["shares-not-100 6", "overlapping-localities 6"],
    );
    check("host: a\ntrafficPolicy:\n  outlierDetection: {maxEjectionPercent: 101}", &["percentage-out-of-range 3"]);
}

#[test]
fn service_entry() {
    let check = |spec: &str, expected: &[&str]| assert_found("ServiceEntry", spec, expected);
    let port = "ports: [{number: 443, name: tls, protocol: TLS}]";
    check(&format!("hosts: [a.com]\nresolution: DNS\n{port}"), &[]);
    check(&format!("hosts: ['*.a.com']\nresolution: DNS\n{port}"), &["wildcard-with-dns 1"]);
    check(&format!("hosts: [a.com]\naddresses: [10.0.0.0/8]\nresolution: DNS\n{port}"), &["range-with-dns 2"]);
    check(
        &format!("hosts: [a.com]\nendpoints: [{{address: b.com}}]\nresolution: STATIC\n{port}"),
        &["malformed-address 2"],
    );
    check(&format!("hosts: [a.com]\nendpoints: [{{address: 1.1.1.1}}]\n{port}"), &["endpoints-not-used 2"]);
    check(
        "hosts: [a.com, b.com]\nresolution: DNS\nports: [{number: 1, name: a, protocol: TCP}]",
        &["hosts-not-told-apart 3"],
    );
    check(
        "hosts: [a.com]\nresolution: DNS\nports: [{number: 1, name: a}, {number: 1, name: b}]",
        &["duplicate-port 3"],
    );
}

#[test]
fn workloads() {
    assert_found("WorkloadEntry", "address: 1.1.1.1\nports: {http: 80}", &[]);
    assert_found("WorkloadEntry", "labels: {a: b}", &["missing-address 1"]);
    assert_found("WorkloadEntry", "address: unix://a\nports: {http: 80}", &["malformed-address 1", "port-of-socket 2"]);
    assert_found("WorkloadGroup", "probe: {}", &["missing-template 1", "missing-probe 1"]);
    assert_found("WorkloadGroup", "template: {}\nprobe: {httpGet: {port: 80, scheme: http}}", &["unknown-scheme 2"]);
}

#[test]
fn sidecar() {
    let check = |spec: &str, expected: &[&str]| assert_found("Sidecar", spec, expected);
    check("egress: [{hosts: ['./*', 'istio-system/*']}]", &[]);
    check("workloadSelector: {labels: {a: b}}", &["missing-listeners 1"]);
    check("egress: [{hosts: ['*.com', '~a/*', '*/a']}]", &["malformed-host 1", "short-host 1"]);
    check(
        "egress:\n- hosts: ['./*']\n- port: {number: 80, protocol: HTTP}\n  hosts: ['./*']",
        &["catch-all-not-last 2"],
    );
    check("ingress:\n- port: {number: 80, protocol: HTTP}\n  defaultEndpoint: 10.0.0.1:80", &["malformed-endpoint 3"]);
}

#[test]
fn policies() {
    let ports = "portLevelMtls: {'80': {mode: STRICT}}";
    assert_found("PeerAuthentication", &format!("selector: {{matchLabels: {{a: b}}}}\n{ports}"), &[]);
    assert_found("PeerAuthentication", ports, &["ports-without-selector 1"]);
    assert_found("PeerAuthentication", "portLevelMtls: {'0': {mode: STRICT}}", &["bad-value 1"]);
    assert_found("ProxyConfig", "concurrency: -1", &["negative-limit 1"]);
}

#[test]
fn choice_of_proxies() {
    let check = |spec: &str, expected: &[&str]| assert_found("AuthorizationPolicy", spec, expected);
    check("targetRef: {kind: Service, name: a}", &[]);
    check("selector: {matchLabels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]", &["conflicting-fields 2"]);
    check("targetRef: {kind: Service}", &["missing-target-name 1"]);
    check("targetRefs:\n- {kind: Pod, name: a}\n- {kind: Gateway, name: a}", &["unknown-target 2", "unknown-target 3"]);
    check("targetRef:\n  kind: Service\n  name: a\n  namespace: b", &["target-in-other-namespace 4"]);
    check("selector: {matchLabels: {a: '*'}}", &["malformed-selector 1"]);
}

#[test]
fn authorization_policy() {
    let check = |spec: &str, expected: &[&str]| assert_found("AuthorizationPolicy", spec, expected);
    check("rules: [{}]", &[]);
    check("{}", &[]);
    check("action: DENY", &["missing-rules 1"]);
    check("action: CUSTOM\nrules: [{}]", &["missing-provider 1"]);
    check("provider: {name: a}\nrules: [{}]", &["provider-without-custom 1"]);
    let source = |fields: &str| format!("rules:\n- from:\n  - source: {{{fields}}}");
    check(&source("principals: ['*/sa/a'], ipBlocks: [10.0.0.0/8, '::1'], trustDomains: ['*.a']"), &[]);
    check(&source("ipBlocks: [10.0.0.0/33], namespaces: ['']"), &["empty-match 3", "malformed-match 3"]);
    check(&source("serviceAccounts: [a/b/c, a, b/], trustDomains: [a*b]"), &["malformed-match 3"; 3]);
    check(&source("serviceAccounts: [a], namespaces: [b]"), &["conflicting-fields 3"]);
    check(&source(""), &["missing-source 3"]);
    let operation = |fields: &str| format!("rules:\n- to:\n  - operation: {{{fields}}}");
    check(&operation("ports: ['80'], paths: ['/a/{*}/b/{**}', '/a*']"), &[]);
    check(&operation("ports: ['65536', http], paths: ['/{**}/{*}', '/{a}', '/{*}/a*']"), &["malformed-match 3"; 5]);
    let when = |fields: &str| format!("rules:\n- when:\n  - {{{fields}}}");
    check(&when("key: 'request.headers[a]', values: [b]"), &[]);
    check(&when("key: source.ip, values: [a]"), &["malformed-match 3"]);
    check(&when("key: source.ip"), &["missing-values 3"]);
    check(&when("key: 'request.headers[]', values: [b]"), &["malformed-attribute 3"]);
    check(&when("key: destination.user, values: [b]"), &["unknown-attribute 3"]);
    let custom = "action: CUSTOM\nprovider: {name: a}\n";
    check(&format!("{custom}{}", source("namespaces: [a]")), &["not-with-custom 5"]);
    check(&format!("action: DENY\n{}", operation("methods: [GET]")), &["http-only-deny 3"]);
    check(&format!("action: DENY\n{}", operation("methods: [GET], ports: ['80']")), &[]);
}

#[test]
fn request_authentication() {
    let check =
        |spec: &str, expected: &[&str]| assert_found("RequestAuthentication", &format!("jwtRules:\n{spec}"), expected);
    check("- {issuer: a, jwksUri: 'https://a.com/keys', timeout: 5s}", &[]);
    check("- {audiences: [a, '']}", &["missing-issuer 2", "empty-value 2"]);
    check("- {issuer: a, jwksUri: 'ftp://a'}\n- {jwks_uri: 'http://a:b'}", &["unknown-scheme 2", "malformed-url 3"]);
    check(
        "- {issuer: a, fromHeaders: [{prefix: b}], timeout: 1us}",
        &["missing-header-name 2", "duration-too-short 2"],
    );
    check("- {issuer: a, outputClaimToHeaders: [{header: ':a', claim: b}]}", &["malformed-header 2"]);
    check("- {issuer: a, presence: ALWAYS}", &["unknown-value 2"]);
    let key = |key: &str| format!("- issuer: a\n  jwks: '{{\"keys\": [{key}]}}'");
    check(&key(r#"{"kty": "RSA", "n": "a", "e": "AQAB"}"#), &[]);
    check(&key(r#"{"kty": "RSA", "n": "a"}"#), &["malformed-jwks 3"]);
    check(&key(r#"{"kty": "RSA", "n": "a", "e": "AQAB", "d": "b"}"#), &["private-key-in-jwks 3"]);
    check("- {issuer: a, jwks: b}", &["malformed-jwks 2"]);
}

#[test]
fn telemetry() {
    let check = |spec: &str, expected: &[&str]| assert_found("Telemetry", spec, expected);
    check("tracing:\n- providers: [{name: a}]\n  customTags: {a: {literal: {value: b}}}", &[]);
    check("tracing:\n- randomSamplingPercentage: 101", &["percentage-out-of-range 2"]);
    check(
        "tracing:\n- customTags: {a: {header: {defaultValue: b}}, c: {}}",
        &["missing-tag-value 2", "tag-without-value 2"],
    );
    check("tracing:\n- customTags: {a: {header: {name: b}, literal: {value: b}}}", &["bad-value 2"]);
    check("accessLogging: [{providers: [{name: ''}]}]", &["missing-provider 1"]);
    let overrides = |fields: &str| format!("metrics:\n- overrides:\n  - {fields}");
    check(&overrides("{match: {metric: REQUEST_COUNT}, tagOverrides: {a: {value: b}, c: {operation: REMOVE}}}"), &[]);
    check(&overrides("{tagOverrides: {a: {operation: UPSERT}}}"), &["missing-tag-value 3"]);
    check(&overrides("{tagOverrides: {a: {operation: REMOVE, value: b}}}"), &["value-not-used 3"]);
    check(&overrides("{match: {metric: REQUEST_COUNT, customMetric: ''}}"), &["conflicting-fields 3", "empty-value 3"]);
}

#[test]
fn extensions() {
    let check = |spec: &str, expected: &[&str]| assert_found("WasmPlugin", spec, expected);
    check("url: images.example.com/a/b:1\nmatch: [{mode: CLIENT, ports: [{number: 80}]}]\npluginConfig: {a: [1]}", &[]);
    check("phase: AUTHN", &["missing-url 1"]);
    check("url: a\npluginConfig: text", &["wrong-type 2"]);
    check("url: ftp://a/b\nsha256: abc\npluginName: ''", &["unknown-scheme 1", "malformed-sha256 2", "empty-value 3"]);
    check(
        "url: a\nvmConfig:\n  env: [{name: b}, {name: b, value: c, valueFrom: HOST}]",
        &["duplicate-variable 3", "value-not-used 3"],
    );
    check("url: a\nvmConfig: {env: [{name: b, value: '', valueFrom: HOST}]}", &["value-not-used 2"]);
    check("url: a\nvmConfig: {env: [{name: b, value: null, valueFrom: HOST}, {name: c, value: ''}]}", &[]);
    check("url: a\nmatch: [{ports: [{}, {number: 1}, {number: 1}]}]", &["missing-port 2", "duplicate-port 2"]);
    let check = |spec: &str, expected: &[&str]| assert_found("TrafficExtension", spec, expected);
    check("lua: {inlineCode: a}", &[]);
    check("phase: AUTHN", &["missing-code 1"]);
    check("lua: {inlineCode: a}\nwasm: {url: '#%a'}", &["conflicting-fields 1", "malformed-url 2"]);
}

#[test]
fn envoy_filter() {
    let check = |patch: &str, expected: &[&str]| {
        let expected: Vec<_> = std::iter::once("envoy-filter 0").chain(expected.iter().copied()).collect();
        assert_found("EnvoyFilter", &format!("configPatches:\n- {patch}"), &expected);
    };
    let add = "patch: {operation: ADD, value: {}}";
    check(&format!("{{applyTo: CLUSTER, match: {{cluster: {{name: a}}}}, {add}}}"), &[]);
    check("{}", &["missing-apply-to 2", "missing-patch 2"]);
    check("{applyTo: CLUSTER, patch: {operation: ADD, value: [a]}}", &["wrong-type 2"]);
    check("{applyTo: CLUSTER, patch: {operation: MERGE}}", &["missing-patch-value 2"]);
    check(&format!("{{applyTo: CLUSTER, match: {{listener: {{}}}}, {add}}}"), &["match-of-other-kind 2"]);
    let listener = |to: &str, filter: &str| {
        format!("{{applyTo: {to}, match: {{listener: {{filterChain: {{filter: {filter}}}}}}}, {add}}}")
    };
    check(&listener("NETWORK_FILTER", "{name: a, subFilter: {name: b}}"), &["match-of-other-kind 2"]);
    check(&listener("HTTP_FILTER", "{name: a, subFilter: {name: b}}"), &["match-of-other-kind 2"]);
    check(&listener("HTTP_FILTER", "{}"), &["missing-filter-name 2"]);
    check(&listener("NETWORK_FILTER", "{name: envoy.tcp_proxy}"), &["old-filter-name 2"]);
    check(&listener("NETWORK_FILTER", "{name: envoy.filters.network.tcp_proxy}"), &[]);
    check(&listener("LISTENER", "{name: a}"), &["match-not-used 2"]);
    check("{match: {context: WAYPOINT, waypoint: {portNumber: 0}}}", &["bad-value 2"]);
    check("{match: {context: WAYPOINT}}", &["missing-waypoint-match 2"]);
    check(&format!("{{applyTo: HTTP_FILTER, match: {{waypoint: {{}}}}, {add}}}"), &["match-of-other-context 2"]);
    check(&format!("{{applyTo: CLUSTER, match: {{proxy: {{proxyVersion: '('}}}}, {add}}}"), &["malformed-regex 2"]);
}
