//! How a bootstrap is made where a test asks for nothing special.

use meshc::envoy::bootstrap::{Node, Options, Target};
use meshc::envoy::discovery::EndpointMode;
use meshc::envoy::identity::Identity;
use meshc::envoy::static_secrets::SecretsMode;
use meshc::ir::Locality;
use meshc::proxy::Proxy;

/// For a stock Envoy, without identity and keys.
pub(crate) fn options(proxy: &Proxy) -> Options {
    Options {
        target: Target::Envoy,
        identity: Identity::None,
        secrets: SecretsMode::Redact,
        endpoints: EndpointMode::Auto,
        node: Node {
            id: proxy.node.to_string(),
            cluster: proxy.service_cluster(),
            metadata: proxy.metadata.clone(),
            locality: Locality::default(),
            namespace: proxy.namespace.clone(),
        },
        admin: None,
        system_authorities: "/etc/ssl/certs/ca-certificates.crt".to_owned(),
    }
}
