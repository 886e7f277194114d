//! `meshc diff` says what a change means, and nothing of what means the same.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/files.rs"]
mod files;
#[path = "support/rewrite.rs"]
mod rewrite;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use files::{below, root, text};
use rewrite::{Dice, documents};

/// How many rewrites without another word; `MESHC_DIFF_REWRITES` says how many else.
const REWRITES: usize = 100;

fn diff(arguments: &[&Path], options: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_meshc")).arg("diff").args(arguments).args(options).output();
    output.expect("meshc runs")
}

/// The manifests of each demo, with the cluster that all share.
fn demos() -> Vec<Vec<String>> {
    let folder = root().join("testdata/demo");
    let cluster: Vec<String> = below(&folder.join("cluster"), ".yaml").iter().map(|path| text(path)).collect();
    let mut inputs: Vec<PathBuf> =
        below(&folder, ".yaml").iter().filter_map(|path| Some(path.parent()?.to_owned())).collect();
    inputs.retain(|path| path.ends_with("input"));
    inputs.dedup();
    let read = |input: &PathBuf| {
        // Some bring everything themselves.
        let alone =
            below(input.parent().unwrap_or(input), "case.yaml").iter().any(|case| text(case).contains("alone: true"));
        let own = below(input, ".yaml").into_iter().map(|path| text(&path));
        own.chain(cluster.iter().filter(|_| !alone).cloned()).collect()
    };
    inputs.iter().map(read).collect()
}

fn write(folder: &Path, files: &[(String, String)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder)).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

fn plain(texts: &[String]) -> Vec<(String, String)> {
    texts.iter().enumerate().map(|(at, text)| (format!("{at}.yaml"), text.clone())).collect()
}

#[test]
fn rewrites_that_change_nothing_print_nothing() {
    let count = std::env::var("MESHC_DIFF_REWRITES").ok().and_then(|it| it.parse().ok()).unwrap_or(REWRITES);
    let demos = demos();
    assert!(demos.len() > 20, "there are demos");
    for seed in 0..count {
        let texts = &demos[seed % demos.len()];
        let work = tempfile::tempdir().expect("a folder");
        let (old, new) = (work.path().join("old"), work.path().join("new"));
        write(&old, &plain(texts));
        let mut dice = Dice::new(u64::try_from(seed).unwrap_or_default());
        write(&new, &rewrite::rewrite(documents(texts), &mut dice));
        let output = diff(&[&old, &new], &["--exit-code"]);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.code() != Some(0) || !out.is_empty() || !err.is_empty() {
            panic!("seed {seed}: {}\n{out}\n{err}\nthe files are in {}", output.status, work.keep().display());
        }
    }
}

/// The demo of route matches before and after these replacements.
fn edited(replacements: &[(&str, &str)], options: &[&str]) -> (String, Option<i32>) {
    edited_for("--gateway=default/web", replacements, options)
}

fn edited_for(proxy: &str, replacements: &[(&str, &str)], options: &[&str]) -> (String, Option<i32>) {
    let demo = root().join("testdata/demo");
    let mut texts: Vec<String> = below(&demo.join("cluster"), ".yaml").iter().map(|path| text(path)).collect();
    texts.push(text(&demo.join("route-matches/input/config.yaml")));
    let work = tempfile::tempdir().expect("a folder");
    let (old, new) = (work.path().join("old"), work.path().join("new"));
    write(&old, &plain(&texts));
    if let Some(config) = texts.last_mut() {
        for (from, to) in replacements {
            assert!(config.contains(from), "the demo has {from}");
            *config = config.replace(from, to);
        }
    }
    write(&new, &plain(&texts));
    let output = diff(&[&old, &new], &[&[proxy], options].concat());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let out = String::from_utf8_lossy(&output.stdout).replace(&work.path().display().to_string(), "");
    (out, output.status.code())
}

#[test]
fn a_route_that_is_shadowed_now_has_a_witness() {
    let (out, code) = edited(
        &[(
            "  http:\n",
            "  http:\n  - name: all\n    match:\n    - uri: {prefix: /reviews}\n    route:\n    - destination: {host: reviews, subset: v3}\n",
        )],
        &["--exit-code"],
    );
    assert_eq!(code, Some(79));
    for wanted in [
        "+ route prefix /reviews (all): outbound|9080|v3|reviews.default.svc.cluster.local\n",
        "witness: 'GET http://shop.example.com/reviews' --port 8080\n",
        "old: to outbound|9080|v1|reviews.default.svc.cluster.local\n",
        "new: to outbound|9080|v3|reviews.default.svc.cluster.local\n",
        "~ route prefix /reviews; header end-user exact jason (header-and-prefix) is never reached now: behind `prefix \
         /reviews (all)`\n",
        "/new/4.yaml:",
    ] {
        assert!(out.contains(wanted), "{wanted} is in\n{out}");
    }
}

#[test]
fn what_no_request_shows_says_why() {
    let policy = ("  host: reviews\n", "  host: reviews\n  trafficPolicy: {loadBalancer: {simple: RANDOM}}\n");
    let (out, code) = edited(&[policy], &[]);
    assert_eq!(code, Some(0), "changes are no failure without --exit-code");
    assert!(out.contains("load balancing: lb_policy LEAST_REQUEST → RANDOM"), "{out}");
    assert!(out.contains("no request shows it: it decides which endpoint takes a request"), "{out}");
}

/// The subset v3 becomes v4, and its routes follow.
const RENAMED: [(&str, &str); 2] =
    [("{name: v3, labels: {version: v3}}", "{name: v4, labels: {version: v3}}"), ("subset: v3", "subset: v4")];

#[test]
fn a_subset_that_is_added_and_one_that_goes_need_an_order() {
    let (out, _) = edited(&RENAMED, &[]);
    for wanted in [
        "  1. endpoints, clusters and certificates\n     change DestinationRule default/reviews (/new/4.yaml:14), with the \
         subset v3 still in it\n",
        "  2. routes\n     change VirtualService default/shop (/new/4.yaml:26)\n",
        "  3. clusters, endpoints and certificates that go\n     change DestinationRule default/reviews \
         (/new/4.yaml:14), without the subset v3\n",
        "  503 until `outbound|9080|v4|reviews.default.svc.cluster.local` of DestinationRule default/reviews \
         (/new/4.yaml:24) is there, which is added in the same change: these lead to it\n    `prefix /; header :method \
         exact DELETE of shop.example.com`, VirtualService default/shop (/new/4.yaml:69)\n",
        "  503 once `outbound|9080|v3|reviews.default.svc.cluster.local` of DestinationRule default/reviews \
         (/old/4.yaml:24) is gone, as long as these still lead to it\n",
        "  while DestinationRule default/reviews (/new/4.yaml:14) is applied and the rest is not\n    'DELETE \
         http://shop.example.com/' --port 8080: 503: there is no cluster \
         `outbound|9080|v3|reviews.default.svc.cluster.local` (before: to outbound|9080|v3|",
        "  while VirtualService default/shop (/new/4.yaml:26) is applied and the rest is not\n    'DELETE \
         http://shop.example.com/' --port 8080: 503: there is no cluster \
         `outbound|9080|v4|reviews.default.svc.cluster.local` (before: to outbound|9080|v3|",
    ] {
        assert!(out.contains(wanted), "{wanted} is in\n{out}");
    }
}

#[test]
fn objects_in_a_list_are_tried_alone_too() {
    let demo = root().join("testdata/demo");
    let mut texts: Vec<String> = below(&demo.join("cluster"), ".yaml").iter().map(|path| text(path)).collect();
    let config = text(&demo.join("route-matches/input/config.yaml"));
    let work = tempfile::tempdir().expect("a folder");
    let (old, new) = (work.path().join("old"), work.path().join("new"));
    let renamed = RENAMED.iter().fold(config.clone(), |text, (from, to)| text.replace(from, to));
    for (folder, config) in [(&old, config), (&new, renamed)] {
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": documents(&[config])});
        texts.push(list.to_string());
        write(folder, &plain(&texts));
        texts.pop();
    }
    let output = diff(&[&old, &new], &["--gateway=default/web"]);
    let out = String::from_utf8_lossy(&output.stdout);
    for kind in ["DestinationRule default/reviews", "VirtualService default/shop"] {
        let wanted = format!("  while {kind} (");
        assert!(out.contains(&wanted), "{wanted} is in\n{out}");
    }
    for version in ["v3", "v4"] {
        let wanted = format!(
            "503: there is no cluster `outbound|9080|{version}|reviews.default.svc.cluster.local` (before: to \
             outbound|9080|v3|"
        );
        assert!(out.contains(&wanted), "{wanted} is in\n{out}");
    }
}

#[test]
fn a_subset_that_is_still_referred_to_is_missing_afterwards() {
    let (out, _) = edited(&RENAMED[..1], &[]);
    let wanted = "503 after the change: these still lead to `outbound|9080|v3|reviews.default.svc.cluster.local`, which was of \
                  DestinationRule default/reviews (/old/4.yaml:24)\n";
    assert!(out.contains(wanted), "{wanted} is in\n{out}");
}

#[test]
fn routes_that_follow_another_gateway_are_missed_in_between() {
    let renamed =
        [("name: web\n", "name: site\n"), ("gateways: [web]", "gateways: [site]"), ("exact: /exact", "exact: /other")];
    let (out, _) = edited_for("--proxy=istio-system/istio-ingressgateway-7d4b9", &renamed, &[]);
    for wanted in [
        "    ~ route exact /other (exact-path): match exact /exact → exact /other\n",
        "  1. listeners, and what guards them\n     add Gateway default/site (/new/4.yaml:2)\n  2. routes\n",
        "  3. listeners that go\n     remove Gateway default/web (/old/4.yaml:2)\n",
    ] {
        assert!(out.contains(wanted), "{wanted} is in\n{out}");
    }
    // Only the name of the Gateway changes: nothing does for the proxy, and so there is nothing to order.
    let (out, _) = edited_for("--proxy=istio-system/istio-ingressgateway-7d4b9", &renamed[..2], &[]);
    assert_eq!(out, "");
}

#[test]
fn programs_and_pull_requests_get_the_same() {
    let (json, _) = edited(&RENAMED, &["-o", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["proxies"][0]["proxies"], serde_json::json!(["default/web"]));
    let changes = json["proxies"][0]["changes"].as_array().expect("changes");
    let of_route = changes.iter().find(|change| change["object"] == "route").expect("a route that changes");
    assert_eq!(of_route["witness"]["request"]["differs"], serde_json::json!(["result"]));
    assert_eq!((json["plan"].as_array().map(Vec::len), json["risks"].as_array().map(Vec::len)), (Some(3), Some(8)));
    let (markdown, _) = edited(&RENAMED, &["-o", "markdown"]);
    assert!(markdown.starts_with("### What changes for the proxies\n\n> [!WARNING]\n"), "{markdown}");
    assert!(markdown.contains("\n1. endpoints, clusters and certificates\n   - change `DestinationRule"), "{markdown}");
}

fn git(folder: &Path, arguments: &[&str]) {
    let who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").arg("-C").arg(folder).args(who).args(arguments).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_revision_is_read_from_git() {
    let demo = root().join("testdata/demo");
    let work = tempfile::tempdir().expect("a folder");
    let folder = work.path().join("k8s/shop");
    let config = text(&demo.join("route-matches/input/config.yaml"));
    let cluster: Vec<String> = below(&demo.join("cluster"), ".yaml").iter().map(|path| text(path)).collect();
    write(&folder, &plain(&cluster));
    write(&folder, &[("config.yaml".to_owned(), config.clone()), ("notes.txt".to_owned(), "a: [".to_owned())]);
    git(work.path(), &["init", "-q", "."]);
    git(work.path(), &["add", "."]);
    git(work.path(), &["commit", "-q", "-m", "one"]);
    let run = |old: &str, new: &str| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_meshc")).current_dir(work.path()).args(["diff", old, new]).output();
        let output = output.expect("meshc runs");
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code(), output.stderr)
    };
    assert_eq!(run("git:HEAD", "k8s"), (String::new(), Some(0), Vec::new()), "nothing has changed");
    write(&folder, &[("config.yaml".to_owned(), config.replace("prefix: /anonymous", "prefix: /nobody"))]);
    git(work.path(), &["commit", "-q", "-a", "-m", "two"]);
    let (out, ..) = run("git:HEAD~1:k8s", "git:HEAD:./k8s/shop");
    assert!(out.contains("prefix /nobody"), "{out}");
    assert!(out.contains("git:HEAD:k8s/shop/config.yaml:"), "{out}");
    assert_eq!(run("git:HEAD~1", "k8s/shop").0, out.replace("git:HEAD:k8s", "k8s"), "the other input's path");
    for wrong in ["git:nowhere", "git:--help", "git:HEAD:absent", "git:HEAD:../.."] {
        assert_eq!(run(wrong, "k8s").1, Some(65), "{wrong}");
    }
}

#[test]
fn a_bootstrap_is_compared_with_what_would_replace_it() {
    let demo = root().join("testdata/demo");
    let work = tempfile::tempdir().expect("a folder");
    let out = work.path().join("envoy.json");
    let input = [demo.join("route-matches/input"), demo.join("cluster")];
    let generate =
        Command::new(env!("CARGO_BIN_EXE_meshc")).arg("generate").args(&input).arg("--out").arg(&out).output();
    assert!(generate.expect("meshc runs").status.success());
    let (old, new) = (work.path().join("old"), work.path().join("new"));
    let mut texts: Vec<String> = below(&demo.join("cluster"), ".yaml").iter().map(|path| text(path)).collect();
    texts.push(text(&demo.join("route-matches/input/config.yaml")));
    write(&old, &plain(&texts));
    let same = diff(&[&out, &old], &["--gateway", "default/web", "--exit-code"]);
    assert_eq!((String::from_utf8_lossy(&same.stdout).into_owned(), same.status.code()), (String::new(), Some(0)));
    let edited: Vec<String> = texts.iter().map(|text| text.replace("exact: /exact", "exact: /other")).collect();
    write(&new, &plain(&edited));
    let changed = diff(&[&out, &new], &["--gateway", "default/web", "--exit-code"]);
    assert!(String::from_utf8_lossy(&changed.stdout).contains("match exact /exact → exact /other"));
    assert_eq!(changed.status.code(), Some(79));
}

#[test]
fn inputs_that_cannot_be_read_are_said() {
    let work = tempfile::tempdir().expect("a folder");
    fs::write(work.path().join("a.yaml"), "a: [\n").expect("a file");
    let output = diff(&[work.path(), work.path()], &[]);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(65), true));
    assert_eq!(diff(&[&work.path().join("b"), work.path()], &[]).status.code(), Some(65));
}
