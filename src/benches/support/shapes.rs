//! Inputs that grow with n.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

/// The gateway that all shapes have, and its Service.
pub(crate) const GATEWAY_POD: &str = "\
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  ports:
  - {name: http2, port: 80, targetPort: 8080}
  - {name: https, port: 443, targetPort: 8443}
---
apiVersion: v1
kind: Pod
metadata: {name: istio-ingressgateway-1, namespace: istio-system, labels: {istio: ingressgateway}}
spec:
  serviceAccountName: istio-ingressgateway
  containers:
  - {name: main, image: example.com/gateway}
status: {phase: Running, podIP: 10.0.0.9, conditions: [{type: Ready, status: \"True\"}]}
";

/// n Gateways on port 80, n VirtualServices, n Services with an EndpointSlice each.
pub(crate) fn services(n: usize) -> Result<String, String> {
    let mut yaml = String::new();
    for i in 0..n {
        write!(
            yaml,
            "---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: gateway-{i}, namespace: default}}
spec:
  selector: {{istio: ingressgateway}}
  servers:
  - port: {{number: 80, name: http, protocol: HTTP}}
    hosts: [site-{i}.example.com]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: site-{i}, namespace: default}}
spec:
  hosts: [site-{i}.example.com]
  gateways: [gateway-{i}]
  http:
  - match:
    - uri: {{prefix: /api}}
    route:
    - destination: {{host: httpbin-{i}, port: {{number: 8000}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: httpbin-{i}, namespace: default}}
spec:
  selector: {{app: httpbin-{i}}}
  ports:
  - {{name: http, port: 8000, targetPort: 8080}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: httpbin-{i}, namespace: default, labels: {{kubernetes.io/service-name: httpbin-{i}}}}}
addressType: IPv4
ports:
- {{name: http, port: 8080}}
endpoints:
- addresses: [10.{}.{}.{}]
  conditions: {{ready: true}}
",
            1 + i / 65536,
            i / 256 % 256,
            i % 256
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(yaml)
}

/// n Gateways of 3 hosts on ports 80 and 443, n VirtualServices, n ServiceEntries.
pub(crate) fn gateways(n: usize) -> Result<String, String> {
    let mut yaml = credential()?;
    for i in 0..n {
        let hosts = format!("[a.site-{i}.example.com, b.site-{i}.example.com, c.site-{i}.example.com]");
        write!(
            yaml,
            "---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: gateway-{i}, namespace: default}}
spec:
  selector: {{istio: ingressgateway}}
  servers:
  - port: {{number: 80, name: http, protocol: HTTP}}
    hosts: {hosts}
  - port: {{number: 443, name: https, protocol: HTTPS}}
    hosts: {hosts}
    tls: {{mode: SIMPLE, credentialName: credential}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: site-{i}, namespace: default}}
spec:
  hosts: {hosts}
  gateways: [gateway-{i}]
  http:
  - match:
    - uri: {{prefix: /api}}
    route:
    - destination: {{host: backend-{i}.example.net, port: {{number: 80}}}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: backend-{i}, namespace: default}}
spec:
  hosts: [backend-{i}.example.net]
  location: MESH_EXTERNAL
  ports:
  - {{number: 80, name: http, protocol: HTTP}}
  resolution: STATIC
  endpoints:
  - address: 10.{}.{}.{}
",
            1 + i / 65536,
            i / 256 % 256,
            i % 256
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(yaml)
}

/// One Gateway of 3 hosts, n VirtualServices that are merged into them.
pub(crate) fn merged(n: usize) -> Result<String, String> {
    let mut yaml = String::from(
        "---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gateway, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [site-0.example.com, site-1.example.com, site-2.example.com]
---
apiVersion: v1
kind: Service
metadata: {name: httpbin, namespace: default}
spec:
  ports:
  - {name: http, port: 8000, targetPort: 8080}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: httpbin-1, namespace: default, labels: {kubernetes.io/service-name: httpbin}}
addressType: IPv4
ports:
- {name: http, port: 8080}
endpoints:
- addresses: [10.1.0.1]
  conditions: {ready: true}
",
    );
    for i in 0..n {
        write!(
            yaml,
            "---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: part-{i}, namespace: default}}
spec:
  hosts: [site-{}.example.com]
  gateways: [gateway]
  http:
  - match:
    - uri: {{prefix: /path-{i}}}
    route:
    - destination: {{host: httpbin, port: {{number: 8000}}}}
",
            i % 3
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(yaml)
}

/// The Secret with the certificate that all HTTPS servers share.
fn credential() -> Result<String, String> {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["example.com".to_owned()]).map_err(|error| error.to_string())?;
    let (certificate, key) = (STANDARD.encode(cert.pem()), STANDARD.encode(signing_key.serialize_pem()));
    Ok(format!(
        "---
apiVersion: v1
kind: Secret
metadata: {{name: credential, namespace: istio-system}}
data: {{tls.crt: {certificate}, tls.key: {key}}}
"
    ))
}
