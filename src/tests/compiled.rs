//! What `lint` finds by compiling the proxies of the input, and by asking a real Envoy.
#![expect(clippy::disallowed_methods, reason = "tests read files and start programs")]

#[path = "support/envoy.rs"]
mod envoy;

use std::fs;
use std::process::Command;

use envoy::Envoy;
use serde_json::Value;

/// Two Gateways of one router, the later one with a host of the first; a sidecar, and replicas of it.
const INPUT: &str = "\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: one, namespace: edge, creationTimestamp: '2026-01-01T00:00:00Z'}
spec:
  selector: {app: edge}
  servers:
  - {port: {number: 8443, name: tls, protocol: TLS}, hosts: [shop.example.com], tls: {mode: PASSTHROUGH}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: edge}
spec:
  hosts: [shop.example.com]
  gateways: [one]
  tls:
  - match: [{sniHosts: [shop.example.com]}]
    route: [{destination: {host: shop.edge.svc.cluster.local, port: {number: 443}}}]
  - match: [{sniHosts: [shop.example.com]}]
    route: [{destination: {host: shop.edge.svc.cluster.local, port: {number: 443}}}]
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: edge}
spec:
  selector: {app: shop}
  ports: [{name: tls, port: 443, targetPort: 15006}]
---
apiVersion: v1
kind: Pod
metadata: {name: shop-1, namespace: edge, labels: {app: shop, pod-template-hash: a}}
spec: {containers: [{name: app, image: app}]}
status: {podIP: 10.0.0.1, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: shop-2, namespace: edge, labels: {app: shop, pod-template-hash: a}}
spec: {containers: [{name: app, image: app}]}
status: {podIP: 10.0.0.2, phase: Running}
";

/// Runs `lint` on a text; the findings, the exit code and what is said beside them.
fn lint(text: &str, arguments: &[&str]) -> (Vec<Value>, Option<i32>, String) {
    let work = tempfile::tempdir().expect("a folder");
    let file = work.path().join("input.yaml");
    fs::write(&file, text).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_meshc"))
        .args(["lint", "-o", "json"])
        .args(arguments)
        .arg(&file)
        .env("TMPDIR", work.path())
        .output()
        .expect("meshc");
    let left: Vec<_> = fs::read_dir(work.path()).expect("a folder").filter_map(|it| it.ok()).collect();
    assert_eq!(left.len(), 1, "only the input stays: {left:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (report["diagnostics"].as_array().cloned().unwrap_or_default(), output.status.code(), said)
}

fn of_code<'a>(findings: &'a [Value], code: &str) -> Vec<&'a Value> {
    findings.iter().filter(|it| it["rule"] == code).collect()
}

#[test]
fn what_only_the_compiled_proxy_shows_is_said_of_its_yaml() {
    let (findings, exit, _) = lint(INPUT, &[]);
    // A fault for which there is a rule is said by the rule alone.
    let taken = of_code(&findings, "server-name-taken");
    assert_eq!(taken.len(), 1, "{findings:#?}");
    assert_eq!(
        (&taken[0]["resource"], &taken[0]["location"]["line"]),
        (&"VirtualService edge/shop".into(), &18.into())
    );
    assert_eq!(of_code(&findings, "duplicate-sni-host").len(), 0, "{findings:#?}");
    assert_eq!(exit, Some(79));
    // One finding for both replicas, which differ in nothing.
    let reserved = of_code(&findings, "reserved-port");
    assert_eq!(reserved.len(), 1, "{findings:#?}");
    assert!(reserved[0]["help"].as_str().is_some_and(|help| help.ends_with("for `edge/pod.shop-1`")), "{reserved:#?}");
}

#[test]
fn nothing_is_compiled_where_that_is_not_wanted() {
    let (findings, _, said) = lint(INPUT, &["--compile", "never"]);
    assert_eq!(of_code(&findings, "reserved-port").len(), 0);
    assert_eq!(said, "");
}

#[test]
fn a_large_input_is_compiled_on_demand_and_that_is_said() {
    let service = |at: usize| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{at}}}\nspec: {{ports: [{{name: http, port: 80}}]}}\n"
        )
    };
    let text = format!("{INPUT}{}", (0..2_000).map(service).collect::<String>());
    let (findings, _, said) = lint(&text, &[]);
    assert_eq!(of_code(&findings, "reserved-port").len(), 0);
    assert!(said.starts_with("note: the input is large") && said.contains("--compile always"), "{said}");
    let (findings, _, said) = lint(&text, &["--compile", "always"]);
    assert_eq!(of_code(&findings, "reserved-port").len(), 1);
    assert_eq!(said, "");
}

#[test]
fn what_a_rule_says_is_not_said_again() {
    let text =
        INPUT.replace("host: shop.edge.svc.cluster.local, port: {number: 443}", "host: gone.edge.svc.cluster.local");
    let (findings, ..) = lint(&text, &[]);
    assert_eq!(of_code(&findings, "verify/unknown-cluster").len(), 0, "{findings:#?}");
}

/// An object that Envoy refuses by a word that meshc does not judge.
const REFUSED: &str = "\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: one, namespace: edge}
spec:
  selector: {app: edge}
  servers:
  - {port: {number: 8080, name: http, protocol: HTTP}, hosts: ['*.example.com']}
  - port: {number: 8443, name: https, protocol: HTTPS}
    hosts: [shop.example.com]
    tls: {mode: SIMPLE, serverCertificate: /gone/tls.crt, privateKey: /gone/tls.key}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: edge}
spec:
  hosts: [shop.example.com]
  gateways: [one]
  http:
  - {match: [{uri: {prefix: /a}}], redirect: {uri: /b}}
  - {match: [{uri: {prefix: /b}}], redirect: {uri: /c}}
  - headers: {response: {set: {x-a: '%NO_SUCH_WORD%'}}}
    redirect: {uri: /d}
";

#[test]
fn what_a_real_envoy_refuses_is_said_of_the_yaml_behind_it() {
    let envoy = match Envoy::find() {
        Ok(envoy) => envoy,
        Err(message) => {
            assert!(!envoy::required(), "{message}");
            eprintln!("skipped: {message}");
            return;
        }
    };
    let path = envoy.path.display().to_string();
    // Files that are not on this machine are no reason to refuse anything.
    let fine = REFUSED.replace("NO_SUCH_WORD", "PROTOCOL");
    let (findings, ..) = lint(&fine, &["--envoy", &path]);
    assert_eq!(of_code(&findings, "refused-by-envoy"), Vec::<&Value>::new());
    let (findings, exit, said) = lint(REFUSED, &["--envoy", &path]);
    let refused = of_code(&findings, "refused-by-envoy");
    assert_eq!((refused.len(), exit), (1, Some(79)), "{findings:#?} {said}");
    assert_eq!(refused[0]["resource"], "VirtualService edge/shop");
    assert_eq!(refused[0]["location"]["line"], 21, "{refused:#?}");
    let message = refused[0]["message"].as_str().unwrap_or_default();
    // Envoy's own word, as it is said of what `generate` writes.
    let work = tempfile::tempdir().expect("a folder");
    let (input, bootstrap) = (work.path().join("input.yaml"), work.path().join("envoy.json"));
    let server = "  - port: {number: 8443, name: https, protocol: HTTPS}\n    hosts: [shop.example.com]\n    \
                  tls: {mode: SIMPLE, serverCertificate: /gone/tls.crt, privateKey: /gone/tls.key}\n";
    fs::write(&input, REFUSED.replace(server, "")).expect("a file");
    let generated =
        Command::new(env!("CARGO_BIN_EXE_meshc")).arg("generate").arg(&input).arg("--out").arg(&bootstrap).output();
    assert!(generated.expect("meshc").status.success());
    let error = envoy.validate(&bootstrap).expect_err("a refusal");
    let own = message.strip_prefix("Envoy refuses the configuration: ").expect("a message");
    assert!(own.contains("NO_SUCH_WORD") && error.contains(own), "{own}\n{error}");
}

#[test]
fn an_envoy_that_is_not_there_is_a_failure() {
    let work = tempfile::tempdir().expect("a folder");
    let file = work.path().join("input.yaml");
    fs::write(&file, INPUT).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_meshc"))
        .args(["lint", "--envoy", "/nowhere/envoy"])
        .arg(&file)
        .output()
        .expect("meshc");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`/nowhere/envoy` cannot be run"));
}
