use std::sync::Arc;

use super::*;
use crate::base::ResourceId;
use crate::mesh::{Mesh, Registry, Resolution, ServiceId, Visibility};
use crate::resource::istio;

fn rule(namespace: &str, name: &str, spec: &str) -> DestinationRule {
    let spec: istio::DestinationRule = serde_json::from_str(spec).expect("a DestinationRule");
    DestinationRule {
        origin: Origin::of(ResourceId(0)),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        created: None,
        config_path: format!("{namespace}/{name}"),
        visibility: Visibility::Public,
        host: spec.host.clone(),
        spec: Arc::new(spec),
    }
}

fn service(namespace: &str, hostname: &str) -> Service {
    Service {
        id: ServiceId(0),
        origin: Origin::of(ResourceId(0)),
        registry: Registry::Kubernetes,
        hostname: hostname.to_owned(),
        namespace: namespace.to_owned(),
        name: hostname.to_owned(),
        object_name: hostname.to_owned(),
        created: None,
        ports: Vec::new(),
        resolution: Resolution::ClientSideLb,
        mesh_external: false,
        addresses: Vec::new(),
        auto_address: None,
        visibility: Visibility::Public,
        labels: Labels::default(),
        annotations: BTreeMap::new(),
        selector: Labels::default(),
        subject_alt_names: Vec::new(),
        external_name: None,
        aliases: Vec::new(),
        publish_not_ready: false,
        prefer_close: false,
        prefer_same_node: false,
        node_local: false,
        external_addresses: Vec::new(),
        endpoints: Vec::new(),
    }
}

/// The config path of the rule that a client in `namespace` gets for `host` in `shop`, and its subsets.
fn found(rules: Vec<DestinationRule>, namespace: &str, host: &str) -> Option<(String, Vec<String>)> {
    let node = format!("router~10.0.0.1~gw.{namespace}~{namespace}.svc.cluster.local");
    let metadata = serde_json::json!({"LABELS": {"app": "gw"}});
    let proxy = Proxy::new(node.parse().expect("a node id"), metadata);
    let mesh = Mesh { destination_rules: rules, ..Mesh::default() };
    let view = ProxyView {
        proxy: &proxy,
        mesh: &mesh,
        services: Vec::new(),
        services_by_host: BTreeMap::new(),
        gateways: Vec::new(),
        virtual_services: BTreeMap::new(),
        destination_rules: Vec::new(),
        sidecar: None,
        egress: Vec::new(),
        reached_ports: BTreeMap::new(),
    };
    let rules = DestinationRules::new(&view);
    let merged = rules.lookup(&service("shop", host))?;
    let subsets = merged.subsets.iter().map(|subset| subset.value.name.clone()).collect();
    Some((merged.config_path().to_owned(), subsets))
}

fn path(rules: Vec<DestinationRule>, namespace: &str, host: &str) -> Option<String> {
    found(rules, namespace, host).map(|(path, _)| path)
}

#[test]
fn the_most_specific_host_of_a_namespace_wins() {
    let rules = || {
        vec![
            rule("shop", "all", r#"{"host": "*"}"#),
            rule("shop", "local", r#"{"host": "*.shop.local"}"#),
            rule("shop", "exact", r#"{"host": "web.shop.local"}"#),
        ]
    };
    assert_eq!(path(rules(), "edge", "web.shop.local").as_deref(), Some("shop/exact"));
    assert_eq!(path(rules(), "edge", "api.shop.local").as_deref(), Some("shop/local"));
    assert_eq!(path(rules(), "edge", "*.shop.local").as_deref(), Some("shop/local"));
    assert_eq!(path(rules(), "edge", "*.a.shop.local").as_deref(), Some("shop/local"));
    assert_eq!(path(rules(), "edge", "example.com").as_deref(), Some("shop/all"));
}

#[test]
fn namespaces_are_searched_client_service_root() {
    let host = |namespace| rule(namespace, "r", r#"{"host": "web"}"#);
    let all = || vec![host("istio-system"), host("shop"), host("edge")];
    assert_eq!(path(all(), "edge", "web").as_deref(), Some("edge/r"));
    assert_eq!(path(all(), "other", "web").as_deref(), Some("shop/r"));
    // A client in the root namespace prefers the service's own rule to the mesh-wide one.
    assert_eq!(path(all(), "istio-system", "web").as_deref(), Some("shop/r"));
    assert_eq!(path(vec![host("istio-system")], "other", "web").as_deref(), Some("istio-system/r"));
    let private = || vec![host("shop"), rule("istio-system", "mine", r#"{"host": "web", "exportTo": ["."]}"#)];
    assert_eq!(path(private(), "istio-system", "web").as_deref(), Some("istio-system/mine"));
}

#[test]
fn export_to_hides_a_rule_and_the_next_namespace_is_asked() {
    let rules = || {
        vec![
            rule("shop", "hidden", r#"{"host": "web", "exportTo": ["friends"]}"#),
            rule("istio-system", "mesh", r#"{"host": "*"}"#),
        ]
    };
    assert_eq!(path(rules(), "edge", "web").as_deref(), Some("istio-system/mesh"));
    assert_eq!(path(rules(), "friends", "web").as_deref(), Some("shop/hidden"));
}

#[test]
fn rules_for_one_host_are_merged() {
    let rules = vec![
        rule("shop", "b", r#"{"host": "web", "subsets": [{"name": "v2"}, {"name": "v3"}], "trafficPolicy": {}}"#),
        rule("shop", "a", r#"{"host": "web", "subsets": [{"name": "v1"}, {"name": "v2"}]}"#),
        rule("shop", "c", r#"{"host": "web", "exportTo": ["*"], "subsets": [{"name": "v9"}]}"#),
    ];
    let (_, subsets) = found(rules[..2].to_vec(), "edge", "web").expect("a rule");
    assert_eq!(subsets, ["v1", "v2", "v3"]);
    // Another `exportTo` stands alone, and the last rule without selector is taken.
    assert_eq!(found(rules, "edge", "web"), Some(("shop/c".to_owned(), vec!["v9".to_owned()])));
}

#[test]
fn a_rule_that_selects_the_client_comes_before_one_for_all() {
    let selecting = |app: &str| {
        let spec = format!(r#"{{"host": "web", "workloadSelector": {{"matchLabels": {{"app": "{app}"}}}}}}"#);
        rule("edge", "selecting", &spec)
    };
    let all = || rule("edge", "all", r#"{"host": "web"}"#);
    assert_eq!(path(vec![all(), selecting("gw")], "edge", "web").as_deref(), Some("edge/selecting"));
    assert_eq!(path(vec![all(), selecting("no")], "edge", "web").as_deref(), Some("edge/all"));
    assert_eq!(path(vec![selecting("no")], "edge", "web"), None);
}
