//! `meshc generate --all`: every proxy of the input, each as it is generated alone.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const INPUT: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example.com/web}]}
status: {phase: Running, podIP: 10.0.0.1, conditions: [{type: Ready, status: \"True\"}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web.2, namespace: shop}
spec:
  selector: {matchLabels: {app: other}}
  template:
    metadata: {labels: {app: other}}
    spec: {containers: [{name: main, image: example.com/web}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [\"*\"]}]
";

/// Applies to `app: web` only.
const POLICY: &str = "\
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: only-web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, action: ALLOW, rules: [{}]}
";

struct Run {
    work: tempfile::TempDir,
    output: Output,
}

impl Run {
    fn of(input: &str, options: &[&str]) -> Run {
        let work = tempfile::tempdir().expect("a directory");
        let file = work.path().join("input.yaml");
        fs::write(&file, input).expect("written");
        let mut meshc = Command::new(env!("CARGO_BIN_EXE_meshc"));
        let output = meshc.arg("generate").arg(&file).args(options).current_dir(work.path()).output().expect("it runs");
        Run { work, output }
    }

    fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    fn listed(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.output.stdout).lines().map(str::to_owned).collect()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

#[test]
fn each_proxy_is_the_one_that_is_generated_alone() {
    let run = Run::of(INPUT, &["--all", "--out", "out"]);
    assert_eq!(run.code(), Some(0), "{}", run.said());
    let paths = [
        "out/edge/gateway.public/bootstrap.json",
        "out/shop/deployment.web.2/bootstrap.json",
        "out/shop/pod.web-1/bootstrap.json",
    ];
    assert_eq!(run.listed(), paths);
    let found: Vec<PathBuf> = paths.iter().map(|path| run.work.path().join(path)).collect();
    assert_eq!(files(&run.work.path().join("out")), found);
    assert!(run.said().contains("3 of 3 proxies are written below `out`"), "{}", run.said());

    let alone = Run::of(INPUT, &["--gateway", "edge/public"]);
    assert_eq!(fs::read(&found[0]).expect("a file"), alone.output.stdout);
    let pod = fs::read_to_string(&found[2]).expect("a file");
    assert!(pod.contains("sidecar~10.0.0.1~web-1.shop~shop.svc.cluster.local"));
}

#[test]
fn a_proxy_that_fails_is_named_and_the_others_are_written() {
    let run = Run::of(&format!("{INPUT}{POLICY}"), &["--all", "--out", "out"]);
    assert_eq!(run.code(), Some(1), "{}", run.said());
    assert_eq!(run.listed(), ["out/edge/gateway.public/bootstrap.json", "out/shop/deployment.web.2/bootstrap.json"]);
    assert!(run.said().contains("`out/shop/pod.web-1/bootstrap.json` is not written: "), "{}", run.said());
    assert!(!run.work.path().join("out/shop/pod.web-1").exists());
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let together: [(&[&str], &str); 5] = [
        (&["--all"], "--out"),
        (&["--all", "--out", "out", "--gateway", "edge/public"], "--gateway"),
        (&["--all", "--out", "out", "--base-id", "1"], "--base-id"),
        (&["--all", "--out", "out", "--secrets", "files=certs"], "one directory"),
        (&["--all", "--out", "input.yaml"], "is no directory"),
    ];
    for (options, said) in together {
        let run = Run::of(INPUT, options);
        assert_eq!(run.code(), Some(64), "{options:?}: {}", run.said());
        assert!(run.said().contains(said), "{options:?}: {}", run.said());
        assert!(!run.work.path().join("out").exists());
    }
}
