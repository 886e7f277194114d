//! An input of n services in a mesh, with a policy of each kind for each.

use std::fmt::Write;

/// n Services in one namespace, each with a Deployment, a Pod, subsets, a route, and policies that select its Pod.
pub(crate) fn mesh(n: usize) -> Result<String, String> {
    let mut yaml = String::from(
        "---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
",
    );
    for i in 0..n {
        let ip = format!("{}.{}.{}", 1 + i / 65536, i / 256 % 256, i % 256);
        write!(
            yaml,
            "---
apiVersion: v1
kind: Service
metadata: {{name: app-{i}, namespace: shop}}
spec: {{clusterIP: 11.{ip}, selector: {{app: app-{i}}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{i}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: app-{i}}}}}
  template:
    metadata: {{labels: {{app: app-{i}, version: v1}}}}
    spec: {{containers: [{{name: main, image: example.com/app}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: app-{i}, namespace: shop, labels: {{app: app-{i}, version: v1}}}}
spec: {{serviceAccountName: app-{i}, containers: [{{name: main, image: example.com/app}}]}}
status: {{phase: Running, podIP: 10.{ip}, conditions: [{{type: Ready, status: \"True\"}}]}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: app-{i}, namespace: shop}}
spec: {{host: app-{i}, subsets: [{{name: v1, labels: {{version: v1}}}}, {{name: v2, labels: {{version: v2}}}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: app-{i}, namespace: shop}}
spec: {{hosts: [app-{i}], http: [{{route: [{{destination: {{host: app-{i}, subset: v1}}}}]}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: part-{i}, namespace: shop}}
spec: {{http: [{{route: [{{destination: {{host: app-{i}, subset: v2}}}}]}}]}}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: app-{i}, namespace: shop}}
spec: {{workloadSelector: {{labels: {{app: app-{i}}}}}, egress: [{{hosts: [\"./*\"]}}]}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: app-{i}, namespace: shop}}
spec: {{selector: {{matchLabels: {{app: app-{i}}}}}, rules: [{{from: [{{source: {{namespaces: [shop]}}}}]}}]}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: app-{i}, namespace: shop}}
spec: {{selector: {{matchLabels: {{app: app-{i}}}}}, mtls: {{mode: STRICT}}}}
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {{name: app-{i}, namespace: shop}}
spec: {{selector: {{matchLabels: {{app: app-{i}}}}}, accessLogging: [{{disabled: true}}]}}
"
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(yaml)
}
