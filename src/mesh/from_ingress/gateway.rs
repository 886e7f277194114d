//! An Ingress → its Gateway: a server for each certificate, and one for plain HTTP.

use std::sync::Arc;

use super::{GATEWAY_NAMESPACE, gateway_name};
use crate::base::{Diagnostic, Diagnostics, HostPattern, Labels, Location, NamespacedHost, Origin, Port};
use crate::mesh::Gateway;
use crate::resource::Object;
use crate::resource::istio::gateway::{Server, ServerPort, ServerTls, ServerTlsMode};
use crate::resource::istio::{self, MeshConfig};
use crate::resource::kubernetes::Ingress;
use crate::resource::kubernetes::ingress::IngressTls;

/// The label that gateways are selected by.
const SELECTOR_LABEL: &str = "istio";

/// The Service of Istio's standard installation, whose gateway has another label than its name.
const STANDARD_SERVICE: &str = "istio-ingressgateway";

/// The Gateway of an Ingress. A certificate without Secret is reported and left out.
pub(super) fn gateway(ingress: &Object<Ingress>, config: &MeshConfig, diagnostics: &mut Diagnostics) -> Gateway {
    let name = format!("{}-{}", ingress.name(), ingress.namespace());
    let mut servers = Vec::new();
    let mut server_origins = Vec::new();
    for (at, tls) in ingress.spec.tls.iter().enumerate() {
        let origin = ingress.spec_origin().key("tls").index(at);
        if tls.secret_name.is_empty() {
            diagnostics.push(no_secret(ingress, tls, origin));
        } else {
            servers.push(https(tls, format!("https-443-ingress-{name}-{at}")));
            server_origins.push(origin);
        }
    }
    servers.push(http(format!("http-80-ingress-{name}")));
    server_origins.push(ingress.spec_origin().key("rules"));
    Gateway {
        origin: ingress.origin(),
        name: gateway_name(ingress),
        namespace: GATEWAY_NAMESPACE.to_owned(),
        created: None,
        annotations: Default::default(),
        spec: Arc::new(istio::Gateway { servers, selector: selector(config) }),
        server_origins,
    }
}

/// Which proxies serve Ingresses. `ingressSelector` wins; then the Service's name stands for the
/// label, except for the one of the standard installation (`gateways.go: getIngressGatewaySelector`).
fn selector(config: &MeshConfig) -> Labels {
    let value = match (config.ingress_selector.as_str(), config.ingress_service.as_str()) {
        ("", "" | STANDARD_SERVICE) => "ingressgateway",
        ("", service) => service,
        (selector, _) => selector,
    };
    [(SELECTOR_LABEL, value)].into_iter().collect()
}

fn https(tls: &IngressTls, name: String) -> Server {
    let any = [HostPattern::from("*")];
    let hosts = if tls.hosts.is_empty() { &any[..] } else { &tls.hosts };
    // A host of an Ingress is not split at slashes, which Kubernetes does not allow in it.
    let hosts = hosts.iter().map(|host| NamespacedHost::from(host.as_str().to_owned())).collect();
    let tls =
        ServerTls { mode: ServerTlsMode::Simple, credential_name: tls.secret_name.clone(), ..ServerTls::default() };
    let port = ServerPort { number: Port::new(443), protocol: "HTTPS".to_owned(), name, target_port: None };
    Server { port: Some(port), hosts, tls: Some(tls), ..Server::default() }
}

fn http(name: String) -> Server {
    let port = ServerPort { number: Port::new(80), protocol: "HTTP".to_owned(), name, target_port: None };
    let any = NamespacedHost { namespace: None, host: "*".into() };
    Server { port: Some(port), hosts: vec![any], ..Server::default() }
}

fn no_secret(ingress: &Object<Ingress>, tls: &IngressTls, origin: Origin) -> Diagnostic {
    let hosts = match tls.hosts.as_slice() {
        [] => "for all hosts".to_owned(),
        hosts => {
            let hosts: Vec<_> = hosts.iter().map(|host| format!("`{host}`")).collect();
            format!("for {}", hosts.join(", "))
        }
    };
    let message =
        format!("Ingress `{}/{}` has TLS {hosts} without a `secretName`", ingress.namespace(), ingress.name());
    Diagnostic::warning("tls-without-secret", Location::Value(origin), message)
        .labelled("Istio leaves it out: port 443 does not serve it")
        .help("set `secretName` to a Secret with `tls.crt` and `tls.key` in the gateway's namespace")
}
