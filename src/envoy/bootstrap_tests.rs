use serde_json::{Value, json};

use super::*;
use crate::envoy::fixtures::{
    SHOP, cluster, downstream_tls, filter_chain, listener, load_assignment, mesh_tls, route, route_configuration,
};
use crate::envoy::json::to_value;
use crate::ir::cluster::Transport;
use crate::ir::secret::{Bytes, Material};

fn options() -> Options {
    Options {
        target: Target::Envoy,
        identity: Identity::None,
        secrets: SecretsMode::Files("certs".into()),
        endpoints: EndpointMode::Auto,
        node: Node {
            id: "router~10.0.0.9~gw.prod~prod.svc.cluster.local".into(),
            cluster: "gw.prod".into(),
            namespace: "prod".into(),
            ..Default::default()
        },
        admin: Some(ir::Address::Socket { address: "127.0.0.1".into(), port: 15000 }),
        system_authorities: "/etc/ssl/certs/ca-certificates.crt".into(),
    }
}

/// One listener, one route to the shop over mesh mTLS where the endpoint speaks it.
fn config(tls: Option<ir::tls::DownstreamTls>) -> ir::Outbound {
    ir::Outbound {
        listeners: vec![listener(filter_chain("http.8080", tls))],
        route_configurations: vec![route_configuration("http.8080", vec![route(SHOP)])],
        clusters: vec![ir::Cluster { transport: Transport::AutoMtls(mesh_tls()), ..cluster(SHOP) }],
        load_assignments: vec![load_assignment(SHOP, Some("istio"))],
        secrets: vec![],
    }
}

fn build(config: ir::Outbound, options: &Options) -> (Value, Output, Diagnostics) {
    let (output, diagnostics) = bootstrap(ir::ProxyConfig::Router(config), options);
    let message = output.message();
    // Written part by part it is the same text.
    for style in [Style::Compact, Style::Pretty] {
        assert_eq!(output.to_json(style), json::to_json(&message, style));
    }
    (to_value(&message), output, diagnostics)
}

fn at<'a>(json: &'a Value, pointer: &str) -> &'a Value {
    json.pointer(pointer).unwrap_or(&Value::Null)
}

#[test]
fn routes_and_endpoints_are_in_the_file() {
    let (json, ..) = build(config(None), &options());
    let manager = at(&json, "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config");
    assert_eq!(at(manager, "/route_config/name"), "http.8080");
    assert_eq!(at(manager, "/route_config/virtual_hosts/0/routes/0/route/cluster"), SHOP);
    let cluster = at(&json, "/static_resources/clusters/0");
    assert_eq!(at(cluster, "/type"), "STATIC");
    assert_eq!(at(cluster, "/load_assignment/endpoints/0/priority"), 1);
    assert_eq!(at(cluster, "/load_assignment/endpoints/0/locality"), &json!({"region": "eu"}));
    for absent in
        ["\"ads\"", "\"rds\"", "api_config_source", "eds_cluster_config", "istio.metadata_exchange", "istio.alpn"]
    {
        assert!(!json.to_string().contains(absent), "{absent}");
    }
}

#[test]
fn a_service_without_endpoints_is_resolved() {
    let empty = || ir::Outbound { load_assignments: vec![], ..config(None) };
    let resolved = json!({"address": "shop.prod.svc.cluster.local", "port_value": 80});
    let endpoint =
        "/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";
    let (json, ..) = build(empty(), &options());
    assert_eq!(at(&json, "/static_resources/clusters/0/type"), "STRICT_DNS");
    assert_eq!(at(&json, endpoint), &resolved);
    let (json, ..) = build(config(None), &Options { endpoints: EndpointMode::Dns, ..options() });
    assert_eq!(at(&json, endpoint), &resolved, "although there are endpoints");
    let (json, ..) = build(empty(), &Options { endpoints: EndpointMode::Static, ..options() });
    assert_eq!(at(&json, "/static_resources/clusters/0/load_assignment"), &json!({"cluster_name": SHOP}));
}

#[test]
fn without_an_identity_destinations_get_plain_text_and_a_warning() {
    let (json, _, diagnostics) = build(config(None), &options());
    assert_eq!(at(&json, "/static_resources/clusters/0/transport_socket_matches"), &Value::Null);
    let messages: Vec<_> = diagnostics.0.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    assert_eq!(
        messages,
        [format!("without an identity these destinations get plain text instead of mesh mTLS: `{SHOP}`")]
    );
    let plain = ir::Outbound { load_assignments: vec![load_assignment(SHOP, None)], ..config(None) };
    assert_eq!(build(plain, &options()).2, Diagnostics::default(), "no endpoint speaks mTLS");
}

#[test]
fn without_an_identity_clients_over_mesh_mtls_are_refused() {
    let (json, _, diagnostics) = build(config(Some(downstream_tls("default", "ROOTCA"))), &options());
    let chain = at(&json, "/static_resources/listeners/0/filter_chains/0");
    assert_eq!(at(chain, "/filters/0/name"), "envoy.filters.network.direct_response");
    assert_eq!(chain.get("transport_socket"), None);
    assert_eq!(diagnostics.0.len(), 2);
}

#[test]
fn identity_from_files() {
    let (json, ..) = build(config(None), &Options { identity: Identity::Files("/id/".into()), ..options() });
    assert_eq!(
        at(&json, "/static_resources/secrets"),
        &json!([
            {"name": "ROOTCA", "validation_context": {"trusted_ca": {"filename": "/id/root-cert.pem"}}},
            {"name": "default", "tls_certificate": {
                "certificate_chain": {"filename": "/id/cert-chain.pem"}, "private_key": {"filename": "/id/key.pem"}
            }}
        ])
    );
    let context =
        "/static_resources/clusters/0/transport_socket_matches/0/transport_socket/typed_config/common_tls_context";
    assert_eq!(at(at(&json, context), "/tls_certificate_sds_secret_configs"), &json!([{"name": "default"}]));
    assert_eq!(at(at(&json, context), "/alpn_protocols"), &json!(["h2"]), "peer exchange is Istio's");
}

#[test]
fn identity_from_an_agent() {
    let (json, ..) = build(config(None), &Options { identity: Identity::Sds("/run/sds".into()), ..options() });
    assert_eq!(at(&json, "/static_resources/secrets"), &Value::Null);
    assert_eq!(at(&json, "/static_resources/clusters/0/name"), "sds-grpc");
    assert_eq!(
        at(&json, "/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address"),
        &json!({"pipe": {"path": "/run/sds"}})
    );
    assert!(json.to_string().contains(r#""api_config_source":{"api_type":"GRPC""#));
}

fn web_cert() -> ir::Secret {
    let material = Material::Certificate {
        chain: Bytes(b"chain".to_vec()),
        key: Bytes(b"key".to_vec()),
        ocsp_staple: Bytes::default(),
    };
    ir::Secret {
        origins: vec![],
        name: "kubernetes://web".into(),
        object_namespace: "prod".into(),
        object_name: "web".into(),
        material,
    }
}

#[test]
fn gateway_credentials_in_files_inline_or_redacted() {
    let config = || ir::Outbound {
        secrets: vec![web_cert()],
        ..config(Some(downstream_tls("kubernetes://web", "file-root:/etc/ca.pem")))
    };
    let (json, output, _) = build(config(), &options());
    assert_eq!(
        at(&json, "/static_resources/secrets"),
        &json!([
            {"name": "file-root:/etc/ca.pem", "validation_context": {"trusted_ca": {"filename": "/etc/ca.pem"}}},
            {"name": "kubernetes://web", "tls_certificate": {
                "certificate_chain": {"filename": "certs/prod/web/tls.crt"},
                "private_key": {"filename": "certs/prod/web/tls.key"}
            }}
        ])
    );
    let paths: Vec<_> = output.files.iter().map(|file| (file.path.as_str(), file.bytes.0.as_slice())).collect();
    assert_eq!(paths, [("certs/prod/web/tls.crt", &b"chain"[..]), ("certs/prod/web/tls.key", b"key")]);

    let key = "/static_resources/secrets/1/tls_certificate/private_key";
    let (json, output, _) = build(config(), &Options { secrets: SecretsMode::Inline, ..options() });
    assert_eq!(at(&json, key), &json!({"inline_bytes": "a2V5"}));
    assert_eq!(output.files, []);
    let (json, ..) = build(config(), &Options { secrets: SecretsMode::Redact, ..options() });
    assert_eq!(at(&json, key), &json!({"inline_string": "[redacted]"}));
}

#[test]
fn a_credential_that_is_not_in_the_input_is_a_file_to_provide() {
    let tls = downstream_tls("kubernetes://web", "kubernetes-gateway://shop/ca");
    let (json, output, diagnostics) = build(config(Some(tls)), &options());
    assert_eq!(
        at(&json, "/static_resources/secrets/1/tls_certificate/private_key"),
        &json!({"filename": "certs/prod/web/tls.key"})
    );
    assert_eq!(
        at(&json, "/static_resources/secrets/0/validation_context/trusted_ca"),
        &json!({"filename": "certs/shop/ca/ca.crt"})
    );
    assert_eq!(output.files, []);
    let said: Vec<_> = diagnostics.0.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    assert_eq!(
        said.last(),
        Some(
            &"the bootstrap refers to files of credentials that are not in the input: \
              `certs/prod/web/tls.crt`, `certs/prod/web/tls.key`, `certs/shop/ca/ca.crt`"
        )
    );
}

#[test]
fn what_a_stock_envoy_does_without_is_told() {
    let (_, output, _) = build(config(None), &options());
    let told: Vec<_> = output.dropped.iter().map(|dropped| (dropped.name, dropped.role, dropped.count)).collect();
    assert_eq!(
        told,
        [
            ("istio.metadata_exchange", "HTTP filter", 1),
            ("istio.alpn", "HTTP filter", 1),
            ("istio-peer-exchange", "ALPN protocol", 1)
        ]
    );
    let (json, output, _) = build(config(None), &Options { target: Target::IstioProxy, ..options() });
    assert_eq!(output.dropped, []);
    assert!(json.to_string().contains("istio.alpn"));
}
